"""What is owed now, and every moment at which the clock will speak up, read off the page.

One row per slot: a slot that has fired never fires again, and a duty that is owed anew gets new slots.
"""

from dataclasses import dataclass
from datetime import datetime

from workflows import events as ev
from workflows.calendar import Calendar
from workflows.duties import Owed
from workflows.policy import Policy
from workflows.procedure import DEADLINES, DUTIES
from workflows.record import ChangeRecord
from workflows.vocabulary import CLOCK, Duty


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
            ev.Escalation: {"duty": self.duty, "slot": self.name, "to": self.to},
            ev.EndsSoon: {"slot": self.name},
            ev.GrantFailed: {"declined": False, "because": "The access was never confirmed."},
        }
        return self.raises.model_validate({"at": at, "by": CLOCK, **says.get(self.raises, {})})


def owed(record: ChangeRecord, policy: Policy, calendar: Calendar) -> tuple[Owed, ...]:
    """Return what people owe this change now."""
    return tuple(
        Owed(
            duty=row.duty,
            round=row.round(record),
            since=(since := row.since(record, policy)),
            due=calendar.after(since, row.rules(policy).due),
            rules=row.rules(policy),
            by=row.by(record, policy),
        )
        for row in DUTIES
        if row.owed(record, policy)
    )


def timetable(record: ChangeRecord, policy: Policy, calendar: Calendar) -> tuple[Slot, ...]:
    """Return all slots of a change as it stands, fired ones included."""
    return (*_deadlines(record, policy), *_chase(owed(record, policy, calendar)))


def _deadlines(record: ChangeRecord, policy: Policy) -> list[Slot]:
    """Extensions give the warnings before the end another turn."""
    turn = len(record.extensions)
    return [
        Slot(f"{row.slot}/{turn}", due, row.raises)
        for row in DEADLINES
        if row.state is record.state and (due := row.due(record, policy))
    ]


def _chase(duties: tuple[Owed, ...]) -> list[Slot]:
    slots = []
    for duty in duties:
        name = f"{duty.duty.value}/{duty.round}"
        slots += [
            Slot(f"{name}/reminder/{n}", duty.since + after, ev.Reminder, duty.duty)
            for n, after in enumerate(duty.rules.remind_after, 1)
        ]
        slots.append(Slot(f"{name}/due", duty.due, ev.Reminder, duty.duty))
        slots += [
            Slot(f"{name}/escalation/{n}", duty.since + rung.after, ev.Escalation, duty.duty, rung.to)
            for n, rung in enumerate(duty.rules.escalate, 1)
        ]
    return slots
