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

from storage import leases
from storage.engine import Database
from storage.leases import DUE, FREE, MINE, UNTIL
from storage.schema import obligations
from workflows.ports import Clock, Stopwatch
from workflows.vocabulary import ChangeId, StepName
from workflows.work import Claimed

_LONGEST_BACKOFF = timedelta(minutes=1)

_o = obligations.c
_AGAIN = sa.bindparam("again", type_=_o.due_at.type)
_FIRST = sa.case(
    (sa.and_(_o.step == StepName.ACCESS.value, _o.wanted.is_(False)), 0),
    (_o.step == StepName.ACCESS.value, 1),
    (_o.step == StepName.HOME.value, 3),
    (_o.step == StepName.EVIDENCE.value, 3),
    else_=2,
)
_DUE = (
    sa.select(_o.change_id, _o.step, _o.subject)
    .where(*DUE, FREE)
    .order_by(_FIRST, _o.due_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DUE_ACCESS = _DUE.where(_o.step == StepName.ACCESS.value)
_MADE = MINE.values(reference=sa.bindparam("made"))
_SETTLED_THOUGH_IT_MAY_LAND = MINE.values(
    settled=sa.bindparam("done"),
    due_at=sa.case((_o.revision != sa.bindparam("done"), _o.due_at), else_=_AGAIN),
    not_before=None,
    attempts=0,
    lease_until=None,
    error=None,
)
_SETTLED = _SETTLED_THOUGH_IT_MAY_LAND.values(attempted_at=None)
_NEWER = _o.revision != sa.bindparam("seen")
_POSTPONED = MINE.values(
    not_before=sa.case((_NEWER, sa.null()), else_=UNTIL),
    attempts=sa.case((_NEWER, 0), else_=_o.attempts + 1),
    lease_until=None,
    error=sa.bindparam("because"),
)
_ASIDE = MINE.values(due_at=sa.case((_NEWER, _o.due_at)), lease_until=None)
_GIVEN_UP = _ASIDE.values(wanted=sa.and_(_o.wanted, _NEWER), attempted_at=None, error=None)


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
        due = {"now": self._clock.now(), "real": real, "most": limit}
        with self._database.write() as connection:
            keys = connection.execute(_DUE_ACCESS if access else _DUE, due).all()
            return [leases.lease(connection, *key, real) for key in keys]

    def claim_one(self, change: ChangeId, step: StepName, *, at_once: bool = False) -> Claimed | None:
        """Take one obligation of a change, if nobody works on it; ``at_once``: though it is not due yet."""
        real = self._stopwatch.now()
        query = (
            sa.select(_o.change_id, _o.step, _o.subject)
            .where(*_is(change, step.value, ""), FREE, *(() if at_once else DUE))
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as connection:
            key = connection.execute(query, {"now": self._clock.now(), "real": real}).one_or_none()
            return leases.lease(connection, *key, real) if key else None

    def settled(self, change: ChangeId, step: StepName) -> bool:
        """Say whether the step was made true as it is wanted now."""
        o = obligations.c
        query = sa.select(o.change_id).where(*_is(change, step.value, ""), o.settled == o.revision)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def attempting(self, claimed: Claimed) -> bool:
        """Commit that a call is about to leave; ``False`` if the claim has passed to somebody else."""
        with self._database.write() as connection:
            return leases.attempting(connection, claimed, self._stopwatch.now())

    def keep(self, claimed: Claimed) -> bool:
        """Renew the lease for one more call; ``False`` if the claim, or its right to the access, has passed on."""
        with self._database.write() as connection:
            return leases.keep(connection, claimed, self._stopwatch.now())

    def made(self, claimed: Claimed, reference: str) -> bool:
        """Commit what a call made outside."""
        with self._database.write() as connection:
            return leases.change(connection, claimed, _MADE, made=reference)

    def settle(self, claimed: Claimed, look_again: datetime | None = None) -> bool:
        """Give the claim back as done; due again at ``look_again``, or at once if more is wanted meanwhile.

        What came of an earlier call for access is still open though a later one came through: it may land yet.
        """
        may_land = claimed.step is StepName.ACCESS and claimed.attempted_at is not None
        settled = _SETTLED_THOUGH_IT_MAY_LAND if may_land else _SETTLED
        return self._give_back(claimed, settled, done=claimed.revision, again=look_again)

    def postpone(self, claimed: Claimed, error: str, wait: timedelta | None = None) -> bool:
        """Give the claim back as not done yet; due again after a back-off, or at once if more is wanted meanwhile."""
        wait = wait or min(timedelta(seconds=0.5) * 2 ** min(claimed.attempts, 8), _LONGEST_BACKOFF)
        until = self._stopwatch.now() + wait
        return self._give_back(claimed, _POSTPONED, seen=claimed.revision, until=until, because=error[:1000])

    def set_aside(self, claimed: Claimed) -> bool:
        """Give the claim back as it was, due no more unless more is wanted meanwhile: nobody here can do it now."""
        return self._give_back(claimed, _ASIDE, seen=claimed.revision)

    def give_up(self, claimed: Claimed) -> bool:
        """Give the claim back as no longer wanted: nothing makes it due again but a new wish, which may be there already."""
        return self._give_back(claimed, _GIVEN_UP, seen=claimed.revision)

    def _give_back(self, claimed: Claimed, how: sa.Update, **to: Any) -> bool:
        with self._database.write() as connection:
            return leases.give_back(connection, claimed, how, **to)

    def free_key(self, holder: str) -> None:
        """Give back the right to change what one person holds at one target, if this holder has it."""
        with self._database.write() as connection:
            leases.free_key(connection, holder)

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
