"""The connection to GitHub: tokens and Apps, limits and time, threads; and what the doctor is told."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.github_client import GitHubConnection
from integrations.github_teams import GitHubTeams
from tests.integrations.examples import TARGET
from workflows.errors import Declined, Misconfigured, Unavailable
from workflows.ports import Target

MEMBERSHIP = "/orgs/acme/teams/payments-break-glass/memberships/linus"


def test_an_answer_that_does_not_come_in_time_is_unavailable(github, github_url):
    github.fail("PUT", MEMBERSHIP, "delay", seconds=1.5)

    with pytest.raises(Unavailable):
        GitHubTeams(GitHubConnection(github_url, token=github.token, seconds=1)).grant(TARGET, "linus")


def test_nobody_listening_is_unavailable():
    with pytest.raises(Unavailable):
        GitHubTeams(GitHubConnection("http://127.0.0.1:9/github", token="t")).look(TARGET, "linus")


def test_a_spent_rate_limit_says_how_long_to_wait_and_never_more_than_an_hour(github, teams):
    github.rate_remaining = 0

    with pytest.raises(Unavailable) as caught:
        teams.look(TARGET, "linus")
    assert caught.value.retry_after == 3600


def test_a_secondary_limit_says_how_long_to_wait(github, teams):
    body = {"message": "You have exceeded a secondary rate limit."}
    github.fail("PUT", MEMBERSHIP, status=403, headers={"retry-after": "60"}, body=body)

    with pytest.raises(Unavailable) as caught:
        teams.grant(TARGET, "linus")
    assert caught.value.retry_after == 60


def test_the_wanted_api_version_is_sent_with_every_request(github, teams):
    teams.remove(TARGET, "linus")

    assert {e.request_headers["x-github-api-version"] for e in github.traffic} == {"2022-11-28"}


def test_eight_threads_get_their_own_answers(github, teams):
    for number in range(8):
        github.forge.add_organisation(f"org-{number}", f"person-{number}")
        github.forge.add_team(f"org-{number}", "all", f"person-{number}")
    barrier = threading.Barrier(8)

    def ask(number):
        barrier.wait(timeout=5)
        return [teams.members(f"org-{number}/all") for _ in range(15)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert answers == [[frozenset({f"person-{number}"})] * 15 for number in range(8)]


def test_a_healthy_target_passes_the_check(teams):
    assert teams.check(TARGET) is None


def test_the_check_names_the_missing_scope(github, teams):
    github.scopes = "repo, read:org"

    assert "write:org" in teams.check(TARGET)


def test_the_check_notices_a_team_that_is_not_there(teams):
    assert "no team" in teams.check(Target("github-team", (("organization", "acme"), ("team", "nope"))))


def test_the_check_reports_a_github_that_is_down_instead_of_failing(github, teams):
    github.fail("GET", "/", status=503, times=9)

    assert "503" in teams.check(TARGET)


def app(url, private_key, installation_id=77):
    return GitHubConnection(url, app_id="4242", private_key=private_key, installation_id=installation_id)


def test_an_app_fetches_its_token_once_for_many_calls(github, github_url, private_key):
    teams = GitHubTeams(app(github_url, private_key))
    teams.grant(TARGET, "linus")
    teams.remove(TARGET, "linus")

    assert len(github.calls("POST", "/app/installations/77/access_tokens")) == 1


def test_an_apps_token_that_ended_early_is_replaced_the_next_time(github, github_url, private_key):
    teams = GitHubTeams(app(github_url, private_key))
    teams.grant(TARGET, "linus")
    github.expire_tokens()

    with pytest.raises(Unavailable):
        teams.look(TARGET, "linus")
    assert teams.look(TARGET, "linus") is not None


def test_the_check_names_the_apps_missing_permission(github, github_url, private_key):
    github.app_permissions["members"] = "read"

    assert "Members: write" in (GitHubTeams(app(github_url, private_key)).check(TARGET) or "")


@pytest.mark.parametrize(("status", "said"), [(503, Unavailable), (401, Declined), (404, Declined)])
def test_an_app_that_gets_no_token_fails_in_the_procedures_words(
    github, github_url, private_key, status, said
):
    github.fail("POST", "/app/installations", status=status, body={"message": "Not Found"})

    with pytest.raises(said):
        GitHubTeams(app(github_url, private_key)).look(TARGET, "linus")


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"token": ""},
        {"app_id": "4242"},
        {"app_id": "4242", "private_key": "not a key", "installation_id": 77},
        {"token": "t", "api_url": "api.github.example"},
    ],
)
def test_settings_that_cannot_work_stop_the_start(how):
    with pytest.raises(Misconfigured, match="GITHUB_"):
        GitHubConnection(**how)
