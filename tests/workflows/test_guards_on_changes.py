"""Every question an event is asked that is offered to a change: when the answer is yes, and the sentence when it is no."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.acme import ADA, GRACE, GROUPS, LEADER, LINUS, MALLORY, MARGARET, PEOPLE, POLICY, SAM
from tests.acme import request as ordinary
from tests.paper import Paper
from workflows import events as ev
from workflows import observations as ob
from workflows.decide import Accepted, Refused
from workflows.policy import load
from workflows.vocabulary import CLOCK, SYSTEM, ChangeId, Duty, Origin, State

REASON = "It could have waited."
REPORT = {"done": "Rolled back.", "changes": "", "verified": "Orders flow.", "rolled_back": False}
LOOK_BACK = {
    "cause": "A dropped index.",
    "genuine": True,
    "normal_process": "Too slow.",
    "prevention": "A lock.",
}
REMEDY = {"outcome": "reverted", "note": "Reverted in the morning."}
MINUTES = timedelta(minutes=30)


def because(ruling):
    return ruling.because if isinstance(ruling, Refused) else None


@pytest.fixture
def active():
    return Paper().confirmed()


@pytest.fixture
def requested():
    return Paper("ledger-admin")


@pytest.fixture
def in_review():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    paper.seen(ob.AccessEnded)
    return paper


@pytest.fixture
def settled(in_review):
    """Nothing is owed any more but the acceptance."""
    in_review.happens(ev.Approval, ADA)
    in_review.happens(ev.Retrospective, **LOOK_BACK)
    return in_review.reads_again()


# --- verdicts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ev.Approval, ev.Rejection])
@pytest.mark.parametrize("paper", ["active", "requested", "in_review"])
@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (ADA, None),
        (LINUS, "You cannot decide on your own change."),
        (MALLORY, "Only members of heads can decide on this change."),
        (SAM, "Only members of heads can decide on this change."),
        ("P-NOBODY", "Only members of this organisation can take part. If you just joined, try again in a minute."),
    ],
)  # fmt: skip
def test_only_an_approver_who_is_somebody_else_decides(kind, paper, by, sentence, request):
    said = {"reason": REASON} if kind is ev.Rejection else {}

    assert because(request.getfixturevalue(paper).offer(kind, by, **said)) == sentence


def test_a_requester_who_is_an_approver_does_not_decide_on_their_own_change():
    paper = Paper(by=LEADER)

    assert because(paper.offer(ev.Approval, LEADER)) == "You cannot decide on your own change."


@pytest.mark.parametrize("left", ["deactivated", "guest", "bot", "outsider"])
@pytest.mark.parametrize("access", ["ledger-admin", "ledger-twice"])
def test_a_request_of_somebody_who_has_left_is_not_approved(access, left):
    paper = Paper(access)
    gone = {"grantee": replace(PEOPLE[LINUS], **{left: True})}

    sentence = "The requester has left and cannot be given access; reject the request, or let it lapse."
    assert because(paper.offer(ev.Approval, ADA, gone)) == sentence
    assert because(paper.offer(ev.Approval, ADA, {"grantee": None})) == sentence
    assert because(paper.offer(ev.Approval, ADA, gone, shown="")) == sentence
    assert isinstance(paper.offer(ev.Rejection, ADA, gone, reason=REASON), Accepted)


def test_access_that_was_given_is_approved_though_the_requester_has_left(active, in_review):
    gone = {"grantee": replace(PEOPLE[LINUS], deactivated=True)}

    assert isinstance(active.offer(ev.Approval, ADA, gone), Accepted)
    assert isinstance(in_review.offer(ev.Approval, ADA, gone), Accepted)


def test_whoever_wrote_the_commits_does_not_decide_on_them(active):
    active.seen(ob.AuthorsSeen, completion=1, authors=(ADA,), unresolved=0)

    assert because(active.offer(ev.Approval, ADA)) == "You cannot decide on your own change."
    assert isinstance(active.offer(ev.Approval, GRACE), Accepted)


def test_whoever_ever_owned_the_duties_does_not_decide_on_the_change(active):
    active.happens(ev.Reassignment, ADA, {"assignee": PEOPLE[GRACE]}, to=GRACE, reason="Linus has left.")
    active.happens(ev.Reassignment, ADA, {"assignee": PEOPLE[MARGARET]}, to=MARGARET, reason="Ill.")

    assert because(active.offer(ev.Approval, GRACE)) == "You cannot decide on your own change."
    assert because(active.offer(ev.Approval, LINUS)) == "You cannot decide on your own change."


def test_an_empty_approver_group_decides_nothing_and_says_so(active):
    active.groups = {**GROUPS, "heads": set()}

    sentence = "The approver group heads has no members right now, so nobody can decide. Tell security."
    assert because(active.offer(ev.Approval, ADA)) == sentence


def test_an_answer_to_another_text_does_not_count(active):
    before = active.shown
    active.happens(ev.Extension, window=MINUTES, justification="The rebuild takes longer.")

    sentence = "This change was added to after you opened it. Read it again and answer once more."
    assert because(active.offer(ev.Approval, ADA, shown=before)) == sentence
    assert because(active.offer(ev.Rejection, ADA, shown=before, reason=REASON)) == sentence
    assert isinstance(active.offer(ev.Approval, ADA), Accepted)


def test_a_rejection_needs_a_reason(active):
    assert because(active.offer(ev.Rejection, ADA, reason=" ")) == "Give a reason."


def test_a_rejection_is_final(active):
    active.happens(ev.Rejection, ADA, reason=REASON)

    sentence = "This change was rejected; a verdict is final."
    assert because(active.offer(ev.Approval, GRACE)) == sentence
    assert because(active.offer(ev.Rejection, GRACE, reason=REASON)) == sentence


def test_a_change_with_its_approvals_needs_no_more(active):
    active.happens(ev.Approval, ADA)

    assert because(active.offer(ev.Approval, GRACE)) == "This change has its approvals already."


def test_nobody_answers_twice():
    paper = Paper("payments-twice")
    paper.happens(ev.Approval, ADA)

    assert because(paper.offer(ev.Approval, ADA)) == "You have answered already."


def test_there_is_nothing_to_decide_where_access_was_never_given(active):
    paper = Paper()
    paper.happens(ev.GrantFailed, SYSTEM, declined=True, because="No such team.")

    assert (
        because(paper.offer(ev.Approval, ADA)) == "The access was never given, so there is nothing to decide."
    )


# --- before it began -------------------------------------------------------------------------------


def test_only_the_requester_withdraws(requested):
    assert because(requested.offer(ev.Withdrawal, ADA)) == "Only the requester can do this."
    assert requested.happens(ev.Withdrawal).to is State.WITHDRAWN


def test_only_the_requester_overrides_once_nobody_has_answered_and_with_a_reason(requested):
    assert because(requested.offer(ev.Override, reason=REASON)) == "Approvers still have time to answer."
    requested.strikes("unanswered/0")

    assert because(requested.offer(ev.Override, ADA, reason=REASON)) == "Only the requester can do this."
    assert because(requested.offer(ev.Override, reason="")) == "Give a reason."
    assert requested.happens(ev.Override, reason=REASON).to is State.ACTIVE


def test_a_policy_that_lets_requests_lapse_knows_no_override():
    paper = Paper("ledger-read")

    sentence = "The policy does not let you act before an approver has answered."
    assert because(paper.offer(ev.Override, reason=REASON)) == sentence


# --- while it is active ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (timedelta(hours=3), None),
        (timedelta(hours=3, seconds=1), "The longest window is 4 h; at most 3 h can be added."),
        (timedelta(0), "An extension must be longer than nothing, such as 30m."),
        (-MINUTES, "An extension must be longer than nothing, such as 30m."),
    ],
)
def test_all_extensions_together_stay_within_the_longest_window(active, by, sentence):
    assert because(active.offer(ev.Extension, window=by, justification="More.")) == sentence


def test_nothing_can_be_added_to_the_longest_window(active):
    active.happens(ev.Extension, window=timedelta(hours=3), justification="More.")

    sentence = "The longest window is 4 h; nothing can be added."
    assert because(active.offer(ev.Extension, window=MINUTES, justification="More.")) == sentence


def test_an_extension_says_why(active):
    ruling = active.offer(ev.Extension, window=MINUTES, justification="")

    assert ruling.guard == "justified"


def test_whoever_acted_first_extends_their_own_window(active):
    assert isinstance(active.offer(ev.Extension, window=MINUTES, justification="More."), Accepted)


def test_access_that_was_asked_for_first_is_extended_by_an_approver_alone(requested):
    requested.happens(ev.Approval, ADA)
    said = {"window": MINUTES, "justification": "More."}

    assert because(requested.offer(ev.Extension, **said)) == (
        "This change was to be approved first, so only an approver with no part in it can extend it; ask one."
    )
    assert because(requested.offer(ev.Extension, MALLORY, **said)) == (
        "Only members of heads can decide on this change."
    )
    assert isinstance(requested.offer(ev.Extension, GRACE, **said), Accepted)


@pytest.mark.parametrize("by", [LINUS, ADA, SAM])
def test_requester_approver_and_security_may_end_access_early(active, by):
    assert active.offer(ev.Revocation, by, reason=REASON).to is State.IN_REVIEW


@pytest.mark.parametrize(
    ("by", "reason", "sentence"),
    [
        (MALLORY, REASON, "Only the requester, an approver or security can end this access."),
        (MARGARET, REASON, "Only the requester, an approver or security can end this access."),
        (LINUS, "", "Give a reason."),
    ],
)
def test_nobody_else_ends_access_and_nobody_without_a_reason(active, by, reason, sentence):
    assert because(active.offer(ev.Revocation, by, reason=reason)) == sentence


def test_without_a_group_called_security_nobody_stands_in_for_it():
    policy = load(
        POLICY.replace("groups.security", "groups.guardians").replace('"security"', '"guardians"').encode()
    )
    paper = Paper(policy=policy)

    assert because(paper.offer(ev.Revocation, SAM, reason=REASON)) is not None


def test_only_the_requester_reports_completion_and_says_what_was_done(active):
    assert because(active.offer(ev.Completion, ADA, **REPORT)) == "Only the requester can do this."
    assert because(active.offer(ev.Completion, **{**REPORT, "done": "", "verified": ""})) == (
        "Fill in: done and verified."
    )
    assert active.offer(ev.Completion, **REPORT).to is State.IN_REVIEW


@pytest.mark.parametrize(
    ("kind", "said"),
    [(ev.Expiry, {}), (ev.EndsSoon, {"slot": "x"}), (ev.Reminder, {"duty": Duty.APPROVAL, "slot": "x"}),
     (ev.Escalation, {"duty": Duty.APPROVAL, "slot": "x", "to": "heads"})],
)  # fmt: skip
@pytest.mark.parametrize("by", [LINUS, ADA, SYSTEM])
def test_only_the_clock_raises_what_deadlines_raise(active, kind, said, by):
    assert because(active.offer(kind, by, **said)) == "Only the clock can do this."


def test_a_failed_grant_is_reported_by_the_bot_alone_and_only_before_it_was_confirmed(active):
    said = {"declined": False, "because": "Nothing came back."}

    assert because(Paper().offer(ev.GrantFailed, LINUS, **said)) == "Only the bot itself can do this."
    assert because(active.offer(ev.GrantFailed, CLOCK, **said)) == "The access was confirmed."
    assert isinstance(Paper().offer(ev.GrantFailed, CLOCK, **said), Accepted)
    assert isinstance(Paper().offer(ev.GrantFailed, SYSTEM, **said), Accepted)


def test_a_removal_is_seen_by_the_bot_alone_and_only_after_the_access_was_there(active):
    assert because(active.offer(ev.Removal, ADA)) == "Only the bot itself can do this."
    assert because(Paper().offer(ev.Removal, SYSTEM)) == "The access was never confirmed."
    assert active.offer(ev.Removal, SYSTEM).to is State.IN_REVIEW


# --- reassignment ----------------------------------------------------------------------------------


def test_a_reviewer_hands_the_duties_of_somebody_who_has_gone_to_a_member(active):
    known = {"assignee": PEOPLE[MARGARET]}

    assert isinstance(active.offer(ev.Reassignment, ADA, known, to=MARGARET, reason="Gone."), Accepted)


@pytest.mark.parametrize("state", ["bot", "guest", "outsider", "deactivated"])
def test_duties_are_handed_to_active_members_only(active, state):
    known = {"assignee": replace(PEOPLE[MARGARET], **{state: True})}

    ruling = active.offer(ev.Reassignment, ADA, known, to=MARGARET, reason="Gone.")

    assert because(ruling) == "Name an active member of this organisation."


def test_duties_are_not_handed_to_nobody_or_by_just_anybody_or_for_no_reason(active):
    known = {"assignee": PEOPLE[MARGARET]}

    assert because(active.offer(ev.Reassignment, ADA, to="P-NOBODY", reason="Gone.")) == (
        "Name an active member of this organisation."
    )
    assert because(active.offer(ev.Reassignment, LINUS, known, to=MARGARET, reason="Gone.")) == (
        "Only members of heads can accept or return this change."
    )
    assert because(active.offer(ev.Reassignment, ADA, known, to=MARGARET, reason="")) == "Give a reason."


def test_whoever_took_the_duties_over_fulfils_them_and_the_requester_does_not_any_more(active):
    active.happens(ev.Reassignment, ADA, {"assignee": PEOPLE[MARGARET]}, to=MARGARET, reason="Gone.")

    assert because(active.offer(ev.Completion, LINUS, **REPORT)) == "Only the requester can do this."
    assert isinstance(active.offer(ev.Completion, MARGARET, **REPORT), Accepted)


# --- looking back ----------------------------------------------------------------------------------


def test_what_is_not_owed_any_more_is_not_taken(in_review):
    assert because(in_review.offer(ev.Completion, **REPORT)) == "The completion is not owed (any more)."
    assert because(in_review.offer(ev.Remediation, **REMEDY)) == "The remediation is not owed (any more)."
    in_review.happens(ev.Retrospective, **LOOK_BACK)
    assert because(in_review.offer(ev.Retrospective, **LOOK_BACK)) == (
        "The retrospective is not owed (any more)."
    )


def test_a_reminder_of_what_is_not_owed_says_nothing(in_review):
    ruling = in_review.offer(ev.Reminder, CLOCK, duty=Duty.COMPLETION, slot="x")

    assert because(ruling) == "The completion is not owed (any more)."


@pytest.mark.parametrize(
    ("by", "said", "sentence"),
    [
        (LINUS, {}, None),
        (ADA, {}, None),
        (MALLORY, {}, "Only the requester or an approver can do this."),
        (LINUS, {"note": ""}, "Fill in: note."),
        (LINUS, {"outcome": "accepted"}, "Name the person who owns the accepted risk."),
        (LINUS, {"outcome": "accepted", "risk_owner": "Grace"}, None),
        (LINUS, {"outcome": "other"}, None),
    ],
)
def test_a_remediation_says_what_became_of_the_change_and_who_owns_an_accepted_risk(
    in_review, by, said, sentence
):
    in_review.happens(ev.Rejection, GRACE, reason=REASON)

    assert because(in_review.offer(ev.Remediation, by, **{**REMEDY, **said})) == sentence


def test_a_retrospective_says_cause_and_why_the_normal_process_could_not_serve(in_review):
    ruling = in_review.offer(ev.Retrospective, cause="", genuine=True, normal_process="")

    assert because(ruling) == "Fill in: cause, normal process and prevention."
    assert because(in_review.offer(ev.Retrospective, ADA, **LOOK_BACK)) == "Only the requester can do this."


def test_only_a_reviewer_who_is_somebody_else_returns_a_retrospective_and_only_one_that_exists(in_review):
    assert (
        because(in_review.offer(ev.Return, ADA, reason=REASON)) == "There is no retrospective to return yet."
    )
    in_review.happens(ev.Retrospective, **LOOK_BACK)

    assert (
        because(in_review.offer(ev.Return, LINUS, reason=REASON)) == "You cannot decide on your own change."
    )
    assert because(in_review.offer(ev.Return, MALLORY, reason=REASON)) == (
        "Only members of heads can accept or return this change."
    )
    assert because(in_review.offer(ev.Return, ADA, reason="")) == "Give a reason."
    assert isinstance(in_review.offer(ev.Return, ADA, reason=REASON), Accepted)


@pytest.mark.parametrize("by", [ADA, GRACE])
def test_a_reviewer_closes_a_change_of_which_nothing_is_owed(settled, by):
    assert settled.offer(ev.Acceptance, by).to is State.CLOSED


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (LINUS, "You cannot decide on your own change."),
        (MALLORY, "Only members of heads can accept or return this change."),
    ],
)
def test_nobody_else_closes_a_change(settled, by, sentence):
    assert because(settled.offer(ev.Acceptance, by)) == sentence


def test_a_change_does_not_close_while_people_owe_something(in_review):
    assert because(in_review.offer(ev.Acceptance, ADA)) == "Still owed: approval and retrospective."


def test_a_change_does_not_close_before_its_access_was_seen_gone(settled):
    settled.seen(ob.AccessBack)

    sentence = "Nobody has seen yet that the access is gone; the bot keeps looking."
    assert because(settled.offer(ev.Acceptance, ADA)) == sentence


def test_a_change_does_not_close_while_the_database_does_not_guard_the_ledger(settled):
    ruling = settled.offer(ev.Acceptance, ADA, {"ledger_guarded": False})

    assert because(ruling) == (
        "The ledger does not hold, or its guards are missing; nothing can be closed until that is mended."
    )


def test_a_change_does_not_close_on_a_text_the_reviewer_has_not_read(in_review):
    in_review.happens(ev.Approval, ADA)
    before = in_review.shown
    in_review.happens(ev.Retrospective, **LOOK_BACK)
    in_review.reads_again()

    assert in_review.offer(ev.Acceptance, GRACE, shown=before).guard == "as_shown"


def test_a_change_does_not_close_before_its_verdicts_were_read_again(in_review):
    in_review.happens(ev.Approval, ADA)
    in_review.happens(ev.Retrospective, **LOOK_BACK)

    early = in_review.offer(ev.Acceptance, GRACE, shown="")
    in_review.reads_again()

    assert because(early) == (
        "Whether everybody who decided belonged to heads is still being looked up; try again in a moment."
    )
    assert in_review.offer(ev.Acceptance, GRACE).to is State.CLOSED


def test_a_change_does_not_close_before_it_is_known_who_wrote_its_commits(active):
    active.happens(ev.Completion, **{**REPORT, "changes": "https://github.com/acme/payments/pull/1"})
    report = active.record.last
    active.seen(ob.AccessEnded)
    active.happens(ev.Approval, ADA)
    active.happens(ev.Retrospective, **LOOK_BACK)
    active.reads_again()

    early = active.offer(ev.Acceptance, ADA, shown="")
    active.seen(ob.AuthorsSeen, completion=report, authors=(), unresolved=1)

    assert because(early) == "Who wrote the commits is still being looked up; try again in a moment."
    assert active.offer(ev.Acceptance, ADA).to is State.CLOSED


def test_the_alarm_of_a_late_removal_is_only_raised_while_the_access_may_be_there(settled):
    assert because(settled.offer(ev.RemovalOverdue, CLOCK)) == "The access was seen gone."
    settled.seen(ob.AccessBack)
    assert isinstance(settled.offer(ev.RemovalOverdue, CLOCK), Accepted)


# --- annulment -------------------------------------------------------------------------------------


def test_only_a_verdict_that_counts_is_annulled_and_only_by_the_bot(active):
    active.happens(ev.Approval, ADA)
    [verdict] = active.record.verdicts

    said = {"verdict": verdict.number, "group": "heads"}
    assert because(active.offer(ev.Annulment, ADA, **said)) == "Only the bot itself can do this."
    assert (
        because(active.offer(ev.Annulment, SYSTEM, verdict=1, group="heads")) == "There is no such verdict."
    )
    active.happens(ev.Annulment, SYSTEM, **said)
    assert because(active.offer(ev.Annulment, SYSTEM, **said)) == "There is no such verdict."


# --- secrets, and what cannot happen ---------------------------------------------------------------


def test_a_secret_in_an_answer_is_refused_and_not_repeated(active):
    ruling = active.offer(
        ev.Rejection, ADA, reason="The token ghp_0123456789abcdefghijABCDEFGHIJ456789 was used."
    )

    assert ruling.guard == "no_secrets"
    assert "ghp_" not in ruling.because


@pytest.mark.parametrize("kind", [ev.Withdrawal, ev.Lapse, ev.Unanswered])
def test_what_has_no_row_is_refused_in_a_sentence(active, kind):
    assert active.offer(kind) == Refused("procedure", "EC-2026-0001 is active; that cannot happen to it now.")


def test_a_state_is_said_in_words(in_review):
    assert (
        because(in_review.offer(ev.Withdrawal)) == "EC-2026-0001 is in review; that cannot happen to it now."
    )


def test_a_request_offered_to_a_change_that_exists_is_refused(active):
    ruling = active._decided(ordinary(), {})

    assert ruling.guard == "procedure"


def test_held_access_is_not_unproven_before_anybody_looked():
    paper = Paper()

    assert not paper.record.access_unproven
    paper.seen(ob.PreLook, target="t", origin=Origin.HELD_THROUGH, through=ChangeId("EC-2026-0002"))
    assert paper.record.access_unproven
