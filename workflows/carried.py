"""Follow-ups of earlier periods that are open still when a period ends: named, never lost from sight.

Asked of the end of the period and not of now, so that whoever reads the ledger later finds the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from workflows.calendar import Calendar
from workflows.follow_ups import name
from workflows.record import ChangeRecord
from workflows.vocabulary import PersonId


@dataclass(frozen=True, slots=True)
class Carried:
    """A follow-up that was open when a period ended, and was agreed for a change of an earlier one."""

    name: str
    owner: PersonId
    due: date
    late: bool  #: its date had passed by then


def carried(record: ChangeRecord, calendar: Calendar, end: datetime) -> Iterator[Carried]:
    """Yield what had been agreed before ``end`` and was not done by then."""
    for one in record.follow_ups:
        if one.at < end and (one.done_at is None or one.done_at >= end):
            late = calendar.closing(one.due) < end
            yield Carried(name(record.id, one.number), one.owner, one.due, late)
