"""All changes of a period at once: read in a few queries, folded one by one, never all in memory.

Which changes a period has comes from the table of changes; what they were comes from the ledger alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage import ledger
from storage.folds import folded
from storage.leaves import Vault
from storage.ledger import Written
from storage.policies import Rules
from storage.schema import changes, entries, follow_ups, head, values
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.carried import Carried, carried
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import ChangeId, PersonId

CHUNK = 200  #: changes folded from one query
ASTRAY = timedelta(minutes=10)  #: how far replicas' clocks may differ
UNCOUNTED = tuple(  #: a third of all entries, and in no figure
    kind.model_fields["kind"].default for kind in (ob.MessageSent, ob.TranscriptSent, ob.MembershipRead)
)
SIGNS = ("started/1", "heartbeat/1")
_WHICH = (
    sa.select(changes.c.id, changes.c.policy)
    .where(changes.c.opened_at >= sa.bindparam("begin"), changes.c.opened_at < sa.bindparam("end"))
    .order_by(changes.c.opened_at, changes.c.id)
)
_THEIRS = entries.c.change_id.in_(sa.bindparam("ids", expanding=True))
_LEAVES = (
    sa.select(entries.c.change_id, entries.c.sequence, entries.c.leaf)
    .where(_THEIRS, entries.c.kind.not_in(UNCOUNTED))
    .order_by(entries.c.sequence)
)
_VALUES = (
    sa.select(values.c.sequence, values.c.field, values.c.sealed)
    .join(entries, entries.c.sequence == values.c.sequence)
    .where(_THEIRS)
)
_WITHIN = sa.and_(changes.c.opened_at >= sa.bindparam("begin"), changes.c.opened_at < sa.bindparam("end"))
_SAID = (
    sa.select(entries.c.sequence, entries.c.change_id, entries.c.kind, entries.c.leaf, values.c.sealed)
    .join(changes, changes.c.id == entries.c.change_id)
    .join(
        values,
        sa.and_(values.c.sequence == entries.c.sequence, values.c.field == sa.bindparam("field")),
        isouter=True,
    )
    .where(_WITHIN, changes.c.drill.is_(False), entries.c.kind == sa.bindparam("kind"))
    .order_by(entries.c.sequence)
)
_OPENED_BEFORE = (  # changes of which something was to follow at a time: it is so still, or was done since
    sa.select(changes.c.id, changes.c.policy)
    .where(
        changes.c.opened_at < sa.bindparam("begin"),
        changes.c.drill.is_(False),
        changes.c.id.in_(
            sa.union(
                sa.select(follow_ups.c.change_id),
                sa.select(entries.c.change_id).where(
                    entries.c.kind == "follow-up-done/1", entries.c.sequence >= sa.bindparam("first")
                ),
            )
        ),
    )
    .order_by(changes.c.opened_at, changes.c.id)
)
_COUNTED = sa.select(changes.c.opened_at).where(_WITHIN, changes.c.drill.is_(False))
_ADOPTED = sa.select(entries.c.leaf).where(entries.c.kind == "policy-in-force/1").order_by(entries.c.sequence)
_REAL = (
    sa.select(changes.c.id)
    .where(_WITHIN, changes.c.drill.is_(False))
    .order_by(changes.c.opened_at, changes.c.id)
)
_SINCE = (
    sa.select(entries.c.sequence, entries.c.leaf)
    .where(entries.c.sequence >= sa.bindparam("first"))
    .order_by(entries.c.sequence)
)
_RECORDED = sa.select(entries.c.leaf).where(entries.c.sequence == sa.bindparam("sequence"))
_SIGNS = (
    sa.select(entries.c.leaf)
    .where(entries.c.kind.in_(SIGNS), entries.c.sequence >= sa.bindparam("first"))
    .order_by(entries.c.sequence)
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one change's request and retrospective said, as far as it was not erased."""

    change: ChangeId
    at: datetime
    by: PersonId
    justification: str
    cause: str


