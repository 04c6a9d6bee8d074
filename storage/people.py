"""People and the mirrors of groups.

Mirrors carry the real time of their last refresh: an answer that is too old is no answer.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import homes
from storage.among import among
from storage.engine import Database
from storage.schema import accounts, members, mirrors, people
from storage.upserts import upsert
from workflows.duties import Audience
from workflows.errors import Conflict
from workflows.people import KnownBy, Person
from workflows.ports import Clock, Stopwatch
from workflows.vocabulary import PersonId

_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  #: no letters that are read as digits
_LENGTH = 10
_BY_SLACK = sa.select(people).where(
    people.c.slack_user == sa.bindparam("user"), people.c.slack_team == sa.bindparam("team")
)
_KNOWN_BY: dict[KnownBy, sa.Select[Any]] = {
    "email": sa.select(people).where(among(people.c.email, "listed")),
    "slack_user": sa.select(people).where(among(people.c.slack_user, "listed")),
    "github": sa.select(people).where(among(sa.func.lower(people.c.github), "listed")),
}
_ERASED = sa.select(people.c.id).where(people.c.erased.is_(True))


@dataclass(frozen=True, slots=True)
class Mirror:
    """How a mirror stands."""

    name: str
    refreshed_at: datetime | None
    size: int
    error: str | None


def _key(account: Mapping[str, object]) -> tuple[str, str]:
    return str(account["slack_team"]), str(account["slack_user"])


def new_id() -> PersonId:
    """Draw a pseudonym."""
    return PersonId("P-" + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)))


class People:
    """The directory, as storage keeps it."""

    def __init__(self, database: Database, clock: Clock, stopwatch: Stopwatch) -> None:
        self._database = database
        self._clock = clock
        self._stopwatch = stopwatch

    def by_slack(self, team: str, user: str) -> Person | None:
        """Find the person behind a Slack account; the team counts too."""
        with self._database.read() as connection:
            row = connection.execute(_BY_SLACK, {"user": user, "team": team}).first()
        return Person(**row._mapping) if row else None

    def by_id(self, person: PersonId) -> Person | None:
        return self._one(people.c.id == person)

    def by_email(self, email: str) -> Person | None:
        return self._one(people.c.email == email.lower(), people.c.email != "")

    def by_account(self, vendor: str, account: str, number: str = "") -> Person | None:
        """Find the person an account is linked to, now or before.

        The number decides where it is known: a login can be changed, and then taken by somebody else.
        """
        with self._database.read() as connection:
            person, known = self._linked(connection, vendor, account, number)
        if person:
            return self.by_id(person)
        column = people.c[vendor]
        return None if known else self._one(sa.func.lower(column) == account.lower(), column != "")

    def _linked(
        self, connection: sa.Connection, vendor: str, login: str, number: str
    ) -> tuple[PersonId | None, bool]:
        """Return whose account it is, and whether the login is on file at all."""
        a = accounts.c
        if number:
            same = sa.select(a.person).where(a.vendor == vendor, a.number == number).limit(1)
            if person := connection.execute(same).scalar_one_or_none():
                return PersonId(person), True
        row = connection.execute(
            sa.select(a.person, a.number).where(a.vendor == vendor, a.login == login.lower())
        ).one_or_none()
        if row is None:
            return None, False
        taken_over = number and row.number and row.number != number
        return (None if taken_over else PersonId(row.person)), True

    def number_of(self, vendor: str, login: str) -> str:
        """Return the number an account is known by; empty if it was never seen."""
        a = accounts.c
        query = sa.select(a.number).where(a.vendor == vendor, a.login == login.lower())
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none() or ""

    def called(self, said: str) -> list[Person]:
        """Find who goes by a handle, or where nobody does, by a name; whoever has left is left out."""
        for column in (people.c.handle, people.c.name):
            same = sa.or_(column == said, sa.func.lower(column) == said.lower())
            query = sa.select(people).where(same, column != "", people.c.deactivated.is_(False))
            with self._database.read() as connection:
                found = [Person(**row._mapping) for row in connection.execute(query.order_by(people.c.name))]
            if found:
                return found
        return []

    def _one(self, *where: sa.ColumnElement[bool]) -> Person | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(people).where(*where).limit(1)).one_or_none()
        return Person(**row._mapping) if row else None

    def everyone(self) -> list[Person]:
        """Return all people, by name."""
        with self._database.read() as connection:
            return [
                Person(**row._mapping)
                for row in connection.execute(sa.select(people).order_by(people.c.name))
            ]

    def known_by(self, what: KnownBy, listed: Iterable[str]) -> list[Person]:
        """Return whoever a list names; addresses and logins are given in lower case."""
        with self._database.read() as connection:
            rows = connection.execute(_KNOWN_BY[what], {"listed": sorted(listed)})
            return [Person(**row._mapping) for row in rows]

    def named(self, ids: Iterable[PersonId]) -> dict[PersonId, Person]:
        """Return the people with these ids, where they are known."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(people).where(people.c.id.in_(sorted(ids))))
            return {row.id: Person(**row._mapping) for row in rows}

    def keep(self, found: Iterable[Mapping[str, object]]) -> int:
        """Bring the people mirror in line with Slack's accounts: one row per (team, user).

        A row that has an e-mail but no Slack account yet (imported before) is the same person.
        """
        count = 0
        with self._database.write() as connection:
            rows = list(connection.execute(sa.select(people)))
            there = {(r.slack_team, r.slack_user): dict(r._mapping) for r in rows if r.slack_user}
            imported = {row.email: row.id for row in rows if row.email and not row.slack_user}
            for account in sorted(found, key=_key):  # in one order everywhere: nobody waits in a circle
                count += 1
                known = there.get((account["slack_team"], account["slack_user"]))
                if known and all(known[name] == value for name, value in account.items()):
                    continue
                self._keep_one(connection, dict(account), known["id"] if known else None, imported)
        return count

    def _keep_one(
        self,
        connection: sa.Connection,
        account: dict[str, object],
        known: str | None,
        imported: Mapping[str, str],
    ) -> None:
        id = known or imported.get(str(account.get("email", "")))
        if id:
            still_there = (people.c.id == id, people.c.erased.is_(False))  # they may be erased meanwhile
            connection.execute(sa.update(people).where(*still_there).values(**account))
            return
        statement = upsert(connection, people).values(id=new_id(), **account)
        if account["slack_user"]:  # another process may meet them at the same moment
            statement = statement.on_conflict_do_update(
                index_elements=["slack_user", "slack_team"],
                index_where=people.c.slack_user != sa.literal_column("''"),
                set_=account,
            )
        connection.execute(statement)

    def link(self, person: PersonId, vendor: str, account: str, number: str = "") -> None:
        """Link an account; raises ``Conflict`` if it is somebody else's, or its owner was erased.

        The one before stays theirs.
        """
        holder = self.by_account(vendor, account, number)
        if holder and holder.id != person:
            raise Conflict(f"{account} is linked to {holder.name or holder.id} already.")
        with self._database.write() as connection:
            there = self._there(connection, person)
            if there is None:
                raise Conflict(f"{person} was erased; import them again as somebody new.")
            before = there._mapping[vendor]
            connection.execute(sa.update(people).where(people.c.id == person).values({vendor: account}))
            for login, known in ((before, ""), (account, number)):
                self._file(connection, person, vendor, login, known)

    def learn(self, person: PersonId, vendor: str, login: str, number: str) -> None:
        """Keep an account's number, or the login it goes by now, of who was not erased; who holds access does not change."""
        with self._database.write() as connection:
            if self._there(connection, person) is not None:
                self._file(connection, person, vendor, login, number)

    def _there(self, connection: sa.Connection, person: PersonId) -> sa.Row[Any] | None:
        """Return somebody who is not erased, nor will be before this transaction has ended."""
        still_there = (people.c.id == person, people.c.erased.is_(False))
        return connection.execute(sa.select(people).where(*still_there).with_for_update()).one_or_none()

    def _file(
        self, connection: sa.Connection, person: PersonId, vendor: str, login: str, number: str
    ) -> None:
        if not login:
            return
        fresh = {"person": person, **({"number": number} if number else {})}
        connection.execute(
            upsert(connection, accounts)
            .values(vendor=vendor, login=login.lower(), **{"number": "", **fresh})
            .on_conflict_do_update(index_elements=["vendor", "login"], set_=fresh)
        )

    def add(self, email: str, name: str) -> PersonId:
        """Add somebody who is not in Slack's listing yet."""
        person = new_id()
        with self._database.write() as connection:
            connection.execute(sa.insert(people).values(id=person, email=email.lower(), name=name))
        return person

    def replace_group(self, group: str, persons: Iterable[PersonId]) -> None:
        """Mirror the members of a group as they are now; an empty group answers for nobody.

        Whoever was erased since the members were read is in no group any more.
        """
        now = self._stopwatch.now()
        with self._database.write() as connection:
            wanted = set(persons).difference(connection.execute(_ERASED).scalars())
            query = sa.select(members.c.person).where(members.c.group == group)
            there = {PersonId(row.person) for row in connection.execute(query)}
            if gone := there - wanted:
                connection.execute(
                    sa.delete(members).where(members.c.group == group, members.c.person.in_(sorted(gone)))
                )
            if new := wanted - there:
                # Another process may see them too.
                joined = upsert(connection, members).on_conflict_do_nothing()
                connection.execute(joined, [{"group": group, "person": p} for p in sorted(new)])
            if gone or new:  # what the group owes comes to other people's Homes from now on
                homes.refresh(connection, Audience(frozenset(gone | new)), self._clock.now(), now)
            self._mark(connection, f"group:{group}", refreshed_at=now, size=len(wanted), error=None)

    def mark(self, mirror: str, size: int) -> None:
        """Say that a mirror was refreshed just now."""
        with self._database.write() as connection:
            self._mark(connection, mirror, refreshed_at=self._stopwatch.now(), size=size, error=None)

    def failed(self, mirror: str, error: str) -> None:
        """Keep why a mirror could not be refreshed; what it holds grows old by itself."""
        with self._database.write() as connection:
            self._mark(connection, mirror, error=error[:1000])

    def _mark(self, connection: sa.Connection, mirror: str, **to: object) -> None:
        statement = (
            upsert(connection, mirrors)
            .values(name=mirror, **{"size": 0, **to})
            .on_conflict_do_update(index_elements=["name"], set_=to)
        )
        connection.execute(statement)

    def mirrors(self) -> list[Mirror]:
        """Say how every mirror stands."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(mirrors).order_by(mirrors.c.name))
            return [Mirror(row.name, row.refreshed_at, row.size, row.error) for row in rows]

    def in_groups(self) -> frozenset[str]:
        """Name the groups that somebody is in."""
        with self._database.read() as connection:
            return frozenset(connection.execute(sa.select(members.c.group).distinct()).scalars())

    def group(self, group: str) -> frozenset[PersonId]:
        """Return the mirrored members of a group."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(members.c.person).where(members.c.group == group))
            return frozenset(PersonId(row.person) for row in rows)
