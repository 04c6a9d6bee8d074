"""Who somebody is, where they belong, and which accounts were theirs at one moment, as it is kept with what they did."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.schema import accounts, members, mirrors, people
from workflows.chase import GROUP
from workflows.people import Membership, Person, unknown
from workflows.vocabulary import PersonId

_FIELDS = tuple(field.name for field in fields(Person))
_ACCOUNT = sa.and_(accounts.c.vendor == "github", accounts.c.login == sa.func.lower(people.c.github))
_MEMBER = sa.and_(mirrors.c.name == GROUP + members.c.group, members.c.person == people.c.id)
#: One row for each mirror, of groups and of others.
_PERSON = (
    sa.select(
        *(people.c[name] for name in _FIELDS),
        accounts.c.number,
        mirrors.c.name.label("mirror"),
        mirrors.c.refreshed_at,
        mirrors.c.size,
        members.c.person.label("member"),
    )
    .select_from(
        people.outerjoin(accounts, _ACCOUNT).outerjoin(mirrors, sa.true()).outerjoin(members, _MEMBER)
    )
    .where(people.c.id == sa.bindparam("person"))
)


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as the mirrors have them, and the number GitHub knows them by; empty if it was never seen."""

    person: Person
    number: str = ""
    groups: Mapping[str, Membership] = field(default_factory=dict)  #: of all that are mirrored, by name


def known(connection: sa.Connection, person: PersonId, real_now: datetime) -> Known:
    """Read one person and their groups, which are as old as ``real_now`` says; who has no row may do nothing."""
    rows = connection.execute(_PERSON, {"person": person}).all()
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
