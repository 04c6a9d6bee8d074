"""The ledger as it was at one checkpoint, for whoever copies it out: entries, values with their salts, receipts.

Everything comes from one reading transaction and from the entries alone; no projection is trusted.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import leaves, ledger, merkle, succession
from storage.folds import folded
from storage.leaves import Vault
from storage.notes import Checkpoint, Note, Signer
from storage.policies import Rules
from storage.reading import committed
from storage.receipts import Receipt
from storage.schema import checkpoints, entries, policies, values
from workflows.calendar import Calendar
from workflows.errors import LedgerCorrupt, Misconfigured
from workflows.events import Entry
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import ChangeId

_HASHES = (
    sa.select(entries.c.leaf_hash)
    .where(entries.c.sequence <= sa.bindparam("size"))
    .order_by(entries.c.sequence)
)
_OF_CHANGE = (
    sa.select(entries.c.sequence, entries.c.leaf, entries.c.leaf_hash)
    .where(entries.c.change_id == sa.bindparam("change"), entries.c.sequence <= sa.bindparam("size"))
    .order_by(entries.c.sequence)
)
_VALUES_OF_CHANGE = (
    sa.select(values.c.sequence, values.c.field, values.c.sealed)
    .join(entries, entries.c.sequence == values.c.sequence)
    .where(entries.c.change_id == sa.bindparam("change"), entries.c.sequence <= sa.bindparam("size"))
)
_ONE = sa.select(entries.c.leaf, entries.c.leaf_hash).where(entries.c.sequence == sa.bindparam("sequence"))
_VALUES_OF_ONE = sa.select(values.c.field, values.c.sealed).where(
    values.c.sequence == sa.bindparam("sequence")
)


@dataclass(frozen=True, slots=True)
class Copied:
    """One entry: its very bytes, what its values were, and its receipt."""

    sequence: int
    leaf: bytes
    leaf_hash: bytes
    parsed: Mapping[str, Any]
    entry: Entry
    values: Mapping[str, tuple[str, str] | None]  #: field → (salt, value); ``None``: erased
    receipt: str

    @property
    def number(self) -> int:
        return int(self.parsed["number"])

    @property
    def recorded_at(self) -> datetime:
        return datetime.fromisoformat(self.parsed["recorded_at"])

    @property
    def refused(self) -> bool:
        return bool(self.parsed["ruling"].get("answer") == "refused")


class Snapshot:
    """Reads the entries under one checkpoint; refuses if they are not what was signed."""

    def __init__(
        self, connection: sa.Connection, vault: Vault, rules: Rules, signer: Signer, size: int | None
    ) -> None:
        self._connection = connection
        self.signer = succession.in_force(connection, signer)
        self.point = point = _checkpoint_at(connection, self.signer, size)
        self._vault = vault
        self._rules = rules
        found = b"".join(bytes(row.leaf_hash) for row in connection.execute(_HASHES, {"size": point.size}))
        self._nodes = merkle.Levels(found)
        whole = len(found) == point.size * merkle.WIDTH
        if not whole or merkle.root_at(point.size, self._nodes) != point.root:
            raise LedgerCorrupt(
                f"The first {point.size} entries are not what was signed; nothing is copied out."
            )

    def walk(self) -> Iterator[Mapping[str, Any]]:
        """Read every entry, in order, as its leaf says."""
        for page in ledger.walk(self._connection):
            for row in page:
                if row.sequence > self.point.size:
                    return
                yield ledger.check_entry(row.sequence, row.sequence, row.leaf, row.leaf_hash)

    def change(self, change: ChangeId) -> tuple[Copied, ...]:
        """Copy all entries of a change, refused ones included, oldest first."""
        within = {"change": change, "size": self.point.size}
        rows = self._connection.execute(_OF_CHANGE, within).all()
        opened: dict[int, dict[str, tuple[str, str]]] = {}
        for sequence, name, sealed in self._connection.execute(_VALUES_OF_CHANGE, within):
            opened.setdefault(sequence, {})[name] = self._vault.open(sequence, name, bytes(sealed))
        return tuple(
            self._copied(row.sequence, bytes(row.leaf), bytes(row.leaf_hash), opened.get(row.sequence, {}))
            for row in rows
        )

    def entry(self, sequence: int) -> Copied:
        """Copy one entry, whatever it concerns."""
        row = self._connection.execute(_ONE, {"sequence": sequence}).one()
        sealed = self._connection.execute(_VALUES_OF_ONE, {"sequence": sequence})
        opened = {name: self._vault.open(sequence, name, bytes(value)) for name, value in sealed}
        return self._copied(sequence, bytes(row.leaf), bytes(row.leaf_hash), opened)

    def _copied(
        self, sequence: int, data: bytes, hashed: bytes, opened: Mapping[str, tuple[str, str]]
    ) -> Copied:
        parsed: Mapping[str, Any] = json.loads(data)
        return Copied(
            sequence=sequence,
            leaf=data,
            leaf_hash=hashed,
            parsed=parsed,
            entry=leaves.entry_of(parsed, {name: value for name, (_, value) in opened.items()}),
            values={name: opened.get(name) for name in committed(parsed)},
            receipt=str(Receipt(sequence - 1, tuple(self._nodes.path(sequence - 1)), self.point)),
        )

    def record(self, change: ChangeId, copied: tuple[Copied, ...]) -> tuple[ChangeRecord, Policy, Calendar]:
        """Fold the record of a change from its copied entries, with its rules and their calendar."""
        sha256 = copied[0].parsed["policy"]
        written = [ledger.Written(one.sequence, one.parsed, one.entry) for one in copied]
        policy = self._rules.pinned(self._connection, sha256)
        return folded(change, sha256, written), policy, self._rules.calendar(policy)

    def policy_text(self, sha256: str) -> bytes:
        """Return the very bytes of a policy; raises ``Misconfigured`` if the database has lost it."""
        query = sa.select(policies.c.text).where(policies.c.sha256 == sha256)
        text = self._connection.execute(query).scalar_one_or_none()
        if text is None:
            raise Misconfigured(f"The database has no policy {sha256}; run `emergency-change db rebuild`.")
        return bytes(text)

    def checkpoint_before(self, size: int) -> Checkpoint | None:
        """Return the newest checkpoint over at most ``size`` entries."""
        return _newest(self._connection, self.point.origin, min(size, self.point.size))


def _checkpoint_at(connection: sa.Connection, signer: Signer, size: int | None) -> Checkpoint:
    """Return the checkpoint at exactly ``size`` entries, or the newest; raises ``Misconfigured``."""
    found = _newest(connection, signer.origin, size)
    if found is None or (size is not None and found.size != size):
        at = f" at {size} entries" if size else ""
        raise Misconfigured(f"There is no checkpoint{at}; see `emergency-change ledger checkpoint`.")
    if not Note.read(found.note).signed_by([signer.key]):
        raise Misconfigured(
            f"The checkpoint at {found.size} entries was signed with an earlier key; name a newer one, or none."
        )
    return found


def _newest(connection: sa.Connection, origin: str, size: int | None) -> Checkpoint | None:
    query = sa.select(checkpoints).where(checkpoints.c.origin == origin)
    if size is not None:
        query = query.where(checkpoints.c.size <= size)
    row = connection.execute(query.order_by(checkpoints.c.size.desc()).limit(1)).one_or_none()
    return Checkpoint(row.origin, row.size, bytes(row.root), row.note) if row else None
