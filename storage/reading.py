"""Leaves, read in order: which values they commit to, and whom these are about."""

from collections.abc import Mapping
from typing import Any

from storage import leaves
from workflows.administration import PersonErased
from workflows.subjects import responsible, subjects
from workflows.vocabulary import ChangeId, PersonId

_MOVES = ("request/1", "reassignment/1")  #: the kinds that say who answers for a change


def committed(parsed: Mapping[str, Any]) -> dict[str, str]:
    """Return the commitments of a leaf by field."""
    return {
        name: value["commitment"]
        for name, value in parsed["body"].items()
        if isinstance(value, dict) and "commitment" in value
    }


class Reading:
    """Says whom the values of each entry are about, while the ledger is read from its first entry on."""

    def __init__(self) -> None:
        self._responsible: dict[ChangeId, frozenset[PersonId]] = {}

    def subjects(self, parsed: Mapping[str, Any]) -> frozenset[PersonId]:
        """Return whom the values of the next entry are about; every entry must be shown, in order."""
        change, moves = parsed["change"], parsed["kind"] in _MOVES
        if not moves and not committed(parsed):
            return frozenset()
        before = self._responsible.get(change, frozenset())
        entry = leaves.entry_of(parsed, {})
        if moves and change and parsed["ruling"].get("answer") != "refused":
            self._responsible[change] = before | responsible([entry])
        if isinstance(entry, PersonErased):
            return frozenset({entry.by})  # why somebody was erased is their words who did it, and stays
        return subjects(entry, before)
