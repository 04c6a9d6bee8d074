"""What the database itself refuses, and that a missing guard is noticed before it is needed."""

import pytest
import sqlalchemy as sa

from storage import guards
from storage.keys import embedded_keys
from storage.memory import Memory
from tests.acme import ADA, GRACE
from tests.memories import ORIGIN
from workflows import events as ev
from workflows import observations as ob
from workflows.decide import Accepted
from workflows.vocabulary import State

ROW = "change_id, kind, leaf, leaf_hash"
NEXT = "(SELECT MAX(sequence) + 1 FROM ledger_entries)"

REPORT = {"done": "d", "changes": "", "verified": "v", "rolled_back": False}
LOOK_BACK = {"cause": "c", "genuine": True, "normal_process": "n", "prevention": "A lock."}

ATTACKS = {
    "update": "UPDATE ledger_entries SET kind = 'approval/1' WHERE sequence = 2",
    "update of the whole": "UPDATE ledger_entries SET leaf = leaf",
    "delete": "DELETE FROM ledger_entries WHERE sequence = 2",
    "delete of the last": "DELETE FROM ledger_entries WHERE sequence = (SELECT MAX(sequence) FROM ledger_entries)",
    "insert of a duplicate": f"INSERT INTO ledger_entries SELECT 2, {ROW} FROM ledger_entries WHERE sequence = 2",
    "insert behind a gap": f"INSERT INTO ledger_entries SELECT {NEXT} + 1, {ROW} FROM ledger_entries WHERE sequence = 2",
    "insert before the first": f"INSERT INTO ledger_entries SELECT 0, {ROW} FROM ledger_entries WHERE sequence = 2",
    "upsert": (
        f"INSERT INTO ledger_entries SELECT 2, {ROW} FROM ledger_entries WHERE sequence = 3 "
        "ON CONFLICT (sequence) DO UPDATE SET leaf = excluded.leaf"
    ),
}  # fmt: skip
ON_SQLITE = {
    "insert or replace": f"INSERT OR REPLACE INTO ledger_entries SELECT 2, {ROW} FROM ledger_entries WHERE sequence = 3",
    "replace": f"REPLACE INTO ledger_entries SELECT 2, {ROW} FROM ledger_entries WHERE sequence = 3",
    "insert or ignore behind a gap": f"INSERT OR IGNORE INTO ledger_entries SELECT {NEXT} + 1, {ROW} FROM ledger_entries WHERE sequence = 2",
    "update or replace": "UPDATE OR REPLACE ledger_entries SET sequence = 3 WHERE sequence = 2",
    "update or ignore": "UPDATE OR IGNORE ledger_entries SET kind = 'x' WHERE sequence = 2",
}  # fmt: skip
ON_POSTGRESQL = {
    "truncate": "TRUNCATE ledger_entries",
    "truncate cascade": "TRUNCATE ledger_entries, ledger_head CASCADE",
    "merge": (
        "MERGE INTO ledger_entries USING (SELECT 2 AS s) AS t ON ledger_entries.sequence = t.s "
        "WHEN MATCHED THEN UPDATE SET kind = 'x'"
    ),
}


OF_ANOTHER_EVENT = """
DROP TRIGGER ledger_refuses_delete ON ledger_entries;
CREATE TRIGGER ledger_refuses_delete BEFORE UPDATE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_refuses();
ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER ledger_refuses_delete
"""


def execute(memory, *statements):
    with memory.database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def attack(memory, statement, *, as_replica=False):
    """Try it, and return what the database answered."""
    before = memory.root(), memory.entries()
    setting = ["SET LOCAL session_replication_role = replica"] if as_replica else []
    with pytest.raises(sa.exc.IntegrityError) as caught:
        execute(memory, *setting, statement)
    assert (memory.root(), memory.entries()) == before
    return str(caught.value.orig)


@pytest.fixture
def filled(desk, memory):
    change = desk.opens()
    desk.happens(change, ev.Approval, ADA)
    return memory


@pytest.mark.parametrize("statement", ATTACKS.values(), ids=list(ATTACKS))
def test_the_database_itself_refuses_to_rewrite_history(filled, statement):
    assert "the ledger" in attack(filled, statement)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", ON_SQLITE.values(), ids=list(ON_SQLITE))
def test_sqlite_refuses_what_walks_through_ordinary_triggers(filled, statement):
    assert "the ledger" in attack(filled, statement)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", ON_POSTGRESQL.values(), ids=list(ON_POSTGRESQL))
def test_postgresql_refuses_what_only_it_knows(filled, statement):
    assert "the ledger is append-only" in attack(filled, statement)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", [*ATTACKS.values(), "TRUNCATE ledger_entries"])
def test_postgresql_refuses_though_triggers_are_asked_to_sleep(filled, statement):
    """Ordinary triggers are skipped under ``session_replication_role = replica``."""
    assert "the ledger" in attack(filled, statement, as_replica=True)


# --- a missing guard is noticed --------------------------------------------------------------------


def drop(memory, name):
    on = "" if memory.database.sqlite else f" ON {guards.table_of(name)}"
    execute(memory, f"DROP TRIGGER {name}{on}")


def names(memory):
    return list(guards.SQLITE if memory.database.sqlite else guards.POSTGRES)


def test_all_guards_are_there_from_the_first_migration(memory):
    assert memory.check_guards() == ()


