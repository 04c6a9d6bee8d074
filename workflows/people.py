"""Persons and groups, as the directory knows them.

A person is a pseudonym; Slack, GitHub and Jira accounts hang on it and can be erased.  Compare persons,
never accounts.
"""

from dataclasses import dataclass
from typing import Literal

from workflows.vocabulary import CLOCK, SYSTEM, PersonId

KnownBy = Literal["email", "slack_user", "github"]  #: what sources of groups list their members by


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may click, and what is known about them."""

    id: PersonId
    name: str = ""
    email: str = ""
    slack_team: str = ""
    slack_user: str = ""
    github: str = ""
    jira: str = ""
    handle: str = ""  #: what follows the @ in Slack
    timezone: str = ""  #: an IANA name, as Slack gives it; empty if it gives none
    guest: bool = False
    outsider: bool = False
    bot: bool = False
    deactivated: bool = False
    erased: bool = False  #: nothing but the pseudonym is left

    def account(self, provider: str) -> str:
        """Return the account a provider of access knows this person by; empty if none is linked."""
        return self.github if provider.startswith("github") else self.email


def unknown(person: PersonId) -> Person:
    """Stand in for somebody the directory has no row for: may do nothing."""
    return Person(
        person, name=person if person in (CLOCK, SYSTEM) else "", outsider=person not in (CLOCK, SYSTEM)
    )


def not_a_member(who: Person) -> str | None:
    """Say why somebody may take no part: guests, other organisations, bots and people who left."""
    if who.bot:
        return "Bots cannot take part in an emergency change."
    if who.deactivated:
        return "This account is deactivated."
    if who.outsider:
        return "Only members of this organisation can take part. If you just joined, try again in a minute."
    return "Guests cannot take part in an emergency change; ask a colleague." if who.guest else None


@dataclass(frozen=True, slots=True)
class Membership:
    """The mirror's answer about one person and one group, and how old the mirror is in real seconds."""

    group: str
    member: bool
    size: int
    age: int
