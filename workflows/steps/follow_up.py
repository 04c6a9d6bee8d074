"""One follow-up: an issue of its own, linked to the ticket of record, looked at until the tracker says it is done.

Opened as a ticket is: after an attempt whose outcome got lost the step waits out the search's lag, looks, and
only then opens again.  The chase hangs on the look, and whatever is said is looked at once more before it is sent, so
that nobody is reminded of what was done a moment before.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import ClassVar

from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.chase import gathering
from workflows.follow_ups import FollowUp, name
from workflows.policy import Policy
from workflows.ports import Errand, ErrandView, FollowUpDesk
from workflows.steps import Evidence, Lasting, NotYet, Task
from workflows.steps.ticket import LAG, LATE_LOOK, UNCERTAIN
from workflows.vocabulary import SYSTEM, ExceptionId, StepName, TicketKey

LOOK = timedelta(hours=4)  #: between two looks at an issue that is not done
FRESH = timedelta(minutes=1)  #: before people are told that it is late, it is looked at once more
ESCALATION = "escalation/"
REOPENED = 1  #: times an issue that is gone is opened again; after that people have to look


class FollowUpStep(Lasting):
    """Opens the issue, links it, follows its status, speaks up when it is late."""

    name: ClassVar[StepName] = StepName.FOLLOW_UP

    def __init__(
        self, desk: FollowUpDesk, calendar: Callable[[Policy], Calendar], lag: timedelta = LAG
    ) -> None:
        self._desk = desk
        self._calendar = calendar
        self._lag = lag

    def verify(self, task: Task) -> Evidence | None:
        """Look at the issue, adopting a lost one; evidence says that it is there, linked, or done."""
        if _one(task).key is None and _one(task).open:
            self._adopt(task)
        one = _one(task)
        if not one.open:
            return Evidence(f"{one.key} is done")
        if one.key is None:
            return self._left_to_people(task)
        view = self._desk.look(one.key)
        if view is None:
            return self._lost(task, one.key)
        self._keep_status(task, view)
        if view.done:
            return Evidence(f"{view.key} is done")
        if task.record.ticket and task.record.ticket.key not in view.linked:
            return None
        if task.reference == UNCERTAIN:
            self._close_duplicates(task, view.key)
        return Evidence(f"{view.key} is {view.status}", self._chase(task))

    def apply(self, task: Task) -> None:
        """Open the issue, and link it to the ticket."""
        if task.record.ticket is None:
            raise NotYet("The ticket is not there yet.")
        if _one(task).key is None:
            task.attempting()
            self._keep(task, self._desk.open(_errand(task)), adopted=False)
        if key := _one(task).key:
            self._desk.link(key, task.record.ticket.key)

    # --- the issue ---------------------------------------------------------------------------------

    def _adopt(self, task: Task) -> None:
        if task.attempted_at is None:
            return
        task.made(UNCERTAIN)
        left = task.attempted_at + self._lag - task.real_now()
        if left > timedelta():
            raise NotYet("An attempt's outcome was lost; waiting for the tracker's search.", left)
        for key in self._alive(task):
            self._keep(task, key, adopted=True)
            return

    def _alive(self, task: Task) -> Iterator[TicketKey]:
        """Find issues of this follow-up; the search may still know one that was deleted."""
        for key in self._desk.find(name(task.record.id, _one(task).number)):
            if key not in _one(task).lost and self._desk.look(key):
                yield key

    def _keep(self, task: Task, key: TicketKey, *, adopted: bool) -> None:
        at, url, number = task.now(), self._desk.url(key), _one(task).number
        task.observe(ob.FollowUpOpened(at=at, by=SYSTEM, follow_up=number, key=key, url=url, adopted=adopted))

    def _keep_status(self, task: Task, view: ErrandView) -> None:
        one, at = _one(task), task.now()
        if view.done:
            done = ob.FollowUpDone(at=at, by=SYSTEM, follow_up=one.number, key=view.key, status=view.status)
            task.observe(done)
        elif (view.key, view.status, view.assigned) != (one.key, one.status, one.assigned):
            moved = ob.FollowUpMoved(
                at=at,
                by=SYSTEM,
                follow_up=one.number,
                key=view.key,
                status=view.status,
                assigned=view.assigned,
            )
            task.observe(moved)

    def _lost(self, task: Task, key: TicketKey) -> Evidence | None:
        """Write down that the issue is gone; it is opened again, once."""
        at, number = task.now(), _one(task).number
        because = f"The issue {key} of follow-up {number} is gone from the tracker, and it was not done."
        task.observe(
            ob.FollowUpLost(at=at, by=SYSTEM, follow_up=number, key=key),
            ob.Finding(at=at, by=SYSTEM, exception=ExceptionId.X13, because=because),
        )
        return self._left_to_people(task)

    def _left_to_people(self, task: Task) -> Evidence | None:
        if len(_one(task).lost) <= REOPENED:
            return None
        return Evidence("gone from the tracker; left to people", self._chase(task))

    def _close_duplicates(self, task: Task, survivor: TicketKey) -> None:
        for key in self._desk.find(name(task.record.id, _one(task).number)):
            if key != survivor and key not in task.record.duplicates:
                self._desk.close_duplicate(key, survivor)
                closed = ob.DuplicateTicketClosed(at=task.now(), by=SYSTEM, key=key, survivor=survivor)
                task.observe(closed)

    # --- the chase ---------------------------------------------------------------------------------

    def _chase(self, task: Task) -> datetime:
        """Speak up once per slot; return when to look again: also just before anybody is told of it."""
        now, one, slots = task.now(), _one(task), tuple(self._slots(task))
        due = [(slot, to) for at, slot, to in slots if at <= now]
        # After an outage one reminder is enough.
        reminders = [slot for slot, _ in due if not slot.startswith(ESCALATION)][-1:]
        for slot, to in due:
            if slot not in one.chased and (slot.startswith(ESCALATION) or slot in reminders):
                task.observe(_said(now, one.number, slot, to))
        told = (gathering(prompt.at, self._calendar(task.policy)) - FRESH for prompt in _one(task).prompts)
        soon = (*told, *(at for at, _, _ in slots), *([one.opened_at + LATE_LOOK] if one.opened_at else []))
        return min([now + LOOK, *(at for at in soon if at > now)])

    def _slots(self, task: Task) -> Iterator[tuple[datetime, str, str]]:
        """Yield when it is late and somebody is to be told: the moment, the slot, and a group or just its owner."""
        rules, due = task.policy.duties, self._calendar(task.policy).closing(_one(task).due)
        left = task.person(_one(task).owner).deactivated
        owner = rules.acceptance.by if left else ""  # whoever reviews the change finds somebody else
        yield due, "due", owner
        for place, after in enumerate(sorted(rules.follow_up.remind_after), 1):
            yield due + after, f"reminder/{place}", owner
        for place, rung in enumerate(rules.follow_up.escalate, 1):
            yield due + rung.after, f"{ESCALATION}{place}", rung.to


def _said(at: datetime, number: int, slot: str, to: str) -> ob.FollowUpReminder | ob.FollowUpEscalation:
    if to:
        return ob.FollowUpEscalation(at=at, by=SYSTEM, follow_up=number, slot=slot, to=to)
    return ob.FollowUpReminder(at=at, by=SYSTEM, follow_up=number, slot=slot)


def _one(task: Task) -> FollowUp:
    return task.record.follow_ups[int(task.subject) - 1]


def _errand(task: Task) -> Errand:
    record, one = task.record, _one(task)
    owner, by = task.person(one.owner), task.person(one.by)
    system = task.policy.systems[record.request.system].name
    ticket = record.ticket.key if record.ticket else ""
    sections = (
        ("What is to be done", one.what),
        ("Owner", owner.name or owner.id),
        ("Due", one.due.isoformat()),
        ("Agreed", f"{one.at:%Y-%m-%d %H:%M} UTC, by {by.name or by.id}"),
        ("Follows", f"Emergency change {record.id} ({system}), ticket {ticket}"),
    )
    return Errand(
        name=name(record.id, one.number),
        summary=one.what,
        sections=sections,
        due=one.due,
        account=owner.jira,
        email=owner.email,
    )
