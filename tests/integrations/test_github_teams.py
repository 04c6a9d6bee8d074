"""Membership of teams: what absence is, how few calls giving and looking take, what each failure means."""

import pytest

from tests.integrations.examples import TARGET
from workflows.errors import Declined, Unavailable
from workflows.ports import Target

MEMBERSHIP = "/orgs/acme/teams/payments-break-glass/memberships/linus"
TEAM = "/orgs/acme/teams/payments-break-glass$"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "status": 500}, Unavailable),
        ({"kind": "status", "status": 502}, Unavailable),
        ({"kind": "status", "status": 503}, Unavailable),
        ({"kind": "status", "status": 504, "body": "upstream timed out"}, Unavailable),
        ({"kind": "status", "status": 429}, Unavailable),
        (
            {
                "kind": "status",
                "status": 403,
                "body": {"message": "You have exceeded a secondary rate limit."},
            },
            Unavailable,
        ),
        ({"kind": "status", "status": 403, "headers": {"retry-after": "9"}}, Unavailable),
        ({"kind": "malformed"}, Unavailable),
        ({"kind": "drop"}, Unavailable),
        ({"kind": "status", "status": 400}, Declined),
        ({"kind": "status", "status": 401}, Declined),
        (
            {"kind": "status", "status": 403, "body": {"message": "Resource not accessible by integration"}},
            Declined,
        ),
        ({"kind": "status", "status": 403, "headers": {"x-github-sso": "required"}}, Declined),
        ({"kind": "status", "status": 422, "body": {"message": "Validation Failed"}}, Declined),
    ],
)
@pytest.mark.parametrize("verb", ["look", "grant", "remove"])
def test_a_failure_is_either_try_later_or_ask_a_person(github, teams, fault, said, verb):
    github.fail({"look": "GET", "grant": "PUT", "remove": "DELETE"}[verb], MEMBERSHIP, **fault)

    with pytest.raises(said):
        getattr(teams, verb)(TARGET, "linus")


@pytest.mark.parametrize("body", [{}, {"state": "sleeping"}, []])
def test_half_a_membership_is_unavailable(github, teams, body):
    github.fail("GET", MEMBERSHIP, status=200, body=body)

    with pytest.raises(Unavailable):
        teams.look(TARGET, "linus")


def test_a_grant_is_one_put_and_nothing_else(github, teams):
    teams.grant(TARGET, "linus")

    assert [(e.method, e.path) for e in github.traffic] == [("PUT", MEMBERSHIP)]


def test_a_look_at_a_member_is_one_get(github, teams):
    teams.grant(TARGET, "linus")
    github.traffic.clear()
    teams.look(TARGET, "linus")

    assert [(e.method, e.path) for e in github.traffic] == [("GET", MEMBERSHIP)]


@pytest.mark.parametrize(
    "fault", [{"kind": "drop", "after": True}, {"kind": "drop"}, {"kind": "status", "status": 502}]
)
def test_a_grant_of_unknown_outcome_is_asked_for_once(github, teams, fault):
    arrived = []
    github.forge.subscribe(lambda: arrived.append(github.forge.teams()))
    github.fail("PUT", MEMBERSHIP, **fault)
    with pytest.raises(Unavailable):
        teams.grant(TARGET, "linus")
    github.heal()

    assert len(arrived) == (1 if fault.get("after") else 0)
    assert (teams.look(TARGET, "linus") is not None) == bool(fault.get("after"))
    assert len(github.calls("PUT", MEMBERSHIP)) <= 1


def test_a_team_the_token_cannot_see_is_not_an_absence(github, teams):
    github.forge.add_member("acme", "payments-break-glass", "linus")
    github.forge.team("acme", "payments-break-glass").hidden = True

    for verb in ("look", "remove"):
        with pytest.raises(Declined, match="may see"):
            getattr(teams, verb)(TARGET, "linus")


def test_a_team_that_was_renamed_a_moment_after_it_was_seen_is_not_an_absence(github, teams):
    github.forge.add_member("acme", "payments-break-glass", "linus")
    assert teams.check(TARGET) is None
    github.forge.rename_team("acme", "payments-break-glass", "break-glass")

    with pytest.raises(Declined, match="may see"):
        teams.look(TARGET, "linus")


def test_an_account_that_has_another_login_by_now_is_not_an_absence(github, teams):
    github.forge.add_member("acme", "payments-break-glass", "linus")
    github.forge.rename_account("linus", "linus-new")

    with pytest.raises(Declined, match=r"does not know “linus” any more.*people link"):
        teams.look(TARGET, "linus")
    assert teams.look(TARGET, "linus-new").active


