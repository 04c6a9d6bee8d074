"""The ledger's signed head, its tiles and the policies, in one commit: so that they always agree.

A checkpoint there never goes back: a replica that is behind, or a database restored from a backup, writes none.
"""

from collections.abc import Callable, Mapping

from bot.keeping.books import Books, Head
from workflows.filed import filed_policy
from workflows.ports import EvidenceRepository, Snapshot
from workflows.vocabulary import PersonId

CHECKPOINT, TILES = "checkpoint", "tile"


class Anchor:
    """Keeps the newest checkpoint in the repository, and records that it is there."""

    def __init__(
        self, repository: EvidenceRepository, books: Books, person_of: Callable[[str], PersonId | None]
    ) -> None:
        self._repository = repository
        self._books = books
        self._person_of = person_of
        self.whole = True  #: compare every tile with the ledger, and not only those that are new

    def drop(self) -> str | None:
        """Write the newest checkpoint, if it is due; return its commit.  Raises ``LedgerCorrupt``."""
        where = self._repository.where
        due = self._books.not_yet("anchored", where)
        if due is None:
            return None
        written = True

        def compose(there: Snapshot | None) -> Mapping[str, bytes | None]:
            nonlocal written
            held = self._held(there)
            written = held is None or held.origin != due.origin or held.size <= due.size
            return self._files(there, held, due) if written else {}

        commit = self._repository.write(compose, f"Checkpoint over {due.size} entries")
        if not written:
            return None
        self._books.anchored(due, where, commit)
        self.whole = False
        return commit

    def _held(self, there: Snapshot | None) -> Head | None:
        """Return the checkpoint that is there, if it is ours; one that contradicts the ledger stops everything."""
        note = there.read(CHECKPOINT) if there else None
        held = self._books.own(note.decode(errors="replace")) if note else None
        if held:
            self._books.compare(held.note)
        return held

    def _files(self, there: Snapshot | None, held: Head | None, due: Head) -> dict[str, bytes | None]:
        since = 0 if self.whole or held is None or held.origin != due.origin else held.size
        known = there.listing(TILES) if there else {}
        files: dict[str, bytes | None] = dict(self._books.tiles(since, due.size))
        files |= dict.fromkeys(_outgrown(known, files))
        for sha256, policy in self._books.filing.policies().items():
            files[f"policies/{sha256}.json"] = filed_policy(sha256, policy, self._person_of)
        name = self._repository.content_name
        unchanged = [
            path for path, data in files.items() if data is not None and known.get(path) == name(data)
        ]
        for path in unchanged:
            del files[path]
        return {**files, CHECKPOINT: due.note.encode()}


def _outgrown(known: Mapping[str, str], files: Mapping[str, bytes | None]) -> list[str]:
    """Name the partial tiles that a wider or the whole tile has taken the place of."""
    grown = {path.partition(".p/")[0] for path in files}
    return [
        path for path in known if ".p/" in path and path.partition(".p/")[0] in grown and path not in files
    ]
