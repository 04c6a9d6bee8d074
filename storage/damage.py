"""What happens when the end of the ledger is gone, or its head was changed, while somebody waits for access.

The guards then refuse every append.  The ledger goes on where its entries end, with an entry that says so
first; access is given, and nothing is signed or closed until a person has recorded the recovery.
"""

from datetime import datetime

import sqlalchemy as sa

from storage import administrative, ledger, merkle, proofs
from storage.leaves import Vault
from storage.schema import deliveries, entries, head, tiles, values
from storage.tiles import HEIGHT
from workflows.administration import LedgerDamaged
from workflows.vocabulary import SYSTEM

_HEAD = sa.select(head.c.size).where(head.c.id == 1)
_THERE = sa.select(sa.func.coalesce(sa.func.max(entries.c.sequence), 0))
_BOTH = sa.select(_HEAD.scalar_subquery(), _THERE.scalar_subquery())


def ends(connection: sa.Connection, *, lock: bool = False) -> tuple[int, int]:
    """Return how many entries the head knows of, and the last one that is there.

    Without the lock both are asked for at once: an entry committed between two questions would look like damage.
    """
    if lock:
        said = connection.execute(_HEAD.with_for_update()).scalar_one_or_none()
        return said or 0, connection.execute(_THERE).scalar_one()
    said, there = connection.execute(_BOTH).one()
    return said or 0, there


def sound(connection: sa.Connection) -> bool:
    """Say whether head and entries agree, and no damage waits for its recovery."""
    said, there = ends(connection)
    return said == there and not administrative.trust(connection).damaged


def mend(connection: sa.Connection, vault: Vault, at: datetime) -> LedgerDamaged | None:
    """Let the ledger go on where its entries end, and record that; ``None`` if head and entries agree."""
    said, there = ends(connection, lock=True)
    if said == there:
        return None
    frontier = b"".join(merkle.peaks(0, there, proofs.StoredNodes(connection, there)))
    moved = sa.update(head).values(size=there, frontier=frontier).returning(head.c.id)
    if connection.execute(moved).one_or_none() is None:
        connection.execute(sa.insert(head).values(id=1, size=there, frontier=frontier))
    _forget_what_is_beyond(connection, there)
    entry = LedgerDamaged(at=at, by=SYSTEM, said=said, there=there)
    ledger.append(connection, vault, [ledger.Draft(entry)], at)
    connection.execute(
        sa.delete(values).where(values.c.sequence > there)
    )  # the guard asks for the entry first
    return entry


def _forget_what_is_beyond(connection: sa.Connection, there: int) -> None:
    """Take away what hangs on entries that are gone; their places will be taken by others."""
    connection.execute(sa.delete(deliveries).where(deliveries.c.sequence > there))
    for level in range(8):
        whole = there >> HEIGHT * (level + 1)
        connection.execute(sa.delete(tiles).where(tiles.c.level == level, tiles.c.number >= whole))
