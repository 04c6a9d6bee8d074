"""Records folded from the ledger, and those folded lately: an entry costs the fold of what is new, not of all before.

What was kept is taken up again only if the database says so in the same transaction: the last entry it was
folded from is still that entry, and as many values are left.  Entries are only ever added and values only ever
taken away, so that nothing else can have changed, whichever process wrote or erased.

What this process writes is kept as it was decided and not read back; it must equal what everybody else will fold
from the entries, to the order of every tuple.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import ledger
from storage.leaves import Vault
from storage.questions import Standing
from storage.schema import entries
from workflows import fold
from workflows.errors import UnknownChange
from workflows.record import ChangeRecord, Promise, Recorded
from workflows.vocabulary import ChangeId, Number, State

#: The newest of the entries with which words were taken away, whoever took them.
_ERASURE = sa.select(sa.func.max(entries.c.sequence)).where(
    entries.c.kind.in_(("person-erased/1", "records-purged/1"))
)
MOST = 2_000  #: records kept, of 4 to 30 KB each


@dataclass(frozen=True, slots=True)
class Folded:
    """A record, and what the database must still say for it to be the fold of its entries."""

    record: ChangeRecord
    entries: int  #: how many it was folded from, refused ones included
    last: int  #: the sequence of the newest of them
    last_hash: bytes
    values: int  #: how many values its entries had left

    def is_confirmed_by(self, found: Standing | None) -> bool:
        """Say whether nothing of what it was folded from has changed since."""
        return found is not None and (found.last_hash, found.values) == (self.last_hash, self.values)


class Folds:
    """The records of one process; safe to share between threads."""

    def __init__(self, vault: Vault, most: int = MOST) -> None:
        self._vault = vault
        self._most = most
        self._kept: dict[ChangeId, Folded] = {}
        self._erasures: tuple[int | None, ...] = (None, None)  #: the newest, as the last two looks found it
        self._lock = threading.Lock()

    def kept(self, change: ChangeId) -> Folded | None:
        """Return what was folded last of a change; whether it still is so only the database can say."""
        return self._kept.get(change)

    def fold(
        self, connection: sa.Connection, change: ChangeId, policy: str, entries: int, kept: Folded | None
    ) -> Folded:
        """Return a change's record as the ledger has it now; its row says how many ``entries`` there are.

        ``kept`` is gone on from: the database must have confirmed it in this transaction.  Raises ``UnknownChange``
        if none of the entries is an accepted request.
        """
        if kept and kept.entries == entries:
            return kept
        new = ledger.since(connection, self._vault, change, kept.last if kept else 0)
        record = folded(change, policy, new.entries, kept.record if kept else None)
        if kept and not new.entries:
            return kept
        before, left = (kept.entries, kept.values) if kept else (0, 0)
        last = new.entries[-1].sequence
        return self._keep(Folded(record, before + len(new.entries), last, new.last_hash, left + new.values))

    def keep(self, before: Folded | None, record: ChangeRecord, new: ledger.Appended) -> Folded:
        """Keep ``record`` as what a change becomes by entries about to be committed; ``before``: what it was.

        If they never are, the database says so to whoever asks next.
        """
        entries, values = (before.entries, before.values) if before else (0, 0)
        entries += new.last - new.first + 1
        return self._keep(Folded(record, entries, new.last, new.last_hash, values + new.values))

    def forget_what_was_erased(self, connection: sa.Connection) -> None:
        """Let words that were erased leave this process too, whichever process erased them; call it now and then.

        Everything is forgotten then, and again at the next look: who had read before may have kept it meanwhile.
        """
        newest = connection.execute(_ERASURE).scalar_one()
        if any(newest != before for before in self._erasures):
            self.forget()
        self._erasures = (*self._erasures[1:], newest)

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _keep(self, kept: Folded) -> Folded:
        with self._lock:
            self._kept.pop(kept.record.id, None)  # the newest stands last
            self._kept[kept.record.id] = kept
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return kept


def folded(
    change: ChangeId, policy: str, written: Sequence[ledger.Written], onto: ChangeRecord | None = None
) -> ChangeRecord:
    """Fold a record from its entries, or go on from the one that those before them led to.

    Refused events change nothing.
    """
    record, state = onto, onto.state if onto else State.REQUESTED
    for one in written:
        ruling = one.leaf["ruling"]
        if ruling.get("answer") == "refused":
            continue
        state = State(ruling["to"]) if "to" in ruling else state
        recorded = Recorded(Number(one.leaf["number"]), one.entry, state, promised_of(ruling))
        record = fold.after(record, recorded) if record else fold.opened(change, policy, recorded)
    if record is None:
        raise UnknownChange(f"The ledger has no accepted request of {change}.")
    return record


def promised_of(written: Mapping[str, Any]) -> tuple[Promise, ...]:
    """Read the moments that stand from an entry on."""
    said = written.get("promised", {})
    return tuple(Promise(slot, datetime.fromisoformat(due)) for slot, due in said.items())
