"""Recomputes everything the ledger claims, and names the first thing that does not hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from storage import administrative, ledger, merkle
from storage.accounted import ERASING, Account
from storage.leaves import Vault, commitment
from storage.levels import ATTESTED, Level, Outside, Reached, judge, sizes_in
from storage.notes import read_checkpoint
from storage.policies import Stated
from storage.reading import committed
from storage.schema import checkpoints, entries, head, tiles, values
from storage.tiles import WIDTH
from storage.trust import DAMAGED, SIGNING, Trust
from workflows.errors import LedgerCorrupt


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified."""

    size: int
    root: str  #: hexadecimal
    checkpoints: int
    erased: int  #: values that were committed to and have been erased
    level: str  #: how far the proof reaches: UNSIGNED, SIGNED, ANCHORED, TIMESTAMPED or WITNESSED
    reached: tuple[Reached, ...] = ()  #: each level, up to how many entries, and who says so
    lost: int = 0  #: checkpoints over entries that were lost, which is on record
    remarks: tuple[str, ...] = ()  #: what is there and was not checked


def verify(connection: sa.Connection, vault: Vault | None, outside: Outside) -> Verified:
    """Verify entries, tree, values, checkpoints and what others vouched for; raises ``LedgerCorrupt``.

    Without a vault, values are not opened.  Reads page by page: memory does not grow with the ledger.
    """
    said = administrative.lines(connection, (*SIGNING, *ATTESTED))
    trust = Trust((line for line in said if line.kind in SIGNING), outside.key)
    signed, lost = _signed(connection, trust)
    wanted = {*signed, *sizes_in(said), *(read_checkpoint(note).size for note in outside.notes)}
    _check_indexes(connection)
    walk = _Walk(connection, vault, _account(connection), wanted)
    walk.run()
    if trust.damaged:
        raise LedgerCorrupt(
            f"The end of the ledger was lost before entry {trust.damaged}; find out how, then run `emergency-change ledger recover`."
        )
    for size in sorted(signed):
        if size in walk.roots and walk.roots[size] != signed[size]:
            raise LedgerCorrupt(
                f"The checkpoint at {size} entries has another root: something before it was changed."
            )
    _check_ends(connection, walk, signed)
    walk.rules.compare(connection, torn=bool(trust.losses))
    found = judge(said, trust, walk.roots, outside)
    remarks = found.remarks + (() if vault else ("Values were not opened: there is no VALUES_KEY.",))
    own = [Reached(Level.SIGNED.name, max(signed), "the ledger's own key")] if signed else []
    reached = sorted([*own, *found.reached], key=lambda one: Level[one.level])
    level = reached[-1].level if reached else Level.UNSIGNED.name
    root = merkle.root(walk.frontier).hex()
    return Verified(walk.size, root, len(signed), walk.erased, level, tuple(reached), lost, remarks)


def _check_indexes(connection: sa.Connection) -> None:
    """Look whether the indexes lead to every entry: who reads a change goes by them, and this verification does not.

    Whoever can write to an SQLite file can take an entry out of an index alone.
    """
    if connection.dialect.name != "sqlite":
        return
    for table in (entries.name, values.name):
        found = connection.exec_driver_sql(f"PRAGMA integrity_check('{table}')").scalars().first()
        if found != "ok":
            raise LedgerCorrupt(
                f"The database's file does not hold: {found}. Restore a copy, or, if it is an index alone, run REINDEX."
            )


def _account(connection: sa.Connection) -> Account:
    saying = sa.select(entries.c.leaf).where(entries.c.kind.in_(ERASING)).order_by(entries.c.sequence)
    return Account(json.loads(row.leaf) for row in connection.execute(saying))


def _signed(connection: sa.Connection, trust: Trust) -> tuple[dict[int, bytes], int]:
    """Check the stored checkpoints' signatures; return root by size, and how many are about what was lost."""
    roots: dict[int, bytes] = {}
    gone = 0
    for row in connection.execute(sa.select(checkpoints)):
        point, lost = trust.read(row.note)
        if (point.origin, point.size, point.root) != (row.origin, row.size, bytes(row.root)):
            raise LedgerCorrupt(f"The checkpoint at {row.size} entries does not say what was stored with it.")
        if lost:
            gone += 1
        elif roots.setdefault(point.size, point.root) != point.root:
            raise LedgerCorrupt(f"Two checkpoints at {point.size} entries contradict each other.")
    return roots, gone


