"""What opens the commitments of one change: shown to approvers beside the text, and gone once it is erased."""

import json

import sqlalchemy as sa

from storage.leaves import Vault
from storage.schema import entries, values
from workflows.ports import Opening
from workflows.vocabulary import ChangeId, Number

_ENTRIES = (
    sa.select(entries.c.sequence, entries.c.leaf)
    .where(entries.c.change_id == sa.bindparam("change"))
    .order_by(entries.c.sequence)
)
_VALUES = (
    sa.select(values.c.sequence, values.c.field, values.c.sealed)
    .join(entries, entries.c.sequence == values.c.sequence)
    .where(entries.c.change_id == sa.bindparam("change"))
)


def openings(connection: sa.Connection, vault: Vault, change: ChangeId) -> tuple[Opening, ...]:
    """Return one opening for each commitment of the accepted entries, oldest first."""
    leaves = connection.execute(_ENTRIES, {"change": change}).all()
    salts = {
        (sequence, name): vault.open(sequence, name, sealed)[0]
        for sequence, name, sealed in connection.execute(_VALUES, {"change": change})
    }
    found = []
    for sequence, data in leaves:
        leaf = json.loads(data)
        if leaf["ruling"].get("answer") == "refused":
            continue
        for name, value in sorted(leaf["body"].items()):
            if isinstance(value, dict) and "commitment" in value:
                salt = salts.get((sequence, name), "")
                found.append(Opening(Number(leaf["number"]), leaf["kind"], name, value["commitment"], salt))
    return tuple(found)
