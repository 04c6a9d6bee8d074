"""Once in a while: look whether anything was altered, say so where it must be heard, and write what is due."""

import logging
from collections.abc import Callable

from bot.keeping.anchor import Anchor
from bot.keeping.books import Books
from bot.keeping.watch import Alteration, Watch
from workflows import observations as ob
from workflows.administration import EvidenceAltered
from workflows.changes import EmergencyChanges
from workflows.errors import ProcedureError, Unavailable
from workflows.ports import Clock, EvidenceRepository
from workflows.vocabulary import SYSTEM, ExceptionId, PersonId

log = logging.getLogger(__name__)


class EvidenceKeeper:
    """Looks after one repository; ``tell`` reaches those who must hear of an alteration."""

    def __init__(
        self,
        repository: EvidenceRepository,
        books: Books,
        changes: EmergencyChanges,
        clock: Clock,
        *,
        person_of: Callable[[str], PersonId | None],
        tell: Callable[[str], None],
        count: Callable[[], None],
    ) -> None:
        self._repository = repository
        self._books = books
        self._changes = changes
        self._clock = clock
        self._tell = tell
        self._count = count
        self._anchor = Anchor(repository, books, person_of)
        self._watch = Watch(repository, books)
        self._untold: list[str] = []

    def begin(self) -> None:
        """Owe what was never owed: the repository may have come after the first changes."""
        if missing := self._books.filing.owe_missing(self._clock.now()):
            log.info("%s changes are filed in %s from now on.", missing, self._repository.where)

    def keep(self) -> None:
        """Look, report, mend, and write the newest checkpoint; raises ``LedgerCorrupt`` for the caller to act on."""
        try:
            if altered := self._watch.look():
                self._report(altered)
            self._tell_what_is_untold()
            self._anchor.drop()
        except Unavailable as error:
            log.warning("The evidence repository waits: %s", error)

    def _report(self, altered: Alteration) -> None:
        """Write it down first; each finding obliges to file that change again, which mends its record."""
        sentence = _said(self._repository.where, altered)
        entry = EvidenceAltered(
            at=self._clock.now(),
            by=SYSTEM,
            where=self._repository.where,
            head=altered.head,
            lost=altered.lost,
            changes=len(altered.changes),
            checkpoint=altered.checkpoint,
        )
        about = altered.lost or altered.head
        first = self._changes.administer(entry, f"evidence-altered:{self._repository.where}:{about}"[:255])
        for change in altered.changes:
            because = f"The change's record in {self._repository.where} was not what was written there; it is written again."
            found = ob.Finding(at=self._clock.now(), by=SYSTEM, exception=ExceptionId.X13, because=because)
            self._changes.observe(change, found)
        self._anchor.whole = True
        if first or altered.changes:
            log.critical("%s", sentence)
            self._count()
            self._untold.append(sentence)

    def _tell_what_is_untold(self) -> None:
        while self._untold:
            try:
                self._tell(self._untold[0])
            except ProcedureError as error:
                log.warning("It could not be told that evidence was altered: %s", error)
                return
            del self._untold[0]


def _said(where: str, altered: Alteration) -> str:
    if not altered.head:
        what = "its branch was deleted"
    elif altered.lost:
        what = f"its history was rewritten, without commit {altered.lost[:12]}"
    elif altered.checkpoint:
        what = "the ledger's checkpoint there was changed"
    else:
        what = "records there were changed"
    named = ", ".join(altered.changes[:10]) + (" and others" if len(altered.changes) > 10 else "")  # noqa: PLR2004 - a line has an end
    concerned = f" Changes concerned (X13): {named}." if altered.changes else ""
    return f"Evidence in {where} was altered: {what}.{concerned} What the ledger says is written there again; find out who did it."
