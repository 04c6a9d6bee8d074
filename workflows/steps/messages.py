"""What people see: the card, its thread, direct messages, and the sentence owed to a refused click.

Slack has no idempotency key either: every message carries a marker, and after an attempt whose outcome
got lost the step looks for the marker before it posts again.
"""

from typing import ClassVar, Protocol

from workflows import events as ev
from workflows import observations as ob
from workflows.people import Person
from workflows.policy import Policy
from workflows.ports import Posted
from workflows.record import ChangeRecord
from workflows.steps import Evidence, Lasting, NotYet, Task
from workflows.vocabulary import SYSTEM, Number, PersonId, StepName


class Board(Protocol):
    """Where people read: Slack."""

    def find_card(self, record: ChangeRecord, policy: Policy) -> Posted | None:
        """Look for a card of this change that was posted already."""

    def post_card(self, record: ChangeRecord, policy: Policy) -> Posted:
        """Post the card."""

    def update_card(self, at: Posted, record: ChangeRecord, policy: Policy) -> None:
        """Bring the card up to date."""

    def find_note(self, at: Posted, marker: str) -> Posted | None:
        """Look for a message in the card's thread."""

    def post_note(
        self, at: Posted, marker: str, entry: ev.Entry, record: ChangeRecord, policy: Policy
    ) -> Posted:
        """Add a message to the card's thread."""

    def find_message(self, to: Person, marker: str) -> Posted | None:
        """Look for a direct message."""

    def tell(self, to: Person, marker: str, entry: ev.Entry, record: ChangeRecord, policy: Policy) -> Posted:
        """Send a direct message, with the buttons that help."""

    def answer(self, place: str, sentence: str) -> None:
        """Show a sentence to the person who was refused, where they clicked."""


class Card(Lasting):
    """The one message that follows the change."""

    name: ClassVar[StepName] = StepName.CARD

    def __init__(self, board: Board) -> None:
        self._board = board

    def verify(self, task: Task) -> Evidence | None:
        lost = task.record.card is None and task.attempted_at
        if lost and (posted := self._board.find_card(task.record, task.policy)):
            self._keep(task, posted)
        if task.record.card is None or not task.shown:
            return None
        return Evidence(task.record.card.ts)

    def apply(self, task: Task) -> None:
        if task.record.card is None:
            task.attempting()
            self._keep(task, self._board.post_card(task.record, task.policy))
        else:
            at = Posted(task.record.card.channel, task.record.card.ts)
            self._board.update_card(at, task.record, task.policy)
        task.showed()

    def _keep(self, task: Task, posted: Posted) -> None:
        task.observe(ob.CardPosted(at=task.now(), by=SYSTEM, channel=posted.channel, ts=posted.ts))


class Note(Lasting):
    """One milestone, in the card's thread."""

    name: ClassVar[StepName] = StepName.NOTE

    def __init__(self, board: Board) -> None:
        self._board = board

    def verify(self, task: Task) -> Evidence | None:
        if not task.reference and task.attempted_at and task.record.card:
            at = Posted(task.record.card.channel, task.record.card.ts)
            if posted := self._board.find_note(at, _marker(task)):
                task.made(posted.ts)
        return Evidence(task.reference) if task.reference else None

    def apply(self, task: Task) -> None:
        if task.record.card is None:
            raise NotYet("The card is not there yet.")
        at = Posted(task.record.card.channel, task.record.card.ts)
        entry, _ = task.entry(Number(int(task.subject)))
        task.attempting()
        task.made(self._board.post_note(at, _marker(task), entry, task.record, task.policy).ts)


class Message(Lasting):
    """One direct message to one person."""

    name: ClassVar[StepName] = StepName.MESSAGE

    def __init__(self, board: Board) -> None:
        self._board = board

    def verify(self, task: Task) -> Evidence | None:
        lost = not task.reference and task.attempted_at
        if lost and (posted := self._board.find_message(self._to(task), _marker(task))):
            self._keep(task, posted)
        return Evidence(task.reference) if task.reference else None

    def apply(self, task: Task) -> None:
        number, _, _ = task.subject.partition(":")
        entry, _ = task.entry(Number(int(number)))
        to = self._to(task)
        if not to.slack_user or to.deactivated:
            task.made("nobody to tell")
            return
        task.attempting()
        self._keep(task, self._board.tell(to, _marker(task), entry, task.record, task.policy))

    def _to(self, task: Task) -> Person:
        return task.person(PersonId(task.subject.partition(":")[2]))

    def _keep(self, task: Task, posted: Posted) -> None:
        number, _, person = task.subject.partition(":")
        sent = ob.MessageSent(at=task.now(), by=SYSTEM, about=Number(int(number)), to=PersonId(person))
        # First, and named: a crash in between costs neither the only entry nor a second one.
        task.observe(sent, delivery=f"{_marker(task)}/sent")
        task.made(posted.ts)


class Answer(Lasting):
    """The sentence owed to somebody who was refused; shown at least once."""

    name: ClassVar[StepName] = StepName.ANSWER

    def __init__(self, board: Board) -> None:
        self._board = board

    def verify(self, task: Task) -> Evidence | None:
        return Evidence(task.reference) if task.reference else None

    def apply(self, task: Task) -> None:
        _, because = task.entry(Number(int(task.subject)))
        self._board.answer(task.place, because)
        task.made("told")


def _marker(task: Task) -> str:
    return f"{task.record.id}:{task.subject}"
