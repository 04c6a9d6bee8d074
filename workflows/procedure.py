"""The emergency change procedure, on one page.

What opens and moves a change, what the system owes while it rests, what the clock raises if nobody acts,
what people owe, and who is told.  Nothing else decides any of this; ``docs/procedure.md`` is printed from it.
"""

from workflows import audiences as a
from workflows import deadlines as t
from workflows import duties as d
from workflows import events as ev
from workflows import guards as g
from workflows import observations as ob
from workflows.deadlines import Deadline
from workflows.duties import DutyRow
from workflows.rows import Notice, Open, Transition
from workflows.vocabulary import Duty, State, StepName

REQUESTED, ACTIVE, IN_REVIEW, CLOSED = State.REQUESTED, State.ACTIVE, State.IN_REVIEW, State.CLOSED
REJECTED, WITHDRAWN, LAPSED = State.REJECTED, State.WITHDRAWN, State.LAPSED

# fmt: off
SAYS = (g.by_a_member, g.no_secrets)
REQUESTER = (*SAYS, g.known_access, g.eligible, g.qualifies, g.described, g.justified, g.incident_named,
             g.tested_or_why_not, g.window_allowed, g.account_linked, g.nothing_overdue, g.nothing_open)
APPROVER = (*SAYS, g.by_someone_else, g.by_an_approver, g.verdict_open, g.not_answered_already, g.unedited)
BEFORE_THE_ACT = (*APPROVER, g.requester_still_here)
ASKER = (*SAYS, g.by_someone_else, g.by_somebody_who_judges, g.filled_in)
TO_GITHUB = (*SAYS, g.by_someone_else, g.by_an_approver, g.verdict_open, g.by_review, g.reviewer_linked, g.not_on_their_way)
AUTHOR = (*SAYS, g.by_the_author)
REVIEWER = (*SAYS, g.by_someone_else, g.by_a_reviewer)
LONGER = (g.extendable, g.justified)
FOLLOWS = (g.follow_ups_complete, g.follow_ups_owned, g.follow_ups_dated)
CLOCK = (g.by_the_clock,)
SYSTEM = (g.by_the_system,)

OPENINGS = (
    #    a request leads to   provided that   and if
    Open(ACTIVE,              REQUESTER,      g.acts_first),
    Open(REQUESTED,           REQUESTER),
)

