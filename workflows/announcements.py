"""Tells one person or one channel what concerns no single change, once.

The obligation's subject is the delivery of the entry it is about and, after ``>``, whom it is for: a person,
or a channel.
"""

from collections.abc import Callable
from typing import Protocol

from workflows.consequences import SEPARATOR
from workflows.errors import Declined, Unavailable
from workflows.events import Entry
from workflows.people import Person
from workflows.ports import Posted
from workflows.reconciler import Bench
from workflows.vocabulary import PersonId
from workflows.work import Claimed

PERSON = "P-"  #: what pseudonyms begin with; names and ids of channels do not


class Wall(Protocol):
    """Where what concerns no single change is read."""

    def find_announcement(self, to: Person | str, marker: str) -> Posted | None:
        """Look for what was announced already, to a person or in a channel."""

    def announce(self, to: Person | str, marker: str, entry: Entry) -> Posted:
        """Announce it."""


class Archive(Protocol):
    """What the memory knows of entries that concern no single change."""

    def person(self, person: PersonId) -> Person:
        """Look somebody up."""

    def administered(self, delivery: str) -> Entry | None:
        """Return the entry that came with a delivery."""


class Announcements:
    """Works on one announcement at a time."""

    def __init__(self, bench: Bench, archive: Archive, wall: Wall, complain: Callable[[str], None]) -> None:
        self._bench = bench
        self._archive = archive
        self._wall = wall
        self._complain = complain

    def work(self, claimed: Claimed) -> None:
        """Announce it, or find that it was announced."""
        delivery, _, name = claimed.subject.rpartition(SEPARATOR)
        entry = self._archive.administered(delivery)
        to = self._archive.person(PersonId(name)) if name.startswith(PERSON) else name
        try:
            if entry is None or claimed.reference or _out_of_reach(to) or self._announced(claimed, to, entry):
                self._bench.settle(claimed)
        except Unavailable as error:
            self._bench.postpone(claimed, str(error))
        except Declined as error:
            self._complain(f"Something could not be announced to {name}: {error}")
            self._bench.settle(claimed)

    def _announced(self, claimed: Claimed, to: Person | str, entry: Entry) -> bool:
        marker = f"told:{claimed.subject}"
        found = self._wall.find_announcement(to, marker) if claimed.attempted_at else None
        if found is None:
            if not self._bench.attempting(claimed):
                return False
            found = self._wall.announce(to, marker, entry)
        return self._bench.made(claimed, found.ts)


def _out_of_reach(to: Person | str) -> bool:
    return isinstance(to, Person) and (not to.slack_user or to.deactivated)
