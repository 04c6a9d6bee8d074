"""What the clock has spoken up about and is owed still, and who is away: what reminders are gathered from."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from storage.schema import delegations, members, prompts
from workflows.administration import Delegation, DelegationEnded
from workflows.chase import GROUP, Holding, Reader
from workflows.delegation import Absence, Absences, stand_in
from workflows.events import Entry
from workflows.vocabulary import ChangeId, Duty, PersonId

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
        "duty": holding.duty.value,
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


def prompted(connection: sa.Connection, of: Reader, limit: int) -> list[tuple[ChangeId, Duty]]:
    """Return what the clock spoke up about last, of all that may concern somebody."""
    names = {of.id, *of.instead_of, *(GROUP + group for group in of.groups)}
    query = (
        sa.select(prompts.c.change_id, prompts.c.duty)
        .where(prompts.c.holder.in_(sorted(names)))
        .order_by(prompts.c.prompted_at.desc())
        .limit(limit)
    )
    rows = connection.execute(query)
    return list(dict.fromkeys((ChangeId(row.change_id), Duty(row.duty)) for row in rows))
