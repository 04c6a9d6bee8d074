"""What is appended, byte for byte, and what it commits to."""

import hashlib
import json
import re
from datetime import timedelta

import pytest
import rfc8785
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from storage import leaves, ledger, merkle
from storage.schema import entries, values
from tests.acme import ADA, LINUS, MALLORY, request
from tests.memories import dump, purged
from workflows import events as ev
from workflows.administration import Heartbeat
from workflows.consequences import answer
from workflows.prose import ERASED
from workflows.vocabulary import SYSTEM
from workflows.work import Line

SECRET = "Take ghp_0123456789abcdefghijABCDEFGHIJ456789 with you."


def leaf_of(memory, sequence):
    return json.loads(memory.leaf(sequence)[0])


def newest(memory):
    return memory.root()[0]


def breaks_off(memory, change):
    """Write all a transaction can write about a change, and fail before the commit."""
    with memory.transaction() as work:
        held = work.lock(change)
        work.fire(change, "approval/0/reminder/1", memory.clock.now() + timedelta(days=1))
        work.project(held.record, held.policy, (), 9)
        work.owe(change, answer(9, LINUS, "C1:U1"), memory.clock.now())
        work.append(change, "", [Line(ev.Withdrawal(at=memory.clock.now(), by=LINUS), 9)], memory.clock.now())
        raise RuntimeError


def test_nothing_of_a_transaction_that_broke_off_is_kept(desk, memory):
    change = desk.opens()
    before = memory.root(), dump(memory)

    with pytest.raises(RuntimeError):
        breaks_off(memory, change)

    assert (memory.root(), dump(memory)) == before


def test_sequences_have_no_gaps_though_a_transaction_broke_off(desk, memory):
    with pytest.raises(RuntimeError):
        breaks_off(memory, desk.opens())
    desk.opens("ledger-admin")

    sequences = [written.sequence for written in memory.entries()]
    assert sequences == list(range(1, newest(memory) + 1))


def test_a_leaf_is_canonical_json(desk, memory):
    desk.opens()

    data, _ = memory.leaf(newest(memory))
    assert data == rfc8785.dumps(json.loads(data))
    assert (
        data
        == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )


def test_a_leaf_hash_is_that_of_rfc_6962(desk, memory):
    desk.opens()

    data, hashed = memory.leaf(newest(memory))
    assert hashed == hashlib.sha256(b"\x00" + data).digest()


def test_the_root_is_that_of_all_leaves(desk, memory):
    desk.opens()
    size, root = memory.root()

    hashes = [memory.leaf(sequence)[1] for sequence in range(1, size + 1)]
    assert root == merkle.root(merkle.frontier_of(hashes)[1]).hex()


def test_a_leaf_says_who_what_when_by_which_rules_and_how_it_was_ruled(desk, memory):
    change = desk.opens()
    desk.happens(change, ev.Approval, ADA, delivery="view-17")

    leaf = leaf_of(memory, newest(memory))
    assert {name: leaf[name] for name in ("v", "sequence", "number", "change", "kind", "by", "delivery")} == {
        "v": 1,
        "sequence": newest(memory),
        "number": 2,
        "change": change,
        "kind": "approval/1",
        "by": ADA,
        "delivery": "view-17",
    }
    assert leaf["occurred_at"] == leaf["recorded_at"] == "2026-03-02T03:10:00.000000Z"
    assert leaf["policy"] == desk.record(change).policy
    assert (leaf["ruling"]["answer"], leaf["ruling"]["to"]) == ("accepted", "active")
    assert leaf["ruling"]["asked"][0] == "by_a_member"
    assert leaf["ruling"]["facts"]["groups"]["heads"] == {"member": True, "size": 3, "age_seconds": 0}


def test_a_refusal_is_kept_with_its_guard_and_sentence(desk, memory):
    change = desk.opens()
    desk.happens(change, ev.Approval, LINUS)

    ruling = leaf_of(memory, newest(memory))["ruling"]
    assert (ruling["answer"], ruling["guard"]) == ("refused", "by_someone_else")
    assert ruling["because"] == "You cannot decide on your own change."


def test_a_refused_request_is_an_entry_and_no_change(desk, memory):
    ruled = desk.changes.open(request(by=MALLORY))

    assert ruled.change is None
    assert leaf_of(memory, newest(memory))["change"] is None
    assert memory.changes() == []


# --- free text -------------------------------------------------------------------------------------


def test_free_text_is_in_no_leaf(desk, memory):
    change = desk.opens(what="Orders of Käthe are failing.")
    desk.happens(change, ev.Rejection, ADA, reason="Not urgent enough.")

    whole = b"".join(memory.leaf(sequence)[0] for sequence in range(1, newest(memory) + 1))
    assert b"failing" not in whole
    assert b"urgent" not in whole


def test_a_commitment_is_what_anybody_can_recompute(desk, memory):
    desk.opens(what="Orders are failing.")
    sequence = newest(memory)
    with memory.database.read() as connection:
        sealed = connection.execute(
            sa.select(values.c.sealed).where(values.c.sequence == sequence, values.c.field == "what")
        ).scalar_one()

    salt, value = memory.vault.open(sequence, "what", sealed)

    assert value == "Orders are failing."
    assert re.fullmatch(r"[0-9a-f]{64}", salt)
    expected = hashlib.sha256(f'["{salt}","what","Orders are failing."]'.encode()).hexdigest()
    assert leaf_of(memory, sequence)["body"]["what"] == {"commitment": expected}


