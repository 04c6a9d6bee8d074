"""Records that were folded before are taken up again, and never in place of what the ledger has by then."""

from functools import partial

import pytest
import sqlalchemy as sa

from storage import damage, guards
from storage.folds import Folds
from storage.keys import embedded_keys
from storage.memory import Memory
from storage.schema import entries
from tests.acme import ADA, LINUS
from tests.memories import ORIGIN, Desk, folded_anew, guard_names, purged
from workflows import events as ev
from workflows import fold
from workflows import observations as ob
from workflows.prose import ERASED
from workflows.record import Recorded
from workflows.vocabulary import SYSTEM
from workflows.work import Line


@pytest.fixture
def elsewhere(memory):
    """The desk of another process on the same database."""
    keys = embedded_keys(memory.database, ORIGIN)
    return Desk(Memory(memory.database, memory.clock, memory.stopwatch, keys))


def counted(memory, happens):
    """Count the entries that were read while something happened."""
    read = []

    def note(connection, cursor, statement, *_):
        if "ledger_entries.leaf," in statement:
            read.append(statement)

    sa.event.listen(memory.database.engine, "before_cursor_execute", note)
    happens()
    sa.event.remove(memory.database.engine, "before_cursor_execute", note)
    return len(read)


def test_a_record_is_the_fold_of_its_entries_after_each_of_them_wherever_it_was_made(desk, elsewhere, memory):
    change = desk.opens()
    same = [desk.record(change) == folded_anew(memory, change)]
    report = {"done": "Reverted.", "changes": "", "verified": "It answers.", "rolled_back": False}
    for at, kind, by, said in (
        (desk, ev.Approval, ADA, {}),
        (elsewhere, ev.Approval, LINUS, {}),  # refused
        (elsewhere, ev.Completion, LINUS, report),
        (desk, ev.Return, ADA, {"reason": "Too short."}),  # refused
        (elsewhere, ev.Reassignment, ADA, {"to": ADA, "reason": "On holiday."}),
    ):
        at.happens(change, kind, by, **said)
        same += [one.record(change) == folded_anew(memory, change) for one in (desk, elsewhere)]

    assert all(same)


def test_nothing_is_read_that_this_process_wrote(desk, memory):
    change = desk.opens()
    first = counted(memory, lambda: desk.record(change))
    desk.seen(change, ob.CardPosted, channel="C0CARD", ts="1.0")

    again = counted(memory, lambda: desk.record(change))

    assert (first, again) == (0, 0)
    assert desk.record(change) == folded_anew(memory, change)


def test_nothing_is_read_a_second_time_that_is_as_it_was(desk, elsewhere, memory):
    change = elsewhere.opens()
    first = counted(memory, lambda: desk.record(change))

    again = counted(memory, lambda: desk.record(change))

    assert (first, again) == (1, 0)


def test_what_was_erased_by_another_process_is_erased_at_once(desk, elsewhere, memory):
    change = desk.opens()
    before = desk.record(change).request.what

    purged(elsewhere.memory, change)

    assert (before != ERASED, desk.record(change).request.what) == (True, ERASED)


def posts_a_card_and_breaks_off(memory, change):
    with memory.transaction() as work:
        held = work.lock(change)
        card = ob.CardPosted(at=memory.clock.now(), by=SYSTEM, channel="C0GONE", ts="1.0")
        posted = fold.after(held.record, Recorded(held.entries + 1, card, held.record.state))
        work.project(posted, held.policy, (), held.entries + 1)
        work.append(change, held.record.policy, [Line(card, held.entries + 1)], card.at)
        assert work.lock(change).record.card == card
        raise RuntimeError


def test_an_entry_that_was_rolled_back_is_in_no_record(desk, memory):
    change = desk.opens()
    desk.record(change)

    with pytest.raises(RuntimeError):
        posts_a_card_and_breaks_off(memory, change)
    desk.seen(change, ob.TicketOpened, key="CHG-1", url="https://jira.example/CHG-1")

    assert desk.record(change) == folded_anew(memory, change)
    assert desk.record(change).card is None


def test_an_entry_that_was_taken_away_and_another_in_its_place_are_noticed(desk, memory):
    change = desk.opens()
    desk.seen(change, ob.CardPosted, channel="C0CARD", ts="1.0")
    desk.record(change)
    with memory.database.write() as connection:
        for name in guard_names(memory.database):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        last = sa.select(sa.func.max(entries.c.sequence)).scalar_subquery()
        connection.execute(sa.delete(entries).where(entries.c.sequence == last))
        guards.install(connection)
        damage.mend(connection, memory.vault, memory.clock.now())

    assert desk.record(change) == folded_anew(memory, change)
    assert desk.record(change).card is None


def test_what_was_forgotten_is_folded_again(desk, memory):
    change = desk.opens()
    desk.record(change)

    memory.folds.forget()

    assert counted(memory, lambda: desk.record(change)) == 1


def test_nothing_is_forgotten_while_nothing_is_erased(desk, elsewhere, memory):
    change = desk.opens()
    for _ in range(2):
        elsewhere.memory.forget_what_was_erased()
    elsewhere.record(change)

    desk.opens("ledger-admin")
    elsewhere.memory.forget_what_was_erased()

    assert counted(elsewhere.memory, lambda: elsewhere.record(change)) == 0


def test_what_another_process_erased_leaves_this_one_even_if_it_was_read_before_and_kept_after(
    desk, elsewhere, memory
):
    change = desk.opens()
    elsewhere.memory.forget_what_was_erased()
    elsewhere.record(change)
    read_before = elsewhere.memory.folds.kept(change)
    purged(memory, change)

    left = []
    for _ in range(2):
        elsewhere.memory.forget_what_was_erased()
        left.append(elsewhere.memory.folds.kept(change))
        elsewhere.memory.folds._keep(read_before)
    elsewhere.memory.forget_what_was_erased()

    assert left == [None, None]
    assert elsewhere.memory.folds.kept(change) is read_before


def test_no_more_is_kept_than_there_is_room_for(desk, memory):
    memory.folds = Folds(memory.vault, most=1)
    first, second = desk.opens(), desk.opens("ledger-admin")
    memory.folds.forget()

    read = [counted(memory, partial(desk.record, change)) for change in (first, second, second, first)]

    assert read == [1, 1, 0, 1]
