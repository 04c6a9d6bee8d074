"""Records that were kept long enough: their values go, their entries stay.

A record is as old as its last entry.  What belongs to no change is as old as it is itself; policies, and
what set or lifted a hold, are kept.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import holds, ledger
from storage.engine import Database
from storage.erasing import delete, look_again
from storage.holds import Hold, Subject
from storage.leaves import Vault
from storage.policies import Rules
from storage.reading import Reading
from storage.schema import changes, entries, head, values
from storage.search import POLICIES
from workflows.administration import HoldLifted, HoldSet, RecordsPurged
from workflows.errors import Declined, UnknownChange
from workflows.ports import Clock
from workflows.procedure import FINAL
from workflows.vocabulary import SYSTEM, ChangeId, PersonId

MANY = 100_000  #: more than anybody wants to see listed
BATCH = 500  #: changes in one transaction, and so in one entry
KEPT = (*POLICIES, "hold-set/1", "hold-lifted/1")
_LEAF = sa.select(entries.c.leaf).where(entries.c.sequence == sa.bindparam("at"))
_LAST = sa.select(sa.func.max(entries.c.sequence)).where(entries.c.change_id == sa.bindparam("change"))
_LEAVES = (
    sa.select(entries.c.leaf)
    .where(entries.c.change_id == sa.bindparam("change"))
    .order_by(entries.c.sequence)
)


@dataclass(frozen=True, slots=True)
class Purged:
    """What went, or would go."""

    before: datetime
    changes: tuple[ChangeId, ...]
    held: tuple[ChangeId, ...]
    values: int


@dataclass(frozen=True, slots=True)
class _Due:
    changes: list[ChangeId]
    held: list[ChangeId]
    loose: list[int]
    until: int


class Retention:
    """Sets holds, lifts them, and purges what nothing holds."""

    def __init__(self, database: Database, vault: Vault, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._rules = rules
        self._clock = clock

    # --- holds -------------------------------------------------------------------------------------

    def holds(self) -> list[Hold]:
        """Return the holds in force, oldest first."""
        with self._database.read() as connection:
            return sorted(holds.in_force(connection, self._vault).values(), key=lambda hold: hold.since)

    def hold(self, subject: Subject, by: PersonId, reason: str) -> None:
        """Let nothing of a change, or about a person, be erased; raises ``Declined`` if that is so already."""
        with self._database.write() as connection:
            ledger.lock(connection)
            self._must_exist(connection, subject)
            if subject in holds.in_force(connection, self._vault):
                raise Declined(f"{subject} is under legal hold already.")
            at = self._clock.now()
            entry = HoldSet(at=at, by=by, reason=reason, **_named(subject))
            ledger.append(connection, self._vault, [ledger.Draft(entry)], at)

    def release(self, subject: Subject, by: PersonId, reason: str) -> None:
        """Lift a hold; raises ``Declined`` if there is none."""
        with self._database.write() as connection:
            ledger.lock(connection)
            if subject not in holds.in_force(connection, self._vault):
                raise Declined(f"{subject} is under no legal hold.")
            at = self._clock.now()
            entry = HoldLifted(at=at, by=by, reason=reason, **_named(subject))
            ledger.append(connection, self._vault, [ledger.Draft(entry)], at)

    def _must_exist(self, connection: sa.Connection, subject: Subject) -> None:
        query = sa.select(changes.c.id).where(changes.c.id == subject)
        if subject.startswith("EC-") and connection.execute(query).first() is None:
            raise UnknownChange(f"There is no change {subject}.")

    # --- what is too old ---------------------------------------------------------------------------

    def due(self) -> Purged:
        """Say what would be purged now."""
        with self._database.snapshot() as connection:
            before, due, gone = self._look(connection, MANY)
            return self._purged(before, due, len(gone))

    def purge(self, batch: int = BATCH) -> Purged:
        """Take away the values of what is too old, and say so in the ledger; no entry if there is nothing."""
        with self._database.write() as connection:
            before, due, gone = self._look(connection, batch)
            if gone:  # a hold may be set, or another process purge, until nobody else can append
                ledger.lock(connection)
                before, due, gone = self._look(connection, batch)
            if gone:
                entry = RecordsPurged(
                    at=self._clock.now(),
                    by=SYSTEM,
                    before=before,
                    changes=tuple(due.changes),
                    until=due.until,
                    values=len(gone),
                )
                ledger.append(connection, self._vault, [ledger.Draft(entry)], entry.at)
                delete(connection, gone)
                look_again(connection, due.changes, entry.at)
            return self._purged(before, due, len(gone))

    def purge_all(self) -> Purged:
        """Purge one batch after the other until nothing is left that is too old; return what went altogether."""
        last = whole = self.due()  # only looks: nobody who writes has to wait for nothing
        if whole.values:
            last = whole = self.purge()
        while last.values:
            last = self.purge()
            whole = replace(whole, changes=whole.changes + last.changes, values=whole.values + last.values)
        return whole

    def _look(self, connection: sa.Connection, batch: int) -> tuple[datetime, _Due, list[tuple[int, str]]]:
        before = self._before(connection)
        due = self._due(connection, before, batch)
        return before, due, _values_of(connection, due)

    def _before(self, connection: sa.Connection) -> datetime:
        _, policy = self._rules.in_force(connection)
        return policy.retention.cutoff(self._clock.now())

    def _purged(self, before: datetime, due: _Due, count: int) -> Purged:
        return Purged(before, tuple(due.changes), tuple(due.held), count)

    def _due(self, connection: sa.Connection, before: datetime, batch: int) -> _Due:
        held = holds.in_force(connection, self._vault)
        found: list[ChangeId] = []
        kept: list[ChangeId] = []
        for change in _old(connection, before):
            if len(found) == batch:
                break
            involved = _involved(connection, change)
            (kept if holds.standing_in_the_way(held, {change, *involved}) else found).append(change)
        until = _last_before(connection, before)
        loose = [
            sequence
            for sequence, about in _loose(connection, until)
            if not holds.standing_in_the_way(held, about)
        ]
        return _Due(found, kept, loose, until if loose else 0)


def _named(subject: Subject) -> dict[str, Any]:
    return {"change": subject} if subject.startswith("EC-") else {"person": subject}


def _old(connection: sa.Connection, before: datetime) -> Iterator[ChangeId]:
    """Find the changes with values left whose last entry is too old."""
    query = (
        sa.select(changes.c.id)
        .join(entries, entries.c.change_id == changes.c.id)
        .join(values, values.c.sequence == entries.c.sequence)
        .where(changes.c.opened_at < before, changes.c.state.in_([state.value for state in FINAL]))
        .distinct()
        .order_by(changes.c.id)
    )
    for row in connection.execute(query).all():
        last = connection.execute(_LAST, {"change": row.id}).scalar_one()
        if _recorded_at(connection, last) < before:
            yield ChangeId(row.id)


def _recorded_at(connection: sa.Connection, sequence: int) -> datetime:
    leaf = json.loads(connection.execute(_LEAF, {"at": sequence}).scalar_one())
    return datetime.fromisoformat(leaf["recorded_at"])


def _involved(connection: sa.Connection, change: ChangeId) -> set[PersonId]:
    reading = Reading()
    rows = connection.execute(_LEAVES, {"change": change})
    return {person for row in rows for person in reading.subjects(json.loads(row.leaf))}


def _last_before(connection: sa.Connection, before: datetime) -> int:
    """Find the last entry recorded before a moment; entries are in the order they were recorded."""
    low, high = 0, connection.execute(sa.select(head.c.size)).scalar_one()
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _recorded_at(connection, middle) < before else (low, middle - 1)
    return int(low)


def _loose(connection: sa.Connection, until: int) -> Iterator[tuple[int, frozenset[PersonId]]]:
    query = (
        sa.select(entries.c.sequence, entries.c.leaf)
        .where(
            entries.c.change_id.is_(None),
            entries.c.sequence <= until,
            entries.c.kind.not_in(KEPT),
            entries.c.sequence.in_(sa.select(values.c.sequence)),
        )
        .order_by(entries.c.sequence)
    )
    for row in connection.execute(query).all():
        yield row.sequence, Reading().subjects(json.loads(row.leaf))


def _values_of(connection: sa.Connection, due: _Due) -> list[tuple[int, str]]:
    query = sa.select(values.c.sequence, values.c.field).where(
        sa.or_(
            values.c.sequence.in_(sa.select(entries.c.sequence).where(entries.c.change_id.in_(due.changes))),
            values.c.sequence.in_(due.loose),
        )
    )
    return [(row.sequence, row.field) for row in connection.execute(query)]
