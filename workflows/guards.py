"""The questions the procedure asks before it lets an event through.

A guard answers ``None`` for yes, or the sentence the person is shown.  Guards look at the record, the
rules and the facts; they never call out and never ask for the time (the event carries it).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from workflows import events as ev
from workflows import follow_ups as f
from workflows.duties import Owed, quorum
from workflows.facts import Facts
from workflows.judged import judged, shown_digest
from workflows.people import not_a_member
from workflows.policy import Policy
from workflows.prose import gives_away
from workflows.record import ChangeRecord
from workflows.vocabulary import CLOCK, SYSTEM, Duty
from workflows.words import hours, listed

NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Opening:
    """A request, before there is any change."""

    event: ev.Request
    policy: Policy
    facts: Facts


@dataclass(frozen=True, slots=True)
class Question:
    """An event offered to a change that exists."""

    record: ChangeRecord
    event: ev.Event
    policy: Policy
    facts: Facts
    owed: Callable[[], tuple[Owed, ...]]  #: worked out only where a guard asks

    def owes(self, duty: Duty) -> bool:
        return any(owed.duty is duty for owed in self.owed())


Asked = Opening | Question

# --- who -------------------------------------------------------------------------------------------


def by_a_member(q: Asked) -> str | None:
    """Guests, other organisations, bots and people who left may not do anything."""
    return not_a_member(q.facts.actor)


def eligible(q: Opening) -> str | None:
    profile = q.policy.access[q.event.access]
    if q.facts.belongs(profile.eligible):
        return None
    return f"Only members of {profile.eligible} may request “{profile.name}”."


def by_the_author(q: Question) -> str | None:
    if q.event.by == q.record.owner:
        return None
    return "Only the requester can do this."


def by_an_approver(q: Question) -> str | None:
    group = q.record.profile(q.policy).approvers
    answer = q.facts.groups.get(group)
    if answer is not None and answer.size == 0:
        return f"The approver group {group} has no members right now, so nobody can decide. Tell security."
    return None if q.facts.belongs(group) else f"Only members of {group} can decide on this change."


def by_a_reviewer(q: Question) -> str | None:
    group = q.policy.duties.acceptance.by
    return None if q.facts.belongs(group) else f"Only members of {group} can accept or return this change."


def by_someone_else(q: Question) -> str | None:
    """Separation of duties: nobody decides on their own change, the authors of its commits included."""
    if q.event.by not in q.record.people:
        return None
    if isinstance(q.event, ev.Extension):
        return "This change was to be approved first, so only an approver with no part in it can extend it; ask one."
    return "You cannot decide on your own change."


def by_review(q: Question) -> str | None:
    """Ask whether approvals are reviews on GitHub here."""
    if q.policy.duties.approval.of_record == "review":
        return None
    return "Approvals of this change are given in Slack."


def reviewer_linked(q: Question) -> str | None:
    if q.facts.actor.github:
        return None
    return (
        "Your review would not count, because no GitHub account is linked to you; "
        "ask an administrator to run `emergency-change people link`."
    )


def not_on_their_way(q: Question) -> str | None:
    if q.event.by not in q.record.intents:
        return None
    return f"You are on your way already{_to(q.record)}"


def of_record(q: Question) -> str | None:
    """Where reviews are the approvals of record, a click settles nothing once access has begun."""
    event = q.event
    counts = isinstance(event, ev.Approval) and event.assurance in q.policy.duties.approval.grades
    if counts:
        return None
    return f"A click does not approve this change; review it on GitHub{_to(q.record)}"


def _to(record: ChangeRecord) -> str:
    return f": {record.pull.url}" if record.pull else "; its pull request is being opened."


def unedited(q: Question) -> str | None:
    review = getattr(q.event, "review", None)
    if review is None or not review.edited:
        return None
    return "A review that was edited does not count; submit a new one."


def by_author_or_approver(q: Question) -> str | None:
    fits = by_the_author(q) is None or by_an_approver(q) is None
    return None if fits else "Only the requester or an approver can do this."


def by_somebody_who_judges(q: Question) -> str | None:
    fits = by_an_approver(q) is None or by_a_reviewer(q) is None
    return (
        None if fits else "Only approvers and reviewers can ask the requester; write in the thread instead."
    )


def by_somebody_who_may_end_it(q: Question) -> str | None:
    security = q.policy.security
    if by_author_or_approver(q) is None or (security and q.facts.belongs(security)):
        return None
    return "Only the requester, an approver or security can end this access."


def by_the_clock(q: Question) -> str | None:
    return None if q.event.by == CLOCK else "Only the clock can do this."


def by_the_system(q: Question) -> str | None:
    return None if q.event.by == SYSTEM else "Only the bot itself can do this."


def by_clock_or_system(q: Question) -> str | None:
    return None if q.event.by in (CLOCK, SYSTEM) else "Only the bot itself can do this."


# --- what a request says ---------------------------------------------------------------------------


def known_access(q: Opening) -> str | None:
    profile = q.policy.access.get(q.event.access)
    if profile is None or profile.system != q.event.system:
        return "This kind of access is not in the policy any more. Open the form again."
    return None


def qualifies(q: Opening) -> str | None:
    if q.event.criterion in q.policy.justification.criteria:
        return None
    return f"Say which criterion makes this an emergency: {listed(q.policy.justification.criteria)}."


def justified(q: Asked) -> str | None:
    text = q.event.justification if isinstance(q.event, ev.Request | ev.Extension) else ""
    shortest = q.policy.justification.shortest if isinstance(q.event, ev.Request) else 1
    if len(text) >= shortest:
        return None
    return f"Say in at least {shortest} characters why this cannot wait for a normal change."


def described(q: Opening) -> str | None:
    said = (q.event.what, q.event.security_impact, q.event.rollback_plan)
    return None if all(said) else "Say what is broken, the security impact and how to roll back."


def incident_named(q: Opening) -> str | None:
    if q.policy.justification.incident == "required" and not q.event.incident:
        return "Name the incident: the policy requires its link or id."
    return None


def tested_or_why_not(q: Opening) -> str | None:
    if q.event.tested or q.event.test_waiver:
        return None
    return "Say why it will not be tested before production."


def window_allowed(q: Opening) -> str | None:
    longest = q.policy.access[q.event.access].longest_window
    if NOTHING < q.event.window <= longest:
        return None
    return f"The window must be longer than nothing and at most {hours(longest)}."


def account_linked(q: Opening) -> str | None:
    provider = q.policy.access[q.event.access].provider
    if q.facts.actor.account(provider):
        return None
    return (
        f"No {provider} account is linked to you; ask an administrator to run `emergency-change people link`."
    )


def nothing_open(q: Opening) -> str | None:
    if q.facts.same_access is None:
        return None
    if q.facts.same_access_drill and not q.event.drill:
        return (
            f"Your drill {q.facts.same_access} is open for this access: say Done there, then request again."
        )
    return f"You already have {q.facts.same_access} open for this access; use that one."


def no_secrets(q: Asked) -> str | None:
    """Caught here so that nothing of it is stored; the entry keeps the refusal alone."""
    if found := gives_away(q.event):
        field, what = found
        return (
            f"The field “{field}” seems to contain {what}. Take it out and send it again; nothing was kept."
        )
    return None


def nothing_overdue(q: Opening) -> str | None:
    if q.policy.limits.overdue_then != "refuse" or not q.facts.overdue:
        return None
    return f"Overdue: {listed(map(str, q.facts.overdue))}. Settle that first; then ask again."


# --- what the record says --------------------------------------------------------------------------


def as_shown(q: Question) -> str | None:
    """Let an answer count for the text that was read, not for what it became since."""
    review = getattr(q.event, "review", None)
    if review is not None:
        return _as_the_pull_request_shows(q.record, review)
    shown = q.event.shown if isinstance(q.event, ev.Approval | ev.Rejection | ev.Acceptance) else ""
    if shown == shown_digest(judged(q.record, q.policy)):
        return None
    return "This change was added to after you opened it. Read it again and answer once more."


def _as_the_pull_request_shows(record: ChangeRecord, review: ev.Review) -> str | None:
    if review.disturbed:
        return (
            "Somebody changed the description you read; it was put back. Read it again and review once more."
        )
    if record.pull is None or (review.pull, review.commit) != (record.pull.pull, record.pull.commit):
        return "Your review is of an earlier commit. Read what was added and review once more."
    return None


def verdict_open(q: Question) -> str | None:
    if q.record.rejection:
        return "This change was rejected; a verdict is final."
    if q.record.never_in_force:
        return "The access was never given, so there is nothing to decide."
    return "This change has its approvals already." if quorum(q.record, q.policy) else None


def requester_still_here(q: Question) -> str | None:
    """Access is given to a member alone, whatever they were when they asked."""
    grantee = q.facts.grantee
    if grantee and not not_a_member(grantee):
        return None
    return "The requester has left and cannot be given access; reject the request, or let it lapse."


def not_answered_already(q: Question) -> str | None:
    """Take one answer of each person; a review that follows a click is the same one, better vouched for."""
    mine = [v.answer.assurance for v in q.record.verdicts if v.by == q.event.by and not v.annulled]
    offered = q.event.assurance if isinstance(q.event, ev.Approval) else max(q.policy.duties.approval.grades)
    return "You have answered already." if any(grade <= offered for grade in mine) else None


def reason_given(q: Question) -> str | None:
    texts = [getattr(q.event, name, None) for name in ("reason", "justification")]
    return None if any(texts) else "Give a reason."


def overridable(q: Question) -> str | None:
    if q.record.profile(q.policy).if_unanswered != "act":
        return "The policy does not let you act before an approver has answered."
    if q.record.unanswered_at is None:
        return "Approvers still have time to answer."
    return None


def extendable(q: Question) -> str | None:
    longest = q.record.profile(q.policy).longest_window
    by = q.event.window if isinstance(q.event, ev.Extension) else NOTHING
    if by <= NOTHING:
        return "An extension must be longer than nothing, such as 30m."
    if q.record.window + by <= longest:
        return None
    left = longest - q.record.window
    return f"The longest window is {hours(longest)}; {f'at most {hours(left)} can be added' if left else 'nothing can be added'}."


def unconfirmed(q: Question) -> str | None:
    return "The access was confirmed." if q.record.grant.confirmed_at else None


def confirmed(q: Question) -> str | None:
    return None if q.record.grant.confirmed_at else "The access was never confirmed."


def of_a_verdict_that_counts(q: Question) -> str | None:
    about = q.event.verdict if isinstance(q.event, ev.Annulment) else None
    counts = any(v.number == about and not v.annulled for v in q.record.verdicts)
    return None if counts else "There is no such verdict."


def is_owed(q: Question) -> str | None:
    """Ask for the duty the event fulfils or is about."""
    duty = DUTY_OF.get(type(q.event)) or getattr(q.event, "duty", None)
    if duty is None or q.owes(duty):
        return None
    return f"The {duty.value} is not owed (any more)."


def risk_owner_named(q: Question) -> str | None:
    event = q.event
    needs = isinstance(event, ev.Remediation) and event.outcome == "accepted" and not event.risk_owner
    return "Name the person who owns the accepted risk." if needs else None


def filled_in(q: Question) -> str | None:
    required = REQUIRED.get(type(q.event), ())
    missing = [name.replace("_", " ") for name in required if not getattr(q.event, name)]
    return f"Fill in: {listed(missing)}." if missing else None


def of_a_question(q: Question) -> str | None:
    about = q.event.question if isinstance(q.event, ev.Answer) else None
    known = any(asked.number == about for asked in q.record.questions)
    return None if known else "There is no such question."


def follow_ups_complete(q: Question) -> str | None:
    """Have each thing that is to follow said in one line, with an owner and a date."""
    entry = q.event
    if not isinstance(entry, ev.Agreement):
        return None
    lines = entry.follow_ups.split("\n") if entry.follow_ups else []
    if not len(lines) == len(entry.follow_up_owners) == len(entry.follow_up_dates) or not all(lines):
        return "Give every follow-up an owner and a date."
    if len(lines) > f.MOST:
        return f"Agree on at most {f.MOST} follow-ups at a time."
    longest = max(map(len, lines), default=0)
    return f"Say each follow-up in at most {f.LONGEST_LINE} characters." if longest > f.LONGEST_LINE else None


def follow_ups_owned(q: Question) -> str | None:
    """Whoever is to do something can be asked whether it is done."""
    for place, owner in enumerate(q.event.follow_up_owners if isinstance(q.event, ev.Agreement) else ()):
        who = q.facts.owners.get(owner)
        if who is None or who.bot or who.guest or who.outsider or who.deactivated:
            return f"Follow-up {place + 1}: name an active member of this organisation."
    return None


def follow_ups_dated(q: Question) -> str | None:
    place = f.in_the_past(q.event, q.policy) if isinstance(q.event, ev.Agreement) else None
    return None if place is None else f"Follow-up {place + 1}: this date has passed; choose a later one."


def looked_back(q: Question) -> str | None:
    return None if q.record.retrospective else "There is no retrospective to return yet."


def nothing_owed(q: Question) -> str | None:
    still = [owed.duty.value for owed in q.owed() if owed.duty is not Duty.ACCEPTANCE]
    return f"Still owed: {listed(still)}." if still else None


def access_proven_gone(q: Question) -> str | None:
    if q.record.access_unproven:
        return "Nobody has seen yet that the access is gone; the bot keeps looking."
    return None


def authors_known(q: Question) -> str | None:
    """Separation of duties is asked again here, when it is known who wrote the commits."""
    if q.record.authors_awaited:
        return "Who wrote the commits is still being looked up; try again in a moment."
    return None


def verdicts_read_again(q: Question) -> str | None:
    """Nothing closes on a verdict whose group was not read from its source: once closed, none can be annulled."""
    if not q.record.verdicts_unread:
        return None
    group = q.record.profile(q.policy).approvers
    return (
        f"Whether everybody who decided belonged to {group} is still being looked up; try again in a moment."
    )


def ledger_guarded(q: Question) -> str | None:
    if q.facts.ledger_guarded:
        return None
    return "The ledger does not hold, or its guards are missing; nothing can be closed until that is mended."


def to_a_member(q: Question) -> str | None:
    to = q.facts.assignee
    if to is None or to.bot or to.guest or to.outsider or to.deactivated:
        return "Name an active member of this organisation."
    return None


def not_noticed_before(q: Question) -> str | None:
    person = q.event.person if isinstance(q.event, ev.Departure) else None
    if person != q.record.owner:
        return "Somebody else owes the author's duties."
    return "It is known already that they left." if q.record.abandoned else None


def access_may_be_there(q: Question) -> str | None:
    return None if q.record.access_unproven else "The access was seen gone."


# --- conditions: which of two rows applies ---------------------------------------------------------


def acts_first(q: Opening) -> bool:
    asks = q.policy.limits.overdue_then == "ask first" and q.facts.overdue
    return q.policy.access[q.event.access].authorisation == "after" and not asks


def acted_first(q: Question) -> bool:
    return not q.record.asked_first


def completes_quorum(q: Question) -> bool:
    agree = {verdict.by for verdict in q.record.approvals} | {q.event.by}
    return len(agree) >= q.record.profile(q.policy).approvals_required


def loses_its_authority(q: Question) -> bool:
    """Access that was asked for first stands on its approvals."""
    about = q.event.verdict if isinstance(q.event, ev.Annulment) else None
    left = {v.by for v in q.record.approvals if v.number != about}
    return (
        q.record.asked_first
        and q.record.override is None
        and len(left) < q.record.profile(q.policy).approvals_required
    )


DUTY_OF = {
    ev.Completion: Duty.COMPLETION,
    ev.Remediation: Duty.REMEDIATION,
    ev.Retrospective: Duty.RETROSPECTIVE,
    ev.Acceptance: Duty.ACCEPTANCE,
}

REQUIRED = {
    ev.Completion: ("done", "verified"),
    ev.Remediation: ("note",),
    ev.Question: ("text",),
    ev.Answer: ("text",),
    ev.Retrospective: ("cause", "normal_process", "prevention"),
}
