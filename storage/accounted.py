"""Whether every value that is gone is one that a later entry says was erased or purged.

A login that can delete values could otherwise take a justification away and call it an erasure.  No database
here, so that ``bot.evidence.check`` may use it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from storage.reading import Reading
from workflows.errors import LedgerCorrupt
from workflows.vocabulary import ChangeId, PersonId

#: The kinds of entries under which values may be deleted; verification holds them to what they say.
ERASING = ("person-erased/1", "records-purged/1")
_LASTING = ("policy-in-force/1", "policy-redacted/1")  #: not purged with what else belongs to no change


class Account:
    """Holds what is gone against the entries that say so; is shown every leaf, or all of a change, in order."""

    def __init__(self, saying: Iterable[Mapping[str, Any]]) -> None:
        self._reading = Reading()
        self._persons: dict[PersonId, int] = {}  # who was erased → the last entry that says so
        self._named: dict[str, int] = {}  # single values, as sequence/field
        self._changes: dict[ChangeId, int] = {}  # whose records were purged
        self._loose = 0  # up to where entries without a change were purged
        for parsed in saying:
            self._learn(parsed)

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
        for name in self.unsaid(parsed, gone):
            raise LedgerCorrupt(
                f"The value of {name} in entry {parsed['sequence']} is gone, and no entry says that it was erased."
            )

    def unsaid(self, parsed: Mapping[str, Any], gone: Iterable[str]) -> tuple[str, ...]:
        """Look at the next leaf; return which of the values that are gone no entry says were erased."""
        about = self._reading.subjects(parsed) if self._persons else frozenset()
        return tuple(name for name in gone if not self._said(parsed, name, about))

    def _said(self, parsed: Mapping[str, Any], name: str, about: frozenset[PersonId]) -> bool:
        at: int = parsed["sequence"]
        change = parsed["change"]
        if change is None and parsed["kind"] not in _LASTING and at <= self._loose:
            return True
        said = (self._changes.get(change, 0), self._named.get(f"{at}/{name}", 0))
        return max(*said, *(self._persons.get(who, 0) for who in about)) > at
