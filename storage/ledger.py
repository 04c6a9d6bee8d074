"""The append-only ledger: one leaf per entry, without gaps, over an RFC 6962 tree.

The head row is locked as the last thing before a commit, so that sequences have no gaps and a lock held
on a change can never wait for one held on another.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import leaves, merkle, proofs
from storage.among import among
from storage.schema import deliveries, entries, head, people, values
from workflows.errors import Conflict, LedgerCorrupt
from workflows.events import Entry
from workflows.vocabulary import ChangeId

PAGE = 500  #: entries read at once when the whole ledger is walked
SHAPE = {"sequence", "number", "change", "kind", "body"}  #: what no leaf is without
_HEAD = sa.select(head.c.size, head.c.frontier).where(head.c.id == 1).with_for_update()
_GROW = (
    sa.update(head)
    .where(head.c.id == 1)
    .values(size=sa.bindparam("to"), frontier=sa.bindparam("over"))
    .returning(head.c.size)  # and so waits for whatever was sent before it
)
_GROW_UNLESS_ERASED = _GROW.where(
    sa.not_(sa.exists().where(people.c.id == sa.bindparam("author"), people.c.erased.is_(True)))
)
_ENTRY = sa.insert(entries)
_VALUE = sa.insert(values)
_DELIVERY = sa.insert(deliveries)
_SEALED = sa.select(values.c.sequence, values.c.field, values.c.sealed).where(
    values.c.sequence.between(sa.bindparam("first"), sa.bindparam("last"))
)
_PAGE = (
    sa.select(entries.c.sequence, entries.c.change_id, entries.c.kind, entries.c.leaf, entries.c.leaf_hash)
    .where(entries.c.sequence > sa.bindparam("after"))
    .order_by(entries.c.sequence)
    .limit(sa.bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry about to be appended."""

    entry: Entry
    ruling: Mapping[str, Any] = field(default_factory=dict)
    change: ChangeId | None = None
    number: int = 0
    delivery: str = ""
    policy: str = ""
    keep_prose: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it stands in the ledger, its leaf parsed."""

    sequence: int
    leaf: Mapping[str, Any]
    entry: Entry


@dataclass(frozen=True, slots=True)
class Appended:
    """Where entries came to stand, and how many values are kept of them."""

    first: int
    last: int
    last_hash: bytes
    values: int


def append(
    connection: sa.Connection, vault: leaves.Vault, drafts: Sequence[Draft], recorded_at: datetime
) -> Appended:
    """Append ``drafts`` in order, inside the caller's transaction.

    Raises ``Conflict`` if the database does not take them: a delivery that is there already, or a ledger
    whose end is gone (see ``storage.damage``).
    """
    try:
        return _append(connection, vault, drafts, recorded_at)
    except (sa.exc.IntegrityError, sa.exc.NoResultFound) as error:
        raise Conflict(
            "The ledger did not take the entry: another writer was first, or its end is gone."
        ) from error


def _append(
    connection: sa.Connection, vault: leaves.Vault, drafts: Sequence[Draft], recorded_at: datetime
) -> Appended:
    size, frontier = connection.execute(_HEAD).one()
    first, rows, kept, seen = size + 1, [], [], []
    for draft in drafts:
        leaf = leaves.leaf(
            draft.entry,
            sequence=size + 1,
            number=draft.number,
            change=draft.change,
            recorded_at=recorded_at,
            delivery=draft.delivery,
            ruling=draft.ruling,
            policy=draft.policy,
            keep_prose=draft.keep_prose,
        )
        hashed = merkle.leaf_hash(leaf.data)
        size, frontier = merkle.grown(size, frontier, hashed)
        rows.append(_row(size, draft, leaf.data, hashed))
        kept += [
            {
                "sequence": size,
                "field": name,
                "sealed": vault.seal(size, name, *pair),
            }
            for name, pair in leaf.values.items()
        ]
        seen += [{"delivery": draft.delivery, "sequence": size}] if draft.delivery else []
    connection.execute(_ENTRY, rows)
    proofs.keep_full_tiles(connection, first - 1, size)
    if kept:
        connection.execute(_VALUE, kept)
    if seen:
        connection.execute(_DELIVERY, seen)
    _grow(connection, size, frontier, drafts[0].entry.by if kept else None)
    return Appended(int(first), int(size), rows[-1]["leaf_hash"], len(kept))


def lock(connection: sa.Connection) -> None:
    """Let nobody else append before this transaction ends: what is looked up from here on stays so."""
    connection.execute(_HEAD).one_or_none()  # none: its end is gone, and nothing can be appended at all


def _grow(connection: sa.Connection, size: int, frontier: bytes, author: str | None) -> None:
    """Move the head on; raises ``Conflict`` if whoever wrote the values was erased a moment ago."""
    to = {"to": size, "over": frontier}
    if author is None:
        connection.execute(_GROW, to).one()
    elif connection.execute(_GROW_UNLESS_ERASED, {**to, "author": author}).one_or_none() is None:
        raise Conflict(f"{author} was erased in the meantime.")


def _row(sequence: int, draft: Draft, data: bytes, hashed: bytes) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "change_id": draft.change,
        "kind": leaves.KIND_OF[type(draft.entry)],
        "leaf": data,
        "leaf_hash": hashed,
    }


_SINCE = (
    sa.select(entries.c.sequence, entries.c.leaf, entries.c.leaf_hash)
    .where(entries.c.change_id == sa.bindparam("change"), entries.c.sequence > sa.bindparam("after"))
    .order_by(entries.c.sequence)
)
#: No join: of one, a server that knows nothing of the tables yet reads the values of all changes.
_VALUES_OF = sa.select(values.c.sequence, values.c.field, values.c.sealed).where(
    among(values.c.sequence, "sequences")
)


@dataclass(frozen=True, slots=True)
class Since:
    """The entries of a change since one of them, how many values they have left, and the hash of the last."""

    entries: list[Written]
    values: int
    last_hash: bytes


def of_change(connection: sa.Connection, vault: leaves.Vault, change: ChangeId) -> list[Written]:
    """Read all entries of a change, refused ones included, oldest first."""
    return since(connection, vault, change, 0).entries


def since(connection: sa.Connection, vault: leaves.Vault, change: ChangeId, after: int) -> Since:
    """Read the entries of a change after a sequence, refused ones included, oldest first.

    Entries before values: an entry that is committed in between must not look erased to a mere reader.
    """
    rows = connection.execute(_SINCE, {"change": change, "after": after}).all()
    opened: dict[int, dict[str, str]] = {row.sequence: {} for row in rows}
    for sequence, name, sealed in connection.execute(_VALUES_OF, {"sequences": list(opened)}):
        opened[sequence][name] = vault.open(sequence, name, sealed)[1]
    found = [written(row.sequence, row.leaf, opened[row.sequence]) for row in rows]
    return Since(found, sum(map(len, opened.values())), bytes(rows[-1].leaf_hash) if rows else b"")


def at(connection: sa.Connection, vault: leaves.Vault, sequence: int) -> Written | None:
    """Read one entry by its position."""
    row = connection.execute(sa.select(entries.c.leaf).where(entries.c.sequence == sequence)).one_or_none()
    return written(sequence, row.leaf, _opened(connection, vault, sequence)) if row else None


def _opened(connection: sa.Connection, vault: leaves.Vault, sequence: int) -> dict[str, str]:
    rows = connection.execute(sa.select(values.c.field, values.c.sealed).where(values.c.sequence == sequence))
    return {name: vault.open(sequence, name, sealed)[1] for name, sealed in rows}


def written(sequence: int, data: bytes, opened: Mapping[str, str]) -> Written:
    """Parse an entry's bytes; what is not in ``opened`` was erased."""
    parsed = json.loads(data)
    return Written(sequence, parsed, leaves.entry_of(parsed, opened))


