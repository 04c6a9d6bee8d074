"""The entries that concern the ledger itself, read by kind: keys, damage, and what others said about heads."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from storage.levels import ATTESTED, COSIGNED
from storage.notes import Checkpoint
from storage.schema import entries
from storage.trust import SIGNING, Line, Trust
from workflows.errors import LedgerCorrupt

QUIET = ("heartbeat/1", *ATTESTED)  #: what makes no checkpoint due by itself: they would call for each other
NEWEST = 50  #: entries of a kind among which the last one about somebody is looked for


def lines(connection: sa.Connection, kinds: Collection[str]) -> list[Line]:
    """Read what the entries of these kinds say, oldest first; raises ``LedgerCorrupt``."""
    query = sa.select(entries.c.sequence, entries.c.leaf).where(entries.c.kind.in_(kinds))
    rows = sorted(connection.execute(query).all())  # here, or a database may read all entries in their order
    return [_line(row.sequence, row.leaf) for row in rows]


def trust(connection: sa.Connection) -> Trust:
    """Return whose signature counts, as the ledger itself says."""
    return Trust(lines(connection, SIGNING))


def attested_size(connection: sa.Connection, kind: str, whom: tuple[str, str], origin: str) -> int:
    """Return the newest size somebody vouched for under an origin, among the last entries of the kind; or 0."""
    field, name = whom
    said = _newest(connection, kind)
    found = (b for b in said if b[field] == name and b["checkpoint"].startswith(f"{origin}\n"))
    return next((int(body["size"]) for body in found), 0)


def cosignatures(connection: sa.Connection, point: Checkpoint) -> str:
    """Return the lines that witnesses put under a checkpoint, if it is among the last they saw."""
    said = _newest(connection, COSIGNED)
    return "".join(sorted({body["signature"] for body in said if body["checkpoint"] == point.note}))


def happened(connection: sa.Connection, after: int, size: int) -> tuple[bool, int]:
    """Say whether anything but quiet entries came after a size, and how many of any kind."""
    within = (entries.c.sequence > after, entries.c.sequence <= size)
    loud = sa.select(entries.c.sequence).where(*within, entries.c.kind.not_in(QUIET)).limit(1)
    return connection.execute(loud).first() is not None, size - after


_NEWEST = (
    sa.select(entries.c.sequence, entries.c.leaf)
    .where(entries.c.kind == sa.bindparam("kind"))
    .order_by(entries.c.sequence.desc())
    .limit(NEWEST)
)


def _newest(connection: sa.Connection, kind: str) -> list[Mapping[str, Any]]:
    """Return what the last entries of a kind say, newest first."""
    rows = connection.execute(_NEWEST, {"kind": kind}).all()
    return [_line(row.sequence, row.leaf).body for row in rows]


def guards_missed(connection: sa.Connection) -> tuple[str, ...]:
    """Return what was wrong with the guards when that was last written down."""
    newest = _newest(connection, "guards-checked/1")
    return tuple(newest[0]["missing"]) if newest else ()


def _line(sequence: int, leaf: bytes) -> Line:
    try:
        said = json.loads(leaf)
        return Line(sequence, said["kind"], said["body"])
    except (ValueError, KeyError, TypeError) as error:  # neither JSON nor an entry any more
        raise LedgerCorrupt(f"Entry {sequence} cannot be read: its bytes were changed.") from error
