"""The chase: whom a reminder reaches, and when.

A slot of the timetable fires at its moment and is an entry of its change.  What reaches a person is gathered:
everybody gets one message for all that the clock spoke up about meanwhile, with all they owe in it.  Outside
working hours only what is urgent is sent; the rest waits for the morning.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workflows.calendar import Calendar
from workflows.delegation import Absences, in_reach, stand_in
from workflows.duties import Audience, Owed, reviewers
from workflows.policy import Policy
from workflows.record import ChangeRecord, Prompt
from workflows.vocabulary import Duty, PersonId, State

GATHERED = timedelta(minutes=10)  #: what falls due within so long is one message
URGENT = timedelta(minutes=1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
GROUP = "group:"  #: how a group is told apart from a person as a holder of a duty
LATE = "follow-up/"  #: before the number of a follow-up that is late, where otherwise a duty is named


@dataclass(frozen=True, slots=True)
class Holding:
    """What the clock has spoken up about, and one of those whom that is for, as lists find it."""

    about: str  #: a duty, or ``follow-up/`` and its number
    holder: str  #: a person, or ``group:`` and the name of one
    prompted_at: datetime  #: when the clock last spoke up about it


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody about to be told, and in whose place."""

    id: PersonId
    groups: frozenset[str]
    instead_of: frozenset[PersonId] = frozenset()


def urgent(record: ChangeRecord, duty: Duty) -> bool:
    """Nobody has decided yet, and access is in force or somebody waits for it."""
    return duty is Duty.APPROVAL and record.state in (State.REQUESTED, State.ACTIVE)


def delivery(at: datetime, record: ChangeRecord, duty: Duty, calendar: Calendar) -> datetime:
    """Return when what the clock says about a duty at ``at`` reaches people."""
    return _next(at, URGENT) if urgent(record, duty) else gathering(at, calendar)


def gathering(at: datetime, calendar: Calendar) -> datetime:
    """Return when what is not urgent reaches people: always later than ``at``, so that all of it is gathered."""
    working = calendar.working(at)
    return _next(at, GATHERED) if working == at else working


def _next(at: datetime, step: timedelta) -> datetime:
    return EPOCH + ((at - EPOCH) // step + 1) * step


def reached(people: frozenset[PersonId], audience: Audience, absences: Absences) -> frozenset[PersonId]:
    """Return who is told, of the people an audience resolves to: delegates instead of who is away.

    An author is told in any case, because nobody can fulfil their duties for them; their delegate is too.
    """
    named = people & audience.people
    delegates = frozenset(filter(None, (stand_in(person, absences) for person in named)))
    return named | delegates | in_reach(people - named, absences)


def spoken_up(record: ChangeRecord) -> bool:
    """Say whether the clock has spoken up about anything yet; until then there are no holdings."""
    return bool(record.prompts) or any(one.prompts for one in record.follow_ups)


def holdings(record: ChangeRecord, policy: Policy, duties: Iterable[Owed]) -> frozenset[Holding]:
    """Return what the clock has spoken up about and is not done yet, for each of those whom it is for."""
    found: set[Holding] = set()
    for owed in duties:
        if prompts := prompts_of(record, owed):
            last = max(prompt.entry.at for prompt in prompts)
            told = {prompt.to for prompt in prompts if prompt.to}
            groups = owed.by.groups | heirs(record, policy, owed).groups | told
            holders = {*owed.by.people, *(GROUP + group for group in groups)}
            found |= {Holding(owed.duty.value, holder, last) for holder in holders}
    for one in record.follow_ups:
        if one.open and one.prompts:
            holders = {one.owner, *(GROUP + prompt.to for prompt in one.prompts if prompt.to)}
            about, last = f"{LATE}{one.number}", one.prompts[-1].at
            found |= {Holding(about, holder, last) for holder in holders}
    return frozenset(found)


def heirs(record: ChangeRecord, policy: Policy, owed: Owed) -> Audience:
    """Name who can hand over what somebody owed who has left: the reviewers."""
    return reviewers(record, policy) if record.abandoned and owed.by.people else Audience()


def prompts_of(record: ChangeRecord, owed: Owed) -> tuple[Prompt, ...]:
    """Return what the clock said about a duty in its present round."""
    return tuple(
        prompt
        for prompt in record.prompts
        if prompt.entry.duty is owed.duty and prompt.entry.slot.startswith(f"{owed.name}/")
    )
