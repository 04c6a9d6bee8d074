"""Who is told of what; the page names one of these for each kind of entry."""

from collections.abc import Callable

from workflows import duties as d
from workflows import events as ev
from workflows import observations as ob
from workflows.duties import Audience, Owed
from workflows.policy import Policy
from workflows.record import ChangeRecord, Recorded
from workflows.vocabulary import State

Told = Callable[[ChangeRecord, Policy, Recorded, tuple[Owed, ...]], Audience]


def author(record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]) -> Audience:
    return d.author(record, policy)


def approvers(record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]) -> Audience:
    return d.approvers(record, policy)


def onlookers(record: ChangeRecord, policy: Policy) -> Audience:
    """Return everybody to whose Home tab a change belongs: who made it or follows it up, who works on or decides about its system."""
    around = [profile for profile in policy.access.values() if profile.system == record.request.system]
    groups = {group for profile in around for group in (profile.eligible, profile.approvers)}
    reviewing = {policy.duties.acceptance.by, policy.review.by} - {""}
    owners = {one.owner for one in record.follow_ups}
    return Audience(record.people | owners, frozenset(groups | reviewing))


def reviewers(record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]) -> Audience:
    return d.reviewers(record, policy)


def approvers_if_asked_first(
    record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]
) -> Audience:
    """Nobody is woken for an approval that may come after the fact; somebody waits for one that may not."""
    return d.approvers(record, policy) if of.state is State.REQUESTED else Audience()


def author_and_whoever_extends(
    record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]
) -> Audience:
    """Access that was asked for first is extended by an approver alone, who must hear of its end to do it."""
    if not record.asked_first:
        return d.author(record, policy)
    others = record.people - d.author(record, policy).people
    return Audience(d.author(record, policy).people, d.approvers(record, policy).groups, others)


def author_and_security(
    record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]
) -> Audience:
    return d.author(record, policy) | d.security(record, policy)


def approvers_and_security(
    record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]
) -> Audience:
    return d.approvers(record, policy) | d.security(record, policy)


def whoever_asked(record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]) -> Audience:
    about = of.entry.question if isinstance(of.entry, ev.Answer | ob.QuestionAnswered) else None
    return Audience(frozenset(asked.question.by for asked in record.questions if asked.number == about))


def whoever_owes(record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]) -> Audience:
    about = of.entry.duty if isinstance(of.entry, ev.Reminder | ev.Overdue) else None
    return next((duty.by for duty in owed if duty.duty is about), Audience())


def whoever_is_named(record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]) -> Audience:
    if isinstance(of.entry, ev.Escalation | ob.FollowUpEscalation):
        return Audience(groups=frozenset({of.entry.to}))
    return Audience()


def owner_of_the_follow_up(
    record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...]
) -> Audience:
    about = getattr(of.entry, "follow_up", None)
    return Audience(people=frozenset(one.owner for one in record.follow_ups if one.number == about))
