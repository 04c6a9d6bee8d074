"""Who works on what: leases, fencing tokens, back-off and order.  Leases are real time, due times the procedure's."""

from datetime import timedelta

import pytest

from storage.leases import LEASE
from tests.acme import ADA, LINUS, MARGARET
from workflows import events as ev
from workflows import observations as ob
from workflows.errors import Conflict
from workflows.vocabulary import SYSTEM, StepName

PAST_THE_LEASE = LEASE + timedelta(seconds=1)


@pytest.fixture
def outbox(memory):
    return memory.outbox


@pytest.fixture
def change(desk):
    return desk.opens()


def one(outbox, step):
    """Claim everything that is due and return the claim on one step."""
    return next(claimed for claimed in outbox.claim(50) if claimed.step is step)


def steps(claims):
    return [claimed.step for claimed in claims]


def test_what_a_change_obliges_to_is_due_at_once(outbox, change):
    assert set(steps(outbox.claim(50))) == {
        StepName.ACCESS,
        StepName.TICKET,
        StepName.CARD,
        StepName.EVIDENCE,
    }


def test_a_claim_says_all_a_worker_must_know(outbox, change):
    claimed = one(outbox, StepName.ACCESS)

    assert (claimed.change, claimed.subject, claimed.wanted, claimed.revision) == (change, "", True, 1)
    assert (claimed.settled, claimed.attempts, claimed.attempted_at) == (None, 0, None)
    assert (claimed.reference, claimed.error, claimed.token) == ("", None, 1)


def test_a_second_claimer_gets_nothing(outbox, change):
    outbox.claim(50)

    assert outbox.claim(50) == []


def test_no_more_is_claimed_than_asked_for(outbox, change):
    assert len(outbox.claim(3)) == 3
    assert len(outbox.claim(3)) == 1


def test_access_alone_is_claimed_where_nothing_else_may_begin(outbox, change):
    assert steps(outbox.claim(50, access=True)) == [StepName.ACCESS]
    assert outbox.claim(50, access=True) == []
    assert len(outbox.claim(50)) == 3


def test_access_comes_first_and_evidence_last(outbox, change):
    order = [one.step for _ in range(4) for one in outbox.claim(1)]

    assert (order[0], order[-1]) == (StepName.ACCESS, StepName.EVIDENCE)


def test_a_lease_runs_out_in_real_time(outbox, change, stopwatch):
    outbox.claim(50)
    stopwatch.advance(seconds=LEASE.seconds)
    too_early = outbox.claim(50)
    stopwatch.advance(seconds=1)

    assert too_early == []
    assert {claimed.token for claimed in outbox.claim(50)} == {2}


def test_moving_the_procedures_clock_expires_no_lease(outbox, change, clock):
    outbox.claim(50)
    clock.advance(hours=3)

    assert outbox.claim(50) == []


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(outbox, change, stopwatch):
    late = one(outbox, StepName.TICKET)
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)
    current = one(outbox, StepName.TICKET)

    assert not outbox.attempting(late)
    assert not outbox.made(late, "CHG-1")
    assert not outbox.settle(late)
    assert not outbox.postpone(late, "503")
    assert outbox.settle(current)


def test_what_is_settled_is_not_due_any_more(outbox, change, stopwatch):
    for claimed in outbox.claim(50):
        assert outbox.settle(claimed)
    stopwatch.advance(days=1)

    assert outbox.claim(50) == []


def test_what_is_settled_may_be_looked_at_again_by_the_procedures_clock(outbox, change, clock, stopwatch):
    for claimed in outbox.claim(50):
        outbox.settle(
            claimed, clock.now() + timedelta(minutes=3) if claimed.step is StepName.ACCESS else None
        )
    stopwatch.advance(hours=1)
    too_early = outbox.claim(50)
    clock.advance(minutes=3)

    assert too_early == []
    assert steps(outbox.claim(50)) == [StepName.ACCESS]


def test_what_became_newer_meanwhile_is_due_at_once(outbox, change, desk, stopwatch):
    claimed = one(outbox, StepName.CARD)
    desk.happens(change, ev.Approval, ADA)
    outbox.settle(claimed)

    again = one(outbox, StepName.CARD)
    assert (again.settled, again.revision) == (1, 2)


