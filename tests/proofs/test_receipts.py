"""Receipts and proofs out of the database: for any entry at any size, and only if they lead to what was signed."""

import pytest
import sqlalchemy as sa

from storage.notes import Signer
from storage.receipts import Receipt, verify_receipt
from storage.schema import tiles
from tests.memories import ORIGIN
from tests.proofs import naive
from workflows.errors import LedgerCorrupt, Unavailable


def leaves(memory, size):
    return [memory.leaf(sequence)[0] for sequence in range(1, size + 1)]


def test_every_entry_has_a_receipt_under_the_newest_checkpoint(desk, memory):
    desk.opens()
    memory.checkpoint()

    for sequence in range(1, memory.root()[0] + 1):
        receipt = memory.receipt(sequence)
        leaf, _ = memory.leaf(sequence)
        assert verify_receipt(receipt, leaf, memory.signer.verifier_key) == memory.newest_checkpoint()


def test_a_receipt_is_given_under_an_older_checkpoint_too(desk, memory, grow):
    desk.opens()
    older = memory.checkpoint()
    grow(600)
    newer = memory.checkpoint()

    leaf, _ = memory.leaf(2)
    for point in (older, newer):
        assert verify_receipt(memory.receipt(2, point), leaf, memory.signer.verifier_key) == point


@pytest.mark.parametrize("size", [255, 256, 257, 511, 700])
def test_proofs_out_of_the_database_are_those_of_the_definition(memory, grow, size):
    grow(size)
    data = leaves(memory, size)

    for sequence in {1, 2, 128, 255, 256, 257, size // 2, size - 1, size} & set(range(1, size + 1)):
        assert memory.inclusion(sequence) == naive.path(sequence - 1, data)
    for first in {1, 2, 200, 255, 256, 257, size - 1, size} & set(range(1, size + 1)):
        assert memory.consistency(first, size) == naive.proof(first, data)
        assert memory.root_at(first) == naive.mth(data[:first])


def test_an_old_tree_is_proven_out_of_a_tile_that_has_been_filled_since(memory, grow):
    grow(200)
    before = memory.inclusion(7), memory.consistency(100, 200)
    grow(400)

    assert (memory.inclusion(7, 200), memory.consistency(100, 200)) == before


def test_no_receipt_for_what_is_not_signed_yet(desk, memory):
    with pytest.raises(Unavailable, match=r"There is no receipt for entry 1: 0 are signed"):
        memory.receipt(1)
    memory.checkpoint()
    desk.opens()

    for sequence in (0, -1, memory.root()[0], 99):
        with pytest.raises(Unavailable, match="There is no receipt for entry"):
            memory.receipt(sequence)


def test_no_receipt_is_given_out_that_proves_nothing(memory, grow):
    """The tiles are a projection: somebody who changes one gets no false receipt, but an alarm."""
    grow(300)
    memory.checkpoint()  # and the key it is signed with
    with memory.database.write() as connection:
        connection.execute(sa.update(tiles).values(hashes=b"\0" * 8192))

    with pytest.raises(LedgerCorrupt, match="Entry 7 is not what was signed at 301 entries"):
        memory.receipt(7)


def test_a_tile_that_is_gone_is_read_from_the_entries(memory, grow):
    grow(300)
    memory.checkpoint()
    before = memory.receipt(7)
    with memory.database.write() as connection:
        connection.execute(sa.delete(tiles))

    assert memory.receipt(7) == before


def test_rebuilding_makes_the_same_tiles(memory, grow, desk):
    grow(600)
    with memory.database.read() as connection:
        before = connection.execute(sa.select(tiles)).all()
    memory.rebuild()

    with memory.database.read() as connection:
        assert connection.execute(sa.select(tiles)).all() == before
    assert len(before) == 2


# --- what is no receipt ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made():
    """A receipt made of nothing but arithmetic: leaf, text and key."""
    data = [bytes([n]) * 3 for n in range(11)]
    signer = Signer(ORIGIN, b"k" * 32)
    point = signer.sign(11, naive.mth(data))
    return data[5], str(Receipt(5, tuple(naive.path(5, data)), point)), signer.verifier_key


def test_any_changed_byte_of_a_receipt_is_noticed(made):
    leaf, text, key = made
    verify_receipt(text, leaf, key)
    data = text.encode()

    for at in range(len(data)):
        for flip in (0x01, 0x20, 0x80):
            changed = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
            with pytest.raises((LedgerCorrupt, UnicodeDecodeError)):
                verify_receipt(changed.decode(), leaf, key)


def test_any_byte_taken_out_of_a_receipt_or_put_into_it_is_noticed(made):
    leaf, text, key = made

    for at in range(len(text) + 1):
        for changed in (text[:at] + text[at + 1 :], *(text[:at] + extra + text[at:] for extra in "\n A0=\r")):
            if changed != text:
                with pytest.raises(LedgerCorrupt):
                    verify_receipt(changed, leaf, key)


def test_a_receipt_proves_no_other_entry(made):
    leaf, text, key = made

    for other in (b"", leaf + b"\0", leaf[:-1]):
        with pytest.raises(LedgerCorrupt, match="The receipt does not prove this as entry 6"):
            verify_receipt(text, other, key)


def test_a_receipt_under_another_key_proves_nothing(made):
    leaf, text, _ = made

    with pytest.raises(LedgerCorrupt, match=f"The checkpoint is not signed by {ORIGIN}"):
        verify_receipt(text, leaf, Signer(ORIGIN, b"x" * 32).verifier_key)