def test_the_same_text_is_never_committed_to_alike(desk, memory):
    desk.opens(what="The same.", rollback_plan="The same.")

    body = leaf_of(memory, newest(memory))["body"]
    assert body["what"] != body["rollback_plan"]


def test_values_are_sealed_and_bound_to_their_place(memory):
    box = memory.vault.seal(7, "what", "salt", "value")

    assert b"value" not in box
    assert memory.vault.open(7, "what", box) == ("salt", "value")
    for sequence, field in ((8, "what"), (7, "why")):
        with pytest.raises(ledger.LedgerCorrupt, match="cannot be opened"):
            memory.vault.open(sequence, field, box)


def test_an_erased_value_folds_to_erased_and_the_ledger_still_holds(desk, memory):
    change = desk.opens(what="Orders of Käthe are failing.")
    before = memory.leaf(3)
    purged(memory, change)

    assert desk.record(change).request.what == ERASED
    assert memory.leaf(3) == before
    assert memory.verify().erased == 5


def test_an_empty_text_is_not_committed_to(desk, memory):
    change = desk.opens()
    desk.happens(change, ev.Approval, ADA, comment="")

    assert leaf_of(memory, newest(memory))["body"]["comment"] == ""


# --- secrets ---------------------------------------------------------------------------------------


def test_of_a_refused_secret_nothing_is_kept_in_leaf_or_values(desk, memory):
    desk.changes.open(request(what=SECRET))
    sequence = newest(memory)

    with memory.database.read() as connection:
        kept = connection.execute(sa.select(values).where(values.c.sequence == sequence)).all()
    assert kept == []
    assert b"ghp_" not in memory.leaf(sequence)[0]
    assert leaf_of(memory, sequence)["ruling"]["guard"] == "no_secrets"


def test_a_change_lives_on_after_a_secret_was_refused_on_it(desk, memory):
    change = desk.opens()
    refused = desk.happens(change, ev.Rejection, ADA, reason=SECRET)

    accepted = desk.happens(change, ev.Approval, ADA)

    assert refused.ruling.guard == "no_secrets"
    assert accepted.number == 3
    assert memory.entry(change, 2)[0].reason == ERASED
    assert memory.verify().size == newest(memory)


# --- limits ----------------------------------------------------------------------------------------


def test_a_leaf_is_never_longer_than_a_tile_can_carry(memory, clock):
    entry = Heartbeat(at=clock.now(), by=SYSTEM, replica="x" * 65_536)

    with pytest.raises(ValueError, match="is too long; the longest is 65535"), memory.database.write() as c:
        ledger.append(c, memory.vault, [ledger.Draft(entry)], clock.now())


def test_the_longest_request_fits_many_times_over(desk, memory):
    desk.opens(**dict.fromkeys(("what", "justification", "security_impact", "rollback_plan"), "ß" * 3000))

    assert len(memory.leaf(newest(memory))[0]) < leaves.LONGEST / 10


def test_every_kind_of_entry_can_be_read_back_by_its_name():
    assert leaves.KINDS["request/1"] is ev.Request
    assert all(re.fullmatch(r"[a-z-]+/\d+", kind) for kind in leaves.KINDS)
    assert len(leaves.KIND_OF) == len(leaves.KINDS)


def test_an_entry_that_is_not_there_is_none(memory):
    assert memory.leaf(999) is None
    with memory.database.read() as connection:
        assert ledger.at(connection, memory.vault, 999) is None


def test_entries_are_read_in_order_by_change_and_after_a_position(desk, memory):
    first, second = desk.opens(), desk.opens("ledger-admin")
    desk.happens(first, ev.Approval, ADA)
    last = newest(memory)

    assert [w.leaf["kind"] for w in memory.entries(change=first)] == ["request/1", "approval/1"]
    assert [w.sequence for w in memory.entries(after=last - 1)] == [last]
    assert [w.leaf["change"] for w in memory.entries(change=second)] == [second]
    assert len(memory.entries(limit=2)) == 2


def test_the_row_of_an_entry_repeats_what_its_leaf_says(desk, memory):
    desk.opens()

    with memory.database.read() as connection:
        row = connection.execute(sa.select(entries).order_by(entries.c.sequence.desc()).limit(1)).one()
    assert (row.change_id, row.kind) == ("EC-2026-0001", "request/1")


# --- canonical JSON ------------------------------------------------------------------------------------


@given(st.text(), st.text(alphabet="abcdefghij_"), st.text())
def test_what_a_commitment_is_over_is_canonical_json(salt, field, value):
    """It is written by the standard library, for speed; RFC 8785 asks for the same bytes."""
    canonical = rfc8785.dumps([salt, field, value])

    assert leaves.commitment(salt, field, value) == hashlib.sha256(canonical).hexdigest()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whoever_writes_canonical_json_writes_the_same_bytes(value):
    """The standard library writes what it writes as RFC 8785 asks for; everything else is refused or left to ``rfc8785``."""
    try:
        canonical = rfc8785.dumps(value)
    except ValueError:
        with pytest.raises(ValueError, match=r".*"):
            leaves.canonical(value)
        return

    assert leaves.canonical(value) == canonical


@pytest.mark.parametrize("data", [b"", b" {}", b"{} ", b"{}{}", b"nonsense", b"\xff", b'{"a":', b"[1,]"])
def test_what_is_no_json_of_ours_is_not_read(data):
    with pytest.raises(ValueError, match=r".*"):
        leaves.parsed(data)
