"""The procedure in both authorisation modes, one event after another; no storage, no outside."""

from datetime import timedelta

import pytest

from tests.acme import ADA, GRACE, LEADER, LINUS, MARGARET, PEOPLE, POLICY, SAM
from tests.paper import RULES, Paper, facts
from workflows import events as ev
from workflows import observations as ob
from workflows.decide import Accepted, decide
from workflows.facts import Debt
from workflows.policy import load
from workflows.procedure import TRANSITIONS
from workflows.vocabulary import CLOCK, SYSTEM, Duty, Origin, State

REPORT = {"done": "Rolled back.", "changes": "", "verified": "Orders flow.", "rolled_back": False}
LOOK_BACK = {
    "cause": "A dropped index.",
    "genuine": True,
    "normal_process": "Too slow.",
    "prevention": "A lock.",
}
REMEDY = {"outcome": "reverted", "note": "Reverted in the morning."}
ALL = {Duty.APPROVAL, Duty.COMPLETION, Duty.RETROSPECTIVE}


def test_under_act_first_access_comes_at_once_and_approval_is_owed():
    paper = Paper()

    assert paper.state is State.ACTIVE
    assert paper.owes() == {Duty.APPROVAL}


def test_under_ask_first_access_waits_for_an_approver():
    paper = Paper("ledger-admin")
    waiting = paper.state
    paper.happens(ev.Approval, ADA)

    assert (waiting, paper.state) == (State.REQUESTED, State.ACTIVE)
    assert paper.owes() == set()


@pytest.mark.parametrize(
    ("access", "to"), [("ledger-admin", State.REJECTED), ("payments-merge", State.IN_REVIEW)]
)
def test_a_rejection_ends_a_request_before_it_began_and_access_where_it_had(access, to):
    paper = Paper(access)
    paper.happens(ev.Rejection, ADA, reason="It could have waited.")

    assert paper.state is to


def test_a_rejection_replaces_the_approval_by_remediation():
    paper = Paper().confirmed()
    paper.happens(ev.Rejection, ADA, reason="It could have waited.")

    assert paper.owes() == {Duty.REMEDIATION, Duty.COMPLETION, Duty.RETROSPECTIVE}
    paper.happens(ev.Remediation, **REMEDY)
    assert Duty.REMEDIATION not in paper.owes()


def test_two_approvals_make_a_quorum_of_two_and_rejections_never_count():
    paper = Paper("ledger-twice")
    first = paper.happens(ev.Approval, ADA)
    second = paper.happens(ev.Approval, GRACE)

    assert (first.to, second.to) == (State.REQUESTED, State.ACTIVE)
    assert Duty.APPROVAL not in paper.owes()


def test_one_approval_of_two_still_owes_the_other():
    paper = Paper("payments-twice").confirmed()
    paper.happens(ev.Approval, ADA)

    assert Duty.APPROVAL in paper.owes()


def test_a_rejection_after_one_of_two_approvals_still_rejects():
    paper = Paper("ledger-twice")
    paper.happens(ev.Approval, ADA)

    assert paper.happens(ev.Rejection, GRACE, reason="No.").to is State.REJECTED


def test_an_override_acts_first_and_owes_the_approval_afterwards():
    paper = Paper("ledger-admin")
    paper.strikes("unanswered/0")
    paper.happens(ev.Override, reason="Data is being lost.")

    assert paper.state is State.ACTIVE
    assert paper.owes() == {Duty.APPROVAL}


@pytest.mark.parametrize("mode", ["asked", "acted"])
def test_an_annulled_approval_ends_access_that_stood_on_it_and_only_that(mode):
    paper = Paper({"asked": "ledger-admin", "acted": "payments-merge"}[mode])
    paper.happens(ev.Approval, ADA)
    paper.confirmed()

    paper.happens(ev.Annulment, SYSTEM, verdict=2, group="heads")

    assert paper.state is {"asked": State.IN_REVIEW, "acted": State.ACTIVE}[mode]
    assert Duty.APPROVAL in paper.owes()


