"""The end of the ledger is gone, or the whole of it is an earlier copy: emergencies go on, nothing is hidden."""

import pytest
import sqlalchemy as sa

from storage import guards, merkle
from storage.keys import embedded_keys
from storage.memory import Memory
from storage.notes import Signer, VerifierKey, verified
from storage.receipts import verify_receipt
from storage.schema import checkpoints, entries, head, values
from tests.acme import ADA, GRACE, MARGARET
from tests.memories import ORIGIN, Desk
from tests.storage.test_attacks import LOOK_BACK, REPORT
from tests.storage.test_verify import Intruder
from workflows import events as ev
from workflows import observations as ob
from workflows.errors import LedgerCorrupt, Misconfigured
from workflows.vocabulary import State


def cuts(memory, keep, *more):
    """Drop the guards, take the end of the ledger away, and put the guards back, as if nothing had been."""
    Intruder(memory).does(sa.delete(entries).where(entries.c.sequence > keep), *more)
    with memory.database.write() as connection:
        guards.install(connection)
    assert memory.missing_guards() == ()


def kinds(memory):
    return [written.leaf["kind"] for written in memory.entries(limit=500)]


@pytest.fixture
def ready(desk, memory):
    """Leave a change that only waits for its acceptance, its entries 3 to 13."""
    change = desk.opens()
    desk.confirms(change)
    desk.happens(change, ev.Completion, **REPORT)
    desk.seen(change, ob.AccessEnded)
    desk.happens(change, ev.Approval, ADA)
    desk.happens(change, ev.Retrospective, **LOOK_BACK)
    desk.reads_again(change)
    return change


@pytest.fixture
def cut(desk, memory, ready):
    """Sign, open one more change, sign again; then cut the last entries off."""
    memory.checkpoint()
    kept = memory.root()[0]
    desk.opens("ledger-admin")
    desk.opens("payments-twice")
    memory.checkpoint()
    cuts(memory, kept)
    return kept


def test_access_is_given_though_the_end_of_the_ledger_was_cut_off(desk, memory, cut):
    change = desk.opens("payments-deploy", MARGARET)

    assert desk.record(change).state is State.ACTIVE
    assert kinds(memory)[cut:] == ["ledger-damaged/1", "request/1"]
    damaged = memory.entries(after=cut)[0].entry
    assert (damaged.said, damaged.there) == (cut + 2, cut)


def test_nothing_is_closed_until_the_recovery_is_recorded(desk, memory, cut, ready):
    refused = desk.happens(ready, ev.Acceptance, GRACE).ruling
    memory.recover("The last night's copy was put back by mistake.")
    accepted = desk.happens(ready, ev.Acceptance, GRACE).ruling

    assert refused.guard == "ledger_guarded"
    assert accepted.to is State.CLOSED


def test_nothing_is_signed_until_the_recovery_is_recorded(desk, memory, cut):
    desk.opens("payments-deploy", MARGARET)

    with pytest.raises(
        LedgerCorrupt, match=r"then run `emergency-change ledger recover`\. Nothing is signed"
    ):
        memory.checkpoint()
    with pytest.raises(LedgerCorrupt):
        memory.sign_what_is_new()


def test_verification_fails_until_the_recovery_is_recorded_and_then_says_what_was_lost(desk, memory, cut):
    desk.opens("payments-deploy", MARGARET)
    with pytest.raises(LedgerCorrupt, match=f"The end of the ledger was lost before entry {cut + 1}"):
        memory.verify()

    recovered = memory.recover("A disk failed.", "")

    assert recovered.kept == cut
    found = memory.verify()
    assert (found.level, found.lost) == ("SIGNED", 1)


def test_after_a_recovery_the_ledger_has_another_name_that_both_keys_signed(memory, cut):
    recovered = memory.recover("A disk failed.")

    origin = VerifierKey.read(recovered.public_key).name
    assert origin.startswith(f"{ORIGIN}/")
    assert memory.newest_checkpoint().origin == origin
    assert verified(memory.checkpoint().note, recovered.public_key).size > cut


def test_what_was_signed_before_the_loss_can_still_be_proven(memory, desk, ready):
    point = memory.checkpoint()
    desk.opens("ledger-admin")
    cuts(memory, point.size)
    memory.recover("A disk failed.")

    leaf, _ = memory.leaf(4)
    assert verify_receipt(memory.receipt(4, point), leaf, Signer(ORIGIN, _seed(memory)).verifier_key) == point
    assert memory.receipt(point.size + 1)  # the damage itself, under the new name


def _seed(memory):
    return embedded_keys(memory.database, ORIGIN).signing


def test_a_second_recovery_from_the_same_copy_takes_a_name_of_its_own(memory, cut):
    first = memory.recover("A disk failed.")
    second = memory.recover("It failed again.")

    assert first.public_key != second.public_key
    assert memory.verify().level == "SIGNED"


def test_a_change_that_lost_entries_goes_on_with_its_numbers(desk, memory, ready):
    """What was lost is missed in its numbers; an entry taken out without a record of damage still is found."""
    memory.checkpoint()
    cuts(memory, memory.root()[0] - 3)  # the approval, the retrospective and what was read again
    desk.happens(ready, ev.Approval, ADA)
    memory.recover("A disk failed.")

    assert memory.verify().level == "SIGNED"
    numbers = [w.leaf["number"] for w in memory.entries(limit=500) if w.leaf["change"] == ready]
    assert numbers == [1, 2, 3, 4, 5, 6, 10]


