"""What the evidence repository is written from, and what is remembered of it.

The rows of the outbox know what was written last; they are kept for looking at, and prove nothing.
"""

import json
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from storage.engine import Database
from storage.schema import changes, entries, obligations, policies
from storage.upserts import upsert
from workflows.administration import (
    DuplicateReviewClosed,
    PapersFiled,
    ReviewIssueClosed,
    ReviewIssueOpened,
)
from workflows.errors import Misconfigured
from workflows.filed import FiledEntry
from workflows.papers import OF_REVIEWS, Paper
from workflows.policy import Policy, load
from workflows.vocabulary import ChangeId, StepName

_OF_CHANGE = (
    sa.select(entries.c.sequence, entries.c.leaf, entries.c.leaf_hash)
    .where(entries.c.change_id == sa.bindparam("change"))
    .order_by(entries.c.sequence)
)
#: Entries about reviews that are looked at: years of months, and no cost that grows with the ledger.
MANY = 500
_PAPERS = (
    sa.select(entries.c.sequence, entries.c.leaf, entries.c.leaf_hash)
    .where(entries.c.kind.in_(OF_REVIEWS))
    .order_by(entries.c.sequence.desc())
    .limit(MANY)
)
Kept = TypeVar("Kept", PapersFiled, ReviewIssueOpened, ReviewIssueClosed, DuplicateReviewClosed)
NEWEST = 50  #: anchors among which the last one at some place is looked for
_EVIDENCE = obligations.c.step == StepName.EVIDENCE.value

_SET_ASIDE = (
    sa.update(obligations)
    .where(
        obligations.c.step.in_([StepName.EVIDENCE.value, StepName.PULL.value, StepName.REPLY.value]),
        obligations.c.due_at.is_(None),
        obligations.c.wanted.is_(True),
        obligations.c.settled.is_distinct_from(obligations.c.revision),
    )
    .values(due_at=sa.bindparam("at"))
)


