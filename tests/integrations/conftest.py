"""The stand-ins the adapters are tested against, each plugged into the loopback server for one test."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.github_client import GitHubConnection
from integrations.github_teams import GitHubTeams
from sandbox.github import GitHub
from sandbox.jira import Jira
from tests.integrations.examples import desk_at
from tests.switchboard import plugged


@pytest.fixture
def jira():
    return Jira()


@pytest.fixture
def jira_url(jira):
    with plugged(jira) as url:
        yield url


@pytest.fixture
def desk(jira_url, jira):
    return desk_at(jira_url, jira)


@pytest.fixture
def github():
    stand_in = GitHub()
    stand_in.forge.add_organisation("acme", "linus", "grace")
    stand_in.forge.add_account("guest")
    stand_in.forge.add_account("web-flow")
    stand_in.forge.add_account("ada", email="ada@acme.example")
    stand_in.forge.add_team("acme", "payments-break-glass")
    stand_in.forge.add_team("acme", "sre", "linus", "grace")
    return stand_in


@pytest.fixture
def github_url(github):
    with plugged(github) as url:
        yield url


@pytest.fixture
def teams(github_url, github):
    return GitHubTeams(GitHubConnection(github_url, token=github.token))


@pytest.fixture(scope="session")
def private_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