def test_what_was_settled_at_the_wanted_revision_is_known(outbox, change, desk):
    claimed = one(outbox, StepName.CARD)
    outbox.settle(claimed)
    settled = outbox.settled(change, StepName.CARD)
    desk.happens(change, ev.Approval, ADA)

    assert (settled, outbox.settled(change, StepName.CARD)) == (True, False)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 0.5), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (9, 60)]
)
def test_what_fails_again_and_again_comes_back_later_and_later_but_always_comes_back(
    outbox, change, stopwatch, attempts, seconds
):
    claimed = one(outbox, StepName.TICKET)
    for _ in range(attempts):
        outbox.postpone(claimed, "503", timedelta(microseconds=1))
        stopwatch.advance(seconds=PAST_THE_LEASE.seconds)
        claimed = one(outbox, StepName.TICKET)
    outbox.postpone(claimed, "503")

    stopwatch.advance(seconds=seconds - 0.001)
    too_early = [c for c in outbox.claim(50) if c.step is StepName.TICKET]
    stopwatch.advance(seconds=0.001)
    assert too_early == []
    assert one(outbox, StepName.TICKET).attempts == attempts + 1


def test_whoever_asks_to_be_left_alone_for_a_while_is(outbox, change, stopwatch):
    outbox.postpone(one(outbox, StepName.TICKET), "429", timedelta(minutes=5))
    stopwatch.advance(minutes=4)
    too_early = [c for c in outbox.claim(50) if c.step is StepName.TICKET]
    stopwatch.advance(minutes=1)

    assert too_early == []
    assert one(outbox, StepName.TICKET).error == "429"


def test_moving_the_procedures_clock_hurries_no_back_off(outbox, change, clock):
    outbox.postpone(one(outbox, StepName.TICKET), "503")
    clock.advance(hours=3)

    assert outbox.claim(50) == []


def test_something_new_to_do_forgets_the_back_off(outbox, change, desk):
    outbox.postpone(one(outbox, StepName.ACCESS), "503", timedelta(hours=1))
    desk.happens(change, ev.Revocation, reason="Enough.")

    claimed = one(outbox, StepName.ACCESS)
    assert (claimed.wanted, claimed.attempts) == (False, 0)


def test_something_new_to_do_does_not_wait_for_what_went_wrong_before(outbox, change, desk):
    claimed = one(outbox, StepName.ACCESS)
    desk.happens(change, ev.Revocation, reason="Enough.")
    outbox.postpone(claimed, "403", timedelta(hours=1))

    again = one(outbox, StepName.ACCESS)
    assert (again.wanted, again.attempts) == (False, 0)


def test_something_new_to_do_is_not_set_aside_with_what_was_there_before(outbox, change, desk):
    claimed = one(outbox, StepName.ACCESS)
    desk.happens(change, ev.Revocation, reason="Enough.")
    outbox.set_aside(claimed)

    assert not one(outbox, StepName.ACCESS).wanted


def test_what_was_set_aside_is_due_no_more(outbox, change):
    outbox.set_aside(one(outbox, StepName.TICKET))

    assert outbox.claim_one(change, StepName.TICKET) is None


def test_an_attempt_and_what_it_made_are_remembered_across_claims(outbox, change, stopwatch):
    claimed = one(outbox, StepName.TICKET)
    outbox.attempting(claimed)
    outbox.made(claimed, "CHG-1")
    began = stopwatch.now()
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)

    again = one(outbox, StepName.TICKET)
    assert (again.attempted_at, again.reference) == (began, "CHG-1")
    outbox.settle(again)


def test_settling_forgets_the_attempt_and_the_error_but_not_what_was_made(outbox, change, clock, stopwatch):
    claimed = one(outbox, StepName.TICKET)
    outbox.attempting(claimed)
    outbox.made(claimed, "CHG-1")
    outbox.settle(claimed, clock.now())

    [again] = [c for c in outbox.claim(50) if c.step is StepName.TICKET]
    assert (again.attempted_at, again.reference, again.error, again.attempts) == (None, "CHG-1", None, 0)


