"""Everything the ledger holds about one person: read in order, opened where words must be looked into."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from storage import leaves, ledger, redaction
from storage.reading import Reading
from workflows.people import Person
from workflows.subjects import confirming_fields, mentions, naming_fields
from workflows.vocabulary import ChangeId, PersonId

POLICIES: Final = ("policy-in-force/1", "policy-redacted/1")
#: Its text is packed files in which nobody is named, and any word may be in it by chance.
PACKED: Final = "digest-made/1"
NEVER_SHOWN: Final = frozenset({"accounts", "comment"})  #: texts that are not put before whoever decides


@dataclass(frozen=True, slots=True)
class Value:
    """One value: a field of an entry, and the change it belongs to."""

    sequence: int
    field: str
    kind: str
    change: ChangeId | None
    number: int

    @property
    def name(self) -> str:
        """The name a ledger entry calls it by."""
        return f"{self.sequence}/{self.field}"


@dataclass(slots=True)
class Copies:
    """Where a change was copied to that nothing here reaches."""

    tickets: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    pulls: list[str] = field(default_factory=list)


class Search:
    """Looks for one person, from the first entry to wherever it is let; can go on later."""

    def __init__(self, vault: leaves.Vault, person: Person) -> None:
        self._vault = vault
        self._person = person
        self._reading = Reading()
        self._copies: dict[ChangeId, Copies] = {}
        self.size = 0  #: entries looked at so far
        self.about: list[Value] = []  #: values about or by the person
        self.naming: list[Value] = []  #: values of others that are nothing but the person's name
        self.mentioning: list[Value] = []  #: texts of others with the person's name or accounts in them
        self.policies: list[Value] = []  #: texts of policies with the person in them
        self._digests: list[Value] = []  #: of texts that were shown, and are not about the person
        self.changes: set[ChangeId] = set()  #: whatever they took part in, values left or not
        self.others: set[PersonId] = set()  #: whom the same values are about as well

    def go_on(self, connection: sa.Connection) -> None:
        """Look at every entry that was not looked at before."""
        for page in ledger.walk(connection, self.size):
            self._look(connection, [(row.sequence, json.loads(row.leaf)) for row in page])

    def copies(self) -> Mapping[ChangeId, Copies]:
        """Return where the changes were copied to in which something was found."""
        there = {value.change for value in (*self.about, *self.naming, *self.mentioning)} | self.changes
        return {change: self._copies.get(change, Copies()) for change in sorted(filter(None, there))}

    def confirming(self, gone: Iterable[Value]) -> list[Value]:
        """Return the digests of texts that ``gone`` may have been in: they would confirm a guess at it."""
        first: dict[ChangeId, int] = {}
        for value in gone:
            if value.change and value.field not in NEVER_SHOWN:
                first[value.change] = min(value.sequence, first.get(value.change, value.sequence))
        return [
            one for one in self._digests if one.change and first.get(one.change, one.sequence) < one.sequence
        ]

    def _look(self, connection: sa.Connection, page: list[tuple[int, Any]]) -> None:
        sealed = ledger.values_between(connection, page[0][0], page[-1][0])
        for sequence, parsed in page:
            about = self._reading.subjects(parsed)
            if self._person.id in about or self._person.id == parsed["by"]:
                self.changes |= {parsed["change"]} - {None}
            self._note_copies(parsed)
            there = [(self._value(parsed, name), box) for name, box in sealed.get(sequence, [])]
            if self._person.id in about:
                self.about += [value for value, _ in there]
                self.others |= about if there else set()
            else:
                self._open(there)
        self.size = page[-1][0]

    def _value(self, parsed: Mapping[str, Any], name: str) -> Value:
        return Value(parsed["sequence"], name, parsed["kind"], parsed["change"], parsed["number"])

    def _open(self, there: Iterable[tuple[Value, bytes]]) -> None:
        for value, box in there:
            if value.field in confirming_fields(leaves.KINDS[value.kind]):
                self._digests.append(value)
                continue
            if value.kind == PACKED:
                continue
            _, text = self._vault.open(value.sequence, value.field, box)
            if value.kind in POLICIES:
                self.policies += [value] if redaction.names(text, self._person) else []
            elif not mentions(text, self._person):
                continue
            elif value.field in naming_fields(leaves.KINDS[value.kind]):
                self.naming.append(value)
            else:
                self.mentioning.append(value)

    def _note_copies(self, parsed: Mapping[str, Any]) -> None:
        if not parsed["change"]:
            return
        copies = self._copies.setdefault(parsed["change"], Copies())
        for where, names in _copied(parsed):
            names_there = getattr(copies, where)
            names_there += [name for name in names if name not in names_there]


def _copied(parsed: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    body = parsed["body"]
    if parsed["kind"] in ("ticket-opened/1", "duplicate-ticket-closed/1"):
        yield "tickets", [body["key"]]
    if parsed["kind"] == "card-posted/1":
        yield "channels", [body["channel"]]
    if parsed["kind"] == "pull-requested/1":
        yield "pulls", [body["url"]]
