"""Erasing somebody and keeping records from the command line, beside a running bot and without one."""

import json
import sqlite3
from datetime import timedelta

import pytest

from sandbox import cast
from sandbox.cast import MAYA
from tests.cli.conftest import asks, memory_of

WHO = ("people", "erase", "maya@acme.example")
BECAUSE = ("--as", "ada@acme.example", "--reason", "Left the company.")
WORDS = "The index of Zanzibar is broken."


@pytest.fixture
def over(world):
    """A change of Maya's that she took back."""
    change = asks(world, MAYA, access="ledger-admin", window="30m", what=WORDS)
    world.slack.command(MAYA.user.id, cast.PAYMENTS, f"withdraw {change}")
    world.settle()
    return change


def files_with(directory, needle):
    return [
        path.name for path in directory.glob("emergency-change.db*") if needle.encode() in path.read_bytes()
    ]


def test_somebody_is_erased_beside_a_running_bot(world, over, in_the_world):
    before = world.person(MAYA.user.id)
    there = files_with(world.directory, before.email)
    gone = json.loads(in_the_world(*WHO, *BECAUSE, "--yes", "--json").stdout)

    assert there != []
    assert (gone["person"], gone["values"] >= 4) == (before.id, True)
    assert files_with(world.directory, before.email) == files_with(world.directory, before.name) == []
    assert "4 values" not in in_the_world("changes", "show", over).stdout
    assert WORDS not in in_the_world("changes", "show", over).stdout
    assert in_the_world("ledger", "verify").exit_code == 0


def test_what_is_not_reached_is_said_with_the_places(world, over, in_the_world):
    ticket = world.bot.memory.record(over)[0].ticket.key
    said = in_the_world(*WHO, *BECAUSE, "--yes").stderr

    assert "Not reached, to be done by hand: the copies in Slack and Jira, logs, exports and backups." in said
    assert f"{over}: in Jira {ticket}; in Slack {cast.LEDGER}, and direct messages" in said
    assert "Their Slack account is active" in said


def test_an_account_that_slack_still_lists_is_somebody_else(world, over, in_the_world):
    before = world.person(MAYA.user.id).id
    in_the_world(*WHO, *BECAUSE, "--yes")
    world.bot.directory.refresh()
    world.slack.command(MAYA.user.id, cast.PAYMENTS, "status")
    world.settle()

    again = world.person(MAYA.user.id)
    assert again.id != before
    assert world.bot.memory.person(before).erased
    assert world.bot.memory.record(over)[0].request.by == before


def test_somebody_in_an_open_change_is_not_erased(afterwards):
    result = afterwards(*WHO, *BECAUSE, "--yes")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "They take part in EC-" in result.stderr
    assert "maya@acme.example" in afterwards("people", "list").stdout