class Filing:
    """Reads entries as they may be shown to anybody; keeps track of what is filed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, change: ChangeId) -> list[FiledEntry]:
        """Return all entries of a change, refused ones included, oldest first; no value is opened."""
        with self._database.read() as connection:
            rows = connection.execute(_OF_CHANGE, {"change": change}).all()
        return [FiledEntry(row.sequence - 1, row.leaf_hash.hex(), json.loads(row.leaf)) for row in rows]

    def policies(self) -> dict[str, Policy]:
        """Return every policy that can still be read, by its digest."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(policies.c.sha256, policies.c.text)).all()
        found = {}
        for row in rows:
            with suppress(Misconfigured):  # written for another version, or redacted
                found[row.sha256] = load(bytes(row.text))
        return found

    def last_anchor(self, where: str) -> tuple[str, int] | None:
        """Return the commit and the size of the newest checkpoint that was anchored there, if it is not long ago."""
        newest = sa.select(entries.c.leaf).where(entries.c.kind == "anchored/1")
        with self._database.read() as connection:
            rows = (
                connection.execute(newest.order_by(entries.c.sequence.desc()).limit(NEWEST)).scalars().all()
            )
        bodies = (json.loads(leaf)["body"] for leaf in rows)
        return next(((body["reference"], body["size"]) for body in bodies if body["where"] == where), None)

    def alterations(self) -> int:
        """Return how many alterations of evidence were recorded."""
        count = sa.select(sa.func.count()).where(entries.c.kind == "evidence-altered/1")
        with self._database.read() as connection:
            return int(connection.execute(count).scalar_one())

    def at_rest(self) -> dict[ChangeId, str]:
        """Return what was filed of each change whose latest revision is filed, while nobody is at it."""
        o = obligations.c
        query = sa.select(o.change_id, o.reference).where(
            _EVIDENCE, o.settled == o.revision, o.lease_until.is_(None), o.reference != ""
        )
        with self._database.read() as connection:
            return {ChangeId(row.change_id): row.reference for row in connection.execute(query)}

    def waiting(self, since: datetime) -> frozenset[ChangeId]:
        """Return the changes whose record is not written yet and may be on its way.

        It was owed since then, and either the change is as new or nothing has gone wrong.
        """
        o, c = obligations.c, changes.c
        query = (
            sa.select(o.change_id)
            .join(changes, c.id == o.change_id)
            .where(
                _EVIDENCE,
                o.due_at >= since,
                o.settled.is_distinct_from(o.revision),
                sa.or_(c.opened_at >= since, o.error.is_(None)),
            )
        )
        with self._database.read() as connection:
            return frozenset(ChangeId(id) for id in connection.execute(query).scalars())

    def changes(self) -> frozenset[ChangeId]:
        """Return the ids of all changes there ever were."""
        with self._database.read() as connection:
            return frozenset(ChangeId(id) for id in connection.execute(sa.select(changes.c.id)).scalars())

    def papers(self) -> list[Paper]:
        """Return what there is to file and to tell of the reviews of late, oldest first; no value is opened."""
        with self._database.read() as connection:
            rows = connection.execute(_PAPERS).all()
        found = [FiledEntry(row.sequence - 1, row.leaf_hash.hex(), json.loads(row.leaf)) for row in rows]
        return [Paper(one) for one in reversed(found) if one.leaf["ruling"].get("answer") != "refused"]

    def of_kind(self, kind: type[Kept]) -> list[Kept]:
        """Return the newest entries of a kind that has no texts, oldest first."""
        newest = sa.select(entries.c.leaf).where(entries.c.kind == kind.model_fields["kind"].default)
        with self._database.read() as connection:
            rows = connection.execute(newest.order_by(entries.c.sequence.desc()).limit(MANY)).scalars().all()
        bodies = [json.loads(leaf) for leaf in reversed(rows)]
        return [kind(at=leaf["occurred_at"], by=leaf["by"], **leaf["body"]) for leaf in bodies]

    def papers_at_rest(self, where: str) -> dict[str, PapersFiled]:
        """Return what was filed of digests and reviews, by folder, while nobody is at it."""
        o = obligations.c
        # With the change and the step the beginning of the key: else every obligation there ever was is read.
        busy = sa.select(o.subject).where(
            o.change_id == "",
            o.step == StepName.PAPERS.value,
            sa.or_(o.settled.is_distinct_from(o.revision), o.lease_until.is_not(None)),
        )
        with self._database.read() as connection:
            at_work = set(connection.execute(busy).scalars())
        filed = self.of_kind(PapersFiled)
        return {one.folder: one for one in filed if one.where == where and one.of not in at_work}

    def owe_missing(self, at: datetime) -> int:
        """Owe a record to every change that never was owed one, and go on with what was set aside.

        The repository came after the change, or was switched off for a while.
        """
        o = obligations.c
        owed = sa.select(o.change_id).where(_EVIDENCE)
        query = sa.select(changes.c.id, changes.c.entries).where(changes.c.id.not_in(owed))
        with self._database.write() as connection:
            connection.execute(_SET_ASIDE, {"at": at})
            missing = connection.execute(query.order_by(changes.c.id)).all()
            rows = [
                {
                    "change_id": row.id,
                    "step": StepName.EVIDENCE.value,
                    "subject": "",
                    "wanted": True,
                    "revision": row.entries,
                    "due_at": at,
                }
                for row in missing
            ]
            if rows:
                connection.execute(upsert(connection, obligations).on_conflict_do_nothing(), rows)
        return len(rows)

    def owe_papers(self, where: str, at: datetime) -> int:
        """Owe every digest and review that was never filed there: the repository came after it, or is another one."""
        filed = {one.of for one in self.of_kind(PapersFiled) if one.where == where}
        missing = [one.delivery for one in self.papers() if one.filed and one.delivery not in filed]
        rows = [
            {
                "change_id": "",
                "step": StepName.PAPERS.value,
                "subject": delivery,
                "wanted": True,
                "revision": 1,
                "due_at": at,
            }
            for delivery in missing
        ]
        with self._database.write() as connection:
            if rows:
                insert = upsert(connection, obligations)
                again = insert.on_conflict_do_update(
                    index_elements=["change_id", "step", "subject"],
                    set_={"due_at": at, "revision": obligations.c.revision + 1},
                )
                connection.execute(again, rows)
        return len(rows)
