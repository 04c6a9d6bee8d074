"""The ledger as others may check it: signed heads, receipts, proofs of growth, tiles, and who vouched for it."""

import hashlib
import secrets as randomness
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import sqlalchemy as sa

from storage import administrative, checkpoints, damage, ledger, merkle, proofs, succession
from storage.engine import Database
from storage.leaves import Vault
from storage.levels import cosignature
from storage.notes import SEED, Checkpoint, Signer, VerifierKey, b64
from storage.receipts import Receipt
from storage.schema import deliveries, head, secrets
from storage.tiles import tiles_of
from workflows.administration import Anchored, Cosigned, LedgerDamaged, LedgerRecovered, Timestamped
from workflows.errors import Conflict, LedgerCorrupt, Unavailable
from workflows.ports import Clock
from workflows.vocabulary import SYSTEM

Vouching = Literal["anchored", "timestamped", "cosigned"]
FIELDS: Mapping[Vouching, str] = {"anchored": "where", "timestamped": "authority", "cosigned": "witness"}
ENOUGH = 12  #: quiet entries, such as heartbeats, after which a checkpoint is due all the same


class SignedLedger:
    """What proves something about the ledger; asks the database and nobody else."""

    def __init__(self, database: Database, vault: Vault, signer: Signer, clock: Clock) -> None:
        self.database = database
        self.vault = vault
        #: Under the origin of the settings; a recovery may have given the ledger another.
        self.signer = signer
        self.clock = clock
        self._signed: Checkpoint | None = None  #: the newest head this process has signed

    # --- heads -------------------------------------------------------------------------------------

    def root(self) -> tuple[int, str]:
        """Return the ledger's size and root."""
        with self.database.read() as connection:
            row = connection.execute(sa.select(head.c.size, head.c.frontier)).one()
        return row.size, merkle.root(bytes(row.frontier)).hex()

    def root_at(self, size: int) -> bytes:
        """Return the root of the first ``size`` entries."""
        with self.database.read() as connection:
            return proofs.root_at(connection, size)

    def checkpoint(self) -> Checkpoint:
        """Sign the ledger's head; raises ``LedgerCorrupt`` if it does not continue what was signed before."""
        with self.database.write() as connection:
            succession.introduce(connection, self.vault, self.signer, self.clock.now())
            signer = succession.signing(connection, self.signer)
            signed = checkpoints.make(connection, signer, self._signed)
        self._signed = signed
        return signed

    def sign_what_is_new(self) -> Checkpoint | None:
        """Sign the head if anything has happened; what only says that we are alive has time."""
        with self.database.read() as connection:
            newest = self._newest(connection)
            size = connection.execute(sa.select(head.c.size)).scalar_one()
            loud, count = administrative.happened(connection, newest.size if newest else 0, size)
            damaged = not damage.sound(connection)
        return self.checkpoint() if loud or count >= ENOUGH or damaged else None

    def newest_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint; signs nothing."""
        with self.database.read() as connection:
            return self._newest(connection)

    def _newest(self, connection: sa.Connection) -> Checkpoint | None:
        origin = administrative.trust(connection).origin(self.signer.origin)
        return checkpoints.latest(connection, origin)

    def own(self, note: str) -> Checkpoint | None:
        """Return a checkpoint that was kept elsewhere, if this ledger signed it."""
        with self.database.read() as connection:
            trust = administrative.trust(connection)
        try:
            return trust.read(note)[0]
        except LedgerCorrupt:
            return None

    def compare(self, note: str) -> None:
        """Compare a checkpoint of ours that was kept elsewhere; raises ``LedgerCorrupt`` if it contradicts.

        The newest one that anybody holds shows a database that was restored from before it, or rewritten.
        """
        with self.database.read() as connection:
            point, lost = administrative.trust(connection).read(note)
            size = connection.execute(sa.select(head.c.size)).scalar_one()
            if lost:
                return
            if point.size > size:
                raise LedgerCorrupt(
                    f"{point.size} entries were signed and only {size} are there: this is a copy from before. Run `emergency-change ledger recover`."
                )
            if proofs.root_at(connection, point.size) != point.root:
                raise LedgerCorrupt(
                    f"The first {point.size} entries are not those that were signed: something was changed."
                )

    # --- proofs ------------------------------------------------------------------------------------

    def receipt(self, sequence: int, checkpoint: Checkpoint | None = None) -> str:
        """Return an entry's receipt (C2SP ``tlog-proof``), under the newest checkpoint or a given one.

        The checkpoint carries the cosignatures of witnesses that are there by now.
        Raises ``Unavailable`` for an entry that is not signed yet, ``LedgerCorrupt`` rather than give out
        a receipt that proves nothing.
        """
        with self.database.read() as connection:
            point = checkpoint or self._newest(connection)
            signed = point.size if point else 0
            if point is None or not 0 < sequence <= signed:
                raise Unavailable(
                    f"There is no receipt for entry {sequence}: {signed} are signed; see `emergency-change ledger checkpoint`."
                )
            path = proofs.inclusion(connection, sequence, point.size, point.root)
            cosigned = administrative.cosignatures(connection, point)
            point = replace(point, note=point.note + cosigned)
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

    # --- who vouched for it ------------------------------------------------------------------------

    def not_yet(self, kind: Vouching, whom: str) -> Checkpoint | None:
        """Return the newest checkpoint if it should be shown to ``whom``: something has happened since the last.

        ``whom`` is what the entry will name: a place, an authority's address, a witness' verifier key.
        """
        with self.database.read() as connection:
            newest = self._newest(connection)
            if newest is None:
                return None
            last = self._vouched_for(connection, kind, whom)
            loud, count = administrative.happened(connection, last, newest.size)
        return newest if newest.size > last and (loud or count >= ENOUGH) else None

    def anchored(self, checkpoint: Checkpoint, where: str, reference: str) -> None:
        """Record that a checkpoint is kept elsewhere, such as in a commit of the evidence repository.

        Call it after the commit is there, with the repository's name and the commit's sha; a second call
        for the same checkpoint and place does nothing.  ``not_yet("anchored", where)`` says what is due.
        """
        said = {"where": where, "reference": reference}
        self._vouched(Anchored.model_validate(self._about(checkpoint) | said), f"{where} {checkpoint.size}")

    def timestamped(self, checkpoint: Checkpoint, authority: str, response: str) -> None:
        """Record a timestamp authority's whole answer (base64); whoever calls has verified it."""
        said = {"authority": authority, "response": response}
        self._vouched(
            Timestamped.model_validate(self._about(checkpoint) | said), f"{authority} {checkpoint.size}"
        )

    def cosigned(self, checkpoint: Checkpoint, witness: str, signatures: str) -> None:
        """Record a witness' line under a checkpoint; raises ``LedgerCorrupt`` if none of them is its own."""
        line = cosignature(checkpoint.note, signatures, VerifierKey.read(witness))
        said = {"witness": witness, "signature": str(line)}
        self._vouched(Cosigned.model_validate(self._about(checkpoint) | said), f"{witness} {checkpoint.size}")

    def vouched_for(self, kind: Vouching, whom: str) -> int:
        """Return up to how many entries ``whom`` has vouched for the ledger under its name of now; 0: not yet."""
        with self.database.read() as connection:
            return self._vouched_for(connection, kind, whom)

    def _vouched_for(self, connection: sa.Connection, kind: Vouching, whom: str) -> int:
        origin = administrative.trust(connection).origin(self.signer.origin)
        return administrative.attested_size(connection, f"{kind}/1", (FIELDS[kind], whom), origin)

    def _about(self, checkpoint: Checkpoint) -> dict[str, object]:
        return {
            "at": self.clock.now(),
            "by": SYSTEM,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "checkpoint": checkpoint.note,
        }

    def _vouched(self, entry: Anchored | Timestamped | Cosigned, once: str) -> None:
        delivery = f"{entry.kind}:{hashlib.sha256(once.encode()).hexdigest()}"
        known = sa.select(deliveries.c.sequence).where(deliveries.c.delivery == delivery)
        try:
            with self.database.write() as connection:
                administrative.trust(connection).read(entry.checkpoint)
                if connection.execute(known).first() is None:
                    draft = ledger.Draft(entry, delivery=delivery)
                    ledger.append(connection, self.vault, [draft], self.clock.now())
        except Conflict:  # another replica was first
            return

    # --- keys and recovery -------------------------------------------------------------------------

    def mend(self) -> LedgerDamaged | None:
        """If the end of the ledger is gone, let it go on where its entries end; returns what was recorded."""
        with self.database.read() as connection:
            said, there = damage.ends(connection)
        if said == there:
            return None
        with self.database.write() as connection:
            return damage.mend(connection, self.vault, self.clock.now())

    def rotate_key(self, seed: bytes | None = None) -> Checkpoint:
        """Put another key in force, in an entry both keys sign; returns the last checkpoint of the old one.

        Without a seed one is made and kept in the database, as embedded deployments do.  Other replicas
        stop signing until they are given the new key.
        """
        new = seed or randomness.token_bytes(SEED)
        with self.database.write() as connection:
            last = succession.rotate(connection, self.vault, self.signer, new, self.clock.now())
            if seed is None:
                keep = sa.update(secrets).where(secrets.c.name == "signing")
                connection.execute(keep.values(value=b64(new)))
        self.signer = Signer(self.signer.origin, new)
        return last

    def recover(self, because: str, seen: str = "") -> LedgerRecovered:
        """Record what is lost, and go on under a new origin; ``seen``: the newest checkpoint known elsewhere."""
        self.mend()
        with self.database.write() as connection:
            return succession.recover(connection, self.vault, self.signer, because, seen, self.clock.now())
