"""A memory with the organisation's people in it, and a desk at which changes are opened and moved."""

from dataclasses import asdict
from functools import partial

import sqlalchemy as sa

from storage import guards, ledger, migrate
from storage.engine import Database
from storage.folds import folded
from storage.keys import embedded_keys
from storage.memory import opened
from storage.schema import entries, head, members, metadata, mirrors, people, values
from tests.acme import GROUPS, LINUS, PEOPLE, POLICY, request
from workflows import observations as ob
from workflows.administration import RecordsPurged
from workflows.changes import EmergencyChanges
from workflows.judged import judged, shown_digest
from workflows.record import ALLOWANCE
from workflows.vocabulary import SYSTEM, Origin

ORIGIN = "acme.example/emergency-changes"


def migrated(url):
    database = Database(url)
    migrate.upgrade(database)
    return database


def guard_names(database):
    """Name the guards as a statement that drops one wants them."""
    if database.sqlite:
        return tuple(guards.SQLITE)
    return tuple(f"{name} ON {guards.table_of(name)}" for name in guards.POSTGRES)


def emptied(database):
    """Put a database back to where its migrations left it, whatever a test did to it."""
    statements = [f"DROP TRIGGER IF EXISTS {name}" for name in guard_names(database)]
    statements += [f"DELETE FROM {table.name}" for table in metadata.sorted_tables]
    if database.sqlite:
        database.engine.dispose()  # idle connections would not know of dropped triggers
    else:
        statements = ["; ".join(["SET LOCAL lock_timeout = '5s'", *statements])]
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.execute(sa.insert(head).values(id=1, size=0, frontier=b""))
        guards.install(connection)
    return database


def open_memory(url, clock, stopwatch, *, upgrade=False, holidays=None):
    more = {"holidays": holidays} if holidays else {}
    keys = partial(embedded_keys, origin=ORIGIN)
    return opened(url, clock=clock, stopwatch=stopwatch, keys=keys, upgrade=upgrade, **more)


def staff(memory):
    """Let everybody be known and every mirror be fresh."""
    now = memory.stopwatch.now()
    with memory.database.write() as connection:
        connection.execute(sa.insert(people), [asdict(person) for person in PEOPLE.values()])
        rows = [{"group": group, "person": person} for group, who in GROUPS.items() for person in sorted(who)]
        connection.execute(sa.insert(members), rows)
        ages = [{"name": f"group:{g}", "refreshed_at": now, "size": len(who)} for g, who in GROUPS.items()]
        connection.execute(sa.insert(mirrors), ages)


def refresh(memory):
    """Let the mirrors of all groups be as new as they are in a process that runs."""
    with memory.database.write() as connection:
        connection.execute(sa.update(mirrors).values(refreshed_at=memory.stopwatch.now()))


def dump(memory, tables=metadata.sorted_tables):
    """Return the contents of all tables, so that two states of a database can be compared."""
    with memory.database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr) for table in tables
        }


def purge(memory, *changes, until=0):
    """Write the entry that says that values are gone."""
    now = memory.clock.now()
    return RecordsPurged(at=now, by=SYSTEM, before=now, changes=changes, until=until, values=0)


def purged(memory, change):
    """Take the values of a change away, with the entry that says so."""
    EmergencyChanges(memory.transaction, memory.reading).administer(purge(memory, change))
    of_change = sa.select(entries.c.sequence).where(entries.c.change_id == change)
    with memory.database.write() as connection:
        connection.execute(sa.delete(values).where(values.c.sequence.in_(of_change)))


def folded_anew(memory, change):
    """Fold a record from nothing but what is in the ledger."""
    with memory.database.read() as connection:
        written = ledger.of_change(connection, memory.vault, change)
    return folded(change, written[0].leaf["policy"], written)


class Desk:
    """Opens changes in a memory, and moves them."""

    def __init__(self, memory, policy=POLICY):
        self.memory, self.clock = memory, memory.clock
        self.changes = EmergencyChanges(memory.transaction, memory.reading)
        memory.adopt_policy(policy.encode(), "policy.toml")

    def opens(self, access="payments-merge", by=LINUS, **said):
        """Open a change and return its id."""
        ruled = self.changes.open(request(access, by, at=self.clock.now(), **said))
        assert ruled.change, ruled.ruling
        return ruled.change

    def happens(self, change, kind, by=LINUS, delivery="", place="", **said):
        """Offer an event; verdicts answer the text as it is now."""
        if "shown" in kind.model_fields and "shown" not in said:
            said["shown"] = self.shown(change)
        event = kind(at=self.clock.now(), by=by, **said)
        return self.changes.offer(change, event, delivery, place)

    def seen(self, change, kind, **said):
        """Record an observation."""
        return self.changes.observe(change, kind(at=self.clock.now(), by=SYSTEM, **said))

    def confirms(self, change):
        """Let the access be there, as the worker records it."""
        record, _ = self.changes.look(change)
        self.seen(change, ob.PreLook, target="github-team:acme/x", origin=Origin.ABSENT)
        self.seen(change, ob.GrantAttempted, ends_by=self.clock.now() + record.window + ALLOWANCE)
        self.seen(change, ob.GrantConfirmed, seen="member, active")

    def reads_again(self, change):
        """Let the group's source confirm every verdict, as the worker records it."""
        for verdict in self.record(change).verdicts_unread:
            self.seen(change, ob.MembershipRead, verdict=verdict.number, group="heads", member=True)

    def shown(self, change):
        return shown_digest(judged(*self.changes.look(change)))

    def record(self, change):
        return self.changes.look(change)[0]

    def fires_what_is_due(self):
        """Let the clock raise everything whose moment has come; return the slots."""
        fired = []
        while due := self.memory.due_slots():
            for change, slot in due:
                if self.changes.fire(change, slot, self.clock.now()):
                    fired.append(slot)
        return fired
