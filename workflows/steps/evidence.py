"""The change's record in the evidence repository: one folder per change, at its latest revision.

It comes last of all steps, one at a time in a process: others wait for nobody because of it.  Everything that
happens to a change is owed here, but what comes while it is being written costs one more commit, not ten.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from workflows.calendar import Calendar
from workflows.filed import FiledEntry, filed
from workflows.policy import Policy
from workflows.ports import EvidenceRepository, Snapshot
from workflows.steps import Evidence, Lasting, NotYet, Task
from workflows.vocabulary import ChangeId, StepName

ANOTHER = timedelta(seconds=0.5)  #: until the pen may be free again


@dataclass(frozen=True, slots=True)
class Reference:
    """What is remembered of a change's files: the commit that wrote them, and the names of their contents."""

    commit: str
    contents: tuple[str, ...]  #: in the order of their paths

    def __str__(self) -> str:
        return " ".join((self.commit, *self.contents))

    @classmethod
    def read(cls, text: str) -> "Reference":
        commit, *contents = text.split()
        return cls(commit, tuple(contents))


class EvidenceFile(Lasting):
    """Files the record; ``entries`` returns a change's entries as they may be shown to anybody."""

    name: ClassVar[StepName] = StepName.EVIDENCE

    def __init__(
        self,
        repository: EvidenceRepository,
        entries: Callable[[ChangeId], Sequence[FiledEntry]],
        calendar: Callable[[Policy], Calendar],
    ) -> None:
        self._repository = repository
        self._entries = entries
        self._calendar = calendar
        self._pen = threading.Lock()

    def verify(self, task: Task) -> Evidence | None:
        """Trust a known outcome: whether it is still there is looked at for all changes at once."""
        return Evidence(Reference.read(task.reference).commit) if task.shown and task.reference else None

    def apply(self, task: Task) -> None:
        """Write both files in one commit; a claim that has passed on writes nothing over a newer revision."""
        if not self._pen.acquire(blocking=False):
            raise NotYet("The record of another change is being filed.", ANOTHER)
        try:
            files = self._files(task)

            def compose(_: Snapshot | None) -> Mapping[str, bytes | None]:
                task.attempting()  # after the branch was read: whoever has the claim now will find it moved
                return files

            record = task.record
            message = f"{record.id}: {record.state.value.replace('_', ' ')}, entry {record.last}"
            commit = self._repository.write(compose, message)
        finally:
            self._pen.release()
        contents = tuple(self._repository.content_name(content) for _, content in sorted(files.items()))
        task.made(str(Reference(commit, contents)))
        task.showed()

    def _files(self, task: Task) -> dict[str, bytes]:
        return filed(task.record, task.policy, self._calendar(task.policy), self._entries(task.record.id))
