"""Another key is put in force by the one before it; what was signed stays signed, and nothing else counts."""

import json

import pytest
import rfc8785
import sqlalchemy as sa

from storage.keys import embedded_keys
from storage.levels import Outside
from storage.memory import Memory
from storage.notes import Note, Signer, verified
from storage.schema import checkpoints
from tests.memories import ORIGIN
from tests.storage.test_verify import Intruder
from workflows.errors import LedgerCorrupt, Misconfigured

NEW = b"n" * 32
NEXT = b"o" * 32
STRANGER = Signer(ORIGIN, b"s" * 32)


@pytest.fixture
def rotated(desk, memory):
    """One checkpoint under each of three keys."""
    desk.opens()
    memory.checkpoint()
    for seed, access in ((NEW, "ledger-admin"), (NEXT, "payments-twice")):
        memory.rotate_key(seed)
        desk.opens(access)
        memory.checkpoint()
    return memory


def the_rotation(memory):
    return next(w for w in memory.entries() if w.leaf["kind"] == "key-rotated/1")


def test_the_entry_is_signed_by_both_keys(rotated):
    entry = the_rotation(rotated).entry

    note = Note.read(entry.note)
    assert [signature.name for signature in note.signatures] == [ORIGIN, ORIGIN]
    assert entry.previous in note.text
    assert entry.public_key in note.text
    for key in (entry.previous, entry.public_key):
        with pytest.raises(LedgerCorrupt, match="is no checkpoint"):  # its signature holds
            verified(entry.note, key)


def test_checkpoints_of_the_old_key_still_verify(rotated):
    found = rotated.verify()

    assert found.level == "SIGNED"
    assert found.checkpoints == 3  # one under each key


@pytest.mark.parametrize("which", [0, 1, 2])
def test_whoever_knows_one_of_the_keys_can_check_all_of_the_ledger(rotated, which):
    seeds = [embedded_keys(rotated.database, ORIGIN).signing, NEW, NEXT]
    key = Signer(ORIGIN, seeds[which]).verifier_key

    assert rotated.verify(Outside(key=key)).level == "SIGNED"


def test_a_key_the_ledger_never_had_is_refused(rotated):
    with pytest.raises(LedgerCorrupt, match="never signed with the key of"):
        rotated.verify(Outside(key=STRANGER.verifier_key))


def test_the_old_key_signs_nothing_any_more(rotated):
    """A replica that was not given the new key stops signing, and says what to set."""
    old = Memory(rotated.database, rotated.clock, rotated.stopwatch, embedded_keys(rotated.database, ORIGIN))

    with pytest.raises(
        Misconfigured, match=r"LEDGER_SIGNING_KEY: the ledger of .* is signed with another key"
    ):
        old.checkpoint()


def test_a_checkpoint_the_old_key_signed_later_does_not_count(rotated):
    """The old key was stolen after it was replaced."""
    old = Signer(ORIGIN, embedded_keys(rotated.database, ORIGIN).signing)
    size, root = rotated.root()
    forged = old.sign(size, bytes.fromhex(root))
    with rotated.database.write() as connection:
        connection.execute(sa.update(checkpoints).where(checkpoints.c.size == size).values(note=forged.note))

    with pytest.raises(LedgerCorrupt, match="signed with a key that was not in force then"):
        rotated.verify()


def test_the_same_key_again_is_no_rotation(desk, memory):
    with pytest.raises(Misconfigured, match="in force already"):
        memory.rotate_key(embedded_keys(memory.database, ORIGIN).signing)


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": STRANGER.verifier_key},
        {"previous": STRANGER.verifier_key},
        {"note": "{text}\n{first}"},
        {"note": "{text}\n{second}"},
    ],
    ids=str,
)
def test_a_key_that_the_one_before_it_did_not_sign_in_is_found(rotated, change):
    written = the_rotation(rotated)
    note = Note.read(written.entry.note)
    parts = {"text": note.text, "first": note.signatures[0], "second": note.signatures[1]}
    body = written.leaf["body"] | {name: value.format(**parts) for name, value in change.items()}
    intruder = Intruder(rotated)
    intruder.replaces(
        written.sequence, rfc8785.dumps(json.loads(rfc8785.dumps(written.leaf)) | {"body": body})
    )

    with pytest.raises(LedgerCorrupt, match="puts a key in force that the key before it did not sign"):
        rotated.verify()


def test_a_key_that_was_replaced_is_never_put_in_force_again(rotated):
    """What it signs could not be told from what it signed, or was made to sign, in the meantime."""
    with pytest.raises(Misconfigured, match="was in force before"):
        rotated.rotate_key(NEW)

    assert rotated.verify().level == "SIGNED"


# --- before the bot was ever started -----------------------------------------------------------------


@pytest.fixture
def untouched(database, clock, stopwatch):
    """A schema and nothing in it, as after ``db upgrade``."""
    return Memory(database, clock, stopwatch, embedded_keys(database, ORIGIN))


def test_a_ledger_that_is_signed_before_the_bot_ever_ran_holds(untouched):
    """The witness must be given the key before the bot starts, and this is how to see it."""
    point = untouched.checkpoint()

    assert point.size == 1
    assert untouched.verify().level == "SIGNED"


def test_a_key_that_is_replaced_before_the_bot_ever_ran_is_replaced_by_both(untouched):
    untouched.rotate_key(NEW)
    untouched.checkpoint()

    assert [w.leaf["kind"] for w in untouched.entries()] == ["key-in-force/1", "key-rotated/1"]
    assert untouched.verify().level == "SIGNED"


def test_a_ledger_that_somebody_wrote_anew_under_a_name_of_their_own_is_not_ours(untouched):
    """It holds in itself; who verifies with the bot's own settings must not be told that it is signed."""
    ours, untouched.signer = untouched.signer, Signer("evil.example/ledger", b"e" * 32)
    untouched.checkpoint()
    untouched.signer = ours

    with pytest.raises(LedgerCorrupt, match=f"never signed under the name in use, {ORIGIN}"):
        untouched.verify()