TRANSITIONS = (
    #          from       on                 to         provided that                                      and if
    Transition(REQUESTED, ev.Approval,       ACTIVE,    (*BEFORE_THE_ACT, g.as_shown, *FOLLOWS),           g.completes_quorum),
    Transition(REQUESTED, ev.Approval,       REQUESTED, (*BEFORE_THE_ACT, g.as_shown, *FOLLOWS)),
    Transition(REQUESTED, ev.Rejection,      REJECTED,  (*APPROVER, g.as_shown, g.reason_given)),
    Transition(REQUESTED, ev.Question,       REQUESTED, ASKER),
    Transition(REQUESTED, ev.Answer,         REQUESTED, (*AUTHOR, g.of_a_question, g.filled_in)),
    Transition(REQUESTED, ev.Withdrawal,     WITHDRAWN, AUTHOR),
    Transition(REQUESTED, ev.Override,       ACTIVE,    (*AUTHOR, g.overridable, g.reason_given)),
    Transition(REQUESTED, ev.Annulment,      REQUESTED, (*SYSTEM, g.of_a_verdict_that_counts)),
    Transition(REQUESTED, ev.Unanswered,     REQUESTED, CLOCK),
    Transition(REQUESTED, ev.Lapse,          LAPSED,    CLOCK),
    Transition(REQUESTED, ev.Reminder,       REQUESTED, (*CLOCK, g.is_owed)),
    Transition(REQUESTED, ev.Overdue,        REQUESTED, (*CLOCK, g.is_owed)),
    Transition(REQUESTED, ev.Escalation,     REQUESTED, (*CLOCK, g.is_owed)),

    Transition(ACTIVE,    ev.Approval,       ACTIVE,    (*APPROVER, g.of_record, g.as_shown, *FOLLOWS)),
    Transition(ACTIVE,    ev.Rejection,      IN_REVIEW, (*APPROVER, g.as_shown, g.reason_given)),
    Transition(ACTIVE,    ev.Intent,         ACTIVE,    TO_GITHUB),
    Transition(ACTIVE,    ev.Question,       ACTIVE,    ASKER),
    Transition(ACTIVE,    ev.Answer,         ACTIVE,    (*AUTHOR, g.of_a_question, g.filled_in)),
    Transition(ACTIVE,    ev.Annulment,      IN_REVIEW, (*SYSTEM, g.of_a_verdict_that_counts),             g.loses_its_authority),
    Transition(ACTIVE,    ev.Annulment,      ACTIVE,    (*SYSTEM, g.of_a_verdict_that_counts)),
    Transition(ACTIVE,    ev.Extension,      ACTIVE,    (*AUTHOR, *LONGER),                                g.acted_first),
    Transition(ACTIVE,    ev.Extension,      ACTIVE,    (*SAYS, g.by_someone_else, g.by_an_approver, *LONGER)),
    Transition(ACTIVE,    ev.Completion,     IN_REVIEW, (*AUTHOR, g.filled_in)),
    Transition(ACTIVE,    ev.Revocation,     IN_REVIEW, (*SAYS, g.by_somebody_who_may_end_it, g.reason_given)),
    Transition(ACTIVE,    ev.Expiry,         IN_REVIEW, CLOCK),
    Transition(ACTIVE,    ev.EndsSoon,       ACTIVE,    CLOCK),
    Transition(ACTIVE,    ev.GrantFailed,    IN_REVIEW, (g.by_clock_or_system, g.unconfirmed)),
    Transition(ACTIVE,    ev.Removal,        IN_REVIEW, (*SYSTEM, g.confirmed)),
    Transition(ACTIVE,    ev.Departure,      ACTIVE,    (*SYSTEM, g.not_noticed_before)),
    Transition(ACTIVE,    ev.Reassignment,   ACTIVE,    (*SAYS, g.by_a_reviewer, g.to_a_member, g.reason_given)),
    Transition(ACTIVE,    ev.Reminder,       ACTIVE,    (*CLOCK, g.is_owed)),
    Transition(ACTIVE,    ev.Overdue,        ACTIVE,    (*CLOCK, g.is_owed)),
    Transition(ACTIVE,    ev.Escalation,     ACTIVE,    (*CLOCK, g.is_owed)),

    Transition(IN_REVIEW, ev.Approval,       IN_REVIEW, (*APPROVER, g.of_record, g.as_shown, *FOLLOWS)),
    Transition(IN_REVIEW, ev.Rejection,      IN_REVIEW, (*APPROVER, g.as_shown, g.reason_given)),
    Transition(IN_REVIEW, ev.Intent,         IN_REVIEW, TO_GITHUB),
    Transition(IN_REVIEW, ev.Question,       IN_REVIEW, ASKER),
    Transition(IN_REVIEW, ev.Answer,         IN_REVIEW, (*AUTHOR, g.of_a_question, g.filled_in)),
    Transition(IN_REVIEW, ev.Annulment,      IN_REVIEW, (*SYSTEM, g.of_a_verdict_that_counts)),
    Transition(IN_REVIEW, ev.Completion,     IN_REVIEW, (*AUTHOR, g.is_owed, g.filled_in)),
    Transition(IN_REVIEW, ev.Remediation,    IN_REVIEW, (*SAYS, g.by_author_or_approver, g.is_owed, g.filled_in, g.risk_owner_named)),
    Transition(IN_REVIEW, ev.Retrospective,  IN_REVIEW, (*AUTHOR, g.is_owed, g.filled_in, *FOLLOWS)),
    Transition(IN_REVIEW, ev.Return,         IN_REVIEW, (*REVIEWER, g.looked_back, g.reason_given)),
    Transition(IN_REVIEW, ev.Departure,      IN_REVIEW, (*SYSTEM, g.not_noticed_before)),
    Transition(IN_REVIEW, ev.Reassignment,   IN_REVIEW, (*SAYS, g.by_a_reviewer, g.to_a_member, g.reason_given)),
    Transition(IN_REVIEW, ev.RemovalOverdue, IN_REVIEW, (*CLOCK, g.access_may_be_there)),
    Transition(IN_REVIEW, ev.Reminder,       IN_REVIEW, (*CLOCK, g.is_owed)),
    Transition(IN_REVIEW, ev.Overdue,        IN_REVIEW, (*CLOCK, g.is_owed)),
    Transition(IN_REVIEW, ev.Escalation,     IN_REVIEW, (*CLOCK, g.is_owed)),
    Transition(IN_REVIEW, ev.Acceptance,     CLOSED,    (*REVIEWER, g.nothing_owed, g.authors_known, g.verdicts_read_again, g.access_proven_gone, g.ledger_guarded, g.as_shown)),
)

# Access that is not listed for a state must be absent in it.  That sentence, and nothing else, is how access ends.
RECORD = frozenset({StepName.TICKET, StepName.CARD, StepName.EVIDENCE, StepName.PULL})
OBLIGATIONS = {
    REQUESTED: RECORD,
    ACTIVE:    RECORD | {StepName.ACCESS},
    IN_REVIEW: RECORD,
    CLOSED:    RECORD,
    REJECTED:  RECORD,
    WITHDRAWN: RECORD,
    LAPSED:    RECORD,
}

#: Owed only if the rules of the change say so.
IF = {StepName.PULL: d.reviews_are_of_record}

