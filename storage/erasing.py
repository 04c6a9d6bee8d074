"""Erases a person: their accounts, every value about or by them, and nothing that proves anything.

One transaction.  What could still be about them is looked for twice: most of it before anything is
locked, the rest once nobody can append any more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import holds, ledger, redaction
from storage.engine import Database
from storage.leaves import Vault
from storage.schema import accounts, changes, claims, members, mirrors, obligations, people, policies, values
from storage.search import Copies, Search, Value
from storage.wakeup import notify
from workflows.administration import PersonErased, PolicyRedacted
from workflows.errors import Declined
from workflows.people import Person
from workflows.ports import Clock
from workflows.procedure import FINAL
from workflows.subjects import mentions
from workflows.vocabulary import SYSTEM, ChangeId, PersonId, StepName
from workflows.words import listed

CHUNK = 1500  #: names of values one entry can carry; a leaf has at most 65,535 bytes
_VALUE = sa.delete(values).where(
    values.c.sequence == sa.bindparam("at"), values.c.field == sa.bindparam("name")
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known about somebody, before anything is erased."""

    person: Person
    values: int  #: about or by them
    mentioned: tuple[Value, ...]  #: in the words of others
    copies: Mapping[ChangeId, Copies]


@dataclass(frozen=True, slots=True)
class Erased:
    """What is gone."""

    person: PersonId
    values: int
    mentions_left: int
    copies: Mapping[ChangeId, Copies]


