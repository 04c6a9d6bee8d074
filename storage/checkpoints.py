"""Signed heads, as the database keeps them.

A checkpoint is stored before it is released.  One that does not continue what was signed before is never
signed: the newest stored one must be how the head began, which a proof out of the tree has to show.
"""

import sqlalchemy as sa

from storage import merkle, proofs
from storage.notes import Checkpoint, Signer
from storage.schema import checkpoints, head
from workflows.errors import LedgerCorrupt


def make(connection: sa.Connection, signer: Signer, remembered: Checkpoint | None = None) -> Checkpoint:
    """Sign the head as it is, store it, and return it; the same head is signed once.

    ``remembered``: the newest one this process has signed, in case the stored ones were taken away.
    """
    size, frontier = connection.execute(
        sa.select(head.c.size, head.c.frontier).where(head.c.id == 1).with_for_update()
    ).one()
    root = merkle.root(bytes(frontier))
    stored = latest(connection, signer.origin)
    if (
        remembered
        and remembered.origin == signer.origin
        and remembered.size > (stored.size if stored else -1)
    ):
        stored = remembered
    if stored and stored.size == size and stored.root == root:
        return stored
    if stored:
        _require_growth(connection, stored, size, root)
    made = signer.sign(size, root)
    connection.execute(
        sa.insert(checkpoints).values(size=size, origin=made.origin, root=root, note=made.note)
    )
    return made


def _require_growth(connection: sa.Connection, stored: Checkpoint, size: int, root: bytes) -> None:
    """Raise ``LedgerCorrupt`` unless the head continues what was signed before."""
    if stored.size > size:
        raise LedgerCorrupt(
            f"{stored.size} entries were signed before and only {size} are there: the database is older than what was signed; nothing is signed now."
        )
    if stored.size == size:
        raise LedgerCorrupt(f"At {size} entries another root was signed before; nothing is signed now.")
    proof = proofs.consistency(connection, stored.size, size)
    if not merkle.verify_consistency(stored.size, size, proof, stored.root, root):
        raise LedgerCorrupt(
            f"The {size} entries do not continue the {stored.size} that were signed before: an entry was changed; nothing is signed now."
        )


def latest(connection: sa.Connection, origin: str) -> Checkpoint | None:
    """Return the newest checkpoint signed under ``origin``."""
    query = sa.select(checkpoints).where(checkpoints.c.origin == origin)
    row = connection.execute(query.order_by(checkpoints.c.size.desc()).limit(1)).one_or_none()
    return Checkpoint(row.origin, row.size, bytes(row.root), row.note) if row else None
