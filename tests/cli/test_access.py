"""The kill switch: it works beside a running bot and without one, and it never says more than was seen."""

import json
import sqlite3

import pytest

from sandbox import cast
from sandbox.cast import LINUS, MAYA
from sandbox.world import World
from tests.cli.conftest import Terminal, asks, environment, starts_the_bot, stops_the_bot

REASON = ("--reason", "The laptop was stolen.")
TEAM = "payments-break-glass"
REFUSED = {
    "maya@acme.example": "Only the requester, an approver or security can end this access.",
    "gil@acme.example": "Guests cannot take part in an emergency change; ask a colleague.",
    "dee@acme.example": "This account is deactivated.",
}


def row_of(terminal, change):
    return next(
        row for row in json.loads(terminal("access", "list", "--json").stdout) if row["change"] == change
    )


def states(terminal):
    return {row["change"]: row["state"] for row in json.loads(terminal("changes", "list", "--json").stdout)}


def age_mirrors(world):
    """Let the mirrors be as old as they are when no bot has run for a day."""
    with sqlite3.connect(world.directory / "emergency-change.db") as connection:
        connection.execute("UPDATE mirrors SET refreshed_at = '2020-01-01T00:00:00.000000Z'")
    connection.close()


def test_access_in_force_is_listed_with_its_end_person_and_target(in_the_world, world):
    change = asks(world)

    row = row_of(in_the_world, change)

    assert row["person"] == "Linus Berg"
    assert row["account"] == LINUS.github
    assert row["target"] == f"github-team:acme/{TEAM}"
    assert row["standing"] == "in force"
    assert row["until"] > row["since"]


def test_the_kill_switch_proves_that_access_is_gone_though_no_bot_runs(in_the_world, world):
    change = asks(world)
    stops_the_bot(world)

    result = in_the_world("access", "revoke", change, "--as", "grace@acme.example", *REASON)

    assert result.exit_code == 0
    assert world.members(TEAM) == set()
    assert f"{change}: The access of Linus Berg to github-team:acme/{TEAM} is gone; seen at" in result.stdout
    assert states(in_the_world)[change] == "in_review"
    assert json.loads(in_the_world("access", "list", "--json").stdout) == []


def test_the_kill_switch_works_beside_a_running_bot(tmp_path, elsewhere):
    with World(tmp_path) as world:
        change = asks(world)
        terminal = Terminal(environment(world.settings()))

        result = terminal("access", "revoke", change, "--as", "sol@acme.example", *REASON, "--json")

        [outcome] = json.loads(result.stdout)
        assert (outcome["change"], outcome["gone"]) == (change, True)
        assert world.members(TEAM) == set()
        assert len(world.github.calls("DELETE", r".*/memberships/")) == 1


@pytest.mark.parametrize("email", ["linus@acme.example", "ada@acme.example", "sol@acme.example"])
def test_requester_approver_and_security_may_end_it(in_the_world, world, email):
    change = asks(world)

    assert in_the_world("access", "revoke", change, "--as", email, *REASON).exit_code == 0
    assert world.members(TEAM) == set()


def test_nobody_else_may_and_the_refusal_is_the_guards_own_sentence(in_the_world, world):
    change = asks(world)

    for email, sentence in REFUSED.items():
        result = in_the_world("access", "revoke", change, "--as", email, *REASON)

        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"{change}: {sentence}\n"
        assert world.members(TEAM) == {LINUS.github}
        assert sentence in in_the_world("changes", "show", change).stdout


def test_somebody_unknown_is_told_where_people_are_listed(in_the_world, world):
    change = asks(world)

    result = in_the_world("access", "revoke", change, "--as", "nobody@acme.example", *REASON)

    assert result.exit_code == 1
    assert "emergency-change people list" in result.stderr
    assert world.members(TEAM) == {LINUS.github}


def test_groups_that_nobody_refreshed_are_read_again_before_anybody_is_refused(in_the_world, world):
    change = asks(world)
    stops_the_bot(world)
    age_mirrors(world)

    assert in_the_world("access", "revoke", change, "--as", "sol@acme.example", *REASON).exit_code == 0
    assert world.members(TEAM) == set()


def test_the_requester_needs_neither_slack_nor_jira_nor_a_policy_file(in_the_world, world, elsewhere):
    change = asks(world)
    stops_the_bot(world)
    age_mirrors(world)
    gone = {
        "SLACK_API_URL": "http://127.0.0.1:1/",
        "JIRA_URL": "http://127.0.0.1:1",
        "POLICY_FILE": "gone.toml",
    }

    result = in_the_world("access", "revoke", change, "--as", "linus@acme.example", *REASON, **gone)

    assert result.exit_code == 0
    assert world.members(TEAM) == set()


def test_another_policy_file_does_not_come_into_force_by_a_kill_switch(in_the_world, world, elsewhere):
    change, before = asks(world), in_the_world("policy", "show").stdout
    (elsewhere / "other.toml").write_text(before.replace("shortest = 40", "shortest = 41"))

    in_the_world("access", "revoke", change, "--as", "linus@acme.example", *REASON, POLICY_FILE="other.toml")

    assert in_the_world("policy", "show").stdout == before


