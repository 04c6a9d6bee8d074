"""The outbox: which obligations are due, who works on them, and how it went.

Rows hold desired state, not messages.  A worker claims a row with a lease and a fencing token; whoever
comes back after the lease with an old token changes nothing.  Leases and back-off are real time,
``due_at`` is the procedure's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage.engine import Database
from storage.schema import access_keys, obligations
from storage.work import upsert
from workflows.ports import Clock, Stopwatch
from workflows.reconciler import Claimed
from workflows.vocabulary import ChangeId, StepName

LEASE = timedelta(seconds=10)  #: longer than any deadline of a call
_LONGEST_BACKOFF = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Overdue:
    """How far the workers are behind."""

    waiting: int
    oldest: datetime | None
    stuck: int


class Outbox:
    """Obligations, as workers see them."""

    def __init__(self, database: Database, clock: Clock, stopwatch: Stopwatch) -> None:
        self._database = database
        self._clock = clock
        self._stopwatch = stopwatch

    def claim(self, limit: int, *, access: bool = False) -> list[Claimed]:
        """Take up to ``limit`` due obligations: removals first, then access, then the oldest; Homes and evidence last.

        With ``access`` nothing but the first two.
        """
        real = self._stopwatch.now()
        due = self._due(real).limit(limit).with_for_update(skip_locked=True)
        if access:
            due = due.where(obligations.c.step == StepName.ACCESS.value)
        with self._database.write() as connection:
            keys = connection.execute(due).all()
            return [self._lease(connection, key, real) for key in keys]

    def claim_one(self, change: ChangeId, step: StepName, *, at_once: bool = False) -> Claimed | None:
        """Take one obligation of a change, if nobody works on it; ``at_once``: though it is not due yet."""
        real, o = self._stopwatch.now(), obligations.c
        free = sa.or_(o.lease_until.is_(None), o.lease_until < real)
        due = sa.and_(o.due_at <= self._clock.now(), sa.or_(o.not_before.is_(None), o.not_before <= real))
        query = (
            sa.select(o.change_id, o.step, o.subject)
            .where(*_is(change, step.value, ""), free, sa.true() if at_once else due)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as connection:
            key = connection.execute(query).one_or_none()
            return self._lease(connection, key, real) if key else None

    def settled(self, change: ChangeId, step: StepName) -> bool:
        """Say whether the step was made true as it is wanted now."""
        o = obligations.c
        query = sa.select(o.change_id).where(*_is(change, step.value, ""), o.settled == o.revision)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def _due(self, real: datetime) -> sa.Select[Any]:
        o = obligations.c
        first = sa.case(
            (sa.and_(o.step == StepName.ACCESS.value, o.wanted.is_(False)), 0),
            (o.step == StepName.ACCESS.value, 1),
            (o.step.in_([StepName.HOME.value, StepName.EVIDENCE.value]), 3),
            else_=2,
        )
        return (
            sa.select(o.change_id, o.step, o.subject)
            .where(
                o.due_at <= self._clock.now(),
                sa.or_(o.not_before.is_(None), o.not_before <= real),
                sa.or_(o.lease_until.is_(None), o.lease_until < real),
            )
            .order_by(first, o.due_at)
        )

    def _lease(self, connection: sa.Connection, key: Any, real: datetime) -> Claimed:
        row = connection.execute(
            sa.update(obligations)
            .where(*_is(key.change_id, key.step, key.subject))
            .values(lease_until=real + LEASE, token=obligations.c.token + 1)
            .returning(obligations)
        ).one()
        return Claimed(
            change=ChangeId(row.change_id),
            step=StepName(row.step),
            subject=row.subject,
            wanted=row.wanted,
            revision=row.revision,
            settled=row.settled,
            place=row.place,
            reference=row.reference,
            attempts=row.attempts,
            attempted_at=row.attempted_at,
            token=row.token,
            error=row.error,
        )

    def attempting(self, claimed: Claimed) -> bool:
        """Commit that a call is about to leave; ``False`` if the claim has passed to somebody else."""
        return self._change(claimed, attempted_at=self._stopwatch.now())

    def made(self, claimed: Claimed, reference: str) -> bool:
        """Commit what a call made outside."""
        return self._change(claimed, reference=reference)

    def settle(self, claimed: Claimed, look_again: datetime | None = None) -> bool:
        """Give the claim back as done; due again at ``look_again``, or at once if more is wanted meanwhile.

        What came of an earlier call for access is still open though a later one came through: it may land yet.
        """
        newer = obligations.c.revision != claimed.revision
        may_land = claimed.step is StepName.ACCESS and claimed.attempted_at is not None
        return self._change(
            claimed,
            settled=claimed.revision,
            attempted_at=obligations.c.attempted_at if may_land else None,
            due_at=sa.case(
                (newer, obligations.c.due_at), else_=sa.literal(look_again, obligations.c.due_at.type)
            ),
            not_before=None,
            attempts=0,
            lease_until=None,
            error=None,
        )

    def postpone(self, claimed: Claimed, error: str, wait: timedelta | None = None) -> bool:
        """Give the claim back as not done yet; due again after a back-off, in real time."""
        wait = wait or min(timedelta(seconds=0.5) * 2 ** min(claimed.attempts, 8), _LONGEST_BACKOFF)
        return self._change(
            claimed,
            not_before=self._stopwatch.now() + wait,
            attempts=obligations.c.attempts + 1,
            lease_until=None,
            error=error[:1000],
        )

    def set_aside(self, claimed: Claimed) -> bool:
        """Give the claim back as it was, due no more: nobody here can do it until it is set up again."""
        return self._change(claimed, due_at=None, lease_until=None)

    def give_up(self, claimed: Claimed) -> bool:
        """Give the claim back as no longer wanted: nothing makes it due again but a new wish."""
        return self._change(
            claimed, wanted=False, due_at=None, attempted_at=None, lease_until=None, error=None
        )

    def _change(self, claimed: Claimed, **to: Any) -> bool:
        with self._database.write() as connection:
            done = connection.execute(
                sa.update(obligations)
                .where(
                    *_is(claimed.change, claimed.step.value, claimed.subject),
                    obligations.c.token == claimed.token,
                )
                .values(**to)
            )
        return done.rowcount == 1

    def take_key(self, key: str, holder: str) -> bool:
        """Take the right to change what one person holds at one target; ``False`` if somebody has it."""
        real = self._stopwatch.now()
        with self._database.write() as connection:
            statement = (
                upsert(connection, access_keys)
                .values(key=key, holder=holder, lease_until=real + LEASE)
                .on_conflict_do_update(
                    index_elements=["key"],
                    set_={"holder": holder, "lease_until": real + LEASE},
                    where=sa.or_(access_keys.c.lease_until < real, access_keys.c.holder == holder),
                )
                .returning(access_keys.c.holder)
            )
            return connection.execute(statement).scalar_one_or_none() == holder

    def free_key(self, key: str, holder: str) -> None:
        """Give the right back."""
        with self._database.write() as connection:
            connection.execute(
                sa.delete(access_keys).where(access_keys.c.key == key, access_keys.c.holder == holder)
            )

    def backlog(self, steps: Sequence[StepName] = ()) -> Overdue:
        """Count what is due and what has failed at least once."""
        o = obligations.c
        where = [o.due_at <= self._clock.now()]
        if steps:
            where.append(o.step.in_([step.value for step in steps]))
        stuck = sa.func.coalesce(sa.func.sum(sa.case((o.attempts > 0, 1), else_=0)), 0)
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(sa.func.count(), sa.func.min(o.due_at), stuck).where(*where)
            ).one()
        return Overdue(row[0], row[1], row[2])

    def next_due(self) -> datetime | None:
        """Return when the earliest leased or postponed obligation can be worked on, in real time."""
        o = obligations.c
        with self._database.read() as connection:
            return connection.execute(
                sa.select(sa.func.min(sa.func.coalesce(o.not_before, o.lease_until))).where(
                    o.due_at <= self._clock.now()
                )
            ).scalar_one_or_none()

    def stuck_for(self, change: ChangeId) -> dict[StepName, str]:
        """Return the last error of each step of a change that cannot finish."""
        o = obligations.c
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(o.step, o.error).where(o.change_id == change, o.error.is_not(None))
            )
            return {StepName(step): error for step, error in rows}


def _is(change: str, step: str, subject: str) -> tuple[sa.ColumnElement[bool], ...]:
    o = obligations.c
    return (o.change_id == change, o.step == step, o.subject == subject)
