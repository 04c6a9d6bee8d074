"""Who somebody is, where they belong, and which accounts were theirs at one moment, as it is kept with what they did."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.ahead import Answer, ahead
from storage.schema import accounts, members, mirrors, people
from workflows.chase import GROUP
from workflows.people import Membership, Person, unknown
from workflows.vocabulary import PersonId

_FIELDS = tuple(field.name for field in fields(Person))
_ACCOUNT = sa.and_(accounts.c.vendor == "github", accounts.c.login == sa.func.lower(people.c.github))
_IN = members.c.group == sa.func.substr(mirrors.c.name, sa.literal_column(str(len(GROUP) + 1)))
#: Asked mirror by mirror: for a join, a server that knows nothing of the tables yet reads all members of all groups.
_MEMBER = (
    sa.select(members.c.person).where(_IN, members.c.person == people.c.id).correlate(mirrors, people)
).scalar_subquery()
#: Joined and not compared: for an OR of two parameters PostgreSQL plans anew at each execution.
_ASKED_FOR = sa.union(
    *(sa.select(sa.bindparam(name, type_=people.c.id.type).label("id")) for name in ("one", "other"))
).subquery()
#: One row for each person and mirror, of groups and of others.
_PERSON = ahead(
    sa.select(
        *(people.c[name] for name in _FIELDS),
        accounts.c.number,
        mirrors.c.name.label("mirror"),
        mirrors.c.refreshed_at,
        mirrors.c.size,
        _MEMBER.label("member"),
    )
).select_from(
    _ASKED_FOR.join(people, people.c.id == _ASKED_FOR.c.id)
    .outerjoin(accounts, _ACCOUNT)
    .outerjoin(mirrors, sa.true())
)


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as the mirrors have them, and the number GitHub knows them by; empty if it was never seen."""

    person: Person
    number: str = ""
    groups: Mapping[str, Membership] = field(default_factory=dict)  #: of all that are mirrored, by name


def known(
    connection: sa.Connection, one: PersonId, other: PersonId, real_now: datetime
) -> Answer[dict[PersonId, Known]]:
    """Look up two persons (or the same twice) and their groups, which are as old as ``real_now`` says.

    Who has no row may do nothing.
    """
    asked = connection.execute(_PERSON, {"one": one, "other": other})

    def answer() -> dict[PersonId, Known]:
        rows = asked.all()
        return {who: _known(who, [row for row in rows if row.id == who], real_now) for who in (one, other)}

    return answer


def _known(person: PersonId, rows: Sequence[Any], real_now: datetime) -> Known:
    if not rows:
        return Known(unknown(person))
    first = rows[0]
    mirrored = (row for row in rows if (row.mirror or "").startswith(GROUP) and row.refreshed_at)
    groups = {one.group: one for one in (_membership(row, real_now) for row in mirrored)}
    return Known(Person(*first[: len(_FIELDS)]), first.number or "", groups)


def _membership(row: Any, real_now: datetime) -> Membership:
    age = max(0, int((real_now - row.refreshed_at).total_seconds()))
    return Membership(row.mirror.removeprefix(GROUP), row.member is not None, row.size, age)


def who_at_that_time(one: Known) -> str:
    """Write the accounts down; logins change, GitHub's number and Slack's ids stay."""
    person, held = one.person, {}
    if person.slack_user:
        held["slack"] = {"team": person.slack_team, "user": person.slack_user}
    if person.github:
        held["github"] = {"login": person.github, "number": one.number}
    if person.jira:
        held["jira"] = {"account": person.jira}
    return json.dumps(held, sort_keys=True, separators=(",", ":")) if held else ""
