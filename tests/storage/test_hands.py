"""Access that is claimed in the moment it is owed: nobody looks for it, and nobody else has it meanwhile."""

from datetime import timedelta

import pytest

from storage.leases import LEASE
from tests.acme import GRACE, LINUS, request
from tests.memories import Desk
from workflows import events as ev
from workflows import observations as ob
from workflows.changes import EmergencyChanges
from workflows.errors import Conflict
from workflows.vocabulary import Origin, StepName

PAST_THE_LEASE = LEASE + timedelta(seconds=1)


class Hands:
    """Keeps what it is given."""

    def __init__(self, *, free=True):
        self.free, self.given = free, []

    def begin(self, begun):
        self.given.append(begun)


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def desk(memory, hands):
    desk = Desk(memory)
    desk.changes = EmergencyChanges(memory.transaction, memory.reading, hands=hands)
    return desk


def access(memory):
    """Claim all that is due, and return what is about access."""
    return [one for one in memory.outbox.claim(50) if one.step is StepName.ACCESS]


def test_who_opens_a_change_has_its_access_in_hand(desk, hands, memory):
    change = desk.opens()

    (begun,) = hands.given
    assert (begun.claimed.change, begun.claimed.step, begun.claimed.wanted) == (change, StepName.ACCESS, True)
    assert (begun.taken_up.record, begun.taken_up.policy) == memory.record(change)
    assert begun.taken_up.grantee == memory.person(LINUS)


def test_nobody_else_gets_it_and_nobody_else_changes_what_the_grantee_holds(desk, hands, memory):
    change = desk.opens()
    record, policy = memory.record(change)

    assert access(memory) == []
    with memory.transaction() as work:
        assert not work.take_key(record.access_key(policy), "another")


def test_what_else_is_owed_is_found_as_ever(desk, memory):
    desk.opens()

    assert {one.step for one in memory.outbox.claim(50)} == {
        StepName.TICKET,
        StepName.CARD,
        StepName.EVIDENCE,
    }


def test_should_its_process_end_others_have_it_after_the_lease(desk, hands, memory, stopwatch):
    change = desk.opens()
    stopwatch.advance(seconds=PAST_THE_LEASE.seconds)

    (claimed,) = access(memory)
    assert desk.changes.take_up(change, claimed.holder)
    assert not memory.outbox.settle(hands.given[0].claimed)


def test_it_is_given_back_as_any_claim_is(desk, hands, memory, stopwatch):
    change = desk.opens()
    memory.outbox.postpone(hands.given[0].claimed, "503")
    stopwatch.advance(seconds=1)

    (claimed,) = access(memory)
    assert desk.changes.take_up(change, claimed.holder)


def test_where_hands_are_full_it_waits_for_whoever_looks(desk, hands, memory):
    hands.free = False
    change = desk.opens()

    assert hands.given == []
    assert [one.change for one in access(memory)] == [change]


def test_while_another_change_is_at_work_on_the_same_it_is_claimed_and_not_taken_up(desk, hands):
    desk.opens("payments-merge")
    second = desk.opens("payments-deploy")

    assert (hands.given[1].claimed.change, hands.given[1].taken_up) == (second, None)


def test_an_approval_that_comes_first_has_it_in_hand_too(desk, hands):
    change = desk.opens("ledger-read")
    before = list(hands.given)
    desk.happens(change, ev.Approval, by=GRACE, comment="Go.")

    assert before == []
    assert [begun.claimed.change for begun in hands.given] == [change]
    assert hands.given[0].taken_up.record == desk.record(change)


def test_its_end_is_in_hand_unless_somebody_still_works_on_giving_it(desk, hands, memory):
    change = desk.opens()
    giving = hands.given.pop().claimed
    desk.happens(change, ev.Revocation, reason="Enough.")
    while_giving = list(hands.given)
    memory.outbox.settle(giving)
    second = desk.opens("ledger-read")
    desk.happens(second, ev.Approval, by=GRACE, comment="Go.")
    memory.outbox.settle(hands.given.pop().claimed)
    desk.happens(second, ev.Revocation, reason="Enough.")

    assert while_giving == []
    assert [(begun.claimed.change, begun.claimed.wanted) for begun in hands.given] == [(second, False)]


def test_the_same_delivery_again_begins_nothing(desk, hands, memory):

    asked = request("payments-merge", LINUS, at=desk.clock.now())
    first = desk.changes.open(asked, "delivery")
    again = desk.changes.open(asked, "delivery")

    assert first == again
    assert len(hands.given) == 1


def test_who_is_refused_begins_nothing(desk, hands):
    desk.opens()
    hands.given.clear()

    ruled = desk.changes.open(request("payments-merge", LINUS, at=desk.clock.now()))

    assert ruled.change is None
    assert hands.given == []


def test_what_the_clock_ends_is_looked_for(desk, hands, memory, clock):
    change = desk.opens()
    desk.confirms(change)
    memory.outbox.settle(hands.given.pop().claimed)
    clock.advance(hours=2)
    desk.changes.fire(change, "expiry/0", clock.now())

    assert hands.given == []
    assert [(one.change, one.wanted) for one in access(memory)] == [(change, False)]


def test_whose_access_it_is_goes_by_the_first_look_whoever_looks_later(desk, memory):
    change = desk.opens()
    desk.confirms(change)
    before = memory.record(change)

    with pytest.raises(Conflict):
        desk.seen(change, ob.PreLook, target="github-team:acme/x", origin=Origin.HELD_ANYWAY)
    assert memory.record(change) == before
