"""The ledger's own commands, and what they say when somebody was at it."""

import base64
import json
import sqlite3

import pytest

from storage.keys import embedded_keys
from storage.notes import Signer, verified
from tests.cli.conftest import memory_of


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


# --- with nothing but a public key -------------------------------------------------------------------


def public_key(terminal):
    return json.loads(terminal("ledger", "checkpoint", "--json").stdout)["key"]


def test_whoever_has_the_public_key_needs_no_other(afterwards):
    key = public_key(afterwards)

    found = json.loads(afterwards("ledger", "verify", "--key", key, "--json").stdout)

    assert (found["ok"], found["level"], found["remarks"]) == (True, "SIGNED", [])


def test_a_public_key_of_somebody_else_is_refused(afterwards):
    stranger = Signer(public_key(afterwards).split("+")[0], b"s" * 32).verifier_key

    result = afterwards("ledger", "verify", "--key", stranger)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "was never signed with the key" in result.stderr


@pytest.mark.parametrize("option", ["--key", "--witness"])
def test_what_is_no_key_is_said_to_be_none(afterwards, option):
    result = afterwards("ledger", "verify", option, "nonsense")

    assert result.exit_code == 1
    assert "is no verifier key" in result.stderr


@pytest.mark.parametrize("option", ["--checkpoint", "--roots"])
def test_a_file_that_is_not_there_is_named(afterwards, option):
    result = afterwards("ledger", "verify", option, "missing.txt")

    assert result.exit_code == 1
    assert "missing.txt" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_checkpoint_that_was_kept_elsewhere_anchors_the_ledger(afterwards, tmp_path):
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(afterwards("ledger", "checkpoint").stdout)

    found = afterwards("ledger", "verify", "--checkpoint", kept)

    assert "ANCHORED: up to entry" in found.stdout
    kept.write_text("nonsense")
    assert "no signed note" in afterwards("ledger", "verify", "--checkpoint", kept).stderr


# --- keys and recovery -------------------------------------------------------------------------------


def test_an_embedded_ledger_changes_its_key_by_itself(afterwards):
    before = public_key(afterwards)

    rotated = json.loads(afterwards("ledger", "rotate-key", "--json").stdout)["key"]

    assert rotated != before
    assert public_key(afterwards) == rotated
    for key in (before, rotated):
        assert afterwards("ledger", "verify", "--key", key).exit_code == 0


def test_a_given_key_is_changed_by_a_file_and_the_new_setting(afterwards, tmp_path):
    with memory_of(afterwards) as memory:
        keys = embedded_keys(memory.database, "")
    given = {
        "LEDGER_ORIGIN": keys.origin,
        "LEDGER_SIGNING_KEY": base64.b64encode(keys.signing).decode(),
        "VALUES_KEY": base64.b64encode(keys.values).decode(),
    }
    file = tmp_path / "new-key.txt"

    assert "--new: name a file" in afterwards("ledger", "rotate-key", **given).stderr
    rotated = afterwards("ledger", "rotate-key", "--new", file, **given)
    again = given | {"LEDGER_SIGNING_KEY": file.read_text().strip()}

    assert rotated.exit_code == 0
    assert file.read_text().strip() not in rotated.output
    assert file.stat().st_mode & 0o077 == 0
    assert "is signed with another key; set that one" in afterwards("ledger", "checkpoint", **given).stderr
    assert afterwards("ledger", "checkpoint", **again).exit_code == 0
    assert afterwards("ledger", "verify", **again).exit_code == 0


def test_an_embedded_ledger_takes_no_key_from_a_file(afterwards, tmp_path):
    assert (
        "makes and keeps its key itself" in afterwards("ledger", "rotate-key", "--new", tmp_path / "k").stderr
    )


def test_a_ledger_whose_end_is_gone_is_recovered_by_a_person(afterwards, tmp_path):
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(afterwards("ledger", "checkpoint").stdout)
    tampered(afterwards.directory, "DELETE FROM ledger_entries WHERE sequence > 7")
    assert "the end was cut off" in afterwards("ledger", "verify").stderr

    recovered = afterwards("ledger", "recover", "--because", "The disk failed.", "--checkpoint", kept)
    found = afterwards("ledger", "verify")

    assert "of what was signed before, 7 entries stay." in recovered.stdout
    assert (found.exit_code, "SIGNED" in found.stdout) == (0, True)
    assert "is about entries that were lost; the recovery is on record." in found.stderr
