"""What the projections answer: which changes, who owes what, what is due."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from storage import chase, concerns, gathering
from storage.engine import Database
from storage.policies import Rules
from storage.schema import changes, claims, deadlines, duties, members, obligations, people
from storage.work import SqlWork
from workflows.delegation import Absences
from workflows.facts import Debt
from workflows.gathered import Item
from workflows.mine import Glance, Interests
from workflows.policy import Policy
from workflows.ports import Clock
from workflows.record import ChangeRecord
from workflows.steps import OtherHolding
from workflows.vocabulary import ChangeId, Origin, PersonId, State, StepName


@dataclass(frozen=True, slots=True)
class Row:
    """A change as lists show it."""

    id: ChangeId
    state: State
    requester: PersonId
    system: str
    access: str
    target: str
    opened_at: datetime
    access_until: datetime | None
    drill: bool


class Lists(Protocol):
    """The lists of one deployment; reads, and changes nothing."""

    database: Database
    clock: Clock
    rules: Rules

    def reading(self) -> AbstractContextManager[SqlWork]:
        """Begin a unit of work that only reads."""

    def changes(
        self, *, states: Sequence[State] = (), person: PersonId | None = None, limit: int = 50
    ) -> list[Row]:
        """List changes, newest first."""
        query = sa.select(changes).order_by(changes.c.opened_at.desc(), changes.c.id.desc()).limit(limit)
        if states:
            query = query.where(changes.c.state.in_([state.value for state in states]))
        if person:
            query = query.where(sa.or_(changes.c.owner == person, changes.c.requester == person))
        with self.database.read() as connection:
            return [_row(row) for row in connection.execute(query)]

    def standing(self) -> list[Row]:
        """List the changes whose access is owed, or was given and has not been seen gone; oldest first."""
        unproven = sa.select(claims.c.change_id).where(claims.c.ended.is_(False))
        query = (
            sa.select(changes)
            .where(sa.or_(changes.c.state == State.ACTIVE.value, changes.c.id.in_(unproven)))
            .order_by(changes.c.opened_at, changes.c.id)
        )
        with self.database.read() as connection:
            return [_row(row) for row in connection.execute(query)]

    def departures(self) -> list[tuple[ChangeId, PersonId]]:
        """Return the changes whose author's duties are with somebody who has left, and nobody noticed yet."""
        query = (
            sa.select(changes.c.id, changes.c.owner)
            .join(people, people.c.id == changes.c.owner)
            .where(
                changes.c.state.in_([State.ACTIVE.value, State.IN_REVIEW.value]),
                changes.c.abandoned.is_(False),
                people.c.deactivated.is_(True),
            )
            .order_by(changes.c.id)
        )
        with self.database.read() as connection:
            return [(ChangeId(row.id), PersonId(row.owner)) for row in connection.execute(query)]

    def groups_of(self, person: PersonId) -> frozenset[str]:
        """Return the groups whose mirror has the person in it."""
        with self.database.read() as connection:
            return concerns.groups_of(connection, person)

    def glance(
        self, person: PersonId, known: Interests, at: datetime, month_began: datetime, most: int
    ) -> Glance:
        """Read what concerns a person, the first ``most`` of each kind."""
        with self.database.read() as connection:
            return concerns.glance(connection, person, known, at, month_began, most)

    def due_slots(self, limit: int = 100) -> list[tuple[ChangeId, str]]:
        """Return the slots whose moment has come, earliest first."""
        query = (
            sa.select(deadlines.c.change_id, deadlines.c.slot)
            .where(deadlines.c.fired_at.is_(None), deadlines.c.due_at <= self.clock.now())
            .order_by(deadlines.c.due_at, deadlines.c.slot)
            .limit(limit)
        )
        with self.database.read() as connection:
            return [(ChangeId(row.change_id), row.slot) for row in connection.execute(query)]

    def waiting_for(self, person: PersonId) -> list[Item]:
        """Return what waits for one person or was escalated to them, what the clock spoke up about first."""
        with self.reading() as work:
            return gathering.waiting_for(work, person, self.clock.now())

    def overdue(self, person: PersonId) -> tuple[Debt, ...]:
        """Return what somebody owes, as an author, and did not do in time."""
        with self.reading() as work:
            return work.overdue(person, self.clock.now())

    def turning(self, groups: Collection[str]) -> list[str]:
        """Name the groups that nobody is left in and nobody was alarmed about, and those that are filled again."""
        with self.database.read() as connection:
            return chase.turning(connection, groups)

    def owing_groups(self) -> frozenset[str]:
        """Name the groups that owe a change something, by whatever policy it began under."""
        query = sa.select(duties.c.group).where(duties.c.group != "").distinct()
        with self.database.read() as connection:
            return frozenset(connection.execute(query).scalars())

    def empty(self, groups: Collection[str]) -> int:
        """Count the groups that people were alarmed about."""
        with self.database.read() as connection:
            return chase.empty(connection, groups)

    def absences(self) -> Absences:
        """Return who is away now, and who stands in."""
        with self.database.read() as connection:
            return chase.absences(connection, self.clock.now())

    def next_due(self, after: datetime) -> datetime | None:
        """Return the procedure's time at which the next slot or look falls due."""
        slot = sa.select(sa.func.min(deadlines.c.due_at)).where(
            deadlines.c.fired_at.is_(None), deadlines.c.due_at > after
        )
        look = sa.select(sa.func.min(obligations.c.due_at)).where(obligations.c.due_at > after)
        with self.database.read() as connection:
            found = [connection.execute(query).scalar_one_or_none() for query in (slot, look)]
        return min((at for at in found if at), default=None)

    def others(self, record: ChangeRecord, policy: Policy) -> tuple[OtherHolding, ...]:
        """Return what other changes hold at the same target for the same person, earliest first."""
        access = obligations.alias()
        query = (
            sa.select(claims.c.change_id, claims.c.origin, access.c.wanted)
            .join(
                access,
                sa.and_(access.c.change_id == claims.c.change_id, access.c.step == StepName.ACCESS.value),
            )
            .where(
                claims.c.key == record.access_key(policy),
                claims.c.change_id != record.id,
                claims.c.ended.is_(False),
            )
            .order_by(claims.c.change_id)
        )
        with self.database.read() as connection:
            rows = connection.execute(query)
            return tuple(OtherHolding(ChangeId(r.change_id), Origin(r.origin), r.wanted) for r in rows)

    def in_group(self, person: PersonId, group: str) -> bool:
        """Say whether the mirror has the person in the group."""
        query = sa.select(members.c.person).where(members.c.group == group, members.c.person == person)
        with self.database.read() as connection:
            return connection.execute(query).first() is not None


def _row(row: Any) -> Row:
    return Row(
        id=ChangeId(row.id),
        state=State(row.state),
        requester=PersonId(row.requester),
        system=row.system,
        access=row.access,
        target=row.target,
        opened_at=row.opened_at,
        access_until=row.access_until,
        drill=row.drill,
    )
