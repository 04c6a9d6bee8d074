"""Whether an event may happen, and where it leads.  Pure: no I/O, no clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from workflows import events as ev
from workflows.facts import Facts
from workflows.guards import Opening, Question
from workflows.policy import Policy
from workflows.procedure import OPENINGS, TRANSITIONS
from workflows.record import ChangeRecord
from workflows.rows import Guard, OpeningGuard
from workflows.timetable import owed
from workflows.vocabulary import State


@dataclass(frozen=True, slots=True)
class Accepted:
    """The procedure says yes."""

    to: State
    asked: tuple[str, ...]  #: the guards that were asked, kept as evidence


@dataclass(frozen=True, slots=True)
class Refused:
    """The procedure says no, and which guard said so in which words."""

    guard: str
    because: str
    asked: tuple[str, ...] = ()


Ruling = Accepted | Refused
Q = TypeVar("Q", Opening, Question)


def open_(request: ev.Request, policy: Policy, facts: Facts) -> Ruling:
    """Decide on a request, before there is any change."""
    opening = Opening(request, policy, facts)
    for row in OPENINGS:
        if row.when and not (request.access in policy.access and row.when(opening)):
            continue
        return _first_no(row.require, opening) or Accepted(row.to, _names(row.require))
    raise AssertionError("The last row of OPENINGS is unconditional.")


def decide(record: ChangeRecord, event: ev.Event, policy: Policy, facts: Facts) -> Ruling:
    """Read the table top to bottom; the first row that applies has the last word."""
    question = Question(record, event, policy, facts, partial(owed, record, policy, facts.calendar))
    for row in TRANSITIONS:
        if row.source is not record.state or row.on is not type(event):
            continue
        if row.when and not row.when(question):
            continue
        return _first_no(row.require, question) or Accepted(row.to, _names(row.require))
    said = record.state.value.replace("_", " ")
    return Refused("procedure", f"{record.id} is {said}; that cannot happen to it now.")


def _first_no(guards: Iterable[Callable[[Q], str | None]], question: Q) -> Refused | None:
    asked: tuple[str, ...] = ()
    for guard in guards:
        asked = (*asked, name_of(guard))
        if because := guard(question):
            return Refused(name_of(guard), because, asked)
    return None


def name_of(guard: Callable[..., object]) -> str:
    """Return the name a guard goes by in the ledger and in the printed procedure."""
    return guard.__name__


def _names(guards: tuple[Guard, ...] | tuple[OpeningGuard, ...]) -> tuple[str, ...]:
    return tuple(name_of(guard) for guard in guards)
