"""What the rules ask of the tables, each in one statement: on the path of a click every statement counts.

What returns an answer has only asked; call it to wait.  So questions that do not depend on each other are asked
together (``storage.ahead``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.ahead import Answer, ahead
from storage.among import among
from storage.policies import NEWEST
from storage.schema import OPEN, changes, deadlines, deliveries, duties, entries, members, people, values
from workflows.duties import Audience
from workflows.facts import Debt
from workflows.people import Person, not_a_member
from workflows.vocabulary import ChangeId, Duty, PersonId

_SEEN = sa.select(sa.func.min(deliveries.c.sequence)).where(
    deliveries.c.delivery.in_([sa.bindparam("delivery"), sa.bindparam("attempt")])
)
_of_change = entries.alias()
#: Counted entry by entry: of a join, a server that knows nothing of the tables yet reads the values of all changes.
_OF_ENTRY = sa.select(sa.func.count()).where(values.c.sequence == _of_change.c.sequence).scalar_subquery()
_LEFT = (
    sa.select(sa.func.sum(_OF_ENTRY))
    .where(_of_change.c.change_id == sa.bindparam("change"), _of_change.c.sequence <= sa.bindparam("last"))
    .scalar_subquery()
)
_STANDING = ahead(
    sa.select(entries.c.leaf_hash, _LEFT.label("left"), _SEEN.scalar_subquery().label("sequence"))
).where(entries.c.sequence == sa.bindparam("last"), entries.c.change_id == sa.bindparam("change"))
_FIRST = ahead(
    sa.select(_SEEN.scalar_subquery().label("sequence"), NEWEST.scalar_subquery().label("in_force"))
)
_OVERDUE = (
    sa.select(duties.c.change_id, duties.c.duty, changes.c.drill, duties.c.due_at.label("since"))
    .join(changes, changes.c.id == duties.c.change_id)
    .where(
        duties.c.person == sa.bindparam("person"),
        duties.c.due_at < sa.bindparam("now"),
        duties.c.duty != Duty.APPROVAL.value,  # a question put to them is no duty of theirs
        changes.c.drill.is_(False),  # what a rehearsal owes never stands in the way of an emergency
    )
    .order_by("since", duties.c.change_id, duties.c.duty)
    .limit(sa.literal_column("5"))  # as a parameter it would keep PostgreSQL from planning once
    .subquery()
)
_SAME = sa.select(changes.c.id, sa.literal_column("''"), changes.c.drill, changes.c.opened_at).where(
    changes.c.requester == sa.bindparam("person"),
    changes.c.access == sa.bindparam("access"),
    OPEN,  # in the very words of the index on open changes, which a parameter would keep from being used
)
_IN_THE_WAY = sa.union_all(ahead(sa.select(_OVERDUE)), _SAME).order_by("since", "change_id", "duty")

_MEMBERS = sa.select(members.c.person).where(among(members.c.group, "groups"))
_BARRED = sa.select(people.c.id).where(
    among(people.c.id, "found"), sa.or_(people.c.deactivated, people.c.bot, people.c.guest, people.c.outsider)
)

#: Both lists of a change, one below the other; a slot is owed by nobody.
_LISTED = sa.union_all(
    ahead(
        sa.select(
            deadlines.c.slot.label("name"),
            deadlines.c.due_at,
            deadlines.c.fired_at,
            sa.null().label("person"),
            sa.null().label("group"),
            sa.null().label("recused"),
        )
    ).where(deadlines.c.change_id == sa.bindparam("change")),
    sa.select(
        duties.c.duty, duties.c.due_at, sa.null(), duties.c.person, duties.c.group, duties.c.recused
    ).where(duties.c.change_id == sa.bindparam("change")),
)


@dataclass(frozen=True, slots=True)
class First:
    """What is known before anything is decided: the entry a delivery came with, if it did, and the rules in force."""

    sequence: int | None
    in_force: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is still there of a change up to one entry, and the entry a delivery came with, if it did."""

    last_hash: bytes
    values: int
    sequence: int | None


@dataclass(frozen=True, slots=True)
class InTheWay:
    """What somebody has open on the same access, and what they owe and did not do in time: the first five."""

    same_access: ChangeId | None = None
    drill: bool = False
    overdue: tuple[Debt, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """What the lists have of a change: its slots (name, due, fired), and who owes it what."""

    slots: Sequence[sa.Row[Any]] = ()
    duties: Sequence[sa.Row[Any]] = ()


NOTHING, NEW = InTheWay(), Listed()


def first(connection: sa.Connection, delivery: str, attempt: str) -> Answer[First]:
    """Look for the entry a delivery or an attempt came with, and for the digest of the policy in force."""
    asked = connection.execute(_FIRST, {"delivery": delivery, "attempt": attempt})
    return lambda: First(*asked.one())


def standing(
    connection: sa.Connection, change: ChangeId, last: int, delivery: str, attempt: str
) -> Answer[Standing | None]:
    """Look at a change up to the entry ``last``, and for a delivery or an attempt; ``None``: that entry is not its own."""
    about = {"change": change, "last": last, "delivery": delivery, "attempt": attempt}
    asked = connection.execute(_STANDING, about)
    return lambda: _standing(asked.one_or_none())


def _standing(row: sa.Row[Any] | None) -> Standing | None:
    return Standing(bytes(row.leaf_hash), int(row.left), row.sequence) if row else None


def in_the_way(connection: sa.Connection, person: PersonId, access: str, at: datetime) -> Answer[InTheWay]:
    """Look for what stands in the way of a request."""
    asked = connection.execute(_IN_THE_WAY, {"person": person, "access": access, "now": at})
    return lambda: _in_the_way(asked.all())


def _in_the_way(rows: Sequence[sa.Row[Any]]) -> InTheWay:
    if not rows:
        return NOTHING
    same = next((row for row in rows if not row.duty), None)
    overdue = tuple(Debt(ChangeId(row.change_id), Duty(row.duty)) for row in rows if row.duty)
    return InTheWay(ChangeId(same.change_id), same.drill, overdue) if same else InTheWay(overdue=overdue)


def listed(connection: sa.Connection, change: ChangeId) -> Answer[Listed]:
    """Look for what the lists have of a change."""
    asked = connection.execute(_LISTED, {"change": change})
    return lambda: _listed(asked.all())


def _listed(rows: Sequence[sa.Row[Any]]) -> Listed:
    return Listed(
        [row for row in rows if row.person is None], [row for row in rows if row.person is not None]
    )


def able(
    connection: sa.Connection, audience: Audience, known: Mapping[PersonId, Person]
) -> frozenset[PersonId]:
    """Resolve an audience from the mirrors, without those who left or may take no part.

    Who is ``known`` was looked up in this transaction, and is not looked up again.
    """
    found = set(audience.people)
    if audience.groups:
        rows = connection.execute(_MEMBERS, {"groups": sorted(audience.groups)})
        found |= {PersonId(row.person) for row in rows} - audience.without
    barred = {person for person in found if person in known and not_a_member(known[person])}
    if strangers := sorted(found.difference(known)):
        barred |= set(connection.execute(_BARRED, {"found": strangers}).scalars())
    return frozenset(found - barred)