def test_removals_go_first_then_access_then_the_oldest(outbox, desk, clock):
    ending = desk.opens()
    clock.advance(minutes=1)
    beginning = desk.opens("payments-twice")
    desk.happens(ending, ev.Revocation, reason="Enough.")

    claims = outbox.claim(50)

    assert [(c.change, c.step, c.wanted) for c in claims[:2]] == [
        (ending, StepName.ACCESS, False),
        (beginning, StepName.ACCESS, True),
    ]


def test_an_observation_that_shows_nothing_is_only_filed(outbox, change, desk):
    for claimed in outbox.claim(50):
        outbox.settle(claimed)
    desk.seen(change, ob.CardPosted, channel="C1", ts="1.2")

    assert steps(outbox.claim(50)) == [StepName.EVIDENCE]


# --- one obligation, at once -----------------------------------------------------------------------


def test_one_obligation_can_be_taken_before_the_others(outbox, change):
    claimed = outbox.claim_one(change, StepName.CARD)

    assert (claimed.change, claimed.step) == (change, StepName.CARD)
    assert outbox.claim_one(change, StepName.CARD) is None
    assert StepName.CARD not in steps(outbox.claim(50))


def test_one_obligation_can_be_taken_though_it_is_not_due(outbox, change):
    outbox.settle(outbox.claim_one(change, StepName.CARD))

    assert outbox.claim_one(change, StepName.CARD) is None
    assert outbox.claim_one(change, StepName.CARD, at_once=True)


def test_nobody_takes_an_obligation_out_of_anothers_hands(outbox, change, stopwatch):
    outbox.claim(50)

    assert outbox.claim_one(change, StepName.ACCESS, at_once=True) is None
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)
    assert outbox.claim_one(change, StepName.ACCESS, at_once=True)


def test_an_obligation_that_backs_off_is_not_due(outbox, change, stopwatch):
    outbox.postpone(outbox.claim_one(change, StepName.CARD), "503")

    assert outbox.claim_one(change, StepName.CARD) is None
    stopwatch.advance(seconds=1)
    assert outbox.claim_one(change, StepName.CARD)


# --- entries that say that a call is about to leave ------------------------------------------------


def attempt(memory):
    at = memory.clock.now()
    return ob.GrantAttempted(at=at, by=SYSTEM, ends_by=at + timedelta(hours=1))


def test_an_attempt_is_kept_with_the_entry_that_announces_it(outbox, change, desk, memory, stopwatch):
    claimed = one(outbox, StepName.ACCESS)
    desk.changes.take_up(change, claimed.holder)

    desk.changes.observe(change, attempt(memory), attempting=claimed)
    outbox.postpone(claimed, "No answer.", timedelta(seconds=1))
    stopwatch.advance(seconds=2)

    assert one(outbox, StepName.ACCESS).attempted_at is not None


def test_whose_claim_has_passed_on_announces_nothing(outbox, change, desk, memory, stopwatch):
    late = one(outbox, StepName.ACCESS)
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)
    current = one(outbox, StepName.ACCESS)

    with pytest.raises(Conflict):
        desk.changes.observe(change, attempt(memory), attempting=late)

    assert desk.record(change).grant.attempted_at is None
    assert outbox.claim_one(change, StepName.ACCESS) is None  # it is still in the other's hands
    assert outbox.settle(current)


# --- keys ------------------------------------------------------------------------------------------


@pytest.fixture
def take_key(memory):
    def take(key, holder):
        with memory.transaction() as work:
            return work.take_key(key, holder)

    return take


def test_one_at_a_time_changes_what_a_person_holds_at_a_target(take_key):
    assert take_key("team|linus", "first")
    assert not take_key("team|linus", "second")
    assert take_key("team|margaret", "second")


def test_a_holder_may_take_its_key_again(take_key):
    take_key("team|linus", "first")

    assert take_key("team|linus", "first")


