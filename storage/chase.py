"""What the clock has spoken up about and is owed still, and who is away: what reminders are gathered from."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from storage.schema import delegations, members, mirrors, people, prompts
from workflows.administration import Delegation, DelegationEnded
from workflows.chase import GROUP, Holding, Reader
from workflows.delegation import Absence, Absences, stand_in
from workflows.events import Entry
from workflows.vocabulary import ChangeId, PersonId

_DROP = sa.delete(prompts).where(prompts.c.change_id == sa.bindparam("change"))
_PUT = sa.insert(prompts)


def hold(connection: sa.Connection, change: ChangeId, holdings: Collection[Holding]) -> None:
    """Bring the rows of a change in line."""
    connection.execute(_DROP, {"change": change})
    if holdings:
        connection.execute(_PUT, [_row(change, holding) for holding in holdings])


def _row(change: ChangeId, holding: Holding) -> dict[str, object]:
    return {
        "change_id": change,
        "about": holding.about,
        "holder": holding.holder,
        "prompted_at": holding.prompted_at,
    }


def administered(connection: sa.Connection, entry: Entry) -> None:
    """Keep what an entry of administration says about who is away."""
    if isinstance(entry, Delegation | DelegationEnded):
        connection.execute(sa.delete(delegations).where(delegations.c.person == entry.by))
    if isinstance(entry, Delegation):
        row = {"person": entry.by, "delegate": entry.to, "until": entry.until}
        connection.execute(sa.insert(delegations).values(row))


def absences(connection: sa.Connection, at: datetime) -> Absences:
    """Return who is away at ``at``, and who stands in."""
    rows = connection.execute(sa.select(delegations).where(delegations.c.until > at))
    return {
        PersonId(row.person): Absence(PersonId(row.person), PersonId(row.delegate), row.until) for row in rows
    }


def reader(connection: sa.Connection, person: PersonId, at: datetime) -> Reader:
    """Return in whose name somebody is told."""
    mine = connection.execute(sa.select(members.c.group).where(members.c.person == person)).scalars()
    away = absences(connection, at)
    return Reader(
        id=person,
        groups=frozenset(mine),
        instead_of=frozenset(one for one in away if stand_in(one, away) == person),
    )


def prompted(connection: sa.Connection, of: Reader, limit: int) -> list[tuple[ChangeId, str]]:
    """Return what the clock spoke up about last, of all that may concern somebody."""
    names = {of.id, *of.instead_of, *(GROUP + group for group in of.groups)}
    query = (
        sa.select(prompts.c.change_id, prompts.c.about)
        .where(prompts.c.holder.in_(sorted(names)))
        .order_by(prompts.c.prompted_at.desc())
        .limit(limit)
    )
    rows = connection.execute(query)
    return list(dict.fromkeys((ChangeId(row.change_id), row.about) for row in rows))


_ABLE = (
    sa.select(sa.func.count())
    .select_from(members.join(people, people.c.id == members.c.person))
    .where(
        sa.literal("group:") + members.c.group == mirrors.c.name,
        sa.not_(sa.or_(people.c.deactivated, people.c.bot, people.c.guest, people.c.outsider)),
    )
    .correlate(mirrors)
    .scalar_subquery()
)
_KNOWN = (mirrors.c.refreshed_at.is_not(None), mirrors.c.error.is_(None))
_WATCHED = sa.select(mirrors.c.name, mirrors.c.alarmed_at, _ABLE.label("able")).where(
    *_KNOWN, mirrors.c.name.in_(sa.bindparam("names", expanding=True))
)
_LOCKED = sa.select(mirrors.c.name).where(mirrors.c.name == sa.bindparam("name")).with_for_update()


def turning(connection: sa.Connection, groups: Collection[str]) -> list[str]:
    """Name the groups that nobody is left in and nobody was alarmed about, and those that are filled again."""
    rows = connection.execute(_WATCHED, {"names": [GROUP + group for group in sorted(groups)]})
    return [row.name.removeprefix(GROUP) for row in rows if (row.able == 0) != (row.alarmed_at is not None)]


def turned(connection: sa.Connection, group: str, at: datetime) -> bool | None:
    """Keep that a group has become empty, or was filled again: once, whichever replica comes first."""
    connection.execute(_LOCKED, {"name": GROUP + group})
    row = connection.execute(_WATCHED, {"names": [GROUP + group]}).one_or_none()
    if row is None or (row.able == 0) == (row.alarmed_at is not None):
        return None
    connection.execute(
        sa.update(mirrors).where(mirrors.c.name == GROUP + group).values(alarmed_at=None if row.able else at)
    )
    return not row.able


def empty(connection: sa.Connection, groups: Collection[str]) -> int:
    """Count the groups that people were alarmed about."""
    names = [GROUP + group for group in groups]
    query = sa.select(sa.func.count()).where(mirrors.c.name.in_(names), mirrors.c.alarmed_at.is_not(None))
    return int(connection.execute(query).scalar_one())
