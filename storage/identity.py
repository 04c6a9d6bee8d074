"""Who somebody is, and which accounts were theirs at one moment, as it is kept with what they did then."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from storage.schema import accounts, people
from workflows.people import Person, unknown
from workflows.vocabulary import PersonId

_PERSON = (
    sa.select(people, accounts.c.number)
    .select_from(
        people.outerjoin(
            accounts,
            sa.and_(accounts.c.vendor == "github", accounts.c.login == sa.func.lower(people.c.github)),
        )
    )
    .where(people.c.id == sa.bindparam("person"))
)


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as the mirror has them, and the number GitHub knows them by; empty if it was never seen."""

    person: Person
    number: str = ""


def known(connection: sa.Connection, person: PersonId) -> Known:
    """Read one person; who has no row may do nothing."""
    row = connection.execute(_PERSON, {"person": person}).one_or_none()
    if row is None:
        return Known(unknown(person))
    fields = dict(row._mapping)
    number = fields.pop("number")
    return Known(Person(**fields), number or "")


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
