"""What one transaction of the memory offers, and what goes in and out of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from workflows import events as ev
from workflows.administration import Administration
from workflows.calendar import Calendar
from workflows.chase import Holding
from workflows.consequences import Obligation
from workflows.decide import Ruling
from workflows.delegation import Absences
from workflows.duties import Audience, Owed
from workflows.facts import Facts
from workflows.people import Person
from workflows.policy import Policy
from workflows.record import ChangeRecord, Promise
from workflows.timetable import Slot
from workflows.vocabulary import ChangeId, Number, PersonId, StepName


@dataclass(frozen=True, slots=True)
class Held:
    """A change whose row is locked, and the rules it is pinned to."""

    record: ChangeRecord
    policy: Policy
    entries: int  #: how many entries it has, refused ones included


@dataclass(frozen=True, slots=True)
class Claimed:
    """A due obligation in the hands of one worker."""

    change: ChangeId
    step: StepName
    subject: str
    wanted: bool
    revision: int
    settled: int | None
    place: str
    reference: str
    attempts: int
    attempted_at: datetime | None  #: real time
    token: int
    error: str | None

    @property
    def holder(self) -> str:
        """Name whoever has this claim, as the holder of the right to what one person holds at one target."""
        return f"{self.change}:{self.token}"


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What work on access goes by once it has the right to it: the record, its rules and whose access it is."""

    record: ChangeRecord
    policy: Policy
    grantee: Person


@dataclass(frozen=True, slots=True)
class Begun:
    """Access that is claimed; not ``taken_up``: another change is at work on the same."""

    claimed: Claimed
    taken_up: TakenUp | None


@dataclass(frozen=True, slots=True)
class Ruled:
    """What came of an event: the ruling, and the change it is about (none for a refused request)."""

    change: ChangeId | None
    number: Number
    ruling: Ruling
    policy: Policy | None = field(default=None, compare=False)  #: the rules of the change
    begun: Begun | None = field(default=None, compare=False)  #: the access it owes, if it is claimed already


@dataclass(frozen=True, slots=True)
class Line:
    """One entry about to be written."""

    entry: ev.Entry
    number: int = 0
    ruling: Ruling | None = None
    facts: Mapping[str, object] | None = None
    delivery: str = ""
    keep_prose: bool = True
    promised: tuple[Promise, ...] = ()


class Work(Protocol):
    """One transaction of the memory."""

    def ruled(self, delivery: str, attempt: str = "") -> Ruled | None:
        """Return what was ruled when this delivery, or this attempt, came first."""

    def in_force(self) -> tuple[str, Policy]:
        """Return the policy for new changes, and its sha256."""

    def expect(self, request: ev.Request, delivery: str = "", attempt: str = "") -> None:
        """Look up at once what ``ruled``, ``in_force`` and ``facts`` will be asked next about a request."""

    def lock(
        self, change: ChangeId, delivery: str = "", attempt: str = "", by: PersonId | None = None
    ) -> Held:
        """Lock the change and fold its record; raises ``UnknownChange``.

        A ``delivery`` that ``ruled`` will be asked about is best named here already, and ``by`` whom what is recorded
        next is, before anything else is written: all is looked up at once.
        """

    def facts(self, event: ev.Entry, policy: Policy) -> Facts:
        """Collect what the guards may ask about the actor of ``event``."""

    def person(self, person: PersonId) -> Person:
        """Look somebody up."""

    def calendar(self, policy: Policy) -> Calendar:
        """Return the policy's calendar, with the holidays of its region."""

    def as_whom(self, person: PersonId) -> str:
        """Return the accounts of a person as they are now, as JSON; empty if there are none."""

    def members(self, audience: Audience) -> frozenset[PersonId]:
        """Resolve groups from the mirrors, now, without those who left or may not take part."""

    def absences(self, at: datetime) -> Absences:
        """Return who is away at this time, and who stands in."""

    def next_id(self, at: datetime) -> ChangeId:
        """Draw the next id of the year; raises nothing, locks the year's counter."""

    def project(self, record: ChangeRecord, policy: Policy, duties: Sequence[Owed], entries: int) -> None:
        """Write the row of a change; raises ``Conflict`` when the same person has the same access open."""

    def count(self, change: ChangeId, entries: int) -> None:
        """Keep how many entries a change has, where the newest was refused and changed nothing else."""

    def hold(self, change: ChangeId, holdings: Collection[Holding]) -> None:
        """Bring the lists of who owes what in line with the change."""

    def schedule(self, change: ChangeId, slots: Sequence[Slot]) -> None:
        """Bring the change's waiting slots in line with its timetable."""

    def fire(self, change: ChangeId, slot: str, at: datetime) -> bool:
        """Mark a slot as fired; ``False`` if it is not waiting or not due."""

    def turned(self, group: str, at: datetime) -> bool | None:
        """Say whether a group has just become empty, or filled again; ``None``: neither, or it is not known."""

    def keep(self, entry: Administration) -> None:
        """Keep what an entry of administration says about who is away."""

    def owe(self, change: ChangeId | None, obligations: Sequence[Obligation], at: datetime) -> None:
        """Write obligations, due at once."""

    def hasten(self, change: ChangeId, steps: Collection[StepName]) -> None:
        """Let obligations that were postponed be tried again now: what they waited for is there."""

    def assign(self, record: ChangeRecord, duties: Sequence[Owed]) -> None:
        """Keep who owes the change what, for lists."""

    def show(self, audience: Audience, at: datetime) -> None:
        """Owe these people an up-to-date Home tab, where they have ever opened theirs."""

    def open_home(self, person: PersonId, at: datetime) -> None:
        """Owe this person their Home tab from here on."""

    def claim(self, record: ChangeRecord, policy: Policy, entry: ev.Entry) -> None:
        """Keep what the entry says about who holds what at the target."""

    def claim_access(self, change: ChangeId) -> Claimed | None:
        """Claim what a change owes about access; ``None``: it is not due, or somebody works on it."""

    def take_key(self, key: str, holder: str) -> bool:
        """Take the right to change what one person holds at one target; ``False`` if somebody has it."""

    def attempting(self, claimed: Claimed) -> bool:
        """Keep that a call is about to leave; ``False`` if the claim has passed to somebody else."""

    def append(self, change: ChangeId | None, policy: str, lines: Sequence[Line], at: datetime) -> None:
        """Append to the ledger; locks its head, so nothing may be locked after it."""
