"""The ledger's own commands, and what they say when somebody was at it."""

import json
import sqlite3

import pytest

from storage.notes import verified


def tampered(directory, *statements):
    """Do what somebody with the file in their hands can do."""
    with sqlite3.connect(directory / "emergency-change.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_ledger_that_holds_says_how_far_the_proof_reaches(afterwards):
    found = json.loads(afterwards("ledger", "verify", "--json").stdout)

    assert found["ok"] is True
    assert found["level"] == "SIGNED"
    assert found["checkpoints"] == 1
    assert f"The ledger holds: {found['size']} entries" in afterwards("ledger", "verify").stdout


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE ledger_entries SET leaf = CAST(leaf || ' ' AS BLOB) WHERE sequence = 5", "Entry 5 "),
        ("UPDATE ledger_entries SET leaf = x'00' WHERE sequence = 1", "Entry 1 "),
        ("DELETE FROM ledger_entries WHERE sequence = 7", "Entry 7 is missing"),
        ("DELETE FROM ledger_entries WHERE sequence > 7", "the end was cut off"),
        ("UPDATE ledger_head SET size = size + 1", "The head says"),
        (
            "UPDATE entry_values SET sealed = x'00112233445566778899aabbccddeeff00112233445566778899aabb'",
            "entry",
        ),
    ],
)
def test_the_first_entry_that_does_not_hold_is_named(afterwards, statement, sentence):
    tampered(afterwards.directory, statement)

    result = afterwards("ledger", "verify")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_checkpoint_is_a_note_anybody_can_verify(afterwards):
    with sqlite3.connect(afterwards.directory / "emergency-change.db") as connection:
        [leaf] = connection.execute(
            "SELECT leaf FROM ledger_entries WHERE kind = 'key-in-force/1'"
        ).fetchone()
    connection.close()
    size = json.loads(afterwards("ledger", "verify", "--json").stdout)["size"]

    note = afterwards("ledger", "checkpoint").stdout

    assert verified(note, json.loads(leaf)["body"]["public_key"]).size == size


def test_a_checkpoint_is_the_same_for_programs(afterwards):
    note = afterwards("ledger", "checkpoint").stdout

    assert json.loads(afterwards("ledger", "checkpoint", "--json").stdout)["note"] == note


def test_a_cut_ledger_is_not_signed_again(afterwards):
    tampered(
        afterwards.directory,
        "DELETE FROM ledger_entries WHERE sequence > 7",
        "UPDATE ledger_head SET size = 7",
    )

    result = afterwards("ledger", "checkpoint")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "only 7 are there" in result.stderr
