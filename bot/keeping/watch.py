"""Looks whether the repository is still what was written: its history, its records, its checkpoint.

What is compared is what this deployment remembers having written.  A record that somebody is writing at this
moment is left for the next look.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.keeping.anchor import CHECKPOINT
from bot.keeping.books import Books
from workflows.filed import folder
from workflows.ports import EvidenceRepository, Snapshot
from workflows.steps.evidence import Reference
from workflows.vocabulary import ChangeId


@dataclass(frozen=True, slots=True)
class Alteration:
    """What is not as it was left."""

    head: str  #: the commit the branch is at; empty: there is no branch
    lost: str  #: a commit that was there and is no longer in the branch's history; empty: none is missing
    changes: tuple[ChangeId, ...]  #: whose records are not what was written
    checkpoint: bool  #: the checkpoint that was anchored is gone or another


class Watch:
    """Remembers what it saw last, so that a quiet repository costs one request."""

    def __init__(self, repository: EvidenceRepository, books: Books) -> None:
        self._repository = repository
        self._books = books
        self._seen: tuple[str, object, object] | None = None  # head, anchor, what was written

    def look(self) -> Alteration | None:
        """Compare; ``None``: all is as it was left."""
        anchor = self._books.filing.last_anchor(self._repository.where)
        before = self._books.filing.at_rest()
        latest = self._repository.latest()
        if latest is None and not anchor and not before:
            return None
        head = latest.commit if latest else ""
        if (head, anchor, before) == self._seen:
            return None
        lost = self._lost(anchor[0] if anchor else "")
        if not head and lost and self._repository.restore(lost):
            latest = self._repository.latest()
        changes = self._altered(latest, before)
        checkpoint = bool(anchor) and not self._holds_checkpoint(latest, anchor[1] if anchor else 0)
        self._seen = (latest.commit if latest else "", anchor, before)
        if lost or changes or checkpoint:
            return Alteration(head, lost, changes, checkpoint)
        return None

    def _lost(self, anchored: str) -> str:
        known = (commit for commit in (anchored, self._seen[0] if self._seen else "") if commit)
        return next((commit for commit in known if not self._repository.holds(commit)), "")

    def _altered(self, latest: Snapshot | None, before: Mapping[ChangeId, str]) -> tuple[ChangeId, ...]:
        """Name the changes whose files differ, unless somebody was at them meanwhile."""
        there = latest.listing("changes") if latest else {}
        after = self._books.filing.at_rest()
        return tuple(
            change
            for change, reference in before.items()
            if after.get(change) == reference
            and _contents(there, change) != Reference.read(reference).contents
        )

    def _holds_checkpoint(self, latest: Snapshot | None, size: int) -> bool:
        note = latest.read(CHECKPOINT) if latest else None
        held = self._books.own(note.decode(errors="replace")) if note else None
        return held is not None and held.size >= size


def _contents(there: Mapping[str, str], change: ChangeId) -> tuple[str, ...]:
    under = f"{folder(change)}/"
    return tuple(there[path] for path in (f"{under}record.json", f"{under}record.md") if path in there)
