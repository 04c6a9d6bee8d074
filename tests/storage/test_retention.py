"""What was kept long enough loses its words and keeps its entries; a legal hold keeps both."""

import pytest

from storage.schema import values
from tests.acme import ADA, GRACE, LINUS, MARGARET, POLICY
from tests.memories import dump
from workflows import administration as ad
from workflows import events as ev
from workflows import observations as ob
from workflows.errors import Declined, UnknownChange
from workflows.prose import ERASED
from workflows.vocabulary import SYSTEM


def over(desk, by=LINUS, access="ledger-admin"):
    """Open a change and take it back, so that it is over."""
    change = desk.opens(access, by)
    desk.happens(change, ev.Withdrawal, by)
    return change


def later(desk, years=7, days=3):
    desk.clock.advance(days=365 * years + days)


def test_a_record_loses_its_words_when_it_was_kept_long_enough(desk, memory):
    change = over(desk)
    later(desk)
    purged = memory.retention.purge()

    assert (purged.changes, purged.values) == ((change,), 6)
    assert desk.record(change).request.justification == ERASED


def test_the_entry_says_what_was_purged_and_everything_still_verifies(desk, memory):
    change = over(desk)
    before = {sequence: memory.leaf(sequence) for sequence in range(1, memory.root()[0] + 1)}
    later(desk)
    memory.retention.purge()

    entry = memory.entries(after=memory.root()[0] - 1)[0].entry
    assert (entry.by, entry.changes, entry.values) == (SYSTEM, (change,), 6)
    assert {sequence: memory.leaf(sequence) for sequence in before} == before
    assert memory.verify().erased == 6


def test_a_day_too_early_nothing_goes(desk, memory):
    over(desk)
    later(desk, days=0)
    before = dump(memory)

    assert memory.retention.purge().changes == ()
    assert dump(memory) == before


def test_purging_again_writes_nothing(desk, memory):
    over(desk)
    later(desk)
    memory.retention.purge()
    before = dump(memory)
    memory.retention.purge()

    assert dump(memory) == before


def test_a_record_is_as_old_as_its_last_entry(desk, memory):
    change = over(desk)
    later(desk, years=6)
    desk.seen(change, ob.AccessBack)
    later(desk, years=2)

    assert memory.retention.purge().changes == ()


def test_a_change_that_is_not_over_is_kept_however_old(desk, memory):
    desk.opens()
    later(desk, years=20)

    assert memory.retention.purge().changes == ()


def test_what_would_go_can_be_seen_first(desk, memory):
    change = over(desk)
    later(desk)
    before = dump(memory)

    assert memory.retention.due().changes == (change,)
    assert dump(memory) == before


def test_the_policy_in_force_says_how_long(desk, memory):
    change = over(desk)
    later(desk, years=1)
    early = memory.retention.due()
    memory.adopt_policy(f'{POLICY}\n[retention]\nrecords = "P1Y"\n'.encode(), "policy.toml")

    assert (early.changes, memory.retention.due().changes) == ((), (change,))


def test_a_change_under_legal_hold_is_kept_until_it_is_lifted(desk, memory):
    held, other = over(desk), over(desk, MARGARET)
    memory.retention.hold(held, ADA, "A dispute.")
    later(desk)
    first = memory.retention.purge()
    memory.retention.release(held, ADA, "Settled.")
    second = memory.retention.purge()

    assert (first.changes, first.held) == ((other,), (held,))
    assert second.changes == (held,)


def test_everything_somebody_under_legal_hold_took_part_in_is_kept(desk, memory):
    change = desk.opens("ledger-admin")
    desk.happens(change, ev.Rejection, ADA, reason="No.")
    memory.retention.hold(ADA, GRACE, "A dispute.")
    later(desk)

    assert memory.retention.purge().held == (change,)


def linked(desk, person):
    at = desk.clock.now()
    link = ad.AccountLinked(
        at=at, by=SYSTEM, person=person, vendor="github", account=f"{person}-x", source="import"
    )
    desk.changes.administer(link)


def accounts(memory):
    return [w.entry.account for w in memory.entries() if isinstance(w.entry, ad.AccountLinked)]


def test_what_belongs_to_no_change_goes_when_it_is_old_enough_itself(desk, memory):
    linked(desk, LINUS)
    later(desk)
    linked(desk, MARGARET)
    memory.retention.purge()

    assert accounts(memory) == [ERASED, f"{MARGARET}-x"]
    assert memory.verify().erased == 1


def test_a_hold_keeps_what_belongs_to_no_change_too(desk, memory):
    linked(desk, LINUS)
    linked(desk, MARGARET)
    memory.retention.hold(LINUS, ADA, "A dispute.")
    later(desk)
    memory.retention.purge()

    assert accounts(memory) == [f"{LINUS}-x", ERASED]
    assert memory.verify().erased == 1


def test_policies_and_holds_are_kept(desk, memory):
    change = over(desk)
    memory.retention.hold(LINUS, ADA, "A dispute.")
    later(desk)
    memory.retention.purge()

    assert memory.record(change)[1].retention.records == "P7Y"
    assert [(h.subject, h.by, h.reason) for h in memory.retention.holds()] == [(LINUS, ADA, "A dispute.")]


def test_more_than_one_batch_is_purged_one_after_the_other(desk, memory):
    changes = [over(desk) for _ in range(3)]
    later(desk)
    batches = [memory.retention.purge(batch=2).changes, memory.retention.purge(batch=2).changes]

    assert batches == [tuple(changes[:2]), tuple(changes[2:])]


def test_after_a_rebuild_nothing_has_changed(desk, memory):
    over(desk)
    later(desk)
    memory.retention.purge()
    before = dump(memory)
    memory.rebuild()

    assert dump(memory) == before


def test_a_hold_is_set_once_and_lifted_once(desk, memory):
    change = over(desk)
    memory.retention.hold(change, ADA, "A dispute.")

    with pytest.raises(Declined, match="is under legal hold already"):
        memory.retention.hold(change, ADA, "Again.")
    memory.retention.release(change, ADA, "Settled.")
    with pytest.raises(Declined, match="is under no legal hold"):
        memory.retention.release(change, ADA, "Again.")
    assert memory.retention.holds() == []


def test_a_hold_on_a_change_that_is_not_there_is_a_mistake(desk, memory):
    with pytest.raises(UnknownChange):
        memory.retention.hold("EC-2026-0099", ADA, "A dispute.")


def test_a_value_is_never_left_behind_by_its_entry(desk, memory):
    over(desk)
    later(desk)
    memory.retention.purge()

    assert [row for row in dump(memory, [values])["entry_values"] if row[0] == 3] == []
