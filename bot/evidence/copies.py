"""One change as it is copied out of the ledger, with whatever is needed to read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workflows.calendar import Calendar
from workflows.events import Entry
from workflows.exceptions import Examined
from workflows.people import Person
from workflows.policy import Policy
from workflows.prose import ERASED
from workflows.record import ChangeRecord
from workflows.vocabulary import CLOCK, SYSTEM, ChangeId, PersonId

if TYPE_CHECKING:
    from bot.wiring.opening import CopiedEntry

BOTS: Mapping[PersonId, str] = {CLOCK: "the clock", SYSTEM: "the bot"}


@dataclass(frozen=True, slots=True)
class Head:
    """The signed head everything is read at."""

    origin: str
    size: int
    root: bytes
    note: str
    as_of: datetime  #: when the last entry under it was recorded


@dataclass(frozen=True, slots=True)
class CopiedChange:
    """A change as it stood at the head."""

    record: ChangeRecord
    policy: Policy
    calendar: Calendar
    entries: tuple["CopiedEntry", ...]
    examined: Examined
    head: Head

    @property
    def id(self) -> ChangeId:
        return self.record.id

    @property
    def last(self) -> "CopiedEntry":
        return self.entries[-1]

    def entry(self, kind: type[Entry]) -> "CopiedEntry | None":
        """Return the first accepted entry of a kind."""
        return next((one for one in self.entries if isinstance(one.entry, kind) and not one.refused), None)


@dataclass(slots=True)
class Names:
    """Who the pseudonyms are, as the directory says today; remembers whom it was asked about."""

    look_up: Callable[[PersonId], Person]
    asked: dict[PersonId, Person] = field(default_factory=dict)

    def person(self, person: PersonId) -> Person:
        if person not in self.asked:
            self.asked[person] = self.look_up(person)
        return self.asked[person]

    def name(self, person: PersonId) -> str:
        """Return a name alone."""
        return BOTS.get(person) or self.person(person).name or ERASED

    def full(self, person: PersonId) -> str:
        """Return a name with the pseudonym that stands for it in the ledger."""
        return BOTS.get(person) or f"{self.name(person)} ({person})"

    def github(self, person: PersonId) -> str:
        return "" if person in BOTS else self.person(person).github

    def people(self) -> list[Person]:
        """Return everybody who was asked about."""
        return [self.asked[id] for id in sorted(self.asked)]


def stamp(at: datetime | None) -> str:
    """Write a time as ISO 8601 with Z, to the second; empty if there is none."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
