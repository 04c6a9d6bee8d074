"""Everything but ledger, values, obligations, people and mirrors can be made again from the ledger."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import projections
from storage.policies import Rules
from storage.schema import PROJECTED
from tests.acme import ADA, GRACE, LINUS, MALLORY, MARGARET, POLICY, SAM, request
from tests.clocks import MovableClock
from tests.memories import Desk, dump, open_memory, purged, staff
from workflows import events as ev
from workflows import observations as ob
from workflows.errors import Misconfigured
from workflows.vocabulary import CLOCK, SYSTEM, Origin, StepName

REPORT = {"done": "d", "changes": "", "verified": "v", "rolled_back": False}
LOOK_BACK = {"cause": "c", "genuine": True, "normal_process": "n", "prevention": "A lock."}
HALF = {"window": timedelta(minutes=30), "justification": "More."}


def rebuilt(memory):
    """Return the projections before and after they were made again."""
    before = dump(memory, PROJECTED)
    memory.rebuild()
    return before, dump(memory, PROJECTED)


def history(desk):
    """Let everything happen that can, across two policies and two years."""
    memory, clock = desk.memory, desk.clock
    acts = desk.opens()
    desk.confirms(acts)
    desk.happens(acts, ev.Approval, LINUS)  # refused
    desk.happens(acts, ev.Rejection, MALLORY, reason="ghp_0123456789abcdefghijABCDEFGHIJ456789")  # refused
    desk.happens(acts, ev.Approval, ADA, delivery="view-1")
    clock.advance(minutes=50)
    desk.fires_what_is_due()
    desk.happens(acts, ev.Extension, **HALF)
    clock.advance(minutes=40)
    desk.fires_what_is_due()  # warnings again, reminders, the expiry
    desk.happens(acts, ev.Lapse, CLOCK)  # refused, and of no slot
    desk.seen(acts, ob.AccessEnded)
    desk.seen(acts, ob.AccessStillGone, look=2)
    desk.seen(acts, ob.TicketOpened, key="CHG-1", url="https://t/CHG-1")
    desk.happens(acts, ev.Completion, **REPORT)
    desk.happens(acts, ev.Retrospective, **LOOK_BACK)
    desk.happens(acts, ev.Return, ADA, reason="Thin.")
    clock.advance(days=4)
    desk.fires_what_is_due()
    desk.happens(acts, ev.Retrospective, **LOOK_BACK)

    memory.adopt_policy(f"{POLICY}\n[limits]\nratio_alarm = 0.2\n".encode(), "policy.toml")
    asks = desk.opens("ledger-admin")
    clock.advance(minutes=31)
    desk.fires_what_is_due()
    desk.happens(asks, ev.Override, reason="Now.")
    desk.seen(asks, ob.PreLook, target="t", origin=Origin.HELD_THROUGH, through=acts)
    desk.happens(asks, ev.Approval, ADA)
    desk.happens(asks, ev.Annulment, SYSTEM, verdict=desk.record(asks).last, group="heads")
    clock.advance(hours=2)
    desk.fires_what_is_due()  # never confirmed; reminders of the second round
    desk.seen(asks, ob.AccessEnded)
    desk.seen(asks, ob.AccessBack)
    clock.advance(minutes=6)
    desk.fires_what_is_due()

    lapses = desk.opens("ledger-read", MARGARET)
    clock.advance(minutes=31)
    desk.fires_what_is_due()
    assert desk.record(lapses).state == "lapsed"
    desk.changes.open(request(by=MALLORY, at=clock.now()), delivery="view-2")  # refused

    memory.adopt_policy(POLICY.encode(), "policy.toml")  # the first one again
    clock.advance(days=340)
    desk.fires_what_is_due()
    desk.seen(acts, ob.AuthorsSeen, completion=1, authors=(MARGARET,), unresolved=0)
    desk.reads_again(acts)
    desk.happens(acts, ev.Acceptance, GRACE)
    next_year = desk.opens("payments-twice")
    desk.happens(next_year, ev.Revocation, SAM, reason="Enough.")
    desk.seen(next_year, ob.StepStuck, step=StepName.TICKET, because="503")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request, tmp_path_factory):
    """Have the history written once for all tests here: none of them takes anything away from the ledger."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('history') / 'memory.db'}"
    else:
        url = request.getfixturevalue("postgres").empty()
    memory = open_memory(url, MovableClock(), MovableClock(), upgrade=True)
    staff(memory)
    desk = Desk(memory)
    history(desk)
    yield desk
    memory.database.close()


@pytest.fixture
def rich(desk):
    return desk.memory


def test_a_rich_history_makes_the_same_projections_again(rich):
    before, after = rebuilt(rich)

    assert {row[0] for row in before["changes"]} >= {"EC-2026-0001", "EC-2026-0003", "EC-2027-0001"}
    assert after == before


def test_slots_that_have_fired_are_known_again_and_do_not_fire_twice(rich, desk):
    rich.rebuild()

    assert desk.fires_what_is_due() == []


def test_the_ledger_is_not_touched_by_a_rebuild(rich):
    before = rich.root(), rich.entries()
    rich.rebuild()

    assert (rich.root(), rich.entries()) == before
    assert rich.verify().size == before[0][0]


def test_damage_to_any_projection_is_repaired(rich):
    before = dump(rich, PROJECTED)
    for table in PROJECTED:
        with rich.database.write() as connection:
            connection.execute(sa.delete(table))
        rich.rebuild()

        assert dump(rich, PROJECTED) == before


def test_what_was_erased_does_not_come_back(rich):
    for row in rich.changes():
        purged(rich, row.id)
    before, after = rebuilt(rich)

    assert after == before


def test_numbers_go_on_where_they_were(rich, desk):
    rich.rebuild()

    assert desk.opens("ledger-admin") == "EC-2027-0002"


def test_an_empty_ledger_has_empty_projections(memory):
    before, after = rebuilt(memory)

    assert after == before


def test_a_change_whose_policy_is_lost_is_not_guessed_at(memory):
    with memory.database.read() as connection, pytest.raises(Misconfigured, match="has no policy"):
        Rules().pinned(connection, "0" * 64)


def test_without_any_policy_nothing_is_opened(memory):
    with memory.reading() as work, pytest.raises(Misconfigured, match="No policy is in force yet"):
        work.in_force()


def test_a_rebuild_counts_the_changes(rich):
    with rich.database.write() as connection:
        assert projections.rebuild(connection, rich.vault, Rules()) == len(rich.changes())