def test_every_guard_is_missed(memory):
    for name in names(memory):
        drop(memory, name)

    assert memory.check_guards() == tuple(names(memory))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_guard_that_was_replaced_by_a_harmless_one_is_missed_on_sqlite(memory):
    execute(
        memory,
        "DROP TRIGGER ledger_refuses_delete",
        "CREATE TRIGGER ledger_refuses_delete BEFORE DELETE ON ledger_entries BEGIN SELECT 1; END",
    )

    assert memory.check_guards() == ("ledger_refuses_delete",)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE ledger_entries DISABLE TRIGGER ledger_refuses_delete",
        "ALTER TABLE ledger_entries ENABLE TRIGGER ledger_refuses_delete",  # asleep as a replica
        OF_ANOTHER_EVENT,
    ],
    ids=["disabled", "ordinary", "of another event"],
)
def test_a_guard_that_was_weakened_is_missed_on_postgresql(memory, statement):
    execute(memory, statement)

    assert memory.check_guards() == ("ledger_refuses_delete",)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_guards_whose_function_was_hollowed_out_are_missed_on_postgresql(memory):
    execute(
        memory,
        "CREATE OR REPLACE FUNCTION ledger_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN OLD; END $$",
    )

    assert memory.check_guards() == (
        "ledger_refuses_update",
        "ledger_refuses_delete",
        "ledger_refuses_truncate",
    )


def test_what_is_missing_is_recorded_once_and_so_is_its_return(desk, memory):
    drop(memory, "ledger_refuses_update")
    memory.check_guards()
    memory.check_guards()
    with memory.database.write() as connection:
        guards.restore(connection, "ledger_refuses_update")
    memory.check_guards()

    seen = [w.entry.missing for w in memory.entries() if w.leaf["kind"] == "guards-checked/1"]
    assert seen == [("ledger_refuses_update",), ()]


def test_looking_at_the_guards_without_recording_records_nothing(memory):
    before = memory.root()
    drop(memory, "ledger_refuses_update")

    assert memory.missing_guards() == ("ledger_refuses_update",)
    assert memory.root() == before


@pytest.mark.parametrize("name", sorted({*guards.SQLITE, *guards.POSTGRES}))
def test_with_any_guard_missing_nothing_is_closed_and_access_is_still_given(desk, memory, name):
    if name not in names(memory):
        pytest.skip("this database needs no such guard")
    change = desk.opens()
    desk.confirms(change)
    desk.happens(change, ev.Completion, **REPORT)
    desk.seen(change, ob.AccessEnded)
    desk.happens(change, ev.Approval, ADA)
    desk.happens(change, ev.Retrospective, **LOOK_BACK)
    desk.reads_again(change)
    drop(memory, name)
    memory.check_guards()

    closing = desk.happens(change, ev.Acceptance, GRACE).ruling
    opening = desk.record(desk.opens("payments-twice")).state
    assert (closing.guard, name in memory.closing_stopped()) == ("ledger_guarded", True)
    assert opening is State.ACTIVE


def test_guards_are_put_back_by_their_owner(memory):
    for name in names(memory):
        drop(memory, name)
    with memory.database.write() as connection:
        left = guards.mend(connection)

    assert (left, memory.check_guards(), memory.closing_stopped()) == ((), (), "")


def test_what_nobody_made_is_not_taken_for_a_guard_and_stays(memory):
    on = "" if memory.database.sqlite else " FOR EACH ROW EXECUTE FUNCTION values_refuse()"
    body = " BEGIN SELECT 1; END" if memory.database.sqlite else ""
    execute(memory, f"CREATE TRIGGER strange BEFORE INSERT ON entry_values{on}{body}")
    with memory.database.write() as connection:
        left = guards.mend(connection)
        connection.exec_driver_sql(
            f"DROP TRIGGER strange{'' if memory.database.sqlite else ' ON entry_values'}"
        )

    assert left == ("a trigger nobody made: strange",)


def test_of_two_replicas_one_writes_down_what_is_missing(desk, memory, clock, stopwatch):
    other = Memory(memory.database, clock, stopwatch, embedded_keys(memory.database, ORIGIN))
    drop(memory, "ledger_refuses_update")
    for replica in (memory, other, memory):
        replica.check_guards("C0REVIEW")

    seen = [w.entry.missing for w in memory.entries() if w.leaf["kind"] == "guards-checked/1"]
    told = [c for c in memory.outbox.claim(9) if c.place == "C0REVIEW"]
    assert seen == [("ledger_refuses_update",)]
    assert len(told) == 1
    assert "guards in the database: ledger_refuses_update. Emergencies are granted" in memory.told(
        told[0].subject
    )


def test_once_the_guards_are_back_changes_close_again(desk, memory):
    change = desk.opens()
    desk.confirms(change)
    desk.happens(change, ev.Completion, **REPORT)
    desk.seen(change, ob.AccessEnded)
    desk.happens(change, ev.Approval, ADA)
    desk.happens(change, ev.Retrospective, **LOOK_BACK)
    desk.reads_again(change)
    memory.guards_missing = ("ledger_refuses_update",)
    memory.check_guards()

    assert isinstance(desk.happens(change, ev.Acceptance, GRACE).ruling, Accepted)


def test_a_ledger_that_does_not_hold_closes_nothing_either(desk, memory):
    change = desk.opens()
    desk.confirms(change)
    desk.happens(change, ev.Completion, **REPORT)
    desk.seen(change, ob.AccessEnded)
    desk.happens(change, ev.Approval, ADA)
    desk.happens(change, ev.Retrospective, **LOOK_BACK)
    desk.reads_again(change)
    memory.distrust("Entry 3 does not match its hash.")

    assert desk.happens(change, ev.Acceptance, GRACE).ruling.guard == "ledger_guarded"
    assert desk.record(desk.opens("payments-twice")).state is State.ACTIVE
