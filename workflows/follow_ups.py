"""What people agreed to do after a change, each with an owner and a date, until the tracker says that it is done.

A follow-up has no event of its own: it is agreed in an approval or a retrospective, and numbered within its
change in the order in which it was agreed.  It outlives its change: closing does not wait for it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from workflows import events as ev
from workflows.policy import Policy
from workflows.prose import ERASED
from workflows.vocabulary import ChangeId, Number, PersonId, TicketKey

MOST = 10  #: follow-ups that one form may ask for
LONGEST_LINE = 250  #: characters of what is to be done; it becomes the summary of an issue


@dataclass(frozen=True, slots=True)
class Chased:
    """The clock has spoken up about a follow-up that is late."""

    number: Number  #: the entry
    at: datetime
    slot: str
    to: str = ""  #: the group that is told; empty: whoever it belongs to


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up, and what the tracker last said about it."""

    number: int  #: from 1, within its change
    source: Number  #: the entry in which it was agreed
    at: datetime
    by: PersonId
    what: str
    owner: PersonId
    due: date
    key: TicketKey | None = None
    url: str = ""
    opened_at: datetime | None = None
    assigned: bool = False
    status: str = ""
    done_at: datetime | None = None
    lost: tuple[TicketKey, ...] = ()  #: issues that were there and are gone from the tracker
    prompts: tuple[Chased, ...] = ()

    @property
    def open(self) -> bool:
        return self.done_at is None

    @property
    def late(self) -> bool:
        """The clock has said so."""
        return bool(self.prompts)

    @property
    def chased(self) -> frozenset[str]:
        """The slots in which somebody was reminded."""
        return frozenset(prompt.slot for prompt in self.prompts)


def agreed(entry: ev.Agreement, number: Number, before: int) -> tuple[FollowUp, ...]:
    """Return what an entry agrees on; ``before``: how many follow-ups its change has already."""
    lines = entry.follow_ups.split("\n") if entry.follow_ups not in ("", ERASED) else []
    return tuple(
        FollowUp(
            number=before + place + 1,
            source=number,
            at=entry.at,
            by=entry.by,
            what=lines[place] if place < len(lines) else ERASED,
            owner=owner,
            due=due,
        )
        for place, (owner, due) in enumerate(zip(entry.follow_up_owners, entry.follow_up_dates, strict=False))
    )


def name(change: ChangeId, number: int) -> str:
    """Name a follow-up outside of its change: in the tracker's label, and wherever people read of it."""
    return f"{change}-F{number}"


def today(at: datetime, policy: Policy) -> date:
    """Return which day it is where the team works."""
    return at.astimezone(ZoneInfo(policy.calendar.timezone)).date()


def in_the_past(entry: ev.Agreement, policy: Policy) -> int | None:
    """Return the place of the first date that has passed already."""
    day = today(entry.at, policy)
    return next((place for place, due in enumerate(entry.follow_up_dates) if due < day), None)
