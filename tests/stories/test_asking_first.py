"""An approver first: what happens when somebody answers, and when nobody does."""

from datetime import timedelta

from tests.acme import ADA, GRACE, LINUS, MALLORY, POLICY, request
from workflows import events as ev
from workflows.vocabulary import Duty, State

ASKS = POLICY + '\n[limits]\noverdue_then = "ask first"\n'
REFUSES = POLICY + '\n[limits]\noverdue_then = "refuse"\n'


def test_nothing_is_given_before_an_approver_has_answered(night):
    change = night.opens("ledger-admin")
    before = night.holders("ledger-admin")
    night.happens(change, ev.Approval, ADA)

    assert (before, night.holders("ledger-admin")) == (set(), {"linus"})
    assert night.owes(change) == set()


def test_the_approvers_are_asked_and_the_requester_is_answered(night):
    change = night.opens("ledger-admin")
    night.happens(change, ev.Approval, ADA)

    assert night.board.told(ADA) == night.board.told(GRACE) == [ev.Request]
    assert ev.Approval in night.board.told(LINUS)


def test_silence_gives_nothing(night):
    change = night.opens("ledger-read")
    night.passes(minutes=31)

    assert night.state(change) is State.LAPSED
    assert night.access.calls == []
    assert night.board.told(LINUS) == [ev.Lapse]


def test_silence_lets_the_requester_act_where_the_policy_says_so(night):
    change = night.opens("ledger-admin")
    early = night.happens(change, ev.Override, reason="Data is being lost.")
    night.passes(minutes=31)
    told = night.board.told(LINUS)
    night.happens(change, ev.Override, reason="Data is being lost.")

    assert early.guard == "overridable"
    assert told == [ev.Unanswered]
    assert night.holders("ledger-admin") == {"linus"}
    assert night.owes(change) == {Duty.APPROVAL}


def test_whoever_may_override_and_does_not_is_lapsed_in_the_end(night):
    change = night.opens("ledger-admin")
    night.passes(minutes=61)

    assert night.state(change) is State.LAPSED


def test_a_rejected_request_was_never_in_force_and_is_final(night):
    change = night.opens("ledger-admin")
    night.happens(change, ev.Rejection, ADA, reason="Ask tomorrow.")

    assert night.state(change) is State.REJECTED
    assert night.access.calls == []
    assert night.happens(change, ev.Approval, GRACE).guard == "procedure"
    assert night.tickets.tickets["CHG-1"].status == "Declined"


def test_a_request_that_was_taken_back_is_final(night):
    change = night.opens("ledger-admin")
    night.happens(change, ev.Withdrawal)

    assert night.state(change) is State.WITHDRAWN
    assert night.board.shown(change) == [State.WITHDRAWN]


def test_two_must_say_yes_where_the_policy_wants_two(night):
    change = night.opens("ledger-twice")
    night.happens(change, ev.Approval, ADA)
    one = night.holders("ledger-twice")
    night.happens(change, ev.Approval, GRACE)

    assert (one, night.holders("ledger-twice")) == (set(), {"linus"})


def test_access_that_stood_on_a_wrong_approval_ends_when_it_is_annulled(night):
    """Read again after the commit, the group's source says that Ada had left it (X03)."""
    night.groups.groups["heads"] = {GRACE}
    change = night.opens("ledger-admin")
    night.happens(change, ev.Approval, ADA)

    assert night.state(change) is State.IN_REVIEW
    assert night.holders("ledger-admin") == set()


def test_a_wrong_rejection_of_a_request_stays_final_and_is_found(night):
    night.groups.groups["heads"] = {GRACE}
    change = night.opens("ledger-admin")
    night.happens(change, ev.Rejection, ADA, reason="No.")

    assert night.state(change) is State.REJECTED
    assert [finding.exception for finding in night.record(change).findings] == ["X03"]


def test_an_extension_of_access_that_was_asked_for_needs_an_approver(night):
    change = night.opens("ledger-admin")
    night.happens(change, ev.Approval, ADA)
    alone = night.happens(change, ev.Extension, window=timedelta(minutes=30), justification="More.")
    night.happens(change, ev.Extension, GRACE, window=timedelta(minutes=30), justification="Two more steps.")

    assert alone.guard == "by_someone_else"
    assert night.record(change).window == timedelta(minutes=90)


def test_whoever_owes_something_overdue_must_ask_first(begun):
    night = begun(policy=ASKS)
    first = night.opens()
    night.is_reported_done(first)
    night.passes(days=5)
    second = night.opens()

    assert night.state(second) is State.REQUESTED
    assert night.holders() == set()


def test_whoever_owes_something_overdue_is_refused_where_the_policy_is_strict(begun):
    night = begun(policy=REFUSES)
    first = night.opens()
    night.is_reported_done(first)
    night.passes(days=5)
    ruled = night.changes.open(request(at=night.clock.now()))

    assert (
        ruled.ruling.because == f"Overdue: the retrospective of {first}. Settle that first; then ask again."
    )
    assert ruled.change is None


def test_a_refused_request_leaves_no_change_and_nothing_to_do(night):
    before = night.memory.root()[0]

    ruled = night.changes.open(request(by=MALLORY))
    night.settles()

    assert ruled.change is None
    assert night.memory.changes() == []
    assert night.memory.outbox.claim(5) == []
    assert night.memory.root()[0] == before + 1