def test_access_that_an_override_began_does_not_end_with_an_annulled_approval():
    paper = Paper("ledger-admin")
    paper.strikes("unanswered/0")
    paper.happens(ev.Override, reason="Data is being lost.")
    paper.happens(ev.Approval, ADA)

    paper.happens(ev.Annulment, SYSTEM, verdict=paper.record.last, group="heads")

    assert paper.state is State.ACTIVE


def test_an_annulled_approval_of_two_puts_the_quorum_back():
    paper = Paper("ledger-twice")
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Annulment, SYSTEM, verdict=2, group="heads")

    assert paper.happens(ev.Approval, GRACE).to is State.REQUESTED


def test_an_annulled_rejection_reopens_the_approval():
    paper = Paper().confirmed()
    paper.happens(ev.Rejection, ADA, reason="No.")
    paper.happens(ev.Annulment, SYSTEM, verdict=paper.record.last, group="heads")

    assert paper.owes() == ALL
    assert paper.happens(ev.Approval, GRACE).to is State.IN_REVIEW


def test_whoever_was_annulled_may_answer_again_once_authorised():
    paper = Paper().confirmed()
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Annulment, SYSTEM, verdict=paper.record.last, group="heads")

    assert isinstance(paper.happens(ev.Approval, ADA), Accepted)


def test_an_approver_who_turns_out_to_be_an_author_does_not_count():
    """Asked at the click and again at acceptance, when the authors of the commits are known (X02)."""
    paper = Paper().confirmed()
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Completion, **REPORT)
    paper.seen(ob.AccessEnded)
    paper.happens(ev.Retrospective, **LOOK_BACK)
    paper.seen(ob.AuthorsSeen, completion=paper.record.last, authors=(ADA,), unresolved=0)

    assert paper.happens(ev.Acceptance, GRACE).because == "Still owed: approval."
    paper.happens(ev.Approval, GRACE)
    paper.reads_again()
    assert paper.happens(ev.Acceptance, GRACE).to is State.CLOSED


def test_an_author_of_the_commits_does_not_accept_the_change_either():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    paper.seen(ob.AuthorsSeen, completion=paper.record.last, authors=(ADA,), unresolved=0)

    assert paper.happens(ev.Acceptance, ADA).guard == "by_someone_else"


def test_a_change_whose_access_was_declined_owes_only_its_acceptance():
    paper = Paper()
    paper.happens(ev.GrantFailed, SYSTEM, declined=True, because="No such team.")

    assert paper.owes() == {Duty.ACCEPTANCE}
    assert paper.happens(ev.Acceptance, ADA).to is State.CLOSED


def test_a_change_whose_access_was_never_confirmed_owes_everything():
    """Nobody knows what was done with it."""
    paper = Paper()
    paper.strikes("never confirmed/0")

    assert paper.owes() == ALL


def test_a_change_that_expired_still_owes_its_completion_report():
    paper = Paper().confirmed()
    paper.strikes("expiry/0")

    assert paper.owes() == ALL
    paper.happens(ev.Completion, **REPORT)
    assert paper.owes() == ALL - {Duty.COMPLETION}


def test_the_report_that_ends_the_access_is_the_completion_report():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)

    assert paper.owes() == ALL - {Duty.COMPLETION}


def test_a_returned_retrospective_is_owed_again():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    paper.happens(ev.Retrospective, **LOOK_BACK)
    paper.happens(ev.Return, ADA, reason="Why was it not tested?")

    assert Duty.RETROSPECTIVE in paper.owes()
    assert isinstance(paper.happens(ev.Retrospective, **LOOK_BACK), Accepted)


def test_a_removal_outside_the_procedure_ends_the_change_and_everything_is_owed():
    paper = Paper().confirmed()
    paper.happens(ev.Removal, SYSTEM)

    assert paper.state is State.IN_REVIEW
    assert paper.owes() == ALL


