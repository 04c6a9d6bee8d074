"""What is asked of the memory to keep evidence: the signed ledger, and what is known of the repository."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from workflows.administration import PapersFiled
from workflows.policy import Policy
from workflows.vocabulary import ChangeId


class Head(Protocol):
    """A signed head of the ledger."""

    @property
    def origin(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def root(self) -> bytes: ...

    @property
    def note(self) -> str: ...


class Filing(Protocol):
    """What is filed, and what was."""

    def policies(self) -> Mapping[str, Policy]:
        """Return every policy that can still be read, by its digest."""

    def at_rest(self) -> Mapping[ChangeId, str]:
        """Return what was filed of each change that nobody is at."""

    def owe_missing(self, at: datetime) -> int:
        """Owe a record to every change that never was owed one."""

    def papers_at_rest(self, where: str) -> Mapping[str, PapersFiled]:
        """Return what was filed of digests and reviews, by folder, while nobody is at it."""

    def owe_papers(self, where: str, at: datetime) -> int:
        """Owe every digest and review that was never filed there."""

    def alterations(self) -> int:
        """Return how many alterations of evidence were recorded."""

    def last_anchor(self, where: str) -> tuple[str, int] | None:
        """Return the commit and the size of the newest checkpoint that was anchored there."""


class Books(Protocol):
    """The memory, as far as evidence needs it."""

    @property
    def filing(self) -> Filing: ...

    def not_yet(self, kind: Literal["anchored"], whom: str) -> Head | None:
        """Return the newest checkpoint if it should be anchored."""

    def anchored(self, checkpoint: Any, where: str, reference: str) -> None:
        """Record that a checkpoint, one that ``not_yet`` returned, is kept elsewhere."""

    def sign_what_is_new(self) -> object:
        """Sign the ledger's head, if anything happened; raises ``LedgerCorrupt``."""

    def own(self, note: str) -> Head | None:
        """Return a checkpoint if it was signed by this ledger."""

    def compare(self, note: str) -> None:
        """Compare a checkpoint of ours with the ledger; raises ``LedgerCorrupt`` if it contradicts."""

    def tiles(self, from_size: int, to_size: int) -> Iterator[tuple[str, bytes]]:
        """Return the tiles that are new or wider since a size."""
