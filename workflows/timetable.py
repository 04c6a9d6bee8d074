"""What is owed now, and every moment at which the clock will speak up, read off the page.

One row per slot: a slot that has fired never fires again, and a duty that is owed anew gets new slots.  Slots
of the chase stand once they were said: the entry from which they are owed carries their moments, so that
neither a newer policy nor a newer list of holidays moves them.
"""

from dataclasses import dataclass, replace
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


def timetable(record: ChangeRecord, policy: Policy, calendar: Calendar) -> tuple[Slot, ...]:
    """Return all slots of a change as it stands, fired ones included."""
    return (*_deadlines(record, policy), *_chase(record, owed(record, policy, calendar)))


def promises(record: ChangeRecord, policy: Policy, calendar: Calendar) -> tuple[Promise, ...]:
    """Return the moments of the chase that were not said yet; whoever writes the entry makes them stand."""
    slots = _chase(record, owed(record, policy, calendar))
    return tuple(Promise(slot.name, slot.due) for slot in slots if record.promise(slot.name) is None)


def _deadlines(record: ChangeRecord, policy: Policy) -> list[Slot]:
    """Extensions give the warnings before the end another turn."""
    turn = len(record.extensions)
    return [
        Slot(f"{row.slot}/{turn}", due, row.raises)
        for row in DEADLINES
        if row.state is record.state and (due := row.due(record, policy))
    ]


def _chase(record: ChangeRecord, duties: tuple[Owed, ...]) -> list[Slot]:
    slots = []
    for duty in duties:
        slots += [
            Slot(f"{duty.name}/reminder/{n}", duty.since + after, ev.Reminder, duty.duty)
            for n, after in enumerate(duty.rules.remind_after, 1)
        ]
        slots.append(Slot(f"{duty.name}/{DUE}", duty.due, ev.Overdue, duty.duty))
        slots += [
            Slot(f"{duty.name}/escalation/{n}", duty.since + rung.after, ev.Escalation, duty.duty, rung.to)
            for n, rung in enumerate(duty.rules.escalate, 1)
        ]
    return [replace(slot, due=record.promise(slot.name) or slot.due) for slot in slots]
