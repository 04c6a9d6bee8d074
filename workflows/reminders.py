"""Sends what was gathered for one person: one message with all that waits for them, or nothing if nothing is left.

What the message says is asked again when it is sent, and kept before the call leaves.  After a call whose outcome got
lost the conversation is searched for that message; what it told of is then recorded, and what came up since is told
in the next.  Nothing is said twice.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
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
from workflows.reviews import delivery
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
        to = self._lists.person(PersonId(claimed.subject.partition("@")[0]))
        if to.slack_user and not to.deactivated:
            try:
                if claimed.reference:
                    self._look_for_the_last(claimed, to)
                if not self._told(claimed, to):
                    return
            except Unavailable as error:
                self._bench.postpone(claimed, str(error))
                return
            except Declined as error:
                self._complain(f"A reminder could not be delivered to {to.id}: {error}")
        self._bench.settle(claimed)

    def _look_for_the_last(self, claimed: Claimed, to: Person) -> None:
        """Record what an earlier message told of, if one was about to be sent and is there."""
        items, said = self._lists.waiting_for(to.id), frozenset(claimed.reference.split())
        if said & _named(items) and self._mailbox.find_message(to, _marker(claimed, said)):
            self._record(to.id, items, said)

    def _told(self, claimed: Claimed, to: Person) -> bool:
        """Tell of what nobody was told yet; ``False``: the claim has passed to somebody else."""
        items = self._lists.waiting_for(to.id)
        if not (said := _named(items)):
            return True
        kept = " ".join(sorted(said))
        if not self._bench.made(claimed, kept):
            return False
        self._mailbox.remind(to, _marker(claimed, said), items)
        if not self._bench.made(claimed, kept):  # whoever has the claim now finds the message, and records it
            return False
        self._record(to.id, items, said)
        return True

    def _record(self, person: PersonId, items: Sequence[Item], said: Collection[str]) -> None:
        """Write into each change, and of each review, that its reminders reached somebody."""
        at = self._clock.now()
        for item in items:
            if isinstance(item, ReviewItem):
                self._record_review(person, item, said, at)
                continue
            sent = [
                ob.MessageSent(at=at, by=SYSTEM, about=prompt.number, to=person)
                for prompt in item.prompts
                if f"{item.change}/{prompt.number}" in said
            ]
            if sent:
                self._changes.observe(item.change, *sent)

    def _record_review(self, person: PersonId, item: ReviewItem, said: Collection[str], at: datetime) -> None:
        for prompt in [one for one in item.prompts if delivery(one) in said]:
            told = ad.ReviewTold(
                at=at, by=SYSTEM, period=prompt.period, version=prompt.version, slot=prompt.slot, to=person
            )
            self._changes.administer(told, told_of(prompt, person))


def _named(items: Sequence[Item]) -> frozenset[str]:
    """Name all that the clock said and one message tells."""
    names: set[str] = set()
    for item in items:
        if isinstance(item, ReviewItem):
            names |= {delivery(prompt) for prompt in item.prompts}
        else:
            names |= {f"{item.change}/{prompt.number}" for prompt in item.prompts}
    return frozenset(names)


def _marker(claimed: Claimed, said: Collection[str]) -> str:
    """Name the one message that tells of this: a later one may be owed under the same subject."""
    digest = hashlib.sha256(" ".join(sorted(said)).encode()).hexdigest()
    return f"owed:{claimed.subject}:{digest[:16]}"
