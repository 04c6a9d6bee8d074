"""The ticket of record: one surviving issue per change, where the change stands, one comment a milestone.

The tracker has no idempotency key and its search lags: after an attempt whose outcome got lost the step
waits out the lag, looks, and only then creates again; a second ticket that turns up is linked and closed.
"""

from datetime import timedelta
from typing import ClassVar

from workflows import observations as ob
from workflows.judged import declared
from workflows.ports import Ticket, TicketDesk, TicketView
from workflows.sentences import Voice, sentence
from workflows.steps import Evidence, Lasting, NotYet, Task
from workflows.vocabulary import SYSTEM, Number, StepName, TicketKey

UNCERTAIN = "uncertain"  #: marks an obligation of which an attempt's outcome got lost once
LAG = timedelta(minutes=3)  #: real time; Jira's search "may return stale results" for minutes (Atlassian)
LATE_LOOK = timedelta(minutes=10)


class TicketStep(Lasting):
    """Opens the ticket, adopts one that was lost, keeps its status where the policy says."""

    name: ClassVar[StepName] = StepName.TICKET

    def __init__(self, desk: TicketDesk, lag: timedelta = LAG) -> None:
        self._desk = desk
        self._lag = lag

    def verify(self, task: Task) -> Evidence | None:
        """Look for the ticket, adopting a lost one; evidence says that it is there with the right status."""
        if task.record.ticket is None:
            self._adopt(task)
        if task.record.ticket is None:
            return None
        if task.reference == UNCERTAIN:
            self._close_duplicates(task, task.record.ticket.key)
        view = self._desk.look(task.record.ticket.key)
        if view is None:
            raise NotYet(f"{task.record.ticket.key} is gone from the tracker.", timedelta(minutes=1))
        if view.status.lower() != _wanted(task, view).lower():
            return None
        if view.status != task.record.ticket_status:
            task.observe(ob.TicketMoved(at=task.now(), by=SYSTEM, key=view.key, status=view.status))
        late = task.record.ticket.at + LATE_LOOK
        more = task.reference == UNCERTAIN and late > task.now()
        return Evidence(f"{view.key} is {view.status}", late if more else None)

    def apply(self, task: Task) -> None:
        """Open the ticket, or bring it to the wanted status."""
        if task.record.ticket is None:
            task.attempting()
            self._keep(task, self._desk.open(_ticket(task)), adopted=False)
        if task.record.ticket is None:
            return
        view = self._desk.look(task.record.ticket.key)
        if view and view.status.lower() != (status := _wanted(task, view)).lower():
            self._desk.move(view.key, status)

    def _adopt(self, task: Task) -> None:
        if task.attempted_at is None:
            return
        task.made(UNCERTAIN)
        left = task.attempted_at + self._lag - task.real_now()
        if left > timedelta():
            raise NotYet("An attempt's outcome was lost; waiting for the tracker's search.", left)
        if found := self._desk.find(task.record.id):
            self._keep(task, found[0], adopted=True)

    def _keep(self, task: Task, key: TicketKey, *, adopted: bool) -> None:
        view = self._desk.look(key) if adopted else None
        url = view.url if view else self._desk.url(key)
        task.observe(ob.TicketOpened(at=task.now(), by=SYSTEM, key=key, url=url, adopted=adopted))

    def _close_duplicates(self, task: Task, survivor: TicketKey) -> None:
        for key in self._desk.find(task.record.id):
            if key != survivor and key not in task.record.duplicates:
                self._desk.close_duplicate(key, survivor)
                closed = ob.DuplicateTicketClosed(at=task.now(), by=SYSTEM, key=key, survivor=survivor)
                task.observe(closed)


class Comment(Lasting):
    """One milestone, written on the ticket once."""

    name: ClassVar[StepName] = StepName.COMMENT

    def __init__(self, desk: TicketDesk, voice: Voice) -> None:
        self._desk = desk
        self._voice = voice

    def verify(self, task: Task) -> Evidence | None:
        return Evidence(task.reference) if task.reference else None

    def apply(self, task: Task) -> None:
        """Add the comment; the desk looks for its marker first."""
        if task.record.ticket is None:
            raise NotYet("The ticket is not there yet.")
        entry, _ = task.entry(Number(int(task.subject)))
        marker = f"{task.record.id}/{task.subject}"
        text = sentence(entry, task.record, task.policy, self._voice)
        self._desk.comment(task.record.ticket.key, marker, text)
        task.made(marker)


def _wanted(task: Task, view: TicketView) -> str:
    """Return the status the policy maps this state to; without a mapping any status is right."""
    return task.policy.ticket.statuses.get(task.record.state, view.status)


def _ticket(task: Task) -> Ticket:
    record, policy = task.record, task.policy
    system = policy.systems[record.request.system].name
    known = {
        "change_type": "Emergency",
        "change_id": record.id,
        "system": system,
        "criterion": record.request.criterion,
        "risk": record.request.risk,
        "requested_at": record.request.at.isoformat(),
    }
    requester = task.person(record.request.by)
    sections = (*declared(record, policy), ("Requester", requester.name or requester.id))
    mark = "DRILL · " if record.request.drill else ""
    return Ticket(
        change=record.id,
        summary=f"{mark}Emergency change {record.id}: {system}: {' '.join(record.request.what.split())}"[
            :250
        ],
        sections=sections,
        fields=tuple((name, known[name]) for name in policy.ticket.fields if name in known),
        drill=record.request.drill,
    )
