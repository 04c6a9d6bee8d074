"""Looks whether the repository is still what was written: its history, its records, its checkpoint.

What is compared is what this deployment remembers having written.  A record that somebody is writing at this
moment is left for the next look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.keeping.anchor import CHECKPOINT
from bot.keeping.books import Books
from workflows.administration import PapersFiled
from workflows.filed import folder
from workflows.papers import ROOT
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
    papers: tuple[PapersFiled, ...] = ()  #: digests and reviews that are not what was written


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found: only where all of it is the same need nobody look again."""

    head: str
    anchor: tuple[str, int] | None
    filed: Mapping[ChangeId, str]
    alterations: int  #: how many were recorded, by any replica
    papers: Mapping[str, PapersFiled]


class Watch:
    """Remembers what it saw last, so that a quiet repository costs one request."""

    def __init__(self, repository: EvidenceRepository, books: Books) -> None:
        self._repository = repository
        self._books = books
        self._last: Seen | None = None
        self.held = ""  #: the checkpoint of ours that was there at the last look; empty: none

    def look(self) -> Alteration | None:
        """Compare; ``None``: all is as it was left."""
        filing, where = self._books.filing, self._repository.where
        anchor, before, known = filing.last_anchor(where), filing.at_rest(), filing.alterations()
        papers = filing.papers_at_rest(where)
        latest = self._repository.latest()
        if latest is None and not anchor and not before and not papers:
            return None
        seen = Seen(latest.commit if latest else "", anchor, before, known, papers)
        if seen == self._last:
            return None
        lost = self._lost(seen)
        if not seen.head:
            latest = self._begun_again(seen)
        changes = self._altered(latest, before)
        size = self._held(latest)
        checkpoint = anchor is not None and size < anchor[1]
        self._last = replace(seen, head=latest.commit if latest else "")
        altered = self._altered_papers(latest, papers)
        if lost or changes or checkpoint or altered:
            return Alteration(seen.head, lost, changes, checkpoint, altered)
        return None

    def _lost(self, seen: Seen) -> str:
        """Return a commit that should be in the branch's history and is not."""
        should_be = [seen.anchor[0]] if seen.anchor else []
        if self._last and self._last.head and self._last.alterations == seen.alterations:
            should_be.append(self._last.head)  # unless another replica has reported since
        return next((commit for commit in should_be if not self._repository.holds(commit)), "")

    def _begun_again(self, seen: Seen) -> Snapshot | None:
        """Begin a deleted branch at the newest commit that is known: the last one seen, unless one was anchored since."""
        known = [self._last.head if self._last else "", seen.anchor[0] if seen.anchor else ""]
        if self._last and self._last.anchor != seen.anchor:
            known.reverse()
        if any(commit and self._repository.restore(commit) for commit in known):
            return self._repository.latest()
        return None

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

    def _altered_papers(
        self, latest: Snapshot | None, before: Mapping[str, PapersFiled]
    ) -> tuple[PapersFiled, ...]:
        """Return the digests and reviews that differ, unless somebody was at them meanwhile."""
        if not before:
            return ()
        there = latest.listing(ROOT) if latest else {}
        after = self._books.filing.papers_at_rest(self._repository.where)
        return tuple(
            one
            for folder, one in before.items()
            if folder in after and any(there.get(path) != name for path, name in one.contents.items())
        )

    def _held(self, latest: Snapshot | None) -> int:
        """Remember the checkpoint that is there, if it is ours; return its size, or -1."""
        note = latest.read(CHECKPOINT) if latest else None
        held = self._books.own(note.decode(errors="replace")) if note else None
        self.held = held.note if held else ""
        return held.size if held else -1


def _contents(there: Mapping[str, str], change: ChangeId) -> tuple[str, ...]:
    under = f"{folder(change)}/"
    return tuple(there[path] for path in (f"{under}record.json", f"{under}record.md") if path in there)
