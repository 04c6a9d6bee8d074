"""How much is changed at all: counted at the source, to the second, and never guessed."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.github_activity import GitHubActivity
from integrations.github_client import GitHubConnection
from workflows.errors import Declined, Unavailable

BEGIN, END = (
    datetime(2026, 9, 30, 22, tzinfo=UTC),
    datetime(2026, 10, 31, 23, tzinfo=UTC),
)  # October in Berlin
SECOND = timedelta(seconds=1)


@pytest.fixture
def repository(github):
    return github.forge.add_repository("acme", "payments")


@pytest.fixture
def activity(github, github_url):
    return GitHubActivity(GitHubConnection(github_url, token=github.token))


def test_merges_count_from_the_first_to_the_last_second(github, repository, activity):
    for at in (BEGIN - SECOND, BEGIN, END - SECOND, END):
        github.forge.merge(repository, at)

    assert activity.merged("acme/payments", BEGIN, END) == 2


def test_deployments_count_in_their_environment_and_older_pages_are_not_read(github, repository, activity):
    for n in range(250):
        github.forge.deploy(repository, "production", END - timedelta(hours=n + 1))
        github.forge.deploy(repository, "staging", END - timedelta(hours=n + 1))
    for n in range(900):
        github.forge.deploy(repository, "production", BEGIN - timedelta(hours=n + 1))
    github.forge.deploy(repository, "production", END)

    assert activity.deployed("acme/payments", "production", BEGIN, END) == 250
    assert len(github.calls("GET", "/repos/acme/payments/deployments")) == 3


def test_a_month_without_any_is_zero(repository, activity):
    assert activity.merged("acme/payments", BEGIN, END) == 0
    assert activity.deployed("acme/payments", "production", BEGIN, END) == 0


def test_a_repository_out_of_sight_is_said_so(github, repository, activity):
    repository.hidden = True

    for ask in (activity.merged, lambda *when: activity.deployed("acme/payments", "production", *when[1:])):
        with pytest.raises(Declined, match="may not see acme/payments on GitHub; give it read access"):
            ask("acme/payments", BEGIN, END)


@pytest.mark.parametrize(
    "body",
    [{"total_count": 7, "incomplete_results": True, "items": []}, {"items": []}, [], "seven"],
)
def test_half_a_search_is_no_count(github, activity, body):
    github.fail("GET", "/search/issues", status=200, body=body)

    with pytest.raises(Unavailable):
        activity.merged("acme/payments", BEGIN, END)


@pytest.mark.parametrize("body", [{}, [{}], [{"created_at": "yesterday"}], [None]])
def test_half_a_listing_is_no_count(github, activity, body):
    github.fail("GET", "/repos/acme/payments/deployments", status=200, body=body)

    with pytest.raises(Unavailable):
        activity.deployed("acme/payments", "production", BEGIN, END)
