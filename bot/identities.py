"""Who is behind an account at GitHub, and what it was called and numbered when it was used.

A link that was made before GitHub could be asked has no number.  It is learnt when the account is first seen, as
an entry of its own: from then on the number decides, and somebody who takes over the login is nobody.
"""

from collections.abc import Callable
from typing import Protocol

from workflows.administration import AccountLinked
from workflows.people import Person
from workflows.ports import Account, Clock
from workflows.vocabulary import SYSTEM, PersonId


class Links(Protocol):
    """Where links are kept."""

    def by_account(self, vendor: str, account: str, number: str = "") -> Person | None: ...
    def number_of(self, vendor: str, login: str) -> str: ...
    def learn(self, person: PersonId, vendor: str, login: str, number: str) -> None: ...


class GitHubIdentities:
    """Accounts at GitHub, as persons."""

    def __init__(self, links: Links, record: Callable[[AccountLinked], object], clock: Clock) -> None:
        self._links = links
        self._record = record
        self._clock = clock

    def person(self, account: Account) -> Person | None:
        """Return whose account it is; nobody's, if the login has another number than when it was linked."""
        found = self._links.by_account("github", account.login, account.number)
        if found and account.number and self._links.number_of("github", account.login) != account.number:
            self._learn(found, account)
        return found

    def _learn(self, person: Person, account: Account) -> None:
        self._record(
            AccountLinked(
                at=self._clock.now(),
                by=SYSTEM,
                person=person.id,
                vendor="github",
                account=account.login,
                number=account.number,
                source="seen",
            )
        )
        self._links.learn(person.id, "github", account.login, account.number)
