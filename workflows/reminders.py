"""Sends what was gathered for one person: one message with all that waits for them, or nothing if nothing is left.

What the message says is asked again when it is sent.  After a call whose outcome got lost the conversation
is searched for the message's marker; what it told of is then recorded, and nothing is said twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from workflows import administration as ad
from workflows import observations as ob
from workflows.changes import EmergencyChanges
from workflows.errors import Declined, Unavailable
from workflows.gathered import Item, ReviewItem, told_of
from workflows.people import Person
from workflows.ports import Clock, Posted
from workflows.reconciler import Bench
from workflows.vocabulary import SYSTEM, PersonId
from workflows.work import Claimed


class Mailbox(Protocol):
    """Where one person reads what is theirs."""

    def find_message(self, to: Person, marker: str) -> Posted | None:
        """Look for a direct message."""

    def remind(self, to: Person, marker: str, items: Sequence[Item]) -> Posted:
        """Send everything that waits for somebody, as one direct message."""


class Lists(Protocol):
    """What the memory knows about one person."""

    def person(self, person: PersonId) -> Person:
        """Look somebody up."""

    def waiting_for(self, person: PersonId) -> Sequence[Item]:
        """Return what waits for somebody, and what was escalated to them; what is new to them comes first."""


class Reminders:
    """Works on one gathered reminder at a time; safe to share between threads."""

    def __init__(
        self,
        changes: EmergencyChanges,
        bench: Bench,
        lists: Lists,
        mailbox: Mailbox,
        clock: Clock,
        complain: Callable[[str], None],
    ) -> None:
        self._changes = changes
        self._bench = bench
        self._lists = lists
        self._mailbox = mailbox
        self._clock = clock
        self._complain = complain

    def work(self, claimed: Claimed) -> None:
        """Send it, or find that it was sent, or that there is nothing to say any more."""
        person = PersonId(claimed.subject.partition("@")[0])
        to, items = self._lists.person(person), self._lists.waiting_for(person)
        if to.slack_user and not to.deactivated and any(item.prompts for item in items):
            try:
                if not self._sent(claimed, to, items):
                    return
            except Unavailable as error:
                self._bench.postpone(claimed, str(error))
                return
            except Declined as error:
                self._complain(f"A reminder could not be delivered to {person}: {error}")
            else:
                self._record(person, items)
        self._bench.settle(claimed)

    def _sent(self, claimed: Claimed, to: Person, items: Sequence[Item]) -> bool:
        """Make sure that the message is there; ``False``: the claim has passed to somebody else."""
        if claimed.reference:
            return True
        marker = f"owed:{claimed.subject}"
        found = self._mailbox.find_message(to, marker) if claimed.attempted_at else None
        if found is None:
            if not self._bench.attempting(claimed):
                return False
            found = self._mailbox.remind(to, marker, items)
        return self._bench.made(claimed, found.ts)

    def _record(self, person: PersonId, items: Sequence[Item]) -> None:
        """Write into each change, and of each review, that its reminders reached somebody."""
        at = self._clock.now()
        for item in items:
            if isinstance(item, ReviewItem):
                self._record_review(person, item, at)
                continue
            sent = [
                ob.MessageSent(at=at, by=SYSTEM, about=prompt.number, to=person) for prompt in item.prompts
            ]
            if sent:
                self._changes.observe(item.change, *sent)

    def _record_review(self, person: PersonId, item: ReviewItem, at: datetime) -> None:
        for prompt in item.prompts:
            told = ad.ReviewTold(
                at=at, by=SYSTEM, period=prompt.period, version=prompt.version, slot=prompt.slot, to=person
            )
            self._changes.administer(told, told_of(prompt, person))
