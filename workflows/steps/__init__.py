"""One step, one class, three verbs: ``apply``, ``verify``, ``undo``.

``verify`` answers with evidence that the step holds as wanted, with ``None`` meaning *I looked and it does
not*, or raises ``Unavailable``.  A step commits through its ``Task`` before any call that must not be lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from workflows import events as ev
from workflows.decide import Ruling
from workflows.errors import ProcedureError
from workflows.people import Person
from workflows.policy import Policy
from workflows.ports import Opening
from workflows.record import ChangeRecord
from workflows.vocabulary import ChangeId, Number, Origin, PersonId, StepName


class NotYet(ProcedureError):
    """Something else must come first, or time must pass; come back after ``wait`` of real time, or a growing back-off."""

    def __init__(self, because: str, wait: timedelta | None = None) -> None:
        super().__init__(because)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen, and when to look again (the procedure's clock; ``None``: not until something happens)."""

    seen: str
    look_again: datetime | None = None


@dataclass(frozen=True, slots=True)
class OtherHolding:
    """What another change holds at the same target for the same person."""

    change: ChangeId
    origin: Origin
    wanted: bool


class Task(Protocol):
    """One claimed obligation, and all a step may do about it besides calling out."""

    @property
    def record(self) -> ChangeRecord:
        """The change as it stands, with everything this task has observed."""

    @property
    def policy(self) -> Policy:
        """The rules the change is pinned to."""

    @property
    def subject(self) -> str: ...

    @property
    def place(self) -> str: ...

    @property
    def wanted(self) -> bool: ...

    @property
    def shown(self) -> bool:
        """What is shown outside is already the wanted revision."""

    @property
    def reference(self) -> str:
        """What an earlier attempt made, if its outcome was known."""

    @property
    def attempted_at(self) -> datetime | None:
        """Real time of the last attempt whose outcome may have got lost."""

    def now(self) -> datetime:
        """Ask the procedure's clock."""

    def real_now(self) -> datetime:
        """Ask real time."""

    def attempting(self) -> None:
        """Commit that a call is about to leave; raises ``Conflict`` when the claim has passed on."""

    def keep(self) -> None:
        """Ask for the claim, and what goes with it, once more; raises ``Conflict`` when it has passed on."""

    def answered(self) -> None:
        """Say that this attempt was answered, so that its outcome is not lost; an earlier one's may be."""

    def made(self, reference: str) -> None:
        """Commit what a call made."""

    def showed(self) -> None:
        """Say that the wanted revision is what is shown outside now."""

    def observe(self, *seen: ev.Entry, delivery: str = "", attempting: bool = False) -> None:
        """Commit observations, once per ``delivery``; with ``attempting`` also that a call is about to leave."""

    def offer(self, event: ev.Event, delivery: str = "") -> Ruling:
        """Put an event to the procedure, once per ``delivery``."""

    def entry(self, number: Number) -> tuple[ev.Entry, str]:
        """Return one entry of the change, and why it was refused (empty if it was not)."""

    def record_before(self, number: Number) -> ChangeRecord:
        """Return the record as it stood just before one of its entries."""

    def person(self, person: PersonId) -> Person:
        """Look somebody up."""

    def openings(self) -> tuple[Opening, ...]:
        """Return what opens the commitments of the change's entries, refused ones left out."""

    def others(self) -> tuple[OtherHolding, ...]:
        """Return what other changes hold at this change's target for its grantee."""


class Step(Protocol):
    """One thing made true outside."""

    name: ClassVar[StepName]

    def apply(self, task: Task) -> None:
        """Make it so.  Safe to call twice."""

    def verify(self, task: Task) -> Evidence | None:
        """Look, and say whether it is so."""

    def undo(self, task: Task) -> None:
        """Make it not so.  Safe to call twice."""

    def declined(self, task: Task, because: str) -> None:
        """Say what it means that the other side refused for good."""

    def look_again(self, task: Task) -> datetime | None:
        """Return when to look again at what has been undone; ``None``: never."""


class Lasting:
    """Base of the steps that are never undone: records outlive their change."""

    def undo(self, task: Task) -> None:
        """Leave it."""

    def declined(self, task: Task, because: str) -> None:
        """Leave it to the worker to record the gap."""

    def look_again(self, task: Task) -> None:
        """Nothing was undone, so there is nothing to look at."""
