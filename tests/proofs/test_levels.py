"""How far the proof reaches: each level, up to where, and only if what others said is about this ledger."""

import base64
from datetime import UTC, datetime

import pytest
import rfc8785

from storage.levels import Outside
from storage.notes import Cosigner, Note, Signer, verified
from storage.receipts import verify_receipt
from tests.memories import ORIGIN
from tests.storage.test_verify import Intruder
from workflows.errors import LedgerCorrupt

WITNESS = Cosigner("witness.example/w1", b"w" * 32)
AT = 1_793_000_000
STAMPED = datetime(2026, 11, 2, 3, 10, tzinfo=UTC)
ANSWER = base64.b64encode(b"an authority's answer").decode()


def cosign(memory, point, cosigner=WITNESS):
    line = str(cosigner.cosign(Note.read(point.note).text, AT))
    memory.cosigned(point, str(cosigner.key), line)
    return line


def reached(memory, **outside):
    found = memory.verify(Outside(**outside))
    return found.level, [(one.level, one.size) for one in found.reached]


@pytest.fixture
def point(desk, memory):
    desk.opens()
    return memory.checkpoint()


def test_a_ledger_nobody_else_knows_of_is_signed_and_no_more(memory, point):
    assert reached(memory) == ("SIGNED", [("SIGNED", 3)])


def test_a_checkpoint_kept_elsewhere_anchors_what_is_before_it(memory, point, desk):
    memory.anchored(point, "github.com/acme/evidence", "0a1b2c3d")
    desk.opens("ledger-admin")
    memory.checkpoint()

    assert reached(memory) == ("ANCHORED", [("SIGNED", 5), ("ANCHORED", 3)])
    assert memory.verify().reached[1].says == "github.com/acme/evidence, 0a1b2c3d"


def test_of_all_levels_the_highest_is_named(memory, point):
    memory.anchored(point, "github.com/acme/evidence", "0a1b2c3d")
    memory.timestamped(point, "https://tsa.example", ANSWER)
    cosign(memory, point)

    level, levels = reached(memory, stamped=lambda note, answer: STAMPED, witnesses=(WITNESS.key,))

    assert level == "WITNESSED"
    assert levels == [("SIGNED", 3), ("ANCHORED", 3), ("TIMESTAMPED", 3), ("WITNESSED", 3)]


def test_a_timestamp_is_checked_over_the_very_bytes_of_the_checkpoint(memory, point):
    memory.timestamped(point, "https://tsa.example", ANSWER)
    asked = []

    def stamped(note, answer):
        asked.append((note, answer))
        return STAMPED

    assert (
        memory.verify(Outside(stamped=stamped)).reached[1].says == "https://tsa.example, 2026-11-02T03:10:00Z"
    )
    assert asked == [(point.note.encode(), b"an authority's answer")]


def test_what_cannot_be_checked_counts_for_nothing_and_is_said(memory, point):
    memory.timestamped(point, "https://tsa.example", ANSWER)
    cosign(memory, point)

    found = memory.verify()
    assert found.level == "SIGNED"
    assert found.remarks == (
        "There are timestamps; give the authority's root certificate to have them checked.",
        "witness.example/w1 has cosigned; give its key to have that checked.",
    )


def test_a_cosignature_of_another_key_under_the_witness_name_does_not_count(memory, point):
    cosign(memory, point, Cosigner("witness.example/w1", b"x" * 32))

    found = memory.verify(Outside(witnesses=(WITNESS.key,)))
    assert found.level == "SIGNED"
    assert found.remarks == ("witness.example/w1 has cosigned; give its key to have that checked.",)


def test_a_cosignature_that_was_changed_afterwards_is_found(memory, point):
    cosign(memory, point)
    written = memory.entries()[-1]
    other = str(WITNESS.cosign("another text\n", AT))
    leaf = {**written.leaf, "body": {**written.leaf["body"], "signature": other}}
    intruder = Intruder(memory)
    intruder.replaces(written.sequence, rfc8785.dumps(leaf))
    intruder.regrows_the_head()

    with pytest.raises(LedgerCorrupt, match=r"cosignature by witness\.example/w1 does not hold"):
        reached(memory, witnesses=(WITNESS.key,))


def test_a_checkpoint_that_was_brought_along_anchors_the_ledger_it_is_of(memory, point, desk):
    desk.opens("ledger-admin")

    assert reached(memory, notes=(point.note,)) == (
        "ANCHORED",
        [("SIGNED", 3), ("ANCHORED", 3)],
    )


def test_a_checkpoint_of_a_longer_ledger_shows_that_the_end_is_gone(memory, point):
    longer = memory.signer.sign(99, b"\0" * 32).note

    with pytest.raises(LedgerCorrupt, match="99 entries were signed and fewer are there"):
        reached(memory, notes=(longer,))
    with pytest.raises(LedgerCorrupt, match=r"99 entries were signed and only 3 are there: this is a copy"):
        memory.compare(longer)


def test_a_checkpoint_with_another_root_shows_that_something_was_changed(memory, point):
    other = memory.signer.sign(2, b"\0" * 32).note

    with pytest.raises(LedgerCorrupt, match="kept elsewhere has another root at 2 entries"):
        reached(memory, notes=(other,))
    with pytest.raises(LedgerCorrupt, match="The first 2 entries are not those that were signed"):
        memory.compare(other)
    memory.compare(point.note)


def test_nobody_vouches_for_a_checkpoint_that_is_not_ours(memory, point):
    foreign = Signer(ORIGIN, b"f" * 32).sign(point.size, point.root)

    with pytest.raises(LedgerCorrupt, match=f"The checkpoint is not signed by {ORIGIN}"):
        memory.anchored(foreign, "github.com/acme/evidence", "0a1b2c3d")


def test_the_same_is_recorded_once(memory, point):
    for _ in range(2):
        memory.anchored(point, "github.com/acme/evidence", "0a1b2c3d")

    kinds = [written.leaf["kind"] for written in memory.entries()]
    assert kinds.count("anchored/1") == 1


def test_a_receipt_carries_the_cosignatures_that_are_there(memory, point):
    line = cosign(memory, point)

    receipt = memory.receipt(2)
    checked = verify_receipt(receipt, memory.leaf(2)[0], memory.signer.verifier_key)
    assert receipt.endswith(line)
    assert verified(checked.note, str(WITNESS.key)).size == point.size


# --- what is due ------------------------------------------------------------------------------------


def test_entries_about_checkpoints_do_not_call_for_checkpoints_of_their_own(memory, point):
    """Or each would be signed, anchored and recorded, for ever."""
    assert memory.not_yet("anchored", "here") == point
    memory.anchored(point, "here", "1")

    assert memory.sign_what_is_new() is None
    assert memory.not_yet("anchored", "here") is None
    assert memory.not_yet("anchored", "there") == point
    assert memory.not_yet("cosigned", str(WITNESS.key)) == point


def test_after_something_happened_a_checkpoint_is_due_again(memory, point, desk):
    memory.anchored(point, "here", "1")
    desk.opens("ledger-admin")

    newer = memory.sign_what_is_new()
    assert newer.size == 5
    assert memory.not_yet("anchored", "here") == newer


def test_heartbeats_alone_are_signed_by_the_dozen(memory, point, grow):
    grow(11)
    assert memory.sign_what_is_new() is None

    grow(1)
    assert memory.sign_what_is_new().size == 15