def test_without_a_yes_it_is_said_what_would_go_and_nothing_goes(world, over, in_the_world):
    result = in_the_world(*WHO, *BECAUSE)

    assert result.exit_code == 1
    assert "Maya Okafor, maya@acme.example, maya-acme" in result.stderr
    assert "say --yes to go ahead" in result.stderr
    assert world.person(MAYA.user.id).name == "Maya Okafor"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nobody@acme.example", *BECAUSE), "Nobody in the directory has the e-mail address"),
        (("P-NOBODY", *BECAUSE), "Nobody has the pseudonym P-NOBODY"),
        (
            ("maya@acme.example", "--as", "nobody@acme.example", "--reason", "x"),
            "Nobody in the directory has",
        ),
        (("maya@acme.example", "--as", "ada@acme.example", "--reason", " "), "--reason: say why"),
        (("gil@acme.example", "--as", "gil@acme.example", "--reason", "x"), "Somebody else has to do this"),
        (("ada@acme.example", *BECAUSE), "The policy in force names them; take them out of it"),
        (("linus@acme.example", *BECAUSE), "was not seen gone yet; end it with `access revoke`"),
        (
            ("gil@acme.example", "--as", "ada@acme.example", "--reason", "Gil Guest asked"),
            "leave their name and accounts out of it",
        ),
        (("gil@acme.example", *BECAUSE, "--json"), "--json asks nothing"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(afterwards, words, sentence):
    result = afterwards("people", "erase", *words, *([] if "--json" in words else ["--yes"]))

    assert (result.exit_code, result.stdout) == (1, "")
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_somebody_who_has_left_can_be_erased(afterwards):
    assert " is erased: " in afterwards("people", "erase", "dee@acme.example", *BECAUSE, "--yes").stdout
    assert "dee@acme.example" not in afterwards("people", "list").stdout


def test_somebody_can_be_erased_by_their_pseudonym(afterwards):
    rows = json.loads(afterwards("people", "list", "--json").stdout)
    gil = next(row["person"] for row in rows if row["email"] == "gil@acme.example")
    result = afterwards("people", "erase", gil.lower(), *BECAUSE, "--yes")

    assert result.stdout == f"{gil} is erased: 0 values and all accounts. The ledger says so.\n"
    assert "erased" in next(
        r["note"] for r in json.loads(afterwards("people", "list", "--json").stdout) if r["person"] == gil
    )


# --- holds and retention ---------------------------------------------------------------------------


def test_a_legal_hold_is_set_listed_and_lifted(world, over, in_the_world):
    held = in_the_world("records", "hold", over.lower(), *BECAUSE)
    listed = in_the_world("records", "holds").stdout
    erased = in_the_world(*WHO, *BECAUSE, "--yes")
    released = in_the_world("records", "release", over, *BECAUSE)

    assert held.stdout == f"{over} is under legal hold.\n"
    assert over in listed
    assert "Ada Novak" in listed
    assert (erased.exit_code, f"{over} is under legal hold since" in erased.stderr) == (1, True)
    assert released.stdout == f"{over} is no longer under legal hold.\n"
    assert json.loads(in_the_world("records", "holds", "--json").stdout) == []


def test_a_person_is_held_by_address(afterwards):
    held = json.loads(afterwards("records", "hold", "linus@acme.example", *BECAUSE, "--json").stdout)

    [hold] = json.loads(afterwards("records", "holds", "--json").stdout)
    assert held == {"subject": hold["subject"], "held": True}
    with memory_of(afterwards) as memory:
        assert memory.person(hold["subject"]).email == "linus@acme.example"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("hold", "EC-2026-9999"), "There is no change EC-2026-9999."),
        (("release", "linus@acme.example"), "is under no legal hold."),
        (("hold", "P-NOBODY"), "Nobody has the pseudonym P-NOBODY"),
    ],
)
def test_a_hold_that_cannot_be_is_one_sentence(afterwards, words, sentence):
    result = afterwards("records", *words, *BECAUSE)

    assert (result.exit_code, result.stdout) == (1, "")
    assert sentence in result.stderr


def test_the_bot_purges_what_was_kept_long_enough_and_the_command_shows_it_first(world, over, in_the_world):
    world.travel.by(timedelta(days=7 * 366))  # what falls due on the way has nothing to do with it
    in_the_world("records", "purge", "--dry-run")
    would = world.bot.memory.retention.due()
    world.bot.watch.purge()

    assert over in would.changes
    assert world.bot.memory.record(over)[0].request.what == "[erased]"
    assert in_the_world("ledger", "verify").exit_code == 0


def test_a_young_record_is_not_purged(afterwards):
    found = json.loads(afterwards("records", "purge", "--json").stdout)

    assert (found["changes"], found["values"], found["purged"]) == ([], 0, True)


def test_the_files_can_be_written_anew_at_any_time(afterwards):
    assert afterwards("db", "vacuum").stdout == "What was deleted is gone from the tables' files.\n"


def test_guards_are_put_back_by_command(afterwards):
    with sqlite3.connect(afterwards.directory / "emergency-change.db") as connection:
        connection.execute("DROP TRIGGER ledger_refuses_update")
    connection.close()
    mended, again = afterwards("db", "guard"), afterwards("db", "guard")

    assert mended.stdout == "Put back: ledger_refuses_update. Now run `emergency-change ledger verify`.\n"
    assert again.stdout == "All guards are as they were made.\n"
