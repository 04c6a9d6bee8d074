"""The kinds of rows the page is made of."""

from collections.abc import Callable
from dataclasses import dataclass

from workflows import events as ev
from workflows.audiences import Told
from workflows.guards import Opening, Question
from workflows.vocabulary import State

OpeningGuard = Callable[[Opening], str | None]
Guard = Callable[[Question], str | None]


@dataclass(frozen=True, slots=True)
class Open:
    """Where a request leads."""

    to: State
    require: tuple[OpeningGuard, ...]
    when: Callable[[Opening], bool] | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """What moves a change; rows are read top to bottom and the first that applies has the last word."""

    source: State
    on: type[ev.Event]
    to: State
    require: tuple[Guard, ...]
    when: Callable[[Question], bool] | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Who hears of an entry, once each."""

    of: type[ev.Entry]
    milestone: bool  #: a message of its own in the card's thread, and a comment on the ticket
    tell: Told | None = None
