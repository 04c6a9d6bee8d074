"""Whether every value that is gone is one that a later entry says was erased or purged.

A login that can delete values could otherwise take a justification away and call it an erasure.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from storage import guards
from storage.reading import Reading
from storage.schema import entries
from workflows.errors import LedgerCorrupt
from workflows.vocabulary import ChangeId, PersonId

_SAYING = sa.select(entries.c.leaf).where(entries.c.kind.in_(guards.ERASING)).order_by(entries.c.sequence)
_LASTING = ("policy-in-force/1", "policy-redacted/1")  #: not purged with what else belongs to no change


class Account:
    """Holds what is gone against the entries that say so; is shown every leaf in order."""

    def __init__(self, connection: sa.Connection) -> None:
        self._reading = Reading()
        self._persons: dict[PersonId, int] = {}  # who was erased → the last entry that says so
        self._named: dict[str, int] = {}  # single values, as sequence/field
        self._changes: dict[ChangeId, int] = {}  # whose records were purged
        self._loose = 0  # up to where entries without a change were purged
        for row in connection.execute(_SAYING):
            self._learn(json.loads(row.leaf))

    def _learn(self, parsed: Mapping[str, Any]) -> None:
        at, body = parsed["sequence"], parsed["body"]
        if parsed["kind"] == "person-erased/1":
            self._persons[body["person"]] = at
            self._named.update(dict.fromkeys(body["also"], at))
        else:
            self._changes.update(dict.fromkeys(body["changes"], at))
            self._loose = max(self._loose, min(body["until"], at - 1))

    def check(self, parsed: Mapping[str, Any], gone: Iterable[str]) -> None:
        """Look at the next leaf, of whose values ``gone`` are not there; raises ``LedgerCorrupt``."""
        about = self._reading.subjects(parsed) if self._persons else frozenset()
        for name in gone:
            if not self._said(parsed, name, about):
                raise LedgerCorrupt(
                    f"The value of {name} in entry {parsed['sequence']} is gone, and no entry says that it was erased."
                )

    def _said(self, parsed: Mapping[str, Any], name: str, about: frozenset[PersonId]) -> bool:
        at: int = parsed["sequence"]
        change = parsed["change"]
        if change is None and parsed["kind"] not in _LASTING and at <= self._loose:
            return True
        said = (self._changes.get(change, 0), self._named.get(f"{at}/{name}", 0))
        return max(*said, *(self._persons.get(who, 0) for who in about)) > at