def test_what_nobody_could_see_gone_is_not_called_gone(in_the_world, world):
    change = asks(world)
    stops_the_bot(world)
    world.github.fail("*", r".*", status=503, times=1000)
    words = ("access", "revoke", change, "--as", "grace@acme.example", *REASON)

    failed = in_the_world(*words, "--wait", "0")

    assert (failed.exit_code, failed.stdout) == (1, "")
    assert f"{change}: The access is NOT proven gone: GitHub answered 503" in failed.stderr
    assert row_of(in_the_world, change)["standing"] == "NOT PROVEN GONE"

    world.github.heal()

    assert in_the_world(*words).exit_code == 0
    assert world.members(TEAM) == set()


def test_a_short_outage_is_waited_out(in_the_world, world):
    change = asks(world)
    stops_the_bot(world)
    world.github.fail("*", r".*", status=503, times=1)

    result = in_the_world("access", "revoke", change, "--as", "grace@acme.example", *REASON)

    assert result.exit_code == 0
    assert world.members(TEAM) == set()


def test_all_of_it_ends_at_once_and_one_failure_stops_no_other(in_the_world, world):
    first, second = asks(world), asks(world, MAYA)
    stops_the_bot(world)
    world.github.fail("*", rf".*/memberships/{LINUS.github}", status=503, times=1000)

    result = in_the_world(
        "access", "revoke", "--all", "--as", "sol@acme.example", *REASON, "--wait", "0", "--json"
    )

    gone = {outcome["change"]: outcome["gone"] for outcome in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert gone == {first: False, second: True}
    assert world.members(TEAM) == {LINUS.github}
    assert set(states(in_the_world).values()) == {"in_review"}


def test_two_changes_that_share_an_access_end_together(tmp_path, elsewhere):
    def twice(text):
        profile = text[text.index("[access.payments-merge]") : text.index("[access.ledger-admin]")]
        return text + profile.replace("payments-merge", "payments-deploy").replace("Merge", "Deploy")

    with World(tmp_path, live=False, policy=twice) as world:
        asks(world), asks(world, access="payments-deploy")
        stops_the_bot(world)
        terminal = Terminal(environment(world.settings()))

        result = terminal("access", "revoke", "--all", "--as", "sol@acme.example", *REASON, "--json")

        assert [outcome["gone"] for outcome in json.loads(result.stdout)] == [True, True]
        assert world.members(TEAM) == set()


def test_access_that_was_held_before_is_said_to_stay(in_the_world, world):
    world.github.forge.add_member("acme", TEAM, LINUS.github)
    change = asks(world)

    result = in_the_world("access", "revoke", change, "--as", "linus@acme.example", *REASON)

    assert result.exit_code == 1
    assert f"was held before {change} and STAYS" in result.stderr
    assert world.members(TEAM) == {LINUS.github}


def test_a_change_that_waits_for_an_approver_has_nothing_to_end(in_the_world, world):
    change = asks(world, access="ledger-admin", window="30m")

    result = in_the_world("access", "revoke", change, "--as", "linus@acme.example", *REASON)

    assert result.exit_code == 1
    assert "is requested and holds no access" in result.stderr


def test_ending_twice_proves_it_twice(in_the_world, world):
    change = asks(world)
    words = ("access", "revoke", change, "--as", "linus@acme.example", *REASON)

    assert [in_the_world(*words).exit_code, in_the_world(*words).exit_code] == [0, 0]


def test_with_nothing_in_force_all_is_well(in_the_world):
    result = in_the_world("access", "revoke", "--all", "--as", "sol@acme.example", *REASON)

    assert (result.exit_code, result.stderr) == (0, "No access is in force or unproven.\n")


def test_a_reason_is_needed_and_may_hold_no_secret(in_the_world, world):
    change = asks(world)
    leaked = "It was ghp_0123456789abcdefghij0123456789abcd"

    without = in_the_world("access", "revoke", change, "--as", "linus@acme.example", "--reason", "")
    secret = in_the_world("access", "revoke", change, "--as", "linus@acme.example", "--reason", leaked)

    endless = in_the_world("access", "revoke", change, "--as", "linus@acme.example", "--reason", "x" * 3001)

    assert endless.stderr == "The reason is longer than 3000 characters.\n"
    assert without.stderr == f"{change}: Give a reason.\n"
    assert secret.exit_code == 1
    assert "ghp_0123456789" not in secret.output
    assert world.members(TEAM) == {LINUS.github}


@pytest.mark.parametrize("words", [(), ("EC-2026-0001", "--all")])
def test_one_change_or_all_must_be_named(in_the_world, words):
    result = in_the_world("access", "revoke", *words, "--as", "sol@acme.example", *REASON)

    assert (result.exit_code, result.stderr) == (1, "Name one change, or say --all.\n")


def test_the_ledger_says_that_it_was_a_command_and_no_click(in_the_world, world):
    change = asks(world)
    in_the_world("access", "revoke", change, "--as", "grace@acme.example", *REASON)

    [entry] = [one for one in world.bot.memory.entries(change=change) if one.leaf["kind"] == "revocation/1"]
    assert entry.leaf["delivery"].startswith("command:")


def test_the_rest_is_told_once_the_bot_runs_again(in_the_world, world):
    change = asks(world)
    stops_the_bot(world)
    in_the_world("access", "revoke", change, "--as", "grace@acme.example", *REASON)

    starts_the_bot(world)
    world.settle()

    said = [message.text for message in world.slack.messages(cast.PAYMENTS)]
    assert any("ended the access early" in text for text in said)
    assert world.bot.memory.verify().size
