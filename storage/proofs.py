"""Proofs out of the database: any entry, any two sizes, any tile, for a handful of rows each.

``ledger_tiles`` keeps the whole tiles, each with its root; the append that fills one writes it.  It is a
projection and is not trusted: what is given out was checked against the root it is for.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from storage import merkle
from storage.schema import entries, tiles
from storage.tiles import HEIGHT, WIDTH, Tile, bundle
from workflows.errors import LedgerCorrupt

_TILE = sa.select(tiles.c.hashes).where(
    tiles.c.level == sa.bindparam("level"), tiles.c.number == sa.bindparam("number")
)
_ROOTS = (
    sa.select(tiles.c.root)
    .where(
        tiles.c.level == sa.bindparam("level"),
        tiles.c.number >= sa.bindparam("first"),
        tiles.c.number < sa.bindparam("end"),
    )
    .order_by(tiles.c.number)
)
_HASHES = (
    sa.select(entries.c.leaf_hash)
    .where(entries.c.sequence > sa.bindparam("first"), entries.c.sequence <= sa.bindparam("end"))
    .order_by(entries.c.sequence)
)
_LEAVES = (
    sa.select(entries.c.leaf)
    .where(entries.c.sequence > sa.bindparam("first"), entries.c.sequence <= sa.bindparam("end"))
    .order_by(entries.c.sequence)
)
_KEEP = sa.insert(tiles)


def keep_full_tiles(connection: sa.Connection, before: int, size: int) -> None:
    """Write the tiles that were filled while the ledger grew from ``before`` to ``size`` entries."""
    level = 0
    while before >> HEIGHT * (level + 1) != size >> HEIGHT * (level + 1):
        first, end = before >> HEIGHT * (level + 1), size >> HEIGHT * (level + 1)
        rows = []
        for number in range(first, end):
            hashes = _below(connection, Tile(level, number))
            rows.append(
                {
                    "level": level,
                    "number": number,
                    "root": merkle.perfect(hashes),
                    "hashes": b"".join(hashes),
                }
            )
        connection.execute(_KEEP, rows)
        level += 1


def _below(connection: sa.Connection, tile: Tile) -> list[bytes]:
    """Gather a tile's hashes from the level below it."""
    first = tile.number * WIDTH
    within = {"first": first, "end": first + tile.width}
    query, more = (_ROOTS, {"level": tile.level - 1}) if tile.level else (_HASHES, {})
    found = [bytes(row[0]) for row in connection.execute(query, within | more)]
    if len(found) != tile.width:
        raise LedgerCorrupt(f"Of the entries under {tile.path}, some are missing.")
    return found


class StoredNodes:
    """The nodes of the ledger's tree; remembers the tiles it has read.  Answers what ``merkle`` asks."""

    def __init__(self, connection: sa.Connection, size: int) -> None:
        self._connection = connection
        self._size = size
        self._read: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        above, below = divmod(level, HEIGHT)
        number, first = divmod(index << below, WIDTH)
        return merkle.perfect(self.hashes(above, number)[first : first + (1 << below)])

    def hashes(self, level: int, number: int) -> list[bytes]:
        """Return what a tile holds, as wide as it is at this size."""
        if (level, number) not in self._read:
            width = min(WIDTH, (self._size >> HEIGHT * level) - number * WIDTH)
            self._read[level, number] = self._tile(Tile(level, number, width))
        return self._read[level, number]

    def _tile(self, tile: Tile) -> list[bytes]:
        if tile.width == WIDTH:
            kept = self._connection.execute(_TILE, {"level": tile.level, "number": tile.number})
            if (data := kept.scalar_one_or_none()) is not None:
                return merkle.split(bytes(data))
        return _below(self._connection, tile)


def root_at(connection: sa.Connection, size: int) -> bytes:
    """Return the root of the first ``size`` entries."""
    return merkle.root_at(size, StoredNodes(connection, size))


def inclusion(connection: sa.Connection, sequence: int, size: int, root: bytes) -> list[bytes]:
    """Prove an entry under a root; raises ``LedgerCorrupt`` if what is stored does not lead there."""
    query = sa.select(entries.c.leaf_hash).where(entries.c.sequence == sequence)
    leaf = connection.execute(query).scalar_one_or_none()
    path = merkle.inclusion(sequence - 1, size, StoredNodes(connection, size))
    if leaf is None or not merkle.verify_inclusion(bytes(leaf), sequence - 1, size, path, root):
        raise LedgerCorrupt(f"Entry {sequence} is not what was signed at {size} entries.")
    return path


def consistency(connection: sa.Connection, first: int, second: int) -> list[bytes]:
    """Prove that the first entries were kept, from one size to another."""
    return merkle.consistency(first, second, StoredNodes(connection, second))


def tile_bytes(connection: sa.Connection, tile: Tile) -> bytes:
    """Return a tile as it is exported."""
    size = tile.number * WIDTH + tile.width << HEIGHT * tile.level
    return b"".join(StoredNodes(connection, size).hashes(tile.level, tile.number))


def entries_bytes(connection: sa.Connection, tile: Tile) -> bytes:
    """Return the entries under a tile of level 0 as they are exported."""
    first = tile.number * WIDTH
    rows: Sequence[sa.Row[tuple[bytes]]] = connection.execute(
        _LEAVES, {"first": first, "end": first + tile.width}
    ).all()
    if len(rows) != tile.width:
        raise LedgerCorrupt(f"Of the entries in {tile.entries_path}, some are missing.")
    return bundle(bytes(row.leaf) for row in rows)
