"""What other emergencies said before: found by person, by words and by cause, however many there were.

A month of thousands is compared with thousands before it; each question reads one ordered list.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflows.vocabulary import ChangeId, PersonId


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is compared of a change that was requested before."""

    change: ChangeId
    at: datetime
    by: PersonId
    justification: str  #: its ``gist``
    cause: str = ""  #: the ``gist`` of its retrospective


@dataclass(frozen=True, slots=True)
class Looked:
    """From which change one looks back, and how far."""

    change: ChangeId
    at: datetime
    back: timedelta


class Precedents:
    """Changes by what may come back in them; the one that is asked about is never its own precedent."""

    def __init__(self, earlier: Iterable[Earlier] = ()) -> None:
        self._by: dict[str, list[tuple[datetime, ChangeId]]] = {}
        self._said: dict[str, list[tuple[datetime, ChangeId]]] = {}
        self._cause: dict[str, list[tuple[datetime, ChangeId]]] = {}
        for one in earlier:
            self.add(one)

    def add(self, one: Earlier) -> None:
        """Let those after it be compared with one more; quick if it is later than all others."""
        for lists, key in ((self._by, one.by), (self._said, one.justification), (self._cause, one.cause)):
            if key:
                insort(lists.setdefault(key, []), (one.at, one.change))

    def by(self, person: PersonId, looked: Looked) -> int:
        """Count the others that somebody asked for."""
        return _count(self._by.get(person, ()), looked)

    def of_cause(self, cause: str, looked: Looked) -> int:
        """Count the others with a cause; a cause that nobody named is none."""
        return _count(self._cause.get(cause, ()), looked)

    def saying(self, justification: str, looked: Looked) -> ChangeId | None:
        """Return the first other one with the same justification."""
        known = self._said.get(justification, ())
        first, last = _within(known, looked)
        return next((change for _, change in known[first:last] if change != looked.change), None)


Known = list[tuple[datetime, ChangeId]] | tuple[()]


def _within(known: Known, looked: Looked) -> tuple[int, int]:
    first = bisect_left(known, looked.at - looked.back, key=_at)
    return first, bisect_right(known, looked.at, key=_at)


def _count(known: Known, looked: Looked) -> int:
    first, last = _within(known, looked)
    same_moment = bisect_left(known, looked.at, key=_at)
    return last - first - sum(change == looked.change for _, change in known[same_moment:last])


def _at(one: tuple[datetime, ChangeId]) -> datetime:
    return one[0]