class Population:
    """Reads a period inside one transaction."""

    def __init__(self, connection: sa.Connection, vault: Vault, rules: Rules) -> None:
        self._connection = connection
        self._vault = vault
        self._rules = rules

    def records(self, begin: datetime, end: datetime) -> Iterator[tuple[ChangeRecord, Policy, Calendar]]:
        """Fold every change that was requested from ``begin`` up to, not including, ``end``; oldest first.

        Who was told what is left out.
        """
        yield from self._folded(self._connection.execute(_WHICH, {"begin": begin, "end": end}).all())

    def carried(self, begin: datetime, end: datetime) -> list[Carried]:
        """Return the follow-ups that were open at ``end``, of changes requested before ``begin``; no drills."""
        first = self._first_since(end - ASTRAY)
        rows = self._connection.execute(_OPENED_BEFORE, {"begin": begin, "first": first}).all()
        return [one for record, _, calendar in self._folded(rows) for one in carried(record, calendar, end)]

    def _folded(self, rows: Sequence[Any]) -> Iterator[tuple[ChangeRecord, Policy, Calendar]]:
        for first in range(0, len(rows), CHUNK):
            chunk = rows[first : first + CHUNK]
            written = self._written([row.id for row in chunk])
            for row in chunk:
                policy = self._rules.pinned(self._connection, row.policy)
                yield folded(row.id, row.policy, written[row.id]), policy, self._rules.calendar(policy)

    def _written(self, ids: Sequence[ChangeId]) -> dict[ChangeId, list[Written]]:
        opened: dict[int, dict[str, str]] = {}
        found: dict[ChangeId, list[Written]] = {id: [] for id in ids}
        rows = self._connection.execute(_LEAVES, {"ids": ids}).all()
        for sequence, name, sealed in self._connection.execute(_VALUES, {"ids": ids}):
            opened.setdefault(sequence, {})[name] = self._vault.open(sequence, name, sealed)[1]
        for change, sequence, leaf in rows:
            found[change].append(ledger.written(sequence, leaf, opened.get(sequence, {})))
        return found

    def said(self, begin: datetime, end: datetime) -> list[Said]:
        """Return what is compared between changes, drills left out; far cheaper than folding them."""
        causes = {change: text for change, (_, text) in self._texts("retrospective/1", "cause", begin, end)}
        return [
            Said(
                change,
                datetime.fromisoformat(leaf["occurred_at"]),
                PersonId(leaf["by"]),
                text,
                causes.get(change, ""),
            )
            for change, (leaf, text) in self._texts("request/1", "justification", begin, end)
        ]

    def _texts(
        self, kind: str, field: str, begin: datetime, end: datetime
    ) -> Iterator[tuple[ChangeId, tuple[Mapping[str, Any], str]]]:
        which = {"kind": kind, "field": field, "begin": begin, "end": end}
        for row in self._connection.execute(_SAID, which):
            leaf = json.loads(row.leaf)
            if leaf["ruling"].get("answer") == "accepted":
                text = self._vault.open(row.sequence, field, row.sealed)[1] if row.sealed else ""
                yield row.change_id, (leaf, text)

    def policies(self, begin: datetime, end: datetime) -> list[Policy]:
        """Return every policy that was in force at some time of the period, each once, oldest first."""
        leaves = [json.loads(leaf) for leaf in self._connection.execute(_ADOPTED).scalars()]
        since = [(datetime.fromisoformat(leaf["recorded_at"]), leaf["body"]["sha256"]) for leaf in leaves]
        until = [*(at for at, _ in since[1:]), end]
        there = [
            sha256
            for (at, sha256), ends in zip(since, until, strict=bool(since))
            if at < end and ends > begin
        ]
        return [self._rules.pinned(self._connection, sha256) for sha256 in dict.fromkeys(there)]

    def real(self, begin: datetime, end: datetime) -> list[ChangeId]:
        """Return the changes of a time that are no drills, oldest first."""
        rows = self._connection.execute(_REAL, {"begin": begin, "end": end}).scalars()
        return [ChangeId(id) for id in rows]

    def recorded_before(self, moment: datetime) -> int:
        """Return the last entry that was recorded before a moment; 0: none was."""
        last = self._first_since(moment - ASTRAY) - 1
        rows = self._connection.execute(_SINCE, {"first": last + 1})
        for sequence, leaf in rows:
            at = datetime.fromisoformat(json.loads(leaf)["recorded_at"])
            if at >= moment + ASTRAY:
                break
            last = sequence if at < moment else last
        rows.close()
        return last

    def counted(self, begin: datetime, end: datetime) -> list[datetime]:
        """Return when each change was requested that is no drill."""
        return list(self._connection.execute(_COUNTED, {"begin": begin, "end": end}).scalars())

    def signs_of_life(self, begin: datetime, end: datetime) -> list[datetime]:
        """Return when any replica showed that it was there, in order."""
        found = []
        for row in self._connection.execute(_SIGNS, {"first": self._first_since(begin - ASTRAY)}):
            at = datetime.fromisoformat(json.loads(row.leaf)["recorded_at"])
            if at >= end + ASTRAY:
                break
            found.append(at)
        return sorted(at for at in found if begin <= at < end)

    def began(self) -> datetime | None:
        """Return when the ledger began; ``None``: it is empty."""
        return self._recorded_at(1)

    def as_of(self) -> datetime | None:
        """Return when the last entry was recorded; ``None``: the ledger is empty."""
        return self._recorded_at(self._size())

    def _size(self) -> int:
        return self._connection.execute(sa.select(head.c.size)).scalar_one_or_none() or 0

    def _first_since(self, moment: datetime) -> int:
        """Find about the first entry recorded at ``moment`` or later: entries are recorded nearly in order."""
        low, high = 1, self._size() + 1
        while low < high:
            middle = (low + high) // 2
            at = self._recorded_at(middle)
            if at is None or at >= moment:
                high = middle
            else:
                low = middle + 1
        return low

    def _recorded_at(self, sequence: int) -> datetime | None:
        leaf = self._connection.execute(_RECORDED, {"sequence": sequence}).scalar_one_or_none()
        return datetime.fromisoformat(json.loads(leaf)["recorded_at"]) if leaf else None
