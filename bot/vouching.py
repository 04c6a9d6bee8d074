"""Shows checkpoints to those outside who vouch for them: a timestamp authority, a witness.

The bot needs neither to work: who is away is asked again later.  A witness that has seen more than there
is, or something else, is the alarm it is there for.
"""

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflows.errors import Conflict, LedgerCorrupt
from workflows.ports import Seen, TimestampAuthority, Witness

if TYPE_CHECKING:
    from bot.wiring.opening import OpenMemory

TRIES = 3  #: a witness may have been shown a newer checkpoint by another replica meanwhile


@dataclass(frozen=True, slots=True)
class Vouching:
    """Asks whoever is set up; what is due follows from what is recorded."""

    memory: "OpenMemory"
    authority: TimestampAuthority | None
    witness: Witness | None

    def timestamp(self) -> None:
        """Have the newest checkpoint stamped, if something has happened since the last one that was."""
        if self.authority is None:
            return
        point = self.memory.not_yet("timestamped", self.authority.name)
        if point:
            answer = self.authority.stamp(point.note.encode())
            self.memory.timestamped(point, self.authority.name, base64.b64encode(answer).decode())

    def cosign(self) -> None:
        """Have the newest checkpoint cosigned; raises ``LedgerCorrupt`` if the witness contradicts us."""
        if self.witness is None or self.memory.not_yet("cosigned", self.witness.key) is None:
            return
        old = self.memory.vouched_for("cosigned", self.witness.key)
        for _ in range(TRIES):
            point = self.memory.newest_checkpoint()
            if point is None or old > point.size:
                self._require_that_there_are(old)
                return
            answer = self.witness.show(point.note, old, self.memory.consistency(old, point.size))
            if not isinstance(answer, Seen):
                self.memory.cosigned(point, self.witness.key, answer)
                return
            if answer.size is None:
                raise LedgerCorrupt(
                    f"The witness has seen another ledger under our name: our {point.size} entries do not continue it."
                )
            old = answer.size
        raise Conflict("The witness was shown something else each time.")

    def _require_that_there_are(self, seen: int) -> None:
        size, _ = self.memory.root()
        if seen > size:
            raise LedgerCorrupt(
                f"The witness has seen {seen} entries and only {size} are there: this is a copy from before. Run `emergency-change ledger recover`."
            )