@dataclass(slots=True)
class _Walk:
    """One pass over all entries: their hashes, numbers and values, and the tree that grows from them."""

    connection: sa.Connection
    vault: Vault | None
    account: Account
    wanted: set[int]  #: sizes at which the root is needed
    size: int = 0
    frontier: bytes = b""
    erased: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    torn: set[str] = field(default_factory=set)  #: changes that may have lost entries, which is on record
    tile: list[bytes] = field(default_factory=list)
    rules: Stated = field(default_factory=Stated)

    def run(self) -> None:
        for page in ledger.walk(self.connection):
            first, last = page[0][0], page[-1][0]
            sealed = ledger.values_between(self.connection, first, last) if self.vault else {}
            for row in page:
                self._entry(row, sealed.get(row[0], []))

    def _entry(self, row: Any, sealed: list[tuple[str, bytes]]) -> None:
        sequence, change, kind, data, hashed = row
        parsed = ledger.check_entry(self.size + 1, sequence, data, hashed)
        if change != parsed["change"] or kind != parsed["kind"]:
            raise LedgerCorrupt(f"Entry {sequence} is filed under another change or kind than it says.")
        self._check_number(parsed)
        if self.vault:
            gone = _check_values(parsed, sequence, sealed, self.vault)
            self.account.check(parsed, gone)
            self.erased += len(gone)
        self.rules.learn(parsed, sealed, self.vault)
        self.size, self.frontier = merkle.grown(self.size, self.frontier, hashed)
        if self.size in self.wanted:
            self.roots[self.size] = merkle.root(self.frontier)
        self.tile.append(hashed)
        if len(self.tile) == WIDTH:
            self._check_tile()

    def _check_number(self, parsed: Mapping[str, Any]) -> None:
        if parsed["kind"] == DAMAGED:
            self.torn = set(self.numbers)
        if (change := parsed["change"]) is None:
            return
        number, expected = parsed["number"], self.numbers.get(change, 0) + 1
        if number != expected and not (change in self.torn and number > expected):
            raise LedgerCorrupt(
                f"Entry {parsed['sequence']} breaks the numbering of {change}: one before it is missing."
            )
        self.torn.discard(change)
        self.numbers[change] = number

    def _check_tile(self) -> None:
        """Compare each whole tile of the lowest level; those above it are checked through the receipts."""
        number = self.size // WIDTH - 1
        query = sa.select(tiles.c.hashes).where(tiles.c.level == 0, tiles.c.number == number)
        kept = self.connection.execute(query).scalar_one_or_none()
        if kept is None or bytes(kept) != b"".join(self.tile):
            raise LedgerCorrupt(
                f"The tile over entries {self.size - WIDTH + 1} to {self.size} is not theirs: it, or an entry, was changed."
            )
        self.tile = []


def _check_values(
    parsed: Mapping[str, Any], sequence: int, sealed: list[tuple[str, bytes]], vault: Vault
) -> tuple[str, ...]:
    """Hold what is there against what was committed to; return the fields whose values are gone."""
    promised = committed(parsed)
    for name, box in sealed:
        salt, value = vault.open(sequence, name, box)
        if commitment(salt, name, value) != promised.pop(name, None):
            raise LedgerCorrupt(f"The value of {name} in entry {sequence} is not what the entry commits to.")
    return tuple(promised)


def _check_ends(connection: sa.Connection, walk: _Walk, signed: Mapping[int, bytes]) -> None:
    if signed and max(signed) > walk.size:
        raise LedgerCorrupt(
            f"{max(signed)} entries were signed and only {walk.size} are there: the end was cut off."
        )
    row = connection.execute(sa.select(head.c.size, head.c.frontier).where(head.c.id == 1)).one_or_none()
    said = row.size if row else 0
    if said != walk.size:
        raise LedgerCorrupt(f"The head says {said} entries, and {walk.size} are there.")
    if row and bytes(row.frontier) != walk.frontier:
        raise LedgerCorrupt(f"The head over {walk.size} entries has another root: an entry was changed.")
