"""What happened, in one sentence: the same words in the thread, by direct message and on the ticket.

How a person, a time or a quotation is written is the medium's business (``Voice``); the words are not.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from workflows import administration as ad
from workflows import events as ev
from workflows import observations as ob
from workflows.deadlines import lapses
from workflows.duties import NAMES, late
from workflows.follow_ups import FollowUp
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import Duty, ExceptionId, Origin, PersonId, State
from workflows.words import hours


class Voice(Protocol):
    """How one medium writes people, times and the words of others."""

    def who(self, person: PersonId) -> str:
        """Name a person."""

    def when(self, at: datetime) -> str:
        """Write a time, with its zone."""

    def quote(self, text: str) -> str:
        """Write what a person typed so that it can do no harm in this medium."""

    def link(self, url: str, text: str) -> str:
        """Write an address that can be followed, under its own name."""


Say = Callable[[ChangeRecord, Policy, Voice], str]


def sentence(entry: ev.Entry, record: ChangeRecord, policy: Policy, voice: Voice) -> str:
    """Say what ``entry`` means; ``record`` is the change as it stands now."""
    parts = (
        _of_access(entry, record, voice)
        or _of_people(entry, policy, voice)
        or _of_reviews(entry, voice)
        or _of_clock(entry, record, policy, voice)
        or _of_follow_ups(entry, record, voice)
        or _of_duties(entry, record, voice)
    )
    said = parts or f"{type(entry).__name__} was recorded."
    return f"DRILL · {said}" if record.request.drill else said


def _of_people(entry: ev.Entry, policy: Policy, v: Voice) -> str:
    by = v.who(entry.by)
    match entry:
        case ev.Request():
            name = policy.access[entry.access].name
            return (
                f"{by} asks for “{v.quote(name)}” for {hours(entry.window)}: {v.quote(entry.justification)}"
            )
        case ev.Withdrawal():
            return f"{by} took the request back."
        case ev.Override():
            return f"{by} acted first because nobody answered: {v.quote(entry.reason)}"
        case ev.Extension():
            return f"{by} extended the window by {hours(entry.window)}: {v.quote(entry.justification)}"
        case ev.Completion():
            back = " It was rolled back." if entry.rolled_back else ""
            return f"{by} reported completion: {v.quote(entry.done)}{back}"
        case ev.Revocation():
            return f"{by} ended the access early: {v.quote(entry.reason)}"
        case _:
            return _of_answers(entry, by, v) or _of_review(entry, by, v)


def _of_answers(entry: ev.Entry, by: str, v: Voice) -> str:
    match entry:
        case ev.Approval():
            return f"{by} approved{_with_follow_ups(entry)} ({how(entry)}).{_said(entry.comment, v)}"
        case ev.Rejection():
            return f"{by} rejected this change ({how(entry)}): {v.quote(entry.reason)}"
        case ev.Intent():
            return f"{by} went to GitHub to answer there."
        case ev.Question():
            return f"{by} asks: {v.quote(entry.text)}{_where(entry, v)}"
        case _:
            return ""


def _of_review(entry: ev.Entry, by: str, v: Voice) -> str:
    match entry:
        case ev.Remediation():
            owner = f" Risk owner: {v.quote(entry.risk_owner)}." if entry.risk_owner else ""
            return f"{by} recorded the remediation ({entry.outcome}): {v.quote(entry.note)}{owner}"
        case ev.Retrospective():
            kind = "a genuine emergency" if entry.genuine else "not a genuine emergency"
            more = _with_follow_ups(entry)
            return f"{by} wrote the retrospective ({kind}){more}: {v.quote(entry.cause)}"
        case ev.Answer():
            return f"{by} answered: {v.quote(entry.text)}"
        case ev.Return():
            return f"{by} returned the retrospective: {v.quote(entry.reason)}"
        case ev.Acceptance():
            return f"{by} accepted; the change is closed.{_said(entry.comment, v)}"
        case ev.Departure():
            return f"{v.who(entry.person)} has left and owed this change something; a reviewer must hand it to a colleague."
        case ev.Reassignment():
            return f"{by} handed the duties of this change to {v.who(entry.to)}: {v.quote(entry.reason)}"
        case _:
            return ""


def _of_access(entry: ev.Entry, record: ChangeRecord, v: Voice) -> str:
    match entry:
        case ob.GrantConfirmed():
            held = " (held before this change)" if record.grant.origin is Origin.HELD_ANYWAY else ""
            return f"Access is in force{held} until {v.when(record.access_until)}."
        case ev.GrantFailed():
            return f"Access was not given: {v.quote(entry.because)}"
        case ev.Removal():
            return "The access was taken away outside this procedure. It will not be given again; request anew if needed."
        case ob.AccessEnded(left=Origin.HELD_ANYWAY):
            return "The emergency ended. The access was held before it and stays."
        case ob.AccessEnded(left=Origin.HELD_THROUGH):
            return f"The access stays for {entry.through}, which needs it too, and ends with it."
        case ob.AccessEnded():
            return f"Access is gone, as seen {v.when(entry.at)}."
        case ob.AccessBack():
            return "Access that was seen gone is there again. It is being removed; somebody must look."
        case ev.RemovalOverdue():
            return (
                "Access should be gone and nobody has seen it gone. The bot keeps trying; somebody must look."
            )
        case _:
            return ""


def _of_clock(entry: ev.Entry, record: ChangeRecord, policy: Policy, v: Voice) -> str:
    match entry:
        case ev.Unanswered():
            until = f" {v.when(lapses(record, policy))}" if record.state is State.REQUESTED else ""
            return f"Nobody has answered. If it cannot wait, override with a reason; otherwise the request lapses{until}."
        case ev.Lapse():
            return "Nobody answered in time; the request has lapsed and nothing was given."
        case ev.Expiry():
            return "The window ended; the access is being removed."
        case ev.EndsSoon():
            return f"Access ends {v.when(record.access_until)}. {_before_the_end(record)}"
        case ev.Annulment():
            return _annulled(entry)
        case ob.Finding():
            return f"Exception {entry.exception.value}: {v.quote(entry.because)}"
        case _:
            return ""


def _of_duties(entry: ev.Entry, record: ChangeRecord, v: Voice) -> str:
    match entry:
        case ev.Reminder():
            return f"The {NAMES[entry.duty]} is owed.{waiting(entry.duty, record, v)}"
        case ev.Overdue():
            due = record.promise(entry.slot)
            since = f": it was due {v.when(due)}" if due else ""
            return f"The {NAMES[entry.duty]} is overdue{late(entry.duty)}{since}."
        case ev.Escalation():
            return f"The {NAMES[entry.duty]} is still owed; it is escalated to {entry.to}."
        case _:
            return ""


def _of_reviews(entry: ev.Entry, v: Voice) -> str:
    match entry:
        case ob.ReviewDiscounted():
            who = (
                v.who(entry.reviewer) if entry.reviewer else f"the GitHub account “{v.quote(entry.account)}”"
            )
            return f"The review by {who} does not count; they were told: “{entry.because}”"
        case ob.QuestionAnswered():
            return f"{v.who(entry.who)} answered: {v.quote(entry.text)}"
        case _:
            return ""


def _of_follow_ups(entry: ev.Entry, record: ChangeRecord, v: Voice) -> str:
    about = getattr(entry, "follow_up", None)
    one = next((one for one in record.follow_ups if one.number == about), None)
    if one is None:
        return ""
    what = f"Follow-up {one.number} ({v.quote(one.what)})"
    match entry:
        case ob.FollowUpOpened():
            return f"{what} is {v.link(entry.url, entry.key)}: {v.who(one.owner)}, until {one.due}."
        case ob.FollowUpMoved():
            return f"{what}, {entry.key}, is in “{v.quote(entry.status)}”."
        case ob.FollowUpDone():
            return f"{what} is done: {entry.key} is in “{v.quote(entry.status)}”."
        case ob.FollowUpLost():
            again = "It is opened again" if len(one.lost) == 1 else "Somebody must look"
            return f"{what} is not done, and its issue {entry.key} is gone from the tracker. {again}."
        case ob.FollowUpReminder():
            return f"{what} was due on {one.due}, and {tracked(one, v)} does not say that it is done."
        case ob.FollowUpEscalation():
            return f"{what} of {v.who(one.owner)} was due on {one.due} and is not done; it is escalated to {entry.to}."
        case _:
            return ""


def how(verdict: ev.Approval | ev.Rejection) -> str:
    """Say how well a verdict is vouched for."""
    means = "their own review on GitHub" if verdict.review else "a click in Slack"
    return f"grade {verdict.assurance.value}, {means}"


def waiting(duty: Duty, record: ChangeRecord, v: Voice) -> str:
    """Say what approvers wait for."""
    asked = record.open_questions if duty is Duty.APPROVAL else ()
    return "".join(
        f" {v.who(q.question.by)} waits for an answer: {v.quote(q.question.text)}{_where(q.question, v)}"
        for q in asked
    )


def _before_the_end(record: ChangeRecord) -> str:
    if not record.asked_first:
        return "Say Done, or extend it."
    return f"Say Done; only an approver can extend it: `/emergency-change extend 30m {record.id}`."


def _annulled(entry: ev.Annulment) -> str:
    if entry.exception is ExceptionId.X13:
        why = "the review was altered afterwards"
    else:
        why = f"its author was not in {entry.group}"
    return f"A verdict does not count: {why} ({entry.exception.value}). The approval is owed again."


def _where(question: ev.Question, voice: Voice) -> str:
    if question.review is None:
        return ""
    return f" Answer with a comment on the pull request: {question.review.url}"


def tracked(one: FollowUp, v: Voice) -> str:
    """Name where a follow-up is tracked."""
    return v.link(one.url, one.key) if one.key else "the tracker"


def _with_follow_ups(entry: ev.Agreement) -> str:
    count = len(entry.follow_up_owners)
    return f", with {count} follow-up{'s' if count > 1 else ''}" if count else ""


def announced(entry: ev.Entry, voice: Voice) -> str:
    """Say what concerns no single change; a delegate is spoken to."""
    by = voice.who(entry.by)
    match entry:
        case ad.GroupEmpty():
            return (
                f"Nobody is left in the group {voice.quote(entry.group)}: what it must decide or be told reaches "
                "nobody. Add somebody, or name another group in the policy; what is open already keeps the group it began with."
            )
        case ad.GroupFilled():
            return f"There is somebody in the group {voice.quote(entry.group)} again."
        case ad.EvidenceAltered():
            return _altered(entry, voice)
        case ad.Reconciled():
            return _reconciled(entry, voice)
        case ad.Delegation():
            return (
                f"{by} is away until {voice.when(entry.until)}, and you stand in: what waits for them is told to you. "
                "You answer in your own name; reports that are theirs to write stay theirs."
            )
        case ad.DelegationEnded():
            return f"{by} is back; you do not stand in any more."
        case _:
            return ""


def _reconciled(entry: ad.Reconciled, voice: Voice) -> str:
    counts = f"{entry.left_only} only left, {entry.right_only} only right, {entry.matched} on both"
    first, *more = entry.differences.splitlines() or [""]
    rest = f" and {len(more)} more" if more else ""
    return (
        f"Reconciliation {entry.id.value} found differences: {counts}. {voice.quote(first)}{rest} "
        "See `emergency-change evidence reconcile --help` and the pack of the period."
    )


def _altered(entry: ad.EvidenceAltered, voice: Voice) -> str:
    if not entry.head:
        what = "its branch was deleted"
    elif entry.lost:
        what = f"its history was rewritten, without commit {entry.lost[:12]}"
    elif entry.checkpoint:
        what = "the checkpoint was changed"
    else:
        what = "records were changed" if entry.changes else "digests or reviews were changed"
    concerned = (
        f" Changes concerned: {entry.changes}; each has it in its thread (X13)." if entry.changes else ""
    )
    if entry.papers:
        concerned += f" Digests and reviews concerned: {', '.join(entry.papers)} (X13)."
    return (
        f"The evidence in {voice.quote(entry.where)} was altered: {what}.{concerned} What the ledger says is "
        "written there again. Find out who did it."
    )


def _said(comment: str, voice: Voice) -> str:
    return f" {voice.quote(comment)}" if comment else ""