def walk(connection: sa.Connection, after: int = 0) -> Iterator[Sequence[Any]]:
    """Read the ledger in order, a page of rows at a time: sequence, change, kind, leaf and its hash."""
    last = after
    while True:
        page = connection.execute(_PAGE, {"after": last, "limit": PAGE}).all()
        if not page:
            return
        yield page
        last = page[-1].sequence


def values_between(connection: sa.Connection, first: int, last: int) -> dict[int, list[tuple[str, bytes]]]:
    """Read the sealed values of the entries from one to another."""
    found: dict[int, list[tuple[str, bytes]]] = {}
    for sequence, name, sealed in connection.execute(_SEALED, {"first": first, "last": last}).all():
        found.setdefault(sequence, []).append((name, sealed))
    return found


def check_entry(expected: int, sequence: int, data: bytes, hashed: bytes) -> Mapping[str, Any]:
    """Return the parsed leaf, or raise ``LedgerCorrupt`` naming the first thing that does not hold."""
    if sequence != expected:
        raise LedgerCorrupt(f"Entry {expected} is missing: the next one is {sequence}.")
    if merkle.leaf_hash(data) != hashed:
        raise LedgerCorrupt(f"Entry {sequence} does not match its hash: its bytes were changed.")
    try:
        parsed: Mapping[str, Any] = leaves.parsed(data)
        whole = parsed.keys() >= SHAPE and isinstance(parsed["body"], dict)
    except (ValueError, AttributeError):  # no JSON, or no object
        whole = False
    if not whole:
        raise LedgerCorrupt(f"Entry {sequence} cannot be read: its bytes were changed.")
    if parsed["sequence"] != sequence:
        raise LedgerCorrupt(f"Entry {sequence} says it is entry {parsed['sequence']}: it was moved.")
    return parsed
