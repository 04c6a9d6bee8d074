"""What is owed now, and every moment at which the clock will speak up, read off the page.

One row per slot: a slot that has fired never fires again, and a duty that is owed anew gets new slots.  Slots
of the chase stand once they were said: the entry from which they are owed carries their moments, so that
neither a newer policy nor a newer list of holidays moves them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from workflows import events as ev
from workflows.calendar import Calendar
from workflows.duties import DutyRow, Owed
from workflows.policy import Policy
from workflows.procedure import DEADLINES, DUTIES
from workflows.record import ChangeRecord, Promise
from workflows.vocabulary import CLOCK, Duty

DUE = "due"  #: how the slot is called at which a duty becomes overdue


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment at which the clock raises something, and its name, unique within the change."""

    name: str
    due: datetime
    raises: type[ev.Event]
    duty: Duty | None = None
    to: str = ""

    def event(self, at: datetime) -> ev.Event:
        """Return what is offered when the moment has come."""
        says: dict[type[ev.Event], dict[str, object]] = {
            ev.Reminder: {"duty": self.duty, "slot": self.name},
            ev.Overdue: {"duty": self.duty, "slot": self.name},
            ev.Escalation: {"duty": self.duty, "slot": self.name, "to": self.to},
            ev.EndsSoon: {"slot": self.name},
            ev.GrantFailed: {"declined": False, "because": "The access was never confirmed."},
        }
        return self.raises.model_validate({"at": at, "by": CLOCK, **says.get(self.raises, {})})


def owed(record: ChangeRecord, policy: Policy, calendar: Calendar) -> tuple[Owed, ...]:
    """Return what people owe this change now."""
    return tuple(_owed(row, record, policy, calendar) for row in DUTIES if row.owed(record, policy))


def _owed(row: DutyRow, record: ChangeRecord, policy: Policy, calendar: Calendar) -> Owed:
    rules, round, since = row.rules(policy), row.round(record), row.since(record, policy)
    slot = f"{row.duty.value}/{round}/{DUE}"
    return Owed(
        duty=row.duty,
        round=round,
        since=since,
        due=record.promise(slot) or calendar.after(since, rules.due),
        rules=rules,
        by=row.by(record, policy),
        overdue=record.overdue(slot),
    )


def timetable(record: ChangeRecord, policy: Policy, duties: tuple[Owed, ...]) -> tuple[Slot, ...]:
    """Return all slots of a change as it stands and of what it is owed, fired ones included."""
    return (*_deadlines(record, policy), *_chase(record, duties))


def promises(record: ChangeRecord, duties: tuple[Owed, ...]) -> tuple[Promise, ...]:
    """Return the moments of the chase that were not said yet; whoever writes the entry makes them stand.

    Sorted by their slots, as the entry has them.
    """
    said = {promise.slot for promise in record.promised}
    new = (Promise(slot.name, slot.due) for slot in _chase(record, duties) if slot.name not in said)
    return tuple(sorted(new, key=lambda promise: promise.slot))


def _deadlines(record: ChangeRecord, policy: Policy) -> list[Slot]:
    """Extensions give the warnings before the end another turn."""
    turn = len(record.extensions)
    return [
        Slot(f"{row.slot}/{turn}", due, row.raises)
        for row in DEADLINES
        if row.state is record.state and (due := row.due(record, policy))
    ]


def _chase(record: ChangeRecord, duties: tuple[Owed, ...]) -> Iterator[Slot]:
    said = {promise.slot: promise.due for promise in record.promised}
    for duty in duties:
        for n, after in enumerate(duty.rules.remind_after, 1):
            name = f"{duty.name}/reminder/{n}"
            yield Slot(name, said.get(name, duty.since + after), ev.Reminder, duty.duty)
        yield Slot(f"{duty.name}/{DUE}", duty.due, ev.Overdue, duty.duty)
        for n, rung in enumerate(duty.rules.escalate, 1):
            name = f"{duty.name}/escalation/{n}"
            yield Slot(name, said.get(name, duty.since + rung.after), ev.Escalation, duty.duty, rung.to)