def test_before_anything_was_given_a_team_in_sight_is_asked_for_no_second_time(github, teams):
    assert teams.check(TARGET) is None
    github.traffic.clear()

    assert teams.look(TARGET, "linus", sure=False) is None
    assert [(e.method, e.path) for e in github.traffic] == [("GET", MEMBERSHIP)]


def test_a_team_that_cannot_be_asked_about_is_not_an_absence(github, teams):
    github.fail("GET", TEAM, status=502)

    with pytest.raises(Unavailable):
        teams.look(TARGET, "linus")


def test_a_removal_answered_with_not_found_is_quiet_while_the_team_is_seen(github, teams):
    github.forge.add_member("acme", "payments-break-glass", "linus")
    github.fail("DELETE", MEMBERSHIP, status=404, body={"message": "Not Found"}, after=True)
    teams.remove(TARGET, "linus")

    assert teams.look(TARGET, "linus") is None


def test_a_team_an_identity_provider_fills_is_declined_in_githubs_words(github, teams):
    github.forge.team("acme", "payments-break-glass").synchronised = True

    with pytest.raises(Declined, match="externally managed"):
        teams.grant(TARGET, "linus")


def test_an_account_github_does_not_know_is_declined(teams):
    with pytest.raises(Declined, match="nobody-at-all"):
        teams.grant(TARGET, "nobody-at-all")


@pytest.mark.parametrize(
    "account", ["..", ".", "", "../../sre/memberships/linus", "linus?x=#", "linus\n", "li nus"]
)
@pytest.mark.parametrize("verb", ["look", "grant", "remove"])
def test_an_account_name_cannot_address_anything_else(github, teams, verb, account):
    with pytest.raises(Declined):
        getattr(teams, verb)(TARGET, account)
    assert github.traffic == []


def test_a_target_without_a_team_is_declined(teams):
    with pytest.raises(Declined, match="names no team"):
        teams.look(Target("github-team", (("organization", "acme"),)), "linus")


def test_an_invitation_that_serves_other_teams_too_outlives_the_removal(github, teams):
    sre = Target("github-team", (("organization", "acme"), ("team", "sre")))
    teams.grant(sre, "guest")
    teams.grant(TARGET, "guest")
    teams.remove(TARGET, "guest")

    assert {team.slug: team.pending for team in github.forge.teams()} == {
        "payments-break-glass": (),
        "sre": ("guest",),
    }


def test_an_invitation_whose_cancelling_failed_is_cancelled_the_next_time(github, teams):
    teams.grant(TARGET, "guest")
    github.fail("DELETE", "/orgs/acme/invitations/", status=502)
    with pytest.raises(Unavailable):
        teams.remove(TARGET, "guest")
    teams.remove(TARGET, "guest")

    assert github.forge.organisations["acme"].invitations == []


def test_all_pages_of_a_team_are_read(github, teams):
    github.forge.add_organisation("big", *(f"member-{n}" for n in range(250)))
    github.forge.add_team("big", "all", *(f"member-{n}" for n in range(250)))

    assert len(teams.members("big/all")) == 250
    assert len(github.calls("GET", "/orgs/big/teams/all/members")) == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 404},
        {"kind": "malformed"},
        {"kind": "drop"},
        {"kind": "status", "status": 200},
    ],
)
def test_half_a_listing_is_unavailable(github, teams, fault):
    github.forge.add_organisation("big", *(f"member-{n}" for n in range(150)))
    github.forge.add_team("big", "all", *(f"member-{n}" for n in range(150)))
    teams.members("big/all")
    first, second = github.calls("GET", "/orgs/big/teams/all/members")
    link = first.response_headers["link"]
    github.fail(
        "GET", "/orgs/big/teams/all/members", status=200, body=[{"login": "member-1"}], headers={"link": link}
    )
    github.fail("GET", "/orgs/big/teams/all/members", **fault)

    with pytest.raises(Unavailable):
        teams.members("big/all")
    assert "page=2" in second.query


def test_invited_people_are_no_members(teams):
    teams.grant(TARGET, "guest")

    assert teams.members("acme/payments-break-glass") == frozenset()


@pytest.mark.parametrize("team", ["acme/nobody", "acme", "acme/", "/sre", "acme/sre/x"])
def test_a_group_that_is_no_team_is_declined_and_never_empty(teams, team):
    with pytest.raises(Declined):
        teams.members(team)


def test_whoever_shows_the_teams_hears_of_each_change(github, teams):
    before = github.forge.version
    teams.grant(TARGET, "linus")
    github.forge.remove_member("acme", "payments-break-glass", "linus")

    assert github.forge.version == before + 2
    assert teams.look(TARGET, "linus") is None
