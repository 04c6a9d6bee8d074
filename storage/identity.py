"""Which accounts were a person's at one moment, as it is kept with what they did then."""

import json

import sqlalchemy as sa

from storage.schema import accounts
from workflows.people import Person

_NUMBER = sa.select(accounts.c.number).where(
    accounts.c.vendor == "github", accounts.c.login == sa.bindparam("login")
)


def who_at_that_time(connection: sa.Connection, person: Person) -> str:
    """Write the accounts down; logins change, GitHub's number and Slack's ids stay."""
    held: dict[str, dict[str, str]] = {}
    if person.slack_user:
        held["slack"] = {"team": person.slack_team, "user": person.slack_user}
    if person.github:
        row = connection.execute(_NUMBER, {"login": person.github.lower()}).one_or_none()
        held["github"] = {"login": person.github, "number": row.number if row else ""}
    if person.jira:
        held["jira"] = {"account": person.jira}
    return json.dumps(held, sort_keys=True, separators=(",", ":")) if held else ""
