"""The transcript: whoever decided is sent, word for word, the text they decided on, and its digest.

The text is folded again from the entries before the decision; if its digest is not the one that was decided
on, nothing is sent and the gap is recorded, because a transcript of another text would be worse than none.
"""

from typing import ClassVar, Protocol

from workflows import events as ev
from workflows import observations as ob
from workflows.errors import Declined
from workflows.judged import Lines, shown_digest
from workflows.people import Person
from workflows.ports import Posted
from workflows.proposal import decided_on
from workflows.record import ChangeRecord
from workflows.steps import Evidence, Lasting, Task
from workflows.vocabulary import SYSTEM, Number, StepName

Decision = ev.Approval | ev.Rejection | ev.Acceptance


class TranscriptBoard(Protocol):
    """Where transcripts are sent: Slack."""

    def transcript_parts(self, lines: Lines) -> int:
        """Return how many messages the text needs."""

    def find_message(self, to: Person, marker: str) -> Posted | None:
        """Look for a direct message."""

    def send_transcript(
        self, to: Person, marker: str, part: int, decision: Decision, record: ChangeRecord, lines: Lines
    ) -> Posted:
        """Send one part of the text that was decided on; the first part is number 0."""


class Transcript(Lasting):
    """One transcript, in as many messages as it needs, each sent once."""

    name: ClassVar[StepName] = StepName.TRANSCRIPT

    def __init__(self, board: TranscriptBoard) -> None:
        self._board = board

    def verify(self, task: Task) -> Evidence | None:
        return Evidence("sent") if task.reference == "sent" else None

    def apply(self, task: Task) -> None:
        number = Number(int(task.subject))
        decision, _ = task.entry(number)
        if not isinstance(decision, Decision):
            raise Declined(f"Entry {number} decides nothing.")
        before = task.record_before(number)
        requester = task.person(before.request.by).name
        lines = decided_on(before, task.policy, requester, decision)
        if shown_digest(lines) != decision.shown:
            raise Declined(
                f"The text that entry {number} decided on cannot be read any more; no transcript is sent."
            )
        to = task.person(decision.by)
        if to.slack_user and not to.deactivated:
            for part in range(self._made(task), self._board.transcript_parts(lines)):
                self._send(task, to, part, decision, lines)
            sent = ob.TranscriptSent(at=task.now(), by=SYSTEM, about=number, shown=decision.shown, to=to.id)
            task.observe(sent, delivery=f"{task.record.id}:{task.subject}/transcript")  # a crash may follow
        task.made("sent")

    def _send(self, task: Task, to: Person, part: int, decision: Decision, lines: Lines) -> None:
        marker = f"{task.record.id}:{task.subject}/transcript/{part}"
        if not (task.attempted_at and self._board.find_message(to, marker)):
            task.attempting()
            self._board.send_transcript(to, marker, part, decision, task.record, lines)
        task.made(str(part + 1))

    def _made(self, task: Task) -> int:
        return int(task.reference) if task.reference.isdigit() else 0
