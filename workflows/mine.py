"""What is one person's: their open windows, what they owe, what waits for their approval, what happened around them.

Slack's Home tab and the words ``list`` and ``status`` all say it from here.  It is read from indexed rows and
never from records, so it costs the same however many changes there are; the click decides anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from workflows.delegation import Absence, Absences, stand_in
from workflows.people import Person, not_a_member
from workflows.policy import Policy
from workflows.ports import Posted
from workflows.vocabulary import ChangeId, Duty, PersonId, State

Item = TypeVar("Item", bound="Line | Debt | Agreed")


@dataclass(frozen=True, slots=True)
class Interests:
    """Through which groups and for which systems a person sees changes; ``reviews``: all of them."""

    groups: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()
    reviews: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A change, as a list shows it."""

    id: ChangeId
    state: State
    requester: PersonId
    owner: PersonId
    system: str
    access: str
    drill: bool
    abandoned: bool
    opened_at: datetime
    access_until: datetime | None
    card: Posted | None = None
    overridden: bool = False  #: its requester acted without an answer
    pull: str = ""  #: where its pull request asks for reviews, if it does
    asked_first: bool = False  #: it waited for an approver, who alone may extend it


@dataclass(frozen=True, slots=True)
class Debt:
    """A duty somebody owes a change, as a list shows it."""

    line: Line
    duty: Duty
    due: datetime
    person: PersonId | None = None  #: who owes it by name; otherwise
    group: str = ""  #: the group of which one must do it

    @property
    def id(self) -> ChangeId:
        return self.line.id

    @property
    def verdict(self) -> bool:
        """A verdict is asked for."""
        return self.duty is Duty.APPROVAL and self.person is None

    @property
    def answer(self) -> bool:
        """An approval that is owed by name is an answer to the approvers' question."""
        return self.duty is Duty.APPROVAL and self.person is not None

    @property
    def holds_up(self) -> bool:
        """Somebody cannot begin before it is fulfilled."""
        return self.duty is Duty.APPROVAL and self.line.state is State.REQUESTED

    def overdue(self, at: datetime) -> bool:
        return self.due < at


@dataclass(frozen=True, slots=True)
class Agreed:
    """A follow-up somebody owns that is not done yet, as a list shows it."""

    line: Line
    number: int  #: within its change
    due: date
    owner: PersonId
    key: str = ""  #: of its issue, with where that opens; empty until there is one
    url: str = ""
    late: bool = False  #: the clock has said so

    @property
    def id(self) -> ChangeId:
        return self.line.id


@dataclass(frozen=True, slots=True)
class Counts:
    """What reviewers watch; drills are outside every figure but their own."""

    open: int
    overdue: int
    this_month: int
    drills_this_month: int


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A month nobody has signed off yet."""

    id: str  #: of its digest, period and version
    name: str
    due: datetime
    overdue: bool  #: the clock has said so
    posted: Posted | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """What the memory found for one person: the first of each kind, and how many there are in all."""

    windows: tuple[Line, ...] = ()
    windows_in_all: int = 0
    debts: tuple[Debt, ...] = ()
    owed_in_all: int = 0
    asked_in_all: int = 0
    follow_ups: tuple[Agreed, ...] = ()
    follow_ups_in_all: int = 0
    recent: tuple[Line, ...] = ()
    counts: Counts | None = None
    late: tuple[Debt, ...] = ()  #: what anybody owes overdue, earliest first; for reviewers
    late_in_all: int = 0
    next_due: datetime | None = None  #: when the figures will change with nobody doing anything


@dataclass(frozen=True, slots=True)
class Part(Generic[Item]):
    """The first of a kind, and how many more there are."""

    shown: tuple[Item, ...] = ()
    more: int = 0

    def __bool__(self) -> bool:
        return bool(self.shown)


@dataclass(frozen=True, slots=True)
class Mine:
    """All of it, in the order in which it matters."""

    at: datetime
    because: str = ""  #: why there is nothing for this person here, if they may not take part
    windows: Part[Line] = Part()
    owed: Part[Debt] = Part()
    asked: Part[Debt] = Part()  #: what waits for their approval
    follow_ups: Part[Agreed] = Part()  #: what they agreed to do afterwards
    recent: tuple[Line, ...] = ()
    counts: Counts | None = None
    late: Part[Debt] = Part()
    reviews: tuple[Unsigned, ...] = ()  #: for reviewers
    away: Absence | None = None  #: they said that they are away
    instead_of: tuple[Absence, ...] = ()  #: for whom they stand in
    until: datetime | None = None  #: when this is out of date with nobody doing anything

    @property
    def people(self) -> frozenset[PersonId]:
        """Everybody who is named in it."""
        debts = (*self.owed.shown, *self.asked.shown, *self.late.shown)
        absences = (*((self.away,) if self.away else ()), *self.instead_of)
        about: tuple[Debt | Agreed, ...] = (*debts, *self.follow_ups.shown)
        lines = (*self.windows.shown, *self.recent, *(one.line for one in about))
        named = {person for line in lines for person in (line.requester, line.owner)}
        return frozenset(named.union(*({one.person, one.delegate} for one in absences)))


def interests(groups: Iterable[str], policy: Policy) -> Interests:
    """Say what concerns somebody who is in these groups."""
    among = frozenset(groups)
    systems = frozenset(
        profile.system for profile in policy.access.values() if among & {profile.eligible, profile.approvers}
    )
    reviews = bool(among & {policy.duties.acceptance.by, policy.review.by})
    return Interests(among, systems, reviews)


def mine(
    person: Person, glance: Glance, at: datetime, month_ends: datetime, most: int, absences: Absences
) -> Mine:
    """Put together what is the person's; ``most`` of each kind are shown."""
    if because := not_a_member(person):
        return Mine(at, because)
    debts = sorted({(debt.id, debt.duty, debt.verdict): debt for debt in glance.debts}.values(), key=_urgency)
    asked = [debt for debt in debts if debt.verdict]
    owed = [debt for debt in debts if not debt.verdict]
    away = absences.get(person.id)
    instead = [one for one in absences.values() if stand_in(one.person, absences) == person.id]
    ends = (*((away.until,) if away else ()), *(one.until for one in instead))
    windows = sorted(glance.windows, key=_nearest)
    return Mine(
        at,
        windows=_part(windows, glance.windows_in_all, most),
        owed=_part(owed, glance.owed_in_all, most),
        asked=_part(asked, glance.asked_in_all, most),
        follow_ups=_part(glance.follow_ups, glance.follow_ups_in_all, most),
        recent=glance.recent[:most],
        counts=glance.counts,
        late=_part(glance.late, glance.late_in_all, most),
        away=away,
        instead_of=tuple(sorted(instead, key=lambda one: (one.until, one.person))),
        until=min(when for when in (glance.next_due, month_ends, *ends) if when),
    )


def _urgency(debt: Debt) -> tuple[bool, datetime, ChangeId]:
    """Put what somebody waits for before what may come after the fact."""
    return not debt.holds_up, debt.due, debt.id


def _nearest(line: Line) -> tuple[bool, datetime, ChangeId]:
    """Put access that is in force first, what ends next before what ends later."""
    return line.state is not State.ACTIVE, line.access_until or line.opened_at, line.id


def _part(items: Iterable[Item], in_all: int, most: int) -> Part[Item]:
    shown = tuple(items)[:most]
    return Part(shown, max(0, in_all - len(shown)))
