"""Once in a while: look whether anything was altered, say so where it must be heard, and write what is due."""

import logging
from collections.abc import Callable, Iterable

from bot.keeping.anchor import Anchor
from bot.keeping.books import Books
from bot.keeping.watch import Alteration, Watch
from workflows import observations as ob
from workflows.administration import EvidenceAltered
from workflows.changes import EmergencyChanges
from workflows.consequences import announcement, due
from workflows.errors import Unavailable
from workflows.ports import Clock, EvidenceRepository
from workflows.vocabulary import SYSTEM, ExceptionId, PersonId, StepName

log = logging.getLogger(__name__)


class EvidenceKeeper:
    """Looks after one repository; ``hearers`` names the people and channels that must hear of an alteration."""

    def __init__(
        self,
        repository: EvidenceRepository,
        books: Books,
        changes: EmergencyChanges,
        clock: Clock,
        *,
        person_of: Callable[[str], PersonId | None],
        hearers: Callable[[], Iterable[str]],
        count: Callable[[], None],
    ) -> None:
        self._repository = repository
        self._books = books
        self._changes = changes
        self._clock = clock
        self._hearers = hearers
        self._count = count
        self._anchor = Anchor(repository, books, person_of)
        self._watch = Watch(repository, books)

    def begin(self) -> None:
        """Owe what was never owed: the repository may have come after the first changes."""
        if missing := self._books.filing.owe_missing(self._clock.now()):
            log.info("%s changes are filed in %s from now on.", missing, self._repository.where)
        self._books.filing.owe_papers(self._repository.where, self._clock.now())

    def keep(self) -> bool:
        """Look, report, mend, and write the newest checkpoint, if it is due; ``True``: it continues what was there.

        Raises ``LedgerCorrupt`` if a checkpoint of ours is there that the ledger contradicts, also while nothing is due.
        """
        try:
            altered = self._watch.look()
            if altered:
                self._report(altered)
            if self._watch.held:
                self._books.compare(self._watch.held)
            if altered:
                self._books.sign_what_is_new()  # what is anchored next is the new beginning
            return self._anchor.drop() is not None
        except Unavailable as error:
            log.warning("The evidence repository waits: %s", error)
            return False

    def _report(self, altered: Alteration) -> None:
        """Write it down first; each finding obliges to file that change again, which mends its record."""
        where, at = self._repository.where, self._clock.now()
        entry = EvidenceAltered(
            at=at,
            by=SYSTEM,
            where=where,
            head=altered.head,
            lost=altered.lost,
            changes=len(altered.changes),
            checkpoint=altered.checkpoint,
            papers=tuple(one.folder for one in altered.papers),
        )
        delivery = f"altered:{altered.lost or altered.head}{'' if altered.head else ':gone'}:{where}"[:200]
        owed = [announcement(delivery, to) for to in self._hearers()]
        owed += [due(StepName.PAPERS, one.of) for one in altered.papers]
        first = self._changes.administer(entry, delivery, owed)
        for change in altered.changes:
            because = f"The change's record in {where} was not what had been written; it is written again."
            self._changes.observe(
                change, ob.Finding(at=at, by=SYSTEM, exception=ExceptionId.X13, because=because)
            )
        self._anchor.whole = True
        if first or altered.changes:
            log.critical(
                "Evidence was altered: %s; changes concerned: %s.", entry, ", ".join(altered.changes)
            )
            self._count()
