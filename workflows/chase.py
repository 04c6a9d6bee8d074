"""The chase: whom a reminder reaches and when, and what one person is told of everything they owe.

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
from workflows.vocabulary import ChangeId, Duty, PersonId, State

GATHERED = timedelta(minutes=10)  #: what falls due within so long is one message
URGENT = timedelta(minutes=1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
GROUP = "group:"  #: how a group is told apart from a person as a holder of a duty


@dataclass(frozen=True, slots=True)
class Holding:
    """A duty the clock has spoken up about, and one of those whom that is for, as lists find it."""

    duty: Duty
    holder: str  #: a person, or ``group:`` and the name of one
    prompted_at: datetime  #: when the clock last spoke up about it


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody about to be told, and in whose place."""

    id: PersonId
    groups: frozenset[str]
    instead_of: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True)
class Item:
    """One duty of one change, as one person is told of it."""

    record: ChangeRecord
    policy: Policy
    owed: Owed
    prompts: tuple[Prompt, ...]  #: what the clock said about it and this person was not told yet
    mine: bool  #: it waits for this person, or for whom they stand in for
    instead_of: PersonId | None = None  #: it is this author's alone; the reader stands in
    answers: bool = False  #: the reader can fulfil it in person
    abandoned: bool = False  #: its author has left; the reader can hand it over

    @property
    def change(self) -> ChangeId:
        return self.record.id

    @property
    def asked(self) -> bool:
        """Say whether not the verdict waits for the reader, but an answer to a question of the approvers."""
        return self.mine and self.owed.duty is Duty.APPROVAL and not self.answers

    @property
    def overridden(self) -> bool:
        """Say whether an approval is asked for that the requester did not wait for."""
        return self.record.override is not None and self.owed.duty is Duty.APPROVAL


def urgent(record: ChangeRecord, duty: Duty) -> bool:
    """Nobody has decided yet, and access is in force or somebody waits for it."""
    return duty is Duty.APPROVAL and record.state in (State.REQUESTED, State.ACTIVE)


def delivery(at: datetime, record: ChangeRecord, duty: Duty, calendar: Calendar) -> datetime:
    """Return when what the clock says at ``at`` reaches people: always later, so that all of it is gathered."""
    if urgent(record, duty):
        return _next(at, URGENT)
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


def holdings(record: ChangeRecord, policy: Policy, duties: Iterable[Owed]) -> frozenset[Holding]:
    """Return what the clock has spoken up about and is owed still, for each of those whom it is for."""
    found: set[Holding] = set()
    for owed in duties:
        if prompts := _of(record, owed):
            last = max(prompt.entry.at for prompt in prompts)
            told = {prompt.to for prompt in prompts if prompt.to}
            groups = owed.by.groups | heirs(record, policy, owed).groups | told
            holders = {*owed.by.people, *(GROUP + group for group in groups)}
            found |= {Holding(owed.duty, holder, last) for holder in holders}
    return frozenset(found)


def item(record: ChangeRecord, policy: Policy, owed: Owed, reader: Reader) -> Item | None:
    """Return what one person is told of a duty now; ``None``: it is not theirs (any more)."""
    mine = _can_fulfil(owed, reader)
    left = heirs(record, policy, owed)
    inherits = not mine and bool(left.groups & reader.groups) and reader.id not in left.without
    prompts = [
        prompt
        for prompt in _of(record, owed)
        if (prompt.to in reader.groups if prompt.to else mine or inherits)
        and (prompt.number, reader.id) not in record.told
    ]
    if not mine and not inherits and not prompts:
        return None
    decides = (
        owed.duty is Duty.APPROVAL and reader.id not in owed.by.people and _through_a_group(owed, reader)
    )
    stands_in = not decides and reader.id not in owed.by.people and owed.by.people & reader.instead_of
    instead_of = min(owed.by.people) if stands_in else None
    answers = mine and not instead_of and (owed.duty is not Duty.APPROVAL or reader.id not in owed.by.people)
    return Item(record, policy, owed, tuple(prompts), mine, instead_of, answers, inherits)


def _can_fulfil(owed: Owed, reader: Reader) -> bool:
    if owed.by.people & ({reader.id} | reader.instead_of):
        return True
    return _through_a_group(owed, reader)


def _through_a_group(owed: Owed, reader: Reader) -> bool:
    return bool(owed.by.groups & reader.groups) and reader.id not in owed.by.without


def heirs(record: ChangeRecord, policy: Policy, owed: Owed) -> Audience:
    """Name who can hand over what somebody owed who has left: the reviewers."""
    return reviewers(record, policy) if record.abandoned and owed.by.people else Audience()


def _of(record: ChangeRecord, owed: Owed) -> tuple[Prompt, ...]:
    return tuple(
        prompt
        for prompt in record.prompts
        if prompt.entry.duty is owed.duty and prompt.entry.slot.startswith(f"{owed.name}/")
    )
