"""What concerns one person, found by indexes alone: no record is folded and no list is read whole.

The rows of ``duties`` say who owes what now, by name or by group; who of a group is recused stands in the row, so
that one range of one index answers both *which are the first* and *how many are there*.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.schema import changes, duties, follow_ups, members
from workflows.duties import Owed, recused
from workflows.follow_ups import FollowUp
from workflows.mine import Agreed, Counts, Debt, Glance, Interests, Line
from workflows.ports import Posted
from workflows.record import ChangeRecord
from workflows.vocabulary import ChangeId, Duty, PersonId, State

OPEN = [State.REQUESTED.value, State.ACTIVE.value, State.IN_REVIEW.value]
WINDOWS = [State.REQUESTED.value, State.ACTIVE.value]
WAITING = 200  #: requests that wait at one time, of which those for a person are picked
_RECUSED = "|"  #: stands around each person who is recused

_d, _c = duties.c, changes.c
_DEBTS = sa.select(_d.duty, _d.due_at, _d.person, _d.group, *changes.c).join(changes, _c.id == _d.change_id)
_f = follow_ups.c
_UNTRACKED = sa.delete(follow_ups).where(_f.change_id == sa.bindparam("change"))
_OWED = sa.insert(duties)
_GONE = sa.delete(duties).where(_d.change_id == sa.bindparam("change"))


def assigned(record: ChangeRecord, owed: Iterable[Owed]) -> list[dict[str, Any]]:
    """Return the rows that say who owes a change what."""
    rows = []
    for debt in owed:
        about = {
            "change_id": record.id,
            "duty": debt.duty.value,
            "due_at": debt.due,
            "drill": record.request.drill,
        }
        kept_out = "".join(f"{_RECUSED}{person}{_RECUSED}" for person in sorted(recused(record, debt.duty)))
        rows += [{**about, "person": p, "group": "", "recused": ""} for p in sorted(debt.by.people)]
        rows += [{**about, "person": "", "group": g, "recused": kept_out} for g in sorted(debt.by.groups)]
    first = min(rows, key=lambda row: (row["due_at"], row["duty"], row["person"], row["group"]), default=None)
    return [{**row, "earliest": row is first} for row in rows]


def assign(
    connection: sa.Connection, record: ChangeRecord, owed: Iterable[Owed], there: Sequence[sa.Row[Any]] = ()
) -> None:
    """Bring the rows of a change in line with ``owed``; nothing is written when those ``there`` are already."""
    wanted = assigned(record, owed)
    listed = {(row.name, row.person, row.group, row.due_at, row.recused) for row in there}
    if listed == {
        (row["duty"], row["person"], row["group"], row["due_at"], row["recused"]) for row in wanted
    }:
        return
    if there:
        connection.execute(_GONE, {"change": record.id})
    if wanted:
        connection.execute(_OWED, wanted)


def track(connection: sa.Connection, record: ChangeRecord) -> None:
    """Bring the follow-ups of a change that are not done in line; most changes have none."""
    if not record.follow_ups:
        return
    connection.execute(_UNTRACKED, {"change": record.id})
    if rows := [_followed(record.id, one) for one in record.follow_ups if one.open]:
        connection.execute(sa.insert(follow_ups), rows)


def _followed(change: ChangeId, one: FollowUp) -> dict[str, Any]:
    return {
        "change_id": change,
        "number": one.number,
        "owner": one.owner,
        "due": one.due,
        "key": one.key or "",
        "url": one.url,
        "late": one.late,
    }


def groups_of(connection: sa.Connection, person: PersonId) -> frozenset[str]:
    """Return the groups whose mirror has the person in it."""
    rows = connection.execute(sa.select(members.c.group).where(members.c.person == person))
    return frozenset(row.group for row in rows)


def glance(
    connection: sa.Connection,
    person: PersonId,
    known: Interests,
    at: datetime,
    month_began: datetime,
    most: int,
) -> Glance:
    """Read what concerns a person, the first ``most`` of each kind."""
    windows = sorted({line.id: line for line in _windows(connection, person)}.values(), key=lambda w: w.id)
    debts, owed_in_all, asked_in_all = _debts(connection, person, known.groups, most)
    counts, late_in_all = _counts(connection, at, month_began) if known.reviews else (None, 0)
    late = _late(connection, at, most) if known.reviews else []
    agreed, agreed_in_all = _agreed(connection, person, most)
    return Glance(
        windows=tuple(windows[:most]),
        windows_in_all=len(windows),
        debts=tuple(debts),
        owed_in_all=owed_in_all,
        asked_in_all=asked_in_all,
        follow_ups=agreed,
        follow_ups_in_all=agreed_in_all,
        recent=_recent(connection, known.systems, most),
        counts=counts,
        late=tuple(late),
        late_in_all=late_in_all,
        next_due=_next_due(connection, debts, at, everybody=known.reviews),
    )


def _windows(connection: sa.Connection, person: PersonId) -> Iterator[Line]:
    """Read what they asked for, and what was handed to them; each has its index."""
    for column in (_c.requester, _c.owner):
        query = sa.select(changes).where(column == person, _c.state.in_(WINDOWS))
        yield from map(_line, connection.execute(query))


def _debts(
    connection: sa.Connection, person: PersonId, groups: frozenset[str], most: int
) -> tuple[list[Debt], int, int]:
    """Return the first of everything owed, by name and by group, and how many there are: duties, and verdicts."""
    found: list[Debt] = []
    owed, asked = 0, 0
    count = sa.func.count().label("n")
    by_name = _d.person == person
    for mine in ([by_name], *([_d.group == group, _free(person)] for group in sorted(groups))):
        totals = sa.select(_d.duty, count).where(*mine).group_by(_d.duty)
        for duty, n in connection.execute(totals).all():
            verdicts = mine[0] is not by_name and duty == Duty.APPROVAL.value
            owed, asked = (owed, asked + n) if verdicts else (owed + n, asked)
            query = _DEBTS.where(*mine, _d.duty == duty).order_by(_d.due_at, _d.change_id).limit(most)
            found += map(_debt, connection.execute(query))
    found += _held_up(connection, person, groups, most)
    return found, owed, asked


def _held_up(
    connection: sa.Connection, person: PersonId, groups: frozenset[str], most: int
) -> Iterator[Debt]:
    """Read the verdicts somebody waits for: they come first, however old the others are, and are few at a time."""
    waiting = sa.select(_c.id).where(_c.state == State.REQUESTED.value).order_by(_c.id).limit(WAITING)
    ids = list(connection.execute(waiting).scalars())
    query = _DEBTS.where(
        _d.change_id.in_(ids), _d.duty == Duty.APPROVAL.value, _d.group.in_(sorted(groups)), _free(person)
    )
    if ids:
        yield from map(_debt, connection.execute(query.order_by(_c.opened_at, _c.id).limit(most)))


def _free(person: PersonId) -> sa.ColumnElement[bool]:
    return _d.recused.not_like(f"%{_RECUSED}{person}{_RECUSED}%")


def owing(
    connection: sa.Connection, person: PersonId, groups: frozenset[str], most: int
) -> list[tuple[ChangeId, Duty]]:
    """Name what a person owes, the first ``most`` of each duty."""
    found, _, _ = _debts(connection, person, groups, most)
    return list(dict.fromkeys((debt.id, debt.duty) for debt in sorted(found, key=lambda debt: debt.due)))


def _recent(connection: sa.Connection, systems: Iterable[str], most: int) -> tuple[Line, ...]:
    found: list[Line] = []
    for system in sorted(systems):
        newest = _c.opened_at.desc(), _c.id.desc()
        query = sa.select(changes).where(_c.system == system).order_by(*newest).limit(most)
        found += map(_line, connection.execute(query))
    return tuple(sorted(found, key=lambda line: (line.opened_at, line.id), reverse=True)[:most])


def _agreed(connection: sa.Connection, person: PersonId, most: int) -> tuple[tuple[Agreed, ...], int]:
    """Return the first follow-ups somebody owns that are not done, and how many there are."""
    mine = _f.owner == person
    found = (
        sa.select(_f.number, _f.owner.label("agreed_by"), _f.due, _f.key, _f.url, _f.late, *changes.c)
        .join(changes, _c.id == _f.change_id)
        .where(mine)
        .order_by(_f.due, _f.change_id, _f.number)
        .limit(most)
    )
    count = connection.execute(sa.select(sa.func.count()).select_from(follow_ups).where(mine)).scalar_one()
    return tuple(map(_promise, connection.execute(found))), count


def _promise(row: Any) -> Agreed:
    owner = PersonId(row.agreed_by)
    return Agreed(_line(row), row.number, row.due, owner, row.key, row.url, row.late)


def _late(connection: sa.Connection, at: datetime, most: int) -> list[Debt]:
    """Return what is overdue, earliest first, once for each change and duty."""
    query = _DEBTS.where(_d.due_at < at).order_by(_d.due_at, _d.change_id).limit(most)
    return list({(debt.id, debt.duty): debt for debt in map(_debt, connection.execute(query))}.values())


def _counts(connection: sa.Connection, at: datetime, month_began: datetime) -> tuple[Counts, int]:
    """Return the figures, and how much is overdue in all; each is one range of one index."""
    n = sa.func.count()
    real = sa.case((sa.and_(_d.drill.is_(False), _d.earliest.is_(True)), 1), else_=0)
    open_ = sa.select(n).where(_c.state.in_(OPEN), _c.drill.is_(False))
    overdue = sa.select(n, sa.func.sum(real)).where(_d.due_at < at)
    month = sa.select(n, sa.func.sum(sa.case((_c.drill, 1), else_=0))).where(_c.opened_at >= month_began)
    late, overdue_changes = connection.execute(overdue).one()
    this_month, drills = (int(count or 0) for count in connection.execute(month).one())
    counts = Counts(
        open=int(connection.execute(open_).scalar_one()),
        overdue=int(overdue_changes or 0),
        this_month=this_month - drills,
        drills_this_month=drills,
    )
    return counts, int(late)


def _next_due(
    connection: sa.Connection, debts: Sequence[Debt], at: datetime, *, everybody: bool
) -> datetime | None:
    """Return when the next duty they see will be overdue."""
    due = [debt.due for debt in debts if debt.due > at]
    if everybody:
        first = connection.execute(sa.select(sa.func.min(_d.due_at)).where(_d.due_at > at)).scalar_one()
        due += [first] if first else []
    return min(due, default=None)


def _debt(row: Any) -> Debt:
    return Debt(_line(row), Duty(row.duty), row.due_at, PersonId(row.person) or None, row.group)


def _line(row: Any) -> Line:
    return Line(
        id=ChangeId(row.id),
        state=State(row.state),
        requester=PersonId(row.requester),
        owner=PersonId(row.owner),
        system=row.system,
        access=row.access,
        drill=row.drill,
        abandoned=row.abandoned,
        overridden=row.overridden,
        asked_first=row.asked_first,
        pull=row.pull,
        opened_at=row.opened_at,
        access_until=row.access_until,
        card=Posted(row.card_channel, row.card_ts) if row.card_ts else None,
    )