def test_duties_pass_to_whoever_takes_them_over():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    paper.happens(ev.Reassignment, ADA, {"assignee": PEOPLE[MARGARET]}, to=MARGARET, reason="Gone.")

    assert paper.happens(ev.Retrospective, LINUS, **LOOK_BACK).guard == "by_the_author"
    assert isinstance(paper.happens(ev.Retrospective, MARGARET, **LOOK_BACK), Accepted)


def test_access_is_extended_within_the_longest_window_only():
    paper = Paper().confirmed()
    for _ in range(3):
        paper.happens(ev.Extension, window=timedelta(hours=1), justification="More.")
    paper.happens(ev.Extension, window=timedelta(hours=1), justification="More.")

    assert paper.record.window == timedelta(hours=4)
    assert paper.hours_left == 4


@pytest.mark.parametrize("state", [State.REQUESTED, State.ACTIVE, State.IN_REVIEW])
def test_an_accepted_event_says_where_it_leads_and_what_was_asked(state):
    paper = Paper("ledger-admin")
    if state is not State.REQUESTED:
        paper.happens(ev.Approval, ADA)
    if state is State.IN_REVIEW:
        paper.happens(ev.Revocation, SAM, reason="Enough.")

    ruling = paper.happens(ev.Reminder, CLOCK, duty=Duty.APPROVAL, slot="s")
    row = next(row for row in TRANSITIONS if (row.source, row.on) == (state, ev.Reminder))

    assert ruling.asked == tuple(guard.__name__ for guard in row.require)[: len(ruling.asked)]


def test_a_mirror_that_is_too_old_makes_nobody_an_approver():
    paper = Paper()
    event = ev.Approval(at=paper.clock.now(), by=ADA, shown=paper.shown)

    fresh = decide(paper.record, event, RULES, facts(ADA, age=300))
    stale = decide(paper.record, event, RULES, facts(ADA, age=301))

    assert isinstance(fresh, Accepted)
    assert stale.guard == "by_an_approver"


def test_who_belongs_is_asked_when_somebody_answers_not_when_the_change_was_opened():
    paper = Paper()
    paper.groups = {**paper.groups, "heads": {GRACE}}

    assert paper.offer(ev.Approval, ADA).guard == "by_an_approver"
    assert isinstance(paper.offer(ev.Approval, GRACE), Accepted)


def test_a_later_policy_does_not_regrade_an_old_change():
    """The change is decided by the rules it is pinned to, and those say two hours at most."""
    paper = Paper("ledger-admin")
    paper.happens(ev.Approval, ADA)
    newer = load(POLICY.replace('longest_window = "PT2H"', 'longest_window = "PT9H"').encode())

    extension = {"window": timedelta(hours=3), "justification": "More."}
    assert paper.offer(ev.Extension, GRACE, **extension).guard == "extendable"
    paper.policy = newer
    assert isinstance(paper.offer(ev.Extension, GRACE, **extension), Accepted)


def test_a_leader_may_ask_but_somebody_else_must_answer():
    paper = Paper("ledger-admin", by=LEADER)

    assert paper.happens(ev.Approval, LEADER).guard == "by_someone_else"
    assert paper.happens(ev.Approval, ADA).to is State.ACTIVE


def test_what_was_held_anyway_does_not_keep_a_change_from_closing():
    paper = Paper()
    paper.seen(ob.PreLook, target="t", origin=Origin.HELD_ANYWAY)
    paper.seen(ob.GrantConfirmed, seen="member, active")
    paper.happens(ev.Completion, **REPORT)
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Retrospective, **LOOK_BACK)
    paper.seen(ob.AccessEnded, left=Origin.HELD_ANYWAY)
    paper.reads_again()

    assert paper.happens(ev.Acceptance, GRACE).to is State.CLOSED


def test_overdue_duties_make_an_act_first_profile_ask_first():
    asks = load(f'{POLICY}\n[limits]\noverdue_then = "ask first"'.encode())
    paper = Paper(policy=asks, overdue=(Debt("EC-2026-0000", Duty.COMPLETION),))

    assert paper.state is State.REQUESTED
    assert paper.record.asked_first
