"""The ledger as others may check it: signed heads, receipts, proofs of growth, and tiles."""

from collections.abc import Iterator

import sqlalchemy as sa

from storage import checkpoints, merkle, proofs
from storage.engine import Database
from storage.notes import Checkpoint, Signer
from storage.receipts import Receipt
from storage.schema import head
from storage.tiles import tiles_of
from workflows.errors import Unavailable


class SignedLedger:
    """What proves something about the ledger; asks the database and nobody else."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self.database = database
        self.signer = signer

    def root(self) -> tuple[int, str]:
        """Return the ledger's size and root."""
        with self.database.read() as connection:
            row = connection.execute(sa.select(head.c.size, head.c.frontier)).one()
        return row.size, merkle.root(bytes(row.frontier)).hex()

    def checkpoint(self) -> Checkpoint:
        """Sign the ledger's head; raises ``LedgerCorrupt`` if it does not continue what was signed before."""
        with self.database.write() as connection:
            return checkpoints.make(connection, self.signer)

    def newest_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint; signs nothing."""
        with self.database.read() as connection:
            return checkpoints.latest(connection, self.signer.origin)

    def receipt(self, sequence: int, checkpoint: Checkpoint | None = None) -> str:
        """Return an entry's receipt (C2SP ``tlog-proof``), under the newest checkpoint or a given one.

        Raises ``Unavailable`` for an entry that is not signed yet, ``LedgerCorrupt`` rather than give out
        a receipt that proves nothing.
        """
        with self.database.read() as connection:
            point = checkpoint or checkpoints.latest(connection, self.signer.origin)
            signed = point.size if point else 0
            if point is None or not 0 < sequence <= signed:
                raise Unavailable(
                    f"There is no receipt for entry {sequence}: {signed} are signed; see `emergency-change ledger checkpoint`."
                )
            path = proofs.inclusion(connection, sequence, point.size, point.root)
        return str(Receipt(sequence - 1, tuple(path), point))

    def inclusion(self, sequence: int, size: int | None = None) -> list[bytes]:
        """Return the path of an entry to the root at ``size`` entries, or at all that are there."""
        with self.database.read() as connection:
            size = size or connection.execute(sa.select(head.c.size)).scalar_one()
            return proofs.inclusion(connection, sequence, size, proofs.root_at(connection, size))

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Return the proof that the first entries were kept while the ledger grew from one size to another."""
        with self.database.read() as connection:
            return proofs.consistency(connection, first, second)

    def root_at(self, size: int) -> bytes:
        """Return the root of the first ``size`` entries."""
        with self.database.read() as connection:
            return proofs.root_at(connection, size)

    def tiles(self, from_size: int, to_size: int) -> Iterator[tuple[str, bytes]]:
        """Return path and bytes of each tile and bundle that is new or wider since ``from_size`` entries.

        One short read each, since what a path names never changes; nothing is kept in memory.
        """
        for tile in tiles_of(to_size, from_size):
            with self.database.read() as connection:
                yield tile.path, proofs.tile_bytes(connection, tile)
            if tile.level == 0:
                with self.database.read() as connection:
                    yield tile.entries_path, proofs.entries_bytes(connection, tile)