def test_a_key_that_was_given_back_is_free(outbox, take_key):
    take_key("team|linus", "first")
    outbox.free_key("first")

    assert take_key("team|linus", "second")


def test_nobody_gives_back_the_key_of_another(outbox, take_key):
    take_key("team|linus", "first")
    outbox.free_key("second")

    assert not take_key("team|linus", "second")


def test_the_key_of_a_worker_that_died_is_free_after_its_lease(take_key, stopwatch):
    take_key("team|linus", "first")
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)

    assert take_key("team|linus", "second")


@pytest.fixture
def at_work(outbox, change, desk):
    """Claim the access of a change, and with it the right to what its requester holds there."""
    claimed = one(outbox, StepName.ACCESS)
    desk.changes.take_up(change, claimed.holder)
    return claimed


@pytest.fixture
def key(change, memory):
    record, policy = memory.record(change)
    return record.access_key(policy)


@pytest.mark.parametrize("ask", ["attempting", "keep"])
def test_who_asks_again_before_a_call_has_claim_and_key_for_as_long_as_a_call_takes(
    outbox, at_work, key, take_key, change, stopwatch, ask
):
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)
    kept = getattr(outbox, ask)(at_work)
    stopwatch.advance(seconds=LEASE.seconds - 1)

    assert kept
    assert outbox.claim_one(change, StepName.ACCESS, at_once=True) is None
    assert not take_key(key, "another")


@pytest.mark.parametrize("give_back", ["settle", "postpone", "set_aside", "give_up"])
def test_the_key_is_given_back_with_the_claim(outbox, at_work, key, take_key, give_back):
    getattr(outbox, give_back)(at_work, *(["503"] if give_back == "postpone" else []))

    assert take_key(key, "another")


def test_who_comes_back_too_late_still_gives_back_the_key_and_nothing_else(
    outbox, at_work, key, take_key, stopwatch
):
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)
    current = one(outbox, StepName.ACCESS)

    assert not outbox.settle(at_work)
    assert take_key(key, current.holder)
    assert not outbox.settle(at_work)
    assert not take_key(key, "another")


@pytest.mark.parametrize("ask", ["attempting", "keep"])
def test_whose_key_another_has_had_meanwhile_is_told_so_though_it_was_given_back(
    outbox, at_work, key, take_key, stopwatch, ask
):
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)
    take_key(key, "another")
    with_another = getattr(outbox, ask)(at_work)
    outbox.free_key("another")

    assert not with_another
    assert not getattr(outbox, ask)(at_work)


def test_asking_again_is_no_attempt(outbox, at_work, stopwatch):
    outbox.keep(at_work)
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)

    assert one(outbox, StepName.ACCESS).attempted_at is None


# --- how far behind --------------------------------------------------------------------------------


def test_the_backlog_is_what_is_due_and_what_has_failed(outbox, change, clock):
    outbox.postpone(one(outbox, StepName.TICKET), "503")

    whole, access = outbox.backlog(), outbox.backlog([StepName.ACCESS])
    assert (whole.waiting, whole.oldest, whole.stuck) == (4, clock.now(), 1)
    assert (access.waiting, access.stuck) == (1, 0)


def test_an_empty_outbox_is_not_behind(outbox):
    assert (outbox.backlog().waiting, outbox.backlog().oldest, outbox.backlog().stuck) == (0, None, 0)
    assert outbox.next_due() is None


def test_when_to_come_back_is_known(outbox, change, stopwatch):
    outbox.claim(50)
    leased = outbox.next_due()

    assert leased == stopwatch.now() + LEASE


def test_why_a_step_is_stuck_is_known(outbox, change):
    outbox.postpone(one(outbox, StepName.TICKET), "Jira says 503")

    assert outbox.stuck_for(change) == {StepName.TICKET: "Jira says 503"}


def test_the_same_is_owed_once_however_often_it_is_asked_for(outbox, desk):
    change = desk.opens("payments-twice", MARGARET)
    for by in (LINUS, ADA):
        desk.happens(change, ev.Approval, by)

    cards = [claimed for claimed in outbox.claim(50) if claimed.step is StepName.CARD]
    assert len(cards) == 1