def test_a_head_that_was_set_back_is_mended_from_the_entries(desk, memory, ready):
    size = memory.root()[0]
    Intruder(memory).does(sa.update(head).values(size=2))
    with memory.database.write() as connection:
        guards.install(connection)

    desk.opens("payments-deploy", MARGARET)

    assert kinds(memory)[size:] == ["ledger-damaged/1", "request/1"]
    memory.recover("Somebody edited the head.")
    assert memory.verify().size == memory.root()[0]


def test_a_head_that_is_gone_is_made_again(desk, memory, ready):
    with memory.database.write() as connection:
        connection.execute(sa.delete(head))

    assert desk.record(desk.opens("payments-deploy", MARGARET)).state is State.ACTIVE
    memory.recover("Somebody deleted the head.")
    assert memory.verify().size == memory.root()[0]


def test_a_ledger_of_which_nothing_is_left_still_gives_access(desk, memory, ready):
    cuts(memory, 0)

    assert desk.record(desk.opens("payments-deploy", MARGARET)).state is State.ACTIVE
    assert memory.entries()[0].leaf["kind"] == "ledger-damaged/1"


def test_a_long_ledger_is_cut_within_its_tiles_and_proven_again(desk, memory, grow):
    grow(700)
    memory.checkpoint()
    cuts(memory, 400)
    grow_again = desk.opens("payments-deploy", MARGARET)
    grow(300)
    memory.recover("A disk failed.")

    assert desk.record(grow_again).state is State.ACTIVE
    assert memory.verify().size == memory.root()[0]
    for sequence in (1, 256, 257, 400, 401, 512, 600):
        assert memory.inclusion(sequence)


# --- an earlier copy ---------------------------------------------------------------------------------


@pytest.fixture
def restored(desk, memory, ready):
    """Return a checkpoint that was given out, of a ledger of which only an earlier copy is left."""
    copied = memory.root()[0]
    memory.checkpoint()
    desk.opens("ledger-admin")
    given_out = memory.checkpoint()
    cuts(
        memory,
        copied,
        sa.delete(checkpoints).where(checkpoints.c.size > copied),
        sa.delete(values).where(values.c.sequence > copied),
        sa.delete(head),
    )
    with memory.database.write() as connection:
        rows = connection.execute(sa.select(entries.c.leaf_hash).order_by(entries.c.sequence)).all()
        size, frontier = merkle.frontier_of(bytes(row.leaf_hash) for row in rows)
        connection.execute(sa.insert(head).values(id=1, size=size, frontier=frontier))
    assert memory.verify().size == copied  # by itself it looks perfectly well
    return given_out


def test_an_earlier_copy_is_found_out_by_a_checkpoint_that_somebody_else_kept(memory, restored):
    with pytest.raises(LedgerCorrupt, match="this is a copy from before"):
        memory.compare(restored.note)


def test_after_the_recovery_of_an_earlier_copy_the_loss_is_on_record(memory, restored):
    recovered = memory.recover("Restored from the copy of last night.", restored.note)

    assert (recovered.kept, recovered.lost) == (restored.size - 1, restored.size)
    assert memory.verify().level == "SIGNED"
    memory.compare(restored.note)  # lost, and said so
    assert memory.checkpoint().origin != restored.origin


def test_what_is_signed_after_a_recovery_never_contradicts_what_was_signed_before(desk, memory, restored):
    memory.recover("Restored from the copy of last night.")
    desk.opens("payments-deploy", MARGARET)
    again = memory.checkpoint()

    assert again.origin != restored.origin


def test_a_copy_that_has_everything_needs_no_recovery(memory, ready):
    with pytest.raises(Misconfigured, match="nothing in it was lost"):
        memory.recover("Just in case.", memory.checkpoint().note)


def test_a_ledger_that_is_no_earlier_copy_cannot_be_recovered_from(memory, ready):
    other = memory.signer.sign(3, b"\0" * 32)

    with pytest.raises(LedgerCorrupt, match="this is no earlier copy of that ledger"):
        memory.recover("Just in case.", other.note)


def test_every_replica_signs_under_the_new_name_at_once(memory, desk, ready):
    other = Memory(memory.database, memory.clock, memory.stopwatch, embedded_keys(memory.database, ORIGIN))
    memory.recover("Restored.")

    Desk(other).opens("ledger-admin", MARGARET)
    assert other.checkpoint().origin == memory.newest_checkpoint().origin != ORIGIN
    assert other.verify().level == "SIGNED"


def test_nobody_signs_what_does_not_continue_what_was_signed(desk, memory, ready):
    """An entry was changed with its hash, its tile and the head, and the ledger has grown since."""
    memory.checkpoint()
    intruder = Intruder(memory)
    intruder.rewrites(5, head_too=True, by=ADA)
    with memory.database.write() as connection:
        guards.install(connection)
    desk.opens("ledger-admin")

    with pytest.raises(LedgerCorrupt, match="do not continue the 11 that were signed before"):
        memory.checkpoint()


def test_a_ledger_of_which_nothing_is_left_can_be_recovered_too(desk, memory):
    """Whatever was signed before is lost, however short the ledger was then, and that is on record."""
    memory.checkpoint()
    desk.opens()
    memory.checkpoint()
    cuts(memory, 0)
    desk.opens("payments-deploy", MARGARET)
    memory.record_key()  # as every start does
    memory.recover("Somebody emptied the table.")

    found = memory.verify()
    assert (found.level, found.lost) == ("SIGNED", 2)
