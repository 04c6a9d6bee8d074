"""Everything the adapters say to GitHub, and everything the stand-in answers, is GitHub's own language."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.github_client import GitHubConnection
from integrations.github_commits import GitHubCommits
from integrations.github_evidence import GitHubEvidence
from integrations.github_reviews import GitHubReviews
from integrations.github_teams import GitHubTeams
from sandbox.github import Author, GitHub
from tests.conformance.openapi import spec, violations
from tests.switchboard import plugged
from workflows.errors import Declined
from workflows.ports import Proposal, Target
from workflows.proposal import branch
from workflows.vocabulary import ChangeId

TARGET = Target("github-team", (("organization", "acme"), ("team", "payments-break-glass")))
DESCRIPTION = "github/github-ghec.trim.json"


@pytest.fixture
def forge():
    stand_in = GitHub()
    stand_in.forge.add_organisation("acme", "linus", *(f"member-{n}" for n in range(120)))
    stand_in.forge.add_account("guest", email="guest@elsewhere.example")
    stand_in.forge.add_team("acme", "payments-break-glass")
    stand_in.forge.add_team("acme", "sre", "linus", *(f"member-{n}" for n in range(120)))
    return stand_in


@pytest.fixture
def url(forge):
    with plugged(forge) as url:
        yield url


def test_access_is_given_and_taken_in_githubs_language(forge, url):
    description = spec(DESCRIPTION)
    teams = GitHubTeams(GitHubConnection(url, token=forge.token))
    assert teams.check(TARGET) is None
    for account in ("linus", "guest"):
        teams.look(TARGET, account)
        teams.grant(TARGET, account)
        teams.look(TARGET, account)
        teams.remove(TARGET, account)
        teams.remove(TARGET, account)

    assert len(teams.members("acme/sre")) == 121
    assert violations(description, forge.traffic) == []


def test_authors_are_asked_for_in_githubs_language(forge, url):
    description = spec(DESCRIPTION)
    repository = forge.forge.add_repository("acme", "payments")
    message = (
        "Roll back\n\nCo-authored-by: Guest <guest@elsewhere.example>\nCo-authored-by: X <x@nowhere.example>"
    )
    commit = forge.forge.commit(repository, message, Author("Linus", "linus@acme.example", "linus"))
    forge.forge.pull(repository, "Roll back", "member-1", commit)
    commits = GitHubCommits(GitHubConnection(url, token=forge.token))
    of_commit = commits.authors(f"https://github.com/acme/payments/commit/{commit.sha}")
    of_pull = commits.authors("https://github.com/acme/payments/pull/1")
    absent = commits.authors("https://github.com/acme/payments/commit/" + "0" * 40)
    missing = commits.authors("https://github.com/acme/payments/pull/99")
    deployed = forge.forge.deploy(repository, "production", datetime(2026, 11, 24, 2, 10, tzinfo=UTC))
    deployer = commits.deployers(f"https://github.com/acme/payments/deployments/{deployed.id}")

    assert deployer is not None
    assert of_commit is not None
    assert of_pull is not None
    assert (of_commit.accounts, of_commit.unresolved) == ({"linus", "guest"}, 1)
    assert of_pull.accounts == {"linus", "guest", "member-1"}
    assert (absent, missing) == (None, None)
    assert violations(description, forge.traffic) == []


def test_an_app_gets_its_token_in_githubs_language(forge, url):
    description = spec(DESCRIPTION)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    connection = GitHubConnection(url, app_id="4242", private_key=pem, installation_id=77)
    teams = GitHubTeams(connection)
    teams.grant(TARGET, "linus")

    kept = forge.forge.add_repository("acme", "evidence")
    kept.rules["main"] = {"non_fast_forward", "deletion"}
    forge.hooks.subscribe("http://127.0.0.1:9/github/webhooks", "s3cret")
    evidence = GitHubEvidence(connection, "acme/evidence")
    unseen = [one for one in (*evidence.check(), evidence.check_webhook()) if not one.seen]
    forge.hooks.of_app = True

    assert len(unseen) == 2
    assert evidence.check_webhook().seen
    assert teams.check(TARGET) is None
    assert len(forge.calls("POST", "/app/installations/77/access_tokens")) == 1
    assert violations(description, forge.traffic) == []


def test_refusals_too_are_spoken_in_githubs_language(forge, url):
    description = spec(DESCRIPTION)
    teams = GitHubTeams(GitHubConnection(url, token=forge.token))
    forge.forge.team("acme", "payments-break-glass").synchronised = True
    with pytest.raises(Declined):
        teams.grant(TARGET, "linus")

    assert violations(description, forge.traffic) == []


def test_evidence_is_kept_in_githubs_language(forge, url):
    description = spec(DESCRIPTION)
    kept = forge.forge.add_repository("acme", "evidence")
    kept.rules["main"] = {"non_fast_forward", "deletion"}
    repository = GitHubEvidence(GitHubConnection(url, token=forge.token), "acme/evidence")
    assert repository.latest() is None
    first = repository.write(lambda _: {"a/x": b"1", "a/y": b"\xff\0"}, "Write")
    somebody = Author("Linus", "linus@acme.example", "linus")
    seen = []

    def slower(snapshot):
        seen.append((snapshot.read("a/x"), snapshot.read("a/z"), snapshot.listing("a")))
        if len(seen) == 1:
            forge.forge.push(kept, {"b": b""}, "By hand", somebody)
        return {"a/x": b"2", "a/y": None}

    repository.write(slower, "Write")
    repository.propose("changes/EC-2026-0001", {"c": b"3"}, "Propose")
    repository.propose("changes/EC-2026-0001", {"c": b"4"}, "Propose")
    held = repository.holds(first), repository.holds("0" * 40)
    report = repository.check()
    forge.hooks.subscribe("http://127.0.0.1:9/github/webhooks", "s3cret")
    forge.hooks.deliveries.clear()
    told = repository.check_webhook()
    forge.forge.force(kept, "main", None)
    gone = repository.latest(), repository.holds(first)
    assert repository.restore(first)
    forge.forge.force(kept, "main", None)
    repository.write(lambda _: {"d": b"5"}, "Write")

    assert (len(seen), held, gone) == (2, (True, False), (None, False))
    assert (len(report), told.ok, told.seen) == (6, True, True)
    assert violations(description, forge.traffic) == []


def test_refusals_of_the_evidence_repository_are_spoken_in_githubs_language(forge, url):
    description = spec(DESCRIPTION)
    kept = forge.forge.add_repository("acme", "evidence")
    repository = GitHubEvidence(GitHubConnection(url, token=forge.token), "acme/evidence")
    repository.write(lambda _: {"a": b"1"}, "Write")
    kept.archived = True
    with pytest.raises(Declined):
        repository.write(lambda _: {"a": b"2"}, "Write")
    kept.archived, kept.hidden = False, True
    with pytest.raises(Declined):
        repository.latest()

    assert violations(description, forge.traffic) == []


def test_reviews_are_read_and_answered_in_githubs_language(forge, url):
    description = spec(DESCRIPTION)
    kept = forge.forge.add_repository("acme", "evidence")
    connection = GitHubConnection(url, token=forge.token)
    repository, desk = GitHubEvidence(connection, "acme/evidence"), GitHubReviews(connection, "acme/evidence")
    change = ChangeId("EC-2026-0001")
    proposal = Proposal(change, "EC-2026-0001: Payments", ("Review it.",), (("Why", "500s."),), ())
    repository.write(lambda _: {"a": b"1"}, "Write")
    repository.propose(branch(change), {"judged.json": b"{}"}, "Propose")
    opened = desk.open(branch(change), proposal)
    forge.reviewing.submit("acme/evidence", opened.number, "linus", "REQUEST_CHANGES", "Which index?")
    review = forge.reviewing.submit("acme/evidence", opened.number, "linus")
    forge.reviewing.edit("acme/evidence", opened.number, review, "Go.")
    forge.reviewing.comment("acme/evidence", opened.number, "member-1", "The one on orders.")
    desk.comment(opened.number, "marker", "linus", "Heard.")
    desk.comment(opened.number, "marker", "linus", "Heard.")
    described = desk.describe(opened.number, replace(proposal, title="EC-2026-0001: Payments API"))
    closed = desk.set_open(opened.number, is_open=False)
    desk.set_open(opened.number, is_open=True)

    assert [one.state for one in desk.reviews(opened.number)] == ["changes_requested", "approved"]
    assert desk.reviews(opened.number)[-1].edited
    assert len(desk.comments(opened.number)) == 2
    assert desk.find(branch(change)) == desk.look(opened.number)
    assert (described.number, closed.is_open, kept.pulls[opened.number].is_open) == (
        opened.number,
        False,
        True,
    )
    rest = [one for one in forge.traffic if one.path != "/graphql"]  # the description has no GraphQL
    assert len(forge.traffic) > len(rest)
    assert violations(description, rest) == []


def test_a_review_of_a_pull_request_that_is_gone_is_refused_in_githubs_language(forge, url):
    description = spec(DESCRIPTION)
    forge.forge.add_repository("acme", "evidence")
    desk = GitHubReviews(GitHubConnection(url, token=forge.token), "acme/evidence")
    with pytest.raises(Declined):
        desk.look(7)

    assert violations(description, forge.traffic) == []
