"""Legal holds: what may not be erased or purged, by the entries that set and lifted it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage import ledger
from storage.leaves import Vault
from storage.schema import entries
from workflows.administration import HoldLifted, HoldSet
from workflows.vocabulary import ChangeId, PersonId

_KINDS = ("hold-set/1", "hold-lifted/1")
Subject = ChangeId | PersonId


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that is in force."""

    subject: Subject
    since: datetime
    by: PersonId
    reason: str


def in_force(connection: sa.Connection, vault: Vault) -> Mapping[Subject, Hold]:
    """Return the holds that were set and not lifted."""
    query = sa.select(entries.c.sequence).where(entries.c.kind.in_(_KINDS)).order_by(entries.c.sequence)
    held: dict[Subject, Hold] = {}
    for row in connection.execute(query).all():
        written = ledger.at(connection, vault, row.sequence)
        entry = written.entry if written else None
        if isinstance(entry, HoldSet) and (subject := entry.change or entry.person):
            held.setdefault(subject, Hold(subject, entry.at, entry.by, entry.reason))
        if isinstance(entry, HoldLifted) and (subject := entry.change or entry.person):
            held.pop(subject, None)
    return held


def standing_in_the_way(held: Mapping[Subject, Hold], subjects: Iterable[Subject]) -> list[Hold]:
    """Return the holds on any of these."""
    return [held[subject] for subject in sorted(set(subjects) & set(held))]
