"""The directory's mirrors for the length of one visit.

They are kept nowhere, so that a policy which is not in force yet cannot change who is who for a bot that runs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from workflows.people import KnownBy, Person
from workflows.vocabulary import PersonId


class Mirrors:
    """Who is who, and who is in which group, as the vendors say now."""

    def __init__(self, known: Iterable[Person]) -> None:
        self._people = {person.id: person for person in known}
        self.groups: dict[str, frozenset[PersonId]] = {}
        self.errors: dict[str, str] = {}

    def by_slack(self, team: str, user: str) -> Person | None:
        return self._one(lambda p: p.slack_user == user and p.slack_team == team)

    def called(self, said: str) -> list[Person]:
        return [person for person in self._people.values() if said in (person.handle, person.name)]

    def by_email(self, email: str) -> Person | None:
        return self._one(lambda p: p.email != "" and p.email == email.lower())

    def by_account(self, vendor: str, account: str) -> Person | None:
        return self._one(lambda p: getattr(p, vendor).lower() == account.lower())

    def by_id(self, person: PersonId) -> Person:
        return self._people[person]

    def everyone(self) -> list[Person]:
        return list(self._people.values())

    def known_by(self, what: KnownBy, listed: Iterable[str]) -> list[Person]:
        wanted = frozenset(listed)
        return [p for p in self._people.values() if {getattr(p, what), getattr(p, what).lower()} & wanted]

    def _one(self, fits: Callable[[Person], bool]) -> Person | None:
        return next((person for person in self._people.values() if fits(person)), None)

    def keep(self, found: Iterable[Mapping[str, Any]]) -> int:
        """Take in Slack's accounts; somebody imported before is the same person."""
        count = 0
        for account in found:
            team, user, email = account["slack_team"], account["slack_user"], account.get("email", "")
            known = self.by_slack(team, user) or self._imported(email)
            person = replace(known or Person(PersonId(f"{team}/{user}")), **account)
            self._people[person.id] = person
            count += 1
        return count

    def _imported(self, email: str) -> Person | None:
        return self._one(lambda p: email != "" and p.email == email and not p.slack_user)

    def in_groups(self) -> frozenset[str]:
        return frozenset(self.groups)

    def replace_group(self, group: str, persons: Iterable[PersonId]) -> None:
        self.groups[group] = frozenset(persons)

    def mark(self, mirror: str, size: int) -> None:
        """Nobody asks how old these mirrors are."""

    def failed(self, mirror: str, error: str) -> None:
        self.errors[mirror] = error
