"""Recomputes everything the ledger claims, and names the first thing that does not hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from storage import ledger, merkle, notes
from storage.accounted import Account
from storage.leaves import Vault, commitment
from storage.reading import committed
from storage.schema import checkpoints as checkpoint_table
from storage.schema import head
from workflows.errors import LedgerCorrupt


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified."""

    size: int
    root: str  #: hexadecimal
    checkpoints: int
    erased: int  #: values that were committed to and have been erased
    level: str  #: how far the proof reaches: UNSIGNED or SIGNED


def verify(connection: sa.Connection, vault: Vault, keys: Mapping[str, str]) -> Verified:
    """Verify entries, tree, values and checkpoints; raises ``LedgerCorrupt``.  ``keys``: origin → verifier key."""
    signed, account = _signed(connection, keys), Account(connection)
    size, frontier, erased = 0, b"", 0
    numbers: dict[str, int] = {}
    for page in _pages(ledger.walk(connection)):
        sequences = [sequence for sequence, _, _ in page]
        sealed, filed = ledger.values_of(connection, sequences), ledger.filed(connection, sequences)
        for sequence, data, hashed in page:
            parsed = ledger.check_entry(size + 1, sequence, data, hashed)
            if filed[sequence] != (parsed["change"], parsed["kind"]):
                raise LedgerCorrupt(f"Entry {sequence} is filed under another change or kind than it says.")
            _check_number(parsed, numbers)
            gone = _check_values(parsed, sequence, sealed.get(sequence, []), vault)
            account.check(parsed, gone)
            erased += len(gone)
            size, frontier = merkle.grown(size, frontier, hashed)
            if size in signed and signed[size] != merkle.root(frontier):
                raise LedgerCorrupt(
                    f"The checkpoint at {size} entries has another root: something before it was changed."
                )
    _check_ends(connection, size, frontier, signed)
    return Verified(
        size, merkle.root(frontier).hex(), len(signed), erased, "SIGNED" if signed else "UNSIGNED"
    )


def _signed(connection: sa.Connection, keys: Mapping[str, str]) -> dict[int, bytes]:
    roots: dict[int, bytes] = {}
    for row in connection.execute(sa.select(checkpoint_table)):
        if row.origin not in keys:
            raise LedgerCorrupt(
                f"The checkpoint at {row.size} entries is signed by {row.origin}, whose key is unknown."
            )
        point = notes.verified(row.note, keys[row.origin])
        if (point.size, point.root) != (row.size, row.root):
            raise LedgerCorrupt(f"The checkpoint at {row.size} entries does not say what was stored with it.")
        if roots.setdefault(point.size, point.root) != point.root:
            raise LedgerCorrupt(f"Two checkpoints at {point.size} entries contradict each other.")
    return roots


def _check_number(parsed: Mapping[str, Any], numbers: dict[str, int]) -> None:
    change = parsed["change"]
    if change is None:
        return
    if parsed["number"] != numbers.get(change, 0) + 1:
        raise LedgerCorrupt(
            f"Entry {parsed['sequence']} breaks the numbering of {change}: one before it is missing."
        )
    numbers[change] = parsed["number"]


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


def _check_ends(connection: sa.Connection, size: int, frontier: bytes, signed: Mapping[int, bytes]) -> None:
    if signed and max(signed) > size:
        raise LedgerCorrupt(
            f"{max(signed)} entries were signed and only {size} are there: the end was cut off."
        )
    row = connection.execute(sa.select(head.c.size, head.c.frontier).where(head.c.id == 1)).one_or_none()
    said = row.size if row else 0
    if said != size:
        raise LedgerCorrupt(f"The head says {said} entries, and {size} are there.")
    if row and bytes(row.frontier) != frontier:
        raise LedgerCorrupt(f"The head over {size} entries has another root: an entry was changed.")


def _pages(rows: Iterator[tuple[int, bytes, bytes]]) -> Iterator[list[tuple[int, bytes, bytes]]]:
    while page := list(islice(rows, ledger.PAGE // 4)):
        yield page
