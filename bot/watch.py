"""Looks after the ledger while the bot runs: signs it, has others vouch for it, and sees that it holds.

What does not hold is said in the log, as a number and in Slack, and stops closing; it never stops access
from being taken away.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.keeping import EvidenceKeeper
from bot.vouching import Vouching
from bot.web import Metrics
from workflows.errors import LedgerCorrupt

if TYPE_CHECKING:
    from bot.wiring.opening import OpenMemory

log = logging.getLogger(__name__)

OUTSIDE = {"evidence", "witness"}  #: who may hold a checkpoint that this database contradicts


class Watch:
    """Each method is one look, made at its own pace by the heartbeat."""

    def __init__(
        self,
        memory: "OpenMemory",
        metrics: Metrics,
        vouching: Vouching,
        keeper: EvidenceKeeper | None,
        channel: Callable[[], str],
    ) -> None:
        self._memory = memory
        self._metrics = metrics
        self._vouching = vouching
        self._keeper = keeper
        self._channel = channel

    def sign(self) -> None:
        """Sign the ledger's head, if anything happened; one that contradicts what was signed stops closing.

        While somebody outside holds another ledger under our name nothing is signed: it would be a second one.
        """
        if self._memory.doubts.keys() & OUTSIDE:
            return
        try:
            self._memory.sign_what_is_new()
        except LedgerCorrupt as error:
            self._distrust(error, "signing")
        else:
            self._trust_again("signing")

    def cosign(self) -> None:
        """Show the newest checkpoint to the witness; one that contradicts us stops closing."""
        try:
            self._vouching.cosign()
        except LedgerCorrupt as error:
            self._distrust(error, "witness")
        else:
            self._trust_again("witness")

    def timestamp(self) -> None:
        """Have the newest checkpoint timestamped."""
        self._vouching.timestamp()

    def keep_evidence(self) -> None:
        """Look after the evidence repository, if there is one."""
        try:
            if self._keeper and self._keeper.keep():
                self._trust_again("evidence")
        except LedgerCorrupt as error:
            self._distrust(error, "evidence")

    def verify(self) -> None:
        """Recompute the ledger; one that does not hold stops closing, and says so loudly."""
        try:
            self._memory.verify()
        except LedgerCorrupt as error:
            self._distrust(error, "verification")
        else:
            self._trust_again("verification")

    def _distrust(self, error: LedgerCorrupt, source: str) -> None:
        self._memory.distrust(str(error), source)
        self._metrics.broken.set(1)
        log.critical("The ledger does not hold: %s Nothing can be closed.", error)

    def _trust_again(self, source: str) -> None:
        self._memory.trust_again(source)
        self._metrics.broken.set(1 if self._memory.doubts else 0)

    def purge(self) -> None:
        """Take away the words of records that were kept long enough."""
        gone = self._memory.retention.purge_all()
        if gone.values:
            log.info("Records of %d changes were kept long enough; their words are gone.", len(gone.changes))

    def look_at_guards(self) -> None:
        """Look at the database's guards; what is wrong with them is said in the log, as a number and in Slack."""
        missing = self._memory.check_guards(self._channel())
        self._metrics.unguarded.set(len(missing))
        if missing:
            log.critical(
                "The ledger's guards are not as made: %s. Nothing can be closed.", ", ".join(missing)
            )

    def look_for_guards(self) -> None:
        """Look every minute while something is wrong, so that closing goes on soon after it was mended."""
        if self._memory.guards_missing:
            self.look_at_guards()
