"""One transaction of the memory: what ``workflows.work.Work`` asks for, in SQL.

Locks are taken in one order everywhere: the change's row (or the year's counter), then what hangs on it,
then the ledger's head.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from storage import chase, concerns, damage, homes, leases, leaves, ledger, questions, slots
from storage.ahead import ahead
from storage.folds import Folded, Folds
from storage.identity import Known, known, who_at_that_time
from storage.leaves import Vault
from storage.policies import Rules
from storage.schema import (
    changes,
    claims,
    counters,
    obligations,
)
from storage.upserts import insert_into
from storage.wakeup import notify
from workflows import events as ev
from workflows import observations as ob
from workflows.administration import Administration
from workflows.calendar import Calendar
from workflows.chase import Holding
from workflows.consequences import OF_NO_CHANGE, Obligation
from workflows.decide import Accepted, Refused, Ruling
from workflows.delegation import Absences
from workflows.duties import Audience, Owed
from workflows.errors import UnknownChange
from workflows.facts import Debt, Facts
from workflows.people import Person
from workflows.policy import Policy
from workflows.record import ChangeRecord, Promise
from workflows.timetable import Slot
from workflows.vocabulary import CLOCK, SYSTEM, ChangeId, Number, PersonId, State, StepName
from workflows.work import Claimed, Held, Line, Ruled

_LOCK = (
    ahead(sa.select(changes.c.state, changes.c.policy, changes.c.entries))
    .where(changes.c.id == sa.bindparam("change"))
    .with_for_update()
)
_READ = sa.select(changes.c.state, changes.c.policy, changes.c.entries).where(
    changes.c.id == sa.bindparam("change")
)
_BEGIN = sa.insert(changes)
_UPDATE = sa.update(changes).where(changes.c.id == sa.bindparam("key"))


@dataclass(slots=True)
class SqlWork:
    """``Work`` over one connection, inside one transaction."""

    connection: sa.Connection
    vault: Vault
    rules: Rules
    folds: Folds
    real_now: datetime  #: for the age of mirrors
    now: Callable[[], datetime]  #: by the procedure's clock
    ledger_guarded: bool
    writes: bool = True
    _known: dict[PersonId, Known] = field(default_factory=dict)
    _in_force: str | None = None  #: the digest of the policy for new changes, once it was asked for
    _seen: dict[tuple[str, str], int | None] = field(default_factory=dict)  #: deliveries that were looked for
    #: what was looked for in the way of requests
    _in_the_way: dict[tuple[PersonId, str, datetime], questions.InTheWay] = field(default_factory=dict)
    _lists: dict[ChangeId, questions.Listed] = field(default_factory=dict)  #: what they had before
    _new: ChangeId | None = None  #: the change that begins here: nothing of it is anywhere yet
    _before: Folded | None = None  #: the change as this transaction found it
    _after: ChangeRecord | None = None  #: and as it leaves it

    # --- reading -----------------------------------------------------------------------------------

    def ruled(self, delivery: str, attempt: str = "") -> Ruled | None:
        sequence = self._first(delivery, attempt or delivery)
        if sequence is None:
            return None
        written = ledger.at(self.connection, self.vault, sequence)
        if written is None:
            return None
        leaf = written.leaf
        policy = self.rules.pinned(self.connection, leaf["policy"]) if leaf["policy"] else None
        return Ruled(leaf["change"], Number(leaf["number"]), ruling_of(leaf["ruling"]), policy)

    def _first(self, delivery: str, attempt: str) -> int | None:
        if (delivery, attempt) in self._seen:
            return self._seen.pop((delivery, attempt))  # whoever asks again wants to know what came meanwhile
        found = questions.first(self.connection, delivery, attempt)()
        self._in_force = found.in_force
        return found.sequence

    def in_force(self) -> tuple[str, Policy]:
        return self.rules.in_force(self.connection, self._in_force)

    def calendar(self, policy: Policy) -> Calendar:
        return self.rules.calendar(policy)

    def expect(self, request: ev.Request, delivery: str = "", attempt: str = "") -> None:
        said = (delivery, attempt or delivery)
        first = questions.first(self.connection, *said)
        who = known(self.connection, request.by, request.by, self.real_now)
        in_the_way = questions.in_the_way(self.connection, request.by, request.access, request.at)
        found = first()
        self._in_force, self._seen[said] = found.in_force, found.sequence
        self._known |= who()
        self._in_the_way[request.by, request.access, request.at] = in_the_way()

    def lock(
        self, change: ChangeId, delivery: str = "", attempt: str = "", by: PersonId | None = None
    ) -> Held:
        kept, said = self.folds.kept(change), (delivery, attempt or delivery)
        locked = self.connection.execute(_LOCK if self.writes else _READ, {"change": change})
        stands = questions.standing(self.connection, change, kept.last, *said) if kept else None
        person = by if by != SYSTEM else None  # who is no person is not looked up
        who = known(self.connection, person, kept.record.owner, self.real_now) if kept and person else None
        lists = questions.listed(self.connection, change) if by and self.writes else None
        row = locked.one_or_none()
        if row is None:
            raise UnknownChange(f"There is no change {change}.")
        found = stands() if stands else None
        if found:
            self._seen[said] = found.sequence
        if who:
            self._known |= who()
        if lists:
            self._lists[change] = lists()
        kept = kept if kept and kept.is_confirmed_by(found) else None
        policy = self.rules.pinned(self.connection, row.policy)
        self._before = self.folds.fold(self.connection, change, row.policy, row.entries, kept)
        self._after = self._before.record
        return Held(self._after, policy, row.entries)

    def person(self, person: PersonId) -> Person:
        return self._who(person).person

    def as_whom(self, person: PersonId) -> str:
        return who_at_that_time(self._who(person))

    def _who(self, person: PersonId) -> Known:
        if person not in self._known:
            other = self._after.owner if self._after else person  # who is told next of most of what is done
            self._known |= known(self.connection, person, other, self.real_now)()
        return self._known[person]

    def facts(self, event: ev.Entry, policy: Policy) -> Facts:
        calendar = self.rules.calendar(policy)
        if event.by in (CLOCK, SYSTEM):
            return Facts(self.person(event.by), calendar, ledger_guarded=self.ledger_guarded)
        in_the_way = questions.NOTHING
        if isinstance(event, ev.Request):
            in_the_way = self._what_is_in_the_way(event.by, event.access, event.at)
        return Facts(
            actor=self.person(event.by),
            calendar=calendar,
            groups=self._who(event.by).groups,
            same_access=in_the_way.same_access,
            same_access_drill=in_the_way.drill,
            overdue=in_the_way.overdue,
            ledger_guarded=self._guarded(event),
            assignee=self.person(event.to) if isinstance(event, ev.Reassignment) else None,
            grantee=self._grantee(event),
            owners=self._owners(event),
        )

    def _grantee(self, event: ev.Entry) -> Person | None:
        """Look the grantee up only where access may begin; elsewhere it costs a query that nobody asks for."""
        held = self._after
        if held is None or held.state is not State.REQUESTED or not isinstance(event, ev.Approval):
            return None
        return self.person(held.request.by)

    def _owners(self, event: ev.Entry) -> dict[PersonId, Person]:
        named = event.follow_up_owners if isinstance(event, ev.Agreement) else ()
        return {person: self.person(person) for person in named}

    def overdue(self, person: PersonId, at: datetime) -> tuple[Debt, ...]:
        return self._what_is_in_the_way(person, "", at).overdue

    def _what_is_in_the_way(self, person: PersonId, access: str, at: datetime) -> questions.InTheWay:
        expected = self._in_the_way.pop((person, access, at), None)
        return expected or questions.in_the_way(self.connection, person, access, at)()

    def _guarded(self, event: ev.Entry) -> bool:
        """Say whether the ledger is guarded; before something is closed, look at its end as well."""
        return self.ledger_guarded and (not isinstance(event, ev.Acceptance) or damage.sound(self.connection))

    def members(self, audience: Audience) -> frozenset[PersonId]:
        return questions.able(self.connection, audience, {id: one.person for id, one in self._known.items()})

    def absences(self, at: datetime) -> Absences:
        return chase.absences(self.connection, at)

    # --- writing -----------------------------------------------------------------------------------

    def next_id(self, at: datetime) -> ChangeId:
        drawn = self.connection.execute(_drawing(self.connection.dialect.name), {"year": at.year, "last": 1})
        self._new = ChangeId(f"EC-{at.year}-{drawn.scalar_one():04d}")
        return self._new

    def project(self, record: ChangeRecord, policy: Policy, duties: Sequence[Owed], entries: int) -> None:
        row = projected(record, policy, duties, entries)
        self._after = record
        if entries == 1:
            self.connection.execute(_BEGIN, {"id": record.id, **row})
        else:
            self.connection.execute(_UPDATE, {"key": record.id, **row})

    def count(self, change: ChangeId, entries: int) -> None:
        self.connection.execute(_UPDATE, {"key": change, "entries": entries})

    def hold(self, change: ChangeId, holdings: Collection[Holding]) -> None:
        chase.hold(self.connection, change, holdings)

    def turned(self, group: str, at: datetime) -> bool | None:
        return chase.turned(self.connection, group, at)

    def keep(self, entry: Administration) -> None:
        chase.administered(self.connection, entry)

    def schedule(self, change: ChangeId, wanted: Sequence[Slot]) -> None:
        slots.schedule(self.connection, change, wanted, self._listed(change).slots)

    def _listed(self, change: ChangeId) -> questions.Listed:
        """Return what the lists have of a change; both are read at once, for most entries touch both."""
        if change == self._new:
            return questions.NEW
        if change not in self._lists:
            self._lists[change] = questions.listed(self.connection, change)()
        return self._lists[change]

    def assign(self, record: ChangeRecord, duties: Sequence[Owed]) -> None:
        concerns.assign(self.connection, record, duties, self._listed(record.id).duties)
        concerns.track(self.connection, record)

    def show(self, audience: Audience, at: datetime) -> None:
        homes.refresh(self.connection, audience, at, self.real_now)

    def open_home(self, person: PersonId, at: datetime) -> None:
        homes.opened(self.connection, person, at)

    def fire(self, change: ChangeId, slot: str, at: datetime) -> bool:
        return slots.fire(self.connection, change, slot, at)

    def owe(self, change: ChangeId | None, debts: Sequence[Obligation], at: datetime) -> None:
        if not debts:
            return
        rows = {
            (debt.step in OF_NO_CHANGE, debt.step.value, debt.subject): {
                "change_id": "" if debt.step in OF_NO_CHANGE else change or "",
                "step": debt.step.value,
                "subject": debt.subject,
                "wanted": debt.wanted,
                "revision": debt.revision,
                "place": debt.place,
                "reference": "",
                "due_at": debt.due or at,
                "attempts": 0,
                "token": 0,
            }
            for debt in debts
        }
        dialect = self.connection.dialect.name
        for statement, alone in ((_owing(dialect), False), (_owing_again(dialect), True)):
            if found := [rows[key] for key in sorted(rows) if key[0] is alone]:
                self.connection.execute(statement, found)
        notify(self.connection)

    def hasten(self, change: ChangeId, steps: Collection[StepName]) -> None:
        self.connection.execute(
            sa.update(obligations)
            .where(
                obligations.c.change_id == change,
                obligations.c.step.in_([step.value for step in steps]),
                obligations.c.not_before.is_not(None),
            )
            .values(not_before=None, attempts=0)
        )

    def claim(self, record: ChangeRecord, policy: Policy, entry: ev.Entry) -> None:
        row = claimed(record, policy, entry)
        if row is None:
            return
        self.connection.execute(_claiming(self.connection.dialect.name), row)

    def claim_access(self, change: ChangeId) -> Claimed | None:
        return leases.claim(self.connection, change, StepName.ACCESS, self.now(), self.real_now)

    def take_key(self, key: str, holder: str) -> bool:
        return leases.take_key(self.connection, key, holder, self.real_now)

    def attempting(self, claimed: Claimed) -> bool:
        return leases.attempting(self.connection, claimed, self.real_now)

    def append(self, change: ChangeId | None, policy: str, lines: Sequence[Line], at: datetime) -> None:
        drafts = [
            ledger.Draft(
                entry=line.entry,
                ruling=written_ruling(line.ruling, line.facts or {}) | written_promises(line.promised),
                change=change,
                number=line.number,
                delivery=line.delivery,
                policy=policy,
                keep_prose=line.keep_prose,
            )
            for line in lines
        ]
        recorded_at = max(at, self.now())  # what others dated, such as a review, may be found a day later
        new = ledger.append(self.connection, self.vault, drafts, recorded_at)
        if self._after and change == self._after.id and all(line.keep_prose for line in lines):
            self._before = self.folds.keep(self._before, self._after, new)


@cache
def _owing(dialect: str) -> Any:
    insert = insert_into(dialect, obligations)
    fresh = {name: insert.excluded[name] for name in ("wanted", "revision", "due_at")}
    return insert.on_conflict_do_update(
        index_elements=["change_id", "step", "subject"], set_={**fresh, "not_before": None, "attempts": 0}
    )


@cache
def _owing_again(dialect: str) -> Any:
    """Return what owes something of no single change: each time is a new revision, whichever change it came from."""
    insert = insert_into(dialect, obligations)
    fresh = {name: insert.excluded[name] for name in ("wanted", "due_at")}
    return insert.on_conflict_do_update(
        index_elements=["change_id", "step", "subject"],
        set_={**fresh, "revision": obligations.c.revision + 1, "not_before": None, "attempts": 0},
    )


@cache
def _drawing(dialect: str) -> Any:
    insert = insert_into(dialect, counters)
    return insert.on_conflict_do_update(
        index_elements=["year"], set_={"last": counters.c.last + 1}
    ).returning(counters.c.last)


@cache
def _claiming(dialect: str) -> Any:
    insert = insert_into(dialect, claims)
    fresh = {name: insert.excluded[name] for name in ("origin", "ended")}
    return insert.on_conflict_do_update(index_elements=["change_id"], set_=fresh)


def projected(record: ChangeRecord, policy: Policy, duties: Sequence[Owed], entries: int) -> dict[str, Any]:
    """Return the row of a change, without its key."""
    due = [duty.due for duty in duties if record.owner in duty.by.people]
    return {
        "state": record.state.value,
        "requester": record.request.by,
        "owner": record.owner,
        "system": record.request.system,
        "access": record.request.access,
        "target": str(record.target(policy)),
        "policy": record.policy,
        "drill": record.request.drill,
        "abandoned": record.abandoned,
        "overridden": record.override is not None,
        "asked_first": record.asked_first,
        "pull": record.pull.url if record.pull else "",
        "opened_at": record.request.at,
        "access_until": record.access_until if record.state is State.ACTIVE else None,
        "duty_due": min(due, default=None),
        "card_channel": record.card.channel if record.card else "",
        "card_ts": record.card.ts if record.card else "",
        "entries": entries,
    }


def claimed(record: ChangeRecord, policy: Policy, entry: ev.Entry) -> dict[str, Any] | None:
    """Return what ``entry`` says about who holds what, or ``None``."""
    if not isinstance(entry, ob.PreLook | ob.AccessEnded | ob.AccessBack) or record.grant.origin is None:
        return None
    return {
        "change_id": record.id,
        "key": record.access_key(policy),
        "origin": record.grant.origin.value,
        "ended": isinstance(entry, ob.AccessEnded),
    }


def written_ruling(ruling: Ruling | None, facts: Mapping[str, object]) -> dict[str, Any]:
    """Write a ruling the way a leaf keeps it; empty for what is never decided."""
    match ruling:
        case Accepted(to, asked):
            return {"answer": "accepted", "to": to.value, "asked": list(asked), "facts": dict(facts)}
        case Refused(guard, because, asked):
            said = {"guard": guard, "because": because, "asked": list(asked), "facts": dict(facts)}
            return {"answer": "refused", **said}
        case _:
            return {}


def written_promises(promised: Sequence[Promise]) -> dict[str, Any]:
    """Write the moments of the chase that stand from an entry on."""
    return {"promised": {one.slot: leaves.moment(one.due) for one in promised}} if promised else {}


def ruling_of(written: Mapping[str, Any]) -> Ruling:
    """Read a ruling back from a leaf."""
    if written.get("answer") == "refused":
        return Refused(written["guard"], written["because"], tuple(written["asked"]))
    return Accepted(State(written.get("to", "requested")), tuple(written.get("asked", ())))
