"""Who stands in for whom while somebody is away.

A delegation moves messages, never rights: whoever answers must be able to answer themselves, and that is
asked when they do.  An author's duties stay the author's; the delegate is only told of them too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflows.people import Person
from workflows.policy import Policy
from workflows.vocabulary import PersonId

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away, and who stands in."""

    person: PersonId
    delegate: PersonId
    until: datetime


Absences = Mapping[PersonId, Absence]


def stand_in(person: PersonId, absences: Absences) -> PersonId | None:
    """Return who stands in in the end: a delegate may be away too.  ``None``: nobody, or a circle."""
    seen = [person]
    while (absence := absences.get(seen[-1])) and absence.delegate not in seen:
        seen.append(absence.delegate)
    return None if absence or len(seen) == 1 else seen[-1]


def in_reach(people: frozenset[PersonId], absences: Absences) -> frozenset[PersonId]:
    """Leave in peace who is away, where the one who stands in is told as well; never leave nobody."""
    return frozenset(person for person in people if stand_in(person, absences) not in people)


def objection(
    who: Person, to: Person | None, until: datetime, at: datetime, absences: Absences
) -> str | None:
    """Say why somebody cannot be a delegate, whatever groups they are in."""
    if to is None or to.bot or to.guest or to.outsider or to.deactivated:
        return "Name an active member of this organisation."
    if to.id == who.id:
        return "Name somebody else than yourself."
    if until <= at:
        return "That is over already; name a day to come."
    if until - at > LONGEST:
        return "Name a day within a year."
    if to.id in absences:
        return f"{to.name or to.id} is away too; name somebody else."
    return None


def unable(theirs: Iterable[str], delegates: Iterable[str], policy: Policy) -> str | None:
    """Say why a delegate could answer for nothing the other one answers for, by the groups of both."""
    answer_for = answering_groups(policy)
    asked = sorted(answer_for.intersection(theirs))
    if not asked or answer_for.intersection(asked, delegates):
        return None
    return f"They could not answer for you: they are not in {' or '.join(asked)}. Name somebody who is."


def answering_groups(policy: Policy) -> frozenset[str]:
    """Return the groups whose members decide, accept or sign."""
    groups = {profile.approvers for profile in policy.access.values()}
    return frozenset({*groups, policy.duties.acceptance.by, policy.review.by} - {""})


def groups_told(policy: Policy) -> frozenset[str]:
    """Return the groups that must have somebody in them, or nobody is told and nobody can answer."""
    rules = (getattr(policy.duties, name) for name in type(policy.duties).model_fields)
    rungs = {rung.to for duty in rules for rung in duty.escalate}
    return answering_groups(policy) | rungs | ({policy.security} if policy.security else set())