class Erasing:
    """Looks for a person in one memory, and erases them."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def look(self, person: Person) -> Findings:
        """Find everything about somebody; raises ``Declined`` if they cannot be erased now."""
        search = Search(self._vault, person)
        with self._database.snapshot() as connection:
            search.go_on(connection)
            self._must_be_free(connection, person, search, also=False)
        found = search.about + search.naming
        return Findings(person, len(found), tuple(search.mentioning), search.copies())

    def erase(self, person: Person, by: PersonId, reason: str, *, also_text: bool) -> Erased:
        """Erase somebody; with ``also_text`` what others wrote and mentions them, too.  Raises ``Declined``."""
        if by == person.id:
            raise Declined("Somebody else has to do this: nobody erases themselves.")
        if mentions(reason, person):
            raise Declined("The reason names whom it is about; leave their name and accounts out of it.")
        search = Search(self._vault, person)
        with self._database.snapshot() as connection:
            search.go_on(connection)
            self._must_be_free(connection, person, search, also=also_text)
        with self._database.write() as connection:
            connection.execute(sa.select(people.c.id).where(people.c.id == person.id).with_for_update())
            _forget(connection, person)
            redactions = list(self._redact(connection, person))
            ledger.lock(connection)
            search.go_on(connection)
            self._must_be_free(connection, person, search, also=also_text)
            gone = _gone(search, also_text=also_text)
            said = self._entries(person, by, reason, gone, len(search.about))
            drafts = [ledger.Draft(entry) for entry in (*redactions, *said)]
            ledger.append(connection, self._vault, drafts, self._clock.now())
            delete(connection, [(value.sequence, value.field) for value in (*search.about, *gone)])
            look_again(connection, {value.change for value in (*search.about, *gone)}, self._clock.now())
        left = 0 if also_text else len(search.mentioning)
        return Erased(person.id, len(search.about) + len(gone), left, search.copies())

    # --- whether -----------------------------------------------------------------------------------

    def _must_be_free(self, connection: sa.Connection, person: Person, search: Search, *, also: bool) -> None:
        for sentence in self._objections(connection, person, search, also=also):
            raise Declined(sentence)

    def _objections(
        self, connection: sa.Connection, person: Person, search: Search, *, also: bool
    ) -> Iterator[str]:
        text = search.mentioning if also else []
        found = [*search.about, *search.naming, *text]
        touched = {value.change for value in found if value.change}
        held = holds.in_force(connection, self._vault)
        for hold in holds.standing_in_the_way(held, {person.id, *search.others, *touched}):
            yield f"{hold.subject} is under legal hold since {hold.since:%Y-%m-%d}; nothing of it may be erased until `records release {hold.subject}`."
        if standing := _standing(connection, person.id):
            yield f"Access through {listed(standing)} was not seen gone yet; end it with `access revoke`, then erase."
        if still_open := _open(connection, search.changes):
            yield f"They take part in {listed(still_open)}, which {'is' if len(still_open) == 1 else 'are'} not closed; settle that first."
        if self._named_in_force(connection, person):
            yield "The policy in force names them; take them out of it, start the bot with it once, then erase."
        if person.erased and not found:
            yield f"{person.id} was erased before, and nothing about them is left."

    def _named_in_force(self, connection: sa.Connection, person: Person) -> bool:
        newest = sa.select(policies.c.text).order_by(policies.c.sequence.desc()).limit(1)
        text = connection.execute(newest).scalar_one_or_none()
        return text is not None and redaction.names(bytes(text).decode(), person)

    # --- what is written ---------------------------------------------------------------------------

    def _redact(self, connection: sa.Connection, person: Person) -> Iterator[PolicyRedacted]:
        for row in connection.execute(sa.select(policies).order_by(policies.c.sequence)).all():
            before = bytes(row.text).decode()
            after = redaction.redacted(before, person)
            if after == before:
                continue
            connection.execute(
                sa.update(policies).where(policies.c.sha256 == row.sha256).values(text=after.encode())
            )
            yield PolicyRedacted(at=self._clock.now(), by=SYSTEM, sha256=row.sha256, text=after)

    def _entries(
        self, person: Person, by: PersonId, reason: str, gone: Sequence[Value], about: int
    ) -> Iterator[PersonErased]:
        names = [value.name for value in gone]
        parts = [names[start : start + CHUNK] for start in range(0, len(names), CHUNK)] or [[]]
        for part in parts:
            yield PersonErased(
                at=self._clock.now(),
                by=by,
                person=person.id,
                reason=reason,
                values=about + len(gone),
                also=tuple(part),
            )


def _gone(search: Search, *, also_text: bool) -> list[Value]:
    """Return what goes besides what is about the person: it has to be named one by one."""
    gone = [*search.naming, *search.policies, *(search.mentioning if also_text else [])]
    return [*gone, *search.confirming([*search.about, *gone])]


def _standing(connection: sa.Connection, person: PersonId) -> list[str]:
    query = sa.select(claims.c.change_id).where(
        claims.c.ended.is_(False), claims.c.key.endswith(f"|{person}", autoescape=True)
    )
    return sorted(row.change_id for row in connection.execute(query))


def _open(connection: sa.Connection, involved: set[ChangeId]) -> list[str]:
    final = [state.value for state in FINAL]
    query = sa.select(changes.c.id).where(changes.c.state.not_in(final))
    return sorted({row.id for row in connection.execute(query)} & involved)


# --- what is forgotten besides the ledger's values --------------------------------------------------


def _forget(connection: sa.Connection, person: Person) -> None:
    connection.execute(sa.update(people).where(people.c.id == person.id).values(**_blank(person)))
    connection.execute(sa.delete(members).where(members.c.person == person.id))
    connection.execute(sa.delete(accounts).where(accounts.c.person == person.id))
    _forget_places(connection, person)
    for table, key in ((obligations, "change_id step subject"), (mirrors, "name")):
        for row in connection.execute(sa.select(table).where(table.c.error.is_not(None))).all():
            if mentions(row.error, person):
                where = [table.c[name] == getattr(row, name) for name in key.split()]
                connection.execute(sa.update(table).where(*where).values(error="[erased]"))


def _forget_places(connection: sa.Connection, person: Person) -> None:
    """Drop what is owed to them, and where it would have gone to."""
    o = obligations.c
    theirs = (
        o.subject == person.id,
        o.subject.startswith(f"{person.id}@", autoescape=True),  # reminders
        *(o.subject.endswith(f"{mark}{person.id}", autoescape=True) for mark in ":>"),
    )
    connection.execute(
        sa.update(obligations).where(sa.or_(*theirs)).values(place="", reference="erased", due_at=None)
    )
    if person.slack_user:
        account = f":{person.slack_user}"
        at_theirs = sa.or_(o.place == person.slack_user, o.place.endswith(account, autoescape=True))
        connection.execute(sa.update(obligations).where(at_theirs).values(place="", due_at=None))


def _blank(person: Person) -> dict[str, Any]:
    nobody = replace(Person(person.id), deactivated=True, erased=True)
    return {name: value for name, value in asdict(nobody).items() if name != "id"}


def delete(connection: sa.Connection, gone: Sequence[tuple[int, str]]) -> None:
    """Delete values; the guards let it happen only under an entry that says so."""
    if gone:
        connection.execute(_VALUE, [{"at": sequence, "name": name} for sequence, name in gone])


def look_again(connection: sa.Connection, touched: Iterable[ChangeId | None], at: datetime) -> None:
    """Let the pull requests be looked at again: what they say has to go there too.

    Whoever works on one may have read it before, and does not settle it; their call ends before their lease.
    """
    o = obligations.c
    connection.execute(
        sa.update(obligations)
        .where(o.step == StepName.PULL.value, o.change_id.in_(sorted(filter(None, touched))))
        .values(due_at=at, not_before=None, token=o.token + 1)
    )
    notify(connection)
