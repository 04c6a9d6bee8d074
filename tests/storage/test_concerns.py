"""What concerns a person is found by indexes, and is what folding every record would find."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.schema import duties, follow_ups, obligations
from tests.acme import ADA, GRACE, LEADER, LINUS, MALLORY, MARGARET
from workflows import events as ev
from workflows import observations as ob
from workflows.decide import Accepted
from workflows.mine import Interests, interests
from workflows.vocabulary import Duty, State, StepName

EVERYTHING = Interests(frozenset({"heads", "sre"}), frozenset({"payments", "ledger"}), reviews=True)


@pytest.fixture
def looks(memory, clock):
    def look(person, known=None, most=20):
        policy = memory.policy()
        known = known or interests(memory.groups_of(person), policy)
        began, _ = memory.calendar(policy).month(clock.now())
        return memory.glance(person, known, clock.now(), began, most)

    return look


def owed(glance):
    return {(debt.id, debt.duty) for debt in glance.debts}


def test_a_request_is_its_requesters_window_and_its_approvers_debt(desk, looks):
    change = desk.opens()

    assert [w.id for w in looks(LINUS).windows] == [change]
    assert owed(looks(ADA)) == {(change, Duty.APPROVAL)}
    assert owed(looks(LINUS)) == set()
    assert looks(MALLORY).windows == ()
    assert looks(MALLORY).recent == ()


def test_nobody_is_asked_about_their_own_change_or_twice(desk, looks):
    own = desk.opens(by=LEADER)
    twice = desk.opens("payments-twice")
    desk.happens(twice, ev.Approval, LEADER)

    assert owed(looks(LEADER)) == set()
    assert looks(LEADER).asked_in_all == 0
    assert owed(looks(ADA)) == {(own, Duty.APPROVAL), (twice, Duty.APPROVAL)}


def test_debts_follow_the_record(desk, looks):
    change = desk.opens()
    desk.confirms(change)
    desk.happens(change, ev.Approval, ADA)
    desk.happens(change, ev.Completion, done="d", changes="", verified="v", rolled_back=False)
    after_the_report = owed(looks(LINUS))
    desk.happens(change, ev.Retrospective, cause="c", genuine=True, normal_process="n", prevention="p")

    assert after_the_report == {(change, Duty.RETROSPECTIVE)}
    assert owed(looks(LINUS)) == set()
    assert owed(looks(GRACE)) == {(change, Duty.ACCEPTANCE)}


def test_what_was_handed_over_is_with_whoever_took_it(desk, looks):
    change = desk.opens()
    desk.confirms(change)
    desk.happens(change, ev.Reassignment, ADA, to=MARGARET, reason="Gone.")
    both = [looks(LINUS).windows, looks(MARGARET).windows]
    desk.happens(change, ev.Revocation, ADA, reason="Enough.")

    assert [[w.id for w in windows] for windows in both] == [[change], [change]]
    assert {duty for _, duty in owed(looks(MARGARET))} == {Duty.COMPLETION, Duty.RETROSPECTIVE}
    assert owed(looks(LINUS)) == set()


def test_only_the_first_are_read_and_all_are_counted(desk, looks, clock):
    for access in ("payments-merge", "payments-deploy", "payments-twice", "ledger-admin"):
        desk.opens(access)
        clock.advance(minutes=1)
    glance = looks(ADA, most=2)

    assert [debt.line.access for debt in glance.debts[:2]] == ["payments-merge", "payments-deploy"]
    assert "ledger-admin" in [debt.line.access for debt in glance.debts], "somebody waits for it"
    assert (glance.asked_in_all, glance.owed_in_all) == (4, 0)
    assert [r.access for r in glance.recent] == ["ledger-admin", "payments-twice"]


def test_the_figures_count_changes_and_leave_drills_out(desk, looks, clock):
    desk.opens()
    desk.opens("payments-deploy", drill=True)
    clock.advance(days=2)
    counts = looks(ADA).counts

    assert (counts.open, counts.overdue, counts.this_month, counts.drills_this_month) == (1, 1, 1, 1)
    assert looks(LINUS).counts is None
    assert len(looks(ADA).late) == looks(ADA).late_in_all == 2


def test_a_change_with_several_duties_overdue_is_one_change_that_is_late(desk, looks, clock):
    change = desk.opens()
    desk.confirms(change)
    desk.happens(change, ev.Revocation, ADA, reason="Enough.")
    clock.advance(hours=5)
    after_the_report = looks(ADA).counts.overdue, looks(ADA).late_in_all
    clock.advance(days=30)

    assert after_the_report == (1, 1)
    assert looks(ADA).counts.overdue == 1
    assert looks(ADA).late_in_all > 1


def test_this_month_begins_at_midnight_where_the_team_is(desk, looks, clock, memory):
    """Midnight of 1 June 2026 in Berlin is 22:00 UTC of 31 May."""
    clock.set(clock.now().replace(year=2026, month=5, day=31, hour=21, minute=30))
    desk.opens()
    before = looks(ADA).counts.this_month
    clock.advance(hours=1)
    desk.opens("payments-deploy")

    assert (before, looks(ADA).counts.this_month) == (1, 1)


def test_it_is_known_when_the_figures_change_by_themselves(desk, looks, clock):
    desk.opens()

    assert looks(ADA).next_due == clock.now() + timedelta(hours=24)
    assert looks(LINUS).next_due is None


def test_the_rows_are_those_that_folding_every_record_gives(desk, memory, clock):
    for access in ("payments-merge", "payments-twice", "ledger-admin"):
        desk.opens(access)
    ended = desk.opens("payments-deploy", MARGARET)
    desk.confirms(ended)
    desk.happens(ended, ev.Revocation, ADA, reason="Enough.")
    with memory.database.read() as connection:
        kept = sorted(map(tuple, connection.execute(sa.select(duties))))
    memory.rebuild()
    with memory.database.read() as connection:
        rebuilt = sorted(map(tuple, connection.execute(sa.select(duties))))

    assert kept
    assert kept == rebuilt


def agrees(desk, *owners):
    """Let a change be approved with a follow-up for each of the owners."""
    change = desk.opens()
    day = (desk.clock.now() + timedelta(days=9)).date()
    lines = "\n".join(f"Thing {n}." for n in range(len(owners)))
    said = {"follow_up_owners": owners, "follow_up_dates": (day,) * len(owners)}
    ruled = desk.happens(change, ev.Approval, ADA, follow_ups=lines, **said)
    assert isinstance(ruled.ruling, Accepted), ruled.ruling
    return change


def test_a_follow_up_is_with_its_owner_until_the_tracker_says_that_it_is_done(desk, looks):
    change = agrees(desk, LINUS, MARGARET)
    at_first = [(one.id, one.number, one.key) for one in looks(LINUS).follow_ups]
    desk.seen(change, ob.FollowUpOpened, follow_up=1, key="CHG-2", url="https://jira/CHG-2", adopted=False)
    opened = [(one.key, one.url, one.late) for one in looks(LINUS).follow_ups]
    desk.seen(change, ob.FollowUpReminder, follow_up=1, slot="due")
    late = [one.late for one in looks(LINUS).follow_ups]
    desk.seen(change, ob.FollowUpDone, follow_up=1, key="CHG-2", status="Done")

    assert at_first == [(change, 1, "")]
    assert opened == [("CHG-2", "https://jira/CHG-2", False)]
    assert late == [True]
    assert looks(LINUS).follow_ups == ()
    assert looks(LINUS).follow_ups_in_all == 0
    assert [one.number for one in looks(MARGARET).follow_ups] == [2]


def test_follow_ups_are_the_same_after_they_are_read_from_the_ledger_anew(desk, memory):
    change = agrees(desk, LINUS, MARGARET)
    desk.seen(change, ob.FollowUpOpened, follow_up=2, key="CHG-3", url="https://jira/CHG-3", adopted=False)

    def kept():
        with memory.database.read() as connection:
            return sorted(map(tuple, connection.execute(sa.select(follow_ups))))

    before = kept()
    memory.rebuild()

    assert len(before) == 2
    assert kept() == before


def test_what_a_month_carries_on_is_the_same_whenever_it_is_asked_for(desk, memory, clock):
    begin = clock.now() - timedelta(days=30)
    change = agrees(desk, LINUS, MARGARET)
    drill = desk.opens("payments-deploy", drill=True)
    clock.advance(days=20)
    end = clock.now()
    later = end + timedelta(days=30)

    def carries(begin, end):
        with memory.population() as population:
            return [(one.name, one.owner, one.late) for one in population.carried(begin, end)]

    of_its_own, at_first = carries(begin, end), carries(end, end)
    clock.advance(days=2)
    for number in (1, 2):
        desk.seen(change, ob.FollowUpDone, follow_up=number, key=f"CHG-{number}", status="Done")

    assert drill
    assert of_its_own == []  # those of the period's own changes are counted with these
    assert at_first == [(f"{change}-F1", LINUS, True), (f"{change}-F2", MARGARET, True)]
    assert carries(end, end) == at_first
    assert carries(end, later) == []


def test_a_change_that_is_over_owes_nothing(desk, memory):
    change = desk.opens("ledger-admin")
    desk.happens(change, ev.Withdrawal)

    assert desk.record(change).state is State.WITHDRAWN
    with memory.database.read() as connection:
        assert connection.execute(sa.select(duties)).all() == []


# --- whose Home is due -----------------------------------------------------------------------------


@pytest.fixture
def due(memory, clock):
    """Return whose Home tab is owed now."""

    def look():
        o = obligations.c
        query = sa.select(o.subject).where(o.step == StepName.HOME.value, o.due_at <= clock.now())
        with memory.database.read() as connection:
            return set(connection.execute(query).scalars())

    return look


def settles(memory):
    for claimed in memory.outbox.claim(100):
        memory.outbox.settle(claimed)


def test_opening_makes_a_home_due_and_settling_puts_it_to_rest(desk, memory, clock, due):
    desk.changes.open_home(LINUS, clock.now())
    opened = due()
    settles(memory)

    assert opened == {LINUS}
    assert due() == set()


def test_a_change_makes_the_homes_of_those_due_who_see_it_and_have_one(desk, memory, clock, stopwatch, due):
    for person in (LINUS, ADA, MALLORY):
        desk.changes.open_home(person, clock.now())
    settles(memory)
    desk.opens()

    assert due() == {LINUS, ADA}
    assert [c for c in memory.outbox.claim(100) if c.step is StepName.HOME] == [], (
        "changes within a second join"
    )
    stopwatch.advance(seconds=2)
    assert {c.subject for c in memory.outbox.claim(100) if c.step is StepName.HOME} == {LINUS, ADA}


def test_a_change_while_a_home_is_drawn_makes_it_due_again(desk, memory, clock, due):
    desk.changes.open_home(ADA, clock.now())
    [claimed] = memory.outbox.claim(1)
    desk.opens()
    memory.outbox.settle(claimed)

    assert due() == {ADA}


def test_a_home_that_was_given_up_is_due_again_only_when_it_is_opened(desk, memory, clock, due):
    desk.changes.open_home(ADA, clock.now())
    [claimed] = memory.outbox.claim(1)
    memory.outbox.give_up(claimed)
    desk.opens()
    before = due()
    desk.changes.open_home(ADA, clock.now())

    assert (before, due()) == (set(), {ADA})


def test_a_home_that_is_opened_while_it_is_given_up_is_drawn_after_all(desk, memory, clock, due):
    desk.changes.open_home(ADA, clock.now())
    [claimed] = memory.outbox.claim(1)
    desk.changes.open_home(ADA, clock.now())
    memory.outbox.give_up(claimed)
    at_once = due()
    desk.opens()

    assert (at_once, due()) == ({ADA}, {ADA})


def test_a_home_waits_for_everything_that_people_wait_for(desk, memory, clock, stopwatch):
    desk.changes.open_home(ADA, clock.now())
    clock.advance(minutes=1)
    desk.opens()

    steps = [claimed.step for claimed in memory.outbox.claim(100)]
    assert steps.index(StepName.HOME) > max(
        steps.index(s) for s in (StepName.ACCESS, StepName.CARD, StepName.TICKET)
    )


def test_whoever_joins_or_leaves_a_group_sees_it_at_home(desk, memory, clock, due):
    for person in (ADA, GRACE, MALLORY):
        desk.changes.open_home(person, clock.now())
    settles(memory)
    memory.people.replace_group("heads", {GRACE, MALLORY, LEADER})

    assert due() == {ADA, MALLORY}


def test_whoever_follows_a_change_up_sees_it_on_their_home_at_once_and_when_it_is_late(
    desk, memory, clock, due
):
    desk.changes.open_home(MALLORY, clock.now())
    settles(memory)
    change = agrees(desk, MALLORY)
    agreed = MALLORY in due()
    settles(memory)
    desk.seen(change, ob.FollowUpReminder, follow_up=1, slot="due")

    assert agreed
    assert MALLORY in due()
