"""A ledger that was exported as files: checked from nothing but its bytes and a public key.

No database here, so that ``bot.evidence.check`` may use it.  The first thing that does not hold is named,
and nothing after it is believed.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import rfc8785

from storage import merkle
from storage.leaves import LONGEST, commitment
from storage.levels import ATTESTED, Attestations, Level, Outside, Reached, judge, sizes_in
from storage.notes import Checkpoint, VerifierKey, read_checkpoint, verified
from storage.receipts import Receipt, proves
from storage.tiles import WIDTH, Tile, hashes_of, tiles_of, unbundle
from storage.trust import SIGNING, Line, Trust
from workflows.errors import LedgerCorrupt, Misconfigured

Read = Callable[[str], bytes]


class ExportedLedger:
    """Tiles, bundles and a checkpoint in files; ``read`` answers with a file's bytes.

    Read all ``leaves`` first: who may sign, and how far the proof reaches, is in them.
    """

    def __init__(self, read: Read, checkpoint: str) -> None:
        self._read = read
        self.point: Checkpoint = read_checkpoint(checkpoint)
        self._hashes: list[bytes] = []
        self._lines: list[Line] = []

    def paths(self) -> Iterator[str]:
        """Name every file this ledger consists of, the checkpoint aside."""
        for tile in tiles_of(self.point.size):
            yield tile.path
            if tile.level == 0:
                yield tile.entries_path

    def leaves(self) -> Iterator[tuple[bytes, Mapping[str, Any]]]:
        """Read all entries in order, recomputing each hash and tile, and at the end the root of the head."""
        above: dict[int, list[bytes]] = {}
        for tile in tiles_of(self.point.size):
            hashes = hashes_of(tile, self._read(tile.path))
            if tile.level == 0:
                for leaf in self._bundle(tile, hashes):
                    parsed = _parsed(leaf, len(self._hashes) + 1)
                    self._hashes.append(merkle.leaf_hash(leaf))
                    if parsed["kind"] in (*SIGNING, *ATTESTED):
                        self._lines.append(Line(len(self._hashes), parsed["kind"], parsed["body"]))
                    yield leaf, parsed
            elif hashes != above[tile.level - 1][tile.number * WIDTH :][: tile.width]:
                raise LedgerCorrupt(f"{tile.path} does not follow from the tiles below it.")
            if tile.width == WIDTH:
                above.setdefault(tile.level, []).append(merkle.perfect(hashes))
        self._nodes = merkle.Levels(b"".join(self._hashes))
        if self.root_at(self.point.size) != self.point.root:
            raise LedgerCorrupt("The entries do not lead to the root that was signed.")

    def _bundle(self, tile: Tile, hashes: list[bytes]) -> list[bytes]:
        leaves = unbundle(self._read(tile.entries_path))
        if [merkle.leaf_hash(leaf) for leaf in leaves] != hashes:
            raise LedgerCorrupt(f"{tile.entries_path} does not hold the entries that {tile.path} names.")
        return leaves

    def root_at(self, size: int) -> bytes:
        """Return the root of the first ``size`` entries; ``leaves`` must have been read."""
        return merkle.root_at(size, self._nodes)

    def judged(self, key: VerifierKey, outside: Outside) -> Attestations:
        """Return how far the proof reaches; raises ``LedgerCorrupt`` unless the head is signed with ``key``.

        The key must be one that the ledger itself names, and linked to the one ``outside`` brings along.
        """
        trust = Trust((line for line in self._lines if line.kind in SIGNING), outside.key)
        if key not in [term.key for term in trust.terms]:
            raise LedgerCorrupt(f"The ledger does not name {key.named} as a key of its own.")
        self.require_head(self.point.note, key)
        trust.read(self.point.note)
        sizes = {*sizes_in(self._lines), *(read_checkpoint(note).size for note in outside.notes)}
        roots = {size: self.root_at(size) for size in sizes if size <= self.point.size}
        own = Reached(Level.SIGNED.name, self.point.size, "the ledger's own key")
        found = judge(self._lines, trust, roots, outside)
        reached = sorted((own, *found.reached), key=lambda one: Level[one.level])
        return Attestations(tuple(reached), found.remarks)

    def require_head(self, note: str, key: VerifierKey) -> Checkpoint:
        """Return a checkpoint that ``key`` signed over entries of this very ledger."""
        point = verified(note, key)
        if point.size > self.point.size or self.root_at(point.size) != point.root:
            raise LedgerCorrupt(f"The checkpoint at {point.size} entries is not a head of this ledger.")
        return point

    def check_receipt(self, receipt: str, sequence: int, leaf: bytes) -> None:
        """Raise ``LedgerCorrupt`` unless the receipt proves ``leaf`` as this entry, under this checkpoint."""
        read = Receipt.read(receipt)
        if read.checkpoint.note != self.point.note or str(read) != receipt:
            raise LedgerCorrupt(
                f"The receipt of entry {sequence} is not under the checkpoint of this export."
            )
        if read.index != sequence - 1 or not proves(
            read.index, self.point, read.path, merkle.leaf_hash(leaf)
        ):
            raise LedgerCorrupt(f"The receipt of entry {sequence} does not prove it.")


def key_of(named: str) -> VerifierKey:
    """Read the key an export names."""
    try:
        key = VerifierKey.read(named)
    except Misconfigured as error:
        raise LedgerCorrupt(f"The export's public key cannot be read. {error}") from error
    if f"{key}\n" != named:
        raise LedgerCorrupt("The export's public key is not written the one way it may be written.")
    return key


def check_value(sequence: int, field: str, expected: str, salt: str, value: str) -> None:
    """Raise ``LedgerCorrupt`` unless the value is the one that was committed to."""
    if commitment(salt, field, value) != expected:
        raise LedgerCorrupt(f"The value of {field} in entry {sequence} is not what the entry commits to.")


def strict_json(data: bytes, what: str) -> Any:
    """Read JSON in which no key stands twice and no number is undefined; raises ``LedgerCorrupt``."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise LedgerCorrupt(f"{what} has a key twice.")
        return found

    def never(name: str) -> Any:
        raise LedgerCorrupt(f"{what} holds {name}, which is no JSON.")

    try:
        return json.loads(data.decode(), object_pairs_hook=once, parse_constant=never)
    except (ValueError, RecursionError) as error:
        raise LedgerCorrupt(f"{what} is no JSON.") from error


def canonical(data: Any, what: str) -> bytes:
    """Write data as RFC 8785 does; raises ``LedgerCorrupt`` where that cannot be done."""
    try:
        return rfc8785.dumps(data)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise LedgerCorrupt(f"{what} cannot be written canonically.") from error


def _parsed(leaf: bytes, sequence: int) -> Mapping[str, Any]:
    what = f"Entry {sequence}"
    if len(leaf) > LONGEST:
        raise LedgerCorrupt(f"{what} is longer than {LONGEST} bytes.")
    parsed = strict_json(leaf, what)
    if not isinstance(parsed, dict) or canonical(parsed, what) != leaf:
        raise LedgerCorrupt(f"{what} is not written canonically.")
    if parsed.get("sequence") != sequence:
        raise LedgerCorrupt(f"{what} says it is entry {parsed.get('sequence')}.")
    return parsed
