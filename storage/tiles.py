"""Tiles: the ledger as files that never change (C2SP ``tlog-tiles``).

A tile holds 256 hashes side by side; those of level 0 are of entries, those above are each the root of
one whole tile below.  Bundles hold the entries themselves.  No database here: names, sizes and bytes.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from storage import merkle
from workflows.errors import LedgerCorrupt

WIDTH = 256
HEIGHT = 8  #: levels of the tree in one tile
ENTRIES = "entries"
_LENGTH = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: its level, its number within the level, and how many hashes it has."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        return _path(str(self.level), self)

    @property
    def entries_path(self) -> str:
        """Where the entries lie whose hashes a tile of level 0 holds."""
        return _path(ENTRIES, self)


def _path(level: str, tile: Tile) -> str:
    """Write a tile's number in groups of three digits, all but the last marked with ``x``."""
    groups = f"{tile.number:03}"
    groups = groups.zfill(-(-len(groups) // 3) * 3)
    *first, last = (groups[i : i + 3] for i in range(0, len(groups), 3))
    part = "" if tile.width == WIDTH else f".p/{tile.width}"
    return "/".join(["tile", level, *(f"x{group}" for group in first), last]) + part


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Name the tiles of a tree that were not there, or were not as wide, when it had ``since`` entries."""
    level = 0
    while width := size >> (HEIGHT * level):
        before = since >> (HEIGHT * level)
        if width > before:
            for number in range(before // WIDTH, width // WIDTH):
                yield Tile(level, number)
            if width % WIDTH:
                yield Tile(level, width // WIDTH, width % WIDTH)
        level += 1


def bundle(leaves: Iterable[bytes]) -> bytes:
    """Put entries one after the other, each with its length before it."""
    return b"".join(part for leaf in leaves for part in (_LENGTH.pack(len(leaf)), leaf))


def unbundle(data: bytes) -> list[bytes]:
    """Take a bundle apart; raises ``LedgerCorrupt``."""
    leaves, at = [], 0
    while at < len(data):
        start = at + _LENGTH.size
        if start > len(data):
            raise LedgerCorrupt("A bundle of entries ends within a length.")
        at = start + _LENGTH.unpack_from(data, start - _LENGTH.size)[0]
        if at > len(data):
            raise LedgerCorrupt("A bundle of entries ends within an entry.")
        leaves.append(data[start:at])
    return leaves


def hashes_of(tile: Tile, data: bytes) -> list[bytes]:
    """Take a tile apart; raises ``LedgerCorrupt``."""
    if len(data) != tile.width * merkle.WIDTH:
        raise LedgerCorrupt(f"{tile.path} has {len(data)} bytes instead of {tile.width * merkle.WIDTH}.")
    return merkle.split(data)