DEADLINES = (
    #        while      slot               the clock waits until  and then raises
    Deadline(REQUESTED, "unanswered",      t.may_override,        ev.Unanswered),
    Deadline(REQUESTED, "lapse",           t.lapses,              ev.Lapse),
    Deadline(ACTIVE,    "10 minutes left", t.minutes_left(10),    ev.EndsSoon),
    Deadline(ACTIVE,    "2 minutes left",  t.minutes_left(2),     ev.EndsSoon),
    Deadline(ACTIVE,    "expiry",          t.expires,             ev.Expiry),
    Deadline(ACTIVE,    "never confirmed", t.never_confirmed,     ev.GrantFailed),
    Deadline(IN_REVIEW, "removal overdue", t.removal_late,        ev.RemovalOverdue),
)

DUTIES = (
    #       people owe          as long as            due is counted from  by the rules of                by whom           again after
    DutyRow(Duty.APPROVAL,      d.approval_owed,      d.requested,         lambda p: p.duties.approval,      d.approvers_and_whom_they_asked, d.verdicts_lost),
    DutyRow(Duty.COMPLETION,    d.completion_owed,    d.ended,             lambda p: p.duties.completion,    d.author,         d.hand_overs),
    DutyRow(Duty.REMEDIATION,   d.remediation_owed,   d.rejected,          lambda p: p.duties.remediation,   d.author,         d.verdicts_lost_and_hand_overs),
    DutyRow(Duty.RETROSPECTIVE, d.retrospective_owed, d.returned,          lambda p: p.duties.retrospective, d.author,         d.returns_and_hand_overs),
    DutyRow(Duty.ACCEPTANCE,    d.acceptance_owed,    d.all_else_done,     lambda p: p.duties.acceptance,    d.reviewers,      d.returns_and_verdicts_lost),
)

NOTICES = (
    #      of                  in the thread and on the ticket; by direct message to
    Notice(ev.Request,         False, a.approvers_if_asked_first),
    Notice(ev.Approval,        True,  a.author),
    Notice(ev.Rejection,       True,  a.author),
    Notice(ev.Annulment,       True,  a.approvers),
    Notice(ev.Intent,          True),
    Notice(ev.Question,        True,  a.author),
    Notice(ev.Answer,          True,  a.whoever_asked),
    Notice(ev.Withdrawal,      True),
    Notice(ev.Unanswered,      True,  a.author),
    Notice(ev.Override,        True,  a.approvers),
    Notice(ev.Lapse,           True,  a.author),
    Notice(ev.Extension,       True),
    Notice(ev.EndsSoon,        False, a.author_and_whoever_extends),
    Notice(ev.Completion,      True),
    Notice(ev.Revocation,      True,  a.author),
    Notice(ev.Expiry,          True,  a.author),
    Notice(ev.GrantFailed,     True,  a.author),
    Notice(ev.Removal,         True,  a.author_and_security),
    Notice(ev.RemovalOverdue,  True,  a.approvers_and_security),
    Notice(ev.Reminder,        False, a.whoever_owes),
    Notice(ev.Overdue,         True,  a.whoever_owes),
    Notice(ev.Escalation,      True,  a.whoever_is_named),
    Notice(ev.Remediation,     True),
    Notice(ev.Retrospective,   True),
    Notice(ev.Return,          True,  a.author),
    Notice(ev.Departure,       True,  a.reviewers),
    Notice(ev.Reassignment,    True,  a.author),
    Notice(ev.Acceptance,      True,  a.author),
    Notice(ob.GrantConfirmed,  True,  a.author),
    Notice(ob.AccessEnded,     True,  a.author),
    Notice(ob.AccessBack,      True,  a.approvers_and_security),
    Notice(ob.ReviewDiscounted, True),
    Notice(ob.QuestionAnswered, True, a.whoever_asked),
    Notice(ob.Finding,         True),
    Notice(ob.FollowUpOpened,  True,  a.owner_of_the_follow_up),
    Notice(ob.FollowUpDone,    True),
    Notice(ob.FollowUpLost,    True,  a.owner_of_the_follow_up),
    Notice(ob.FollowUpReminder,   False, a.owner_of_the_follow_up),
    Notice(ob.FollowUpEscalation, True,  a.whoever_is_named),
)

#: Read again after the commit, from the source and not from the mirror.
READ_AGAIN = frozenset({ev.Approval, ev.Rejection})
#: Whoever gives one of these is sent the very text they decided on.
TRANSCRIPTS = frozenset({ev.Approval, ev.Rejection, ev.Acceptance})
# fmt: on

OPEN = frozenset({REQUESTED, ACTIVE})  #: one of these per person and access profile
FINAL = frozenset({CLOSED, REJECTED, WITHDRAWN, LAPSED})
