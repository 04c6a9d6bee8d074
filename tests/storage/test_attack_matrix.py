"""What guards cannot stop is found: each attack by somebody who owns the database, and which of the two holds.

``refused``: the guards stand in the way, even of the owner.  ``noticed``: the guards are gone or bent, and the
check at the start and each hour says so.  ``verified``: the traces were cleared away, the guards put back, and
recomputing the ledger finds what was done.
"""

import shutil
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from storage import guards
from tests.acme import ADA
from tests.clocks import MovableClock
from tests.memories import Desk, open_memory, staff
from workflows import events as ev
from workflows.errors import LedgerCorrupt, Unavailable

ROW = "change_id, kind, leaf, leaf_hash"
DROP = "DROP TRIGGER {name}{on}"


def fill(url):
    """Let there be the key, the policy, a request, a rejection."""
    memory = open_memory(url, MovableClock(), MovableClock(), upgrade=True)
    staff(memory)
    desk = Desk(memory)
    change = desk.opens("ledger-admin")
    desk.happens(change, ev.Rejection, ADA, reason="No.")
    memory.checkpoint()
    memory.database.close()
    return url


@pytest.fixture(scope="module")
def pattern_on_sqlite(tmp_path_factory):
    path = tmp_path_factory.mktemp("pattern") / "memory.db"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def pattern_on_postgresql(postgres):
    return fill(postgres.empty())


@pytest.fixture(params=["sqlite", "postgresql"])
def own_url(request, tmp_path):
    """Copy the database that was filled."""
    pattern = request.getfixturevalue(f"pattern_on_{request.param}")
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(pattern, tmp_path)}"
    return request.getfixturevalue("postgres").copy(pattern)


@pytest.fixture
def filled(own_url, clock, stopwatch):
    """A database of one's own, which may be bent."""
    memory = open_memory(own_url, clock, stopwatch)
    assert memory.check_guards() == ()
    yield memory
    memory.database.close()


def on(engine):
    return pytest.mark.parametrize("own_url", [engine], indirect=True)


def does(memory, *statements):
    """Do something as the owner of the database; on SQLite, as somebody with the file."""
    with memory.database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def refusal(memory, *statements):
    before = memory.root(), memory.entries(), memory.verify()
    with pytest.raises(sa.exc.DBAPIError) as caught:
        does(memory, *statements)
    assert (memory.root(), memory.entries(), memory.verify()) == before
    return str(caught.value.orig)


def verdict(memory):
    with pytest.raises(LedgerCorrupt) as caught:
        memory.verify()
    return str(caught.value)


# --- refused, even to the owner --------------------------------------------------------------------

REFUSED_BY_BOTH = {
    "values: update": "UPDATE entry_values SET sealed = sealed",
    "values: delete": "DELETE FROM entry_values",
    "values: upsert": (
        "INSERT INTO entry_values SELECT * FROM entry_values WHERE true "
        "ON CONFLICT (sequence, field) DO UPDATE SET sealed = excluded.sealed"
    ),
    "ledger: update in a common table expression": (
        "WITH target AS (SELECT 3 AS s) UPDATE ledger_entries SET kind = 'x' "
        "WHERE sequence IN (SELECT s FROM target)"
    ),
    "ledger: insert of one that is there, ignoring it": (
        f"INSERT INTO ledger_entries SELECT 2, {ROW} FROM ledger_entries WHERE sequence = 3 ON CONFLICT DO NOTHING"
    ),
}  # fmt: skip


@pytest.mark.parametrize("statement", REFUSED_BY_BOTH.values(), ids=list(REFUSED_BY_BOTH))
def test_it_is_refused_on_both_databases(filled, statement):
    said = refusal(filled, statement)

    assert "the ledger" in said or "values" in said


REFUSED_BY_SQLITE = {
    "values: replace": ("REPLACE INTO entry_values SELECT * FROM entry_values",),
    "values: update or replace": ("UPDATE OR REPLACE entry_values SET field = 'what' WHERE field = 'reason'",),
    "ledger: replace with recursive triggers": (
        "PRAGMA recursive_triggers = ON",
        f"REPLACE INTO ledger_entries SELECT 2, {ROW} FROM ledger_entries WHERE sequence = 3",
    ),
    "ledger: insert with another rowid": (
        f"INSERT INTO ledger_entries (rowid, {ROW}) SELECT 2, {ROW} FROM ledger_entries WHERE sequence = 3",
    ),
}  # fmt: skip


@on("sqlite")
@pytest.mark.parametrize("statements", REFUSED_BY_SQLITE.values(), ids=list(REFUSED_BY_SQLITE))
def test_it_is_refused_on_sqlite(filled, statements):
    said = refusal(filled, *statements)

    assert "the ledger" in said or "values" in said


@on("sqlite")
@pytest.mark.parametrize(
    "statement",
    ["UPDATE other.ledger_entries SET kind = 'x'", "DELETE FROM other.entry_values"],
)
def test_it_is_refused_on_sqlite_to_somebody_who_attaches_the_file(filled, statement):
    with closing(sqlite3.connect(":memory:")) as intruder:
        intruder.execute("ATTACH ? AS other", (filled.database.url.database,))
        with pytest.raises(sqlite3.IntegrityError, match=r"the ledger|values"):
            intruder.execute(statement)


REFUSED_BY_POSTGRESQL = {
    "values: truncate": ("TRUNCATE entry_values",),
    "values: as a replica": ("SET LOCAL session_replication_role = replica", "UPDATE entry_values SET sealed = sealed"),
    "values: truncate as a replica": ("SET LOCAL session_replication_role = replica", "TRUNCATE entry_values"),
    "ledger: merge that deletes": (
        "MERGE INTO ledger_entries USING (SELECT 2 AS s) AS t ON ledger_entries.sequence = t.s WHEN MATCHED THEN DELETE",
    ),
    "ledger: merge that inserts behind a gap": (
        ("MERGE INTO ledger_entries USING (SELECT 99 AS s) AS t ON ledger_entries.sequence = t.s "
        "WHEN NOT MATCHED THEN INSERT VALUES (t.s, NULL, 'x', '', '')"),
    ),
    "ledger: delete through a parent": (
        "CREATE TABLE parent (LIKE ledger_entries)",
        "ALTER TABLE ledger_entries INHERIT parent",
        "DELETE FROM parent",
    ),
    "ledger: truncate through a parent": (
        "CREATE TABLE parent (LIKE ledger_entries)",
        "ALTER TABLE ledger_entries INHERIT parent",
        "TRUNCATE parent",
    ),
    "ledger: update as a partition": (
        "CREATE TABLE parent (LIKE ledger_entries) PARTITION BY RANGE (sequence)",
        "ALTER TABLE parent ATTACH PARTITION ledger_entries FOR VALUES FROM (0) TO (1000)",
        "UPDATE parent SET kind = 'x'",
    ),
    "ledger: insert behind a gap, with the real one out of sight": (
        "CREATE TEMPORARY TABLE ledger_entries (sequence bigint, kind text)",
        "INSERT INTO pg_temp.ledger_entries VALUES (98, 'person-erased/1')",
        "INSERT INTO public.ledger_entries VALUES (99, NULL, 'x', '', '')",
    ),
    "values: delete, with another ledger in sight": (
        "CREATE TEMPORARY TABLE ledger_entries (sequence bigint, kind text)",
        "INSERT INTO pg_temp.ledger_entries VALUES (98, 'person-erased/1')",
        "DELETE FROM entry_values",
    ),
    "ledger: update through a view": (
        "CREATE VIEW window_on_it AS SELECT * FROM ledger_entries",
        "UPDATE window_on_it SET kind = 'x'",
    ),
}  # fmt: skip


@on("postgresql")
@pytest.mark.parametrize("statements", REFUSED_BY_POSTGRESQL.values(), ids=list(REFUSED_BY_POSTGRESQL))
def test_it_is_refused_on_postgresql_even_to_the_owner(filled, statements):
    said = refusal(filled, *statements)

    assert "the ledger" in said or "values" in said


# --- noticed: guards that are gone, weak, or beside the point -----------------------------------------

EVERY_GUARD = sorted({*guards.SQLITE, *guards.POSTGRES})


@pytest.mark.parametrize("name", EVERY_GUARD)
def test_each_guard_that_was_dropped_is_noticed_and_so_is_its_return(filled, name):
    made = guards.SQLITE if filled.database.sqlite else guards.POSTGRES
    if name not in made:
        pytest.skip("this database needs no such guard")
    where = "" if filled.database.sqlite else f" ON {guards.table_of(name)}"
    does(filled, DROP.format(name=name, on=where))
    noticed = filled.check_guards()
    with filled.database.write() as connection:
        guards.restore(connection, name)

    assert noticed == (name,)
    assert filled.check_guards() == ()


BENT_SQLITE = {
    "a trigger that swallows inserts": (
        "CREATE TRIGGER swallow BEFORE INSERT ON entry_values BEGIN SELECT RAISE(IGNORE); END",
        "a trigger nobody made: swallow",
    ),
    "a trigger that lets deletes pass": (
        "DROP TRIGGER values_refuse_delete; CREATE TRIGGER values_refuse_delete BEFORE DELETE ON entry_values BEGIN SELECT 1; END",
        "values_refuse_delete",
    ),
    "a view in the table's place": (
        "ALTER TABLE ledger_entries RENAME TO aside; CREATE VIEW ledger_entries AS SELECT * FROM aside WHERE sequence < 3",
        "the table ledger_entries",
    ),
}  # fmt: skip


@on("sqlite")
@pytest.mark.parametrize(("script", "named"), BENT_SQLITE.values(), ids=list(BENT_SQLITE))
def test_what_bends_the_tables_of_sqlite_is_noticed(filled, script, named):
    does(filled, *script.split("; ")) if "BEGIN" not in script else _script(filled, script)

    assert named in filled.missing_guards()


def _script(memory, script):
    with closing(sqlite3.connect(memory.database.url.database)) as intruder:
        intruder.executescript(script)


@on("sqlite")
def test_guards_that_vanish_from_the_schema_itself_are_noticed(filled):
    """No DROP TRIGGER is ever said: the rows of the schema are deleted."""
    _script(
        filled,
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE type = 'trigger'; PRAGMA writable_schema = RESET;",
    )
    filled.database.engine.dispose()

    assert filled.missing_guards() == tuple(guards.SQLITE)


def copy_by_migration(memory, table):
    """Alembic's batch mode makes a new table and forgets triggers in silence."""
    with memory.database.write() as connection:
        context = MigrationContext.configure(connection)
        with Operations(context).batch_alter_table(table, recreate="always") as batch:
            batch.add_column(sa.Column("note", sa.Text))


@on("sqlite")
def test_a_migration_that_copies_the_ledger_is_refused(filled):
    """The guard of the values asks the ledger, so that it cannot be taken away under it."""
    with pytest.raises(Unavailable, match="values_refuse_delete"):
        copy_by_migration(filled, "ledger_entries")

    assert filled.missing_guards() == ()
    assert filled.verify().size == 4


@on("sqlite")
def test_a_migration_that_copies_the_values_drops_their_guards_and_that_is_noticed(filled):
    copy_by_migration(filled, "entry_values")

    assert filled.missing_guards() == (
        "values_refuse_update",
        "values_refuse_delete",
        "values_refuse_replace",
    )


BENT_POSTGRESQL = {
    "disabled": ("ALTER TABLE entry_values DISABLE TRIGGER values_refuse_delete", "values_refuse_delete"),
    "asleep as a replica": ("ALTER TABLE entry_values ENABLE TRIGGER values_refuse_update", "values_refuse_update"),
    "hollow": (
        "CREATE OR REPLACE FUNCTION values_refuse_delete() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS 'BEGIN RETURN OLD; END'",
        "values_refuse_delete",
    ),
    "looking elsewhere": ("ALTER FUNCTION ledger_refuses_gaps() RESET search_path", "ledger_refuses_gaps"),
    "a rule that swallows inserts": (
        "CREATE RULE silent AS ON INSERT TO ledger_entries DO INSTEAD NOTHING",
        "ledger_entries has rules",
    ),
    "rows out of sight": ("ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY", "ledger_entries has row security"),
    "a parent": (
        "CREATE TABLE parent (LIKE entry_values); ALTER TABLE entry_values INHERIT parent",
        "entry_values has relatives",
    ),
    "a child": ("CREATE TABLE child () INHERITS (ledger_entries)", "ledger_entries has relatives"),
    "a trigger that swallows": (
        ("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        "CREATE TRIGGER swallow BEFORE INSERT ON entry_values FOR EACH ROW EXECUTE FUNCTION swallow()"),
        "a trigger nobody made: swallow",
    ),
    "a view in its place": (
        "ALTER TABLE ledger_entries RENAME TO aside; CREATE VIEW ledger_entries AS SELECT * FROM aside",
        "the table ledger_entries",
    ),
    "another table first on the path": (
        "CREATE SCHEMA shadow; CREATE TABLE shadow.ledger_entries (LIKE public.ledger_entries); SET search_path = shadow, public",
        "ledger_refuses_update",
    ),
}  # fmt: skip


@on("postgresql")
@pytest.mark.parametrize(("script", "named"), BENT_POSTGRESQL.values(), ids=list(BENT_POSTGRESQL))
def test_what_bends_the_tables_of_postgresql_is_noticed(filled, script, named):
    with filled.database.write() as connection:
        connection.exec_driver_sql(script)
        seen = guards.missing(connection)

    assert named in seen


# --- verified: the guards were taken away and put back ------------------------------------------------

TAMPERED = {
    "an entry changed": ("UPDATE ledger_entries SET kind = 'approval/1' WHERE sequence = 4", "Entry 4 "),
    "a leaf changed with its hash": (
        "UPDATE ledger_entries SET leaf = o.leaf, leaf_hash = o.leaf_hash FROM ledger_entries AS o WHERE ledger_entries.sequence = 3 AND o.sequence = 4",
        "Entry 3 ",
    ),
    "an entry taken out": ("DELETE FROM ledger_entries WHERE sequence = 3", "Entry 3 is missing"),
    "the last one cut off": ("DELETE FROM ledger_entries WHERE sequence = 4", "4 "),
    "an entry put behind a gap": (
        f"INSERT INTO ledger_entries SELECT 6, {ROW} FROM ledger_entries WHERE sequence = 4",
        "Entry 5 is missing",
    ),
    "an entry put at the end": (
        f"INSERT INTO ledger_entries SELECT 5, {ROW} FROM ledger_entries WHERE sequence = 4",
        "Entry 5 ",
    ),
    "a value taken away": ("DELETE FROM entry_values WHERE sequence = 4 AND field = 'reason'", "The value of reason in entry 4 is gone"),
    "a value changed": (
        "UPDATE entry_values SET sealed = (SELECT o.sealed FROM entry_values AS o WHERE o.sequence = 3 AND o.field = 'what') WHERE sequence = 4 AND field = 'reason'",
        "The value of reason in entry 4",
    ),
    "a value copied to another entry": (
        "INSERT INTO entry_values SELECT 1, field, sealed FROM entry_values WHERE sequence = 4 AND field = 'reason'",
        "The value of reason in entry 1",
    ),
    "everything cut off but the key": ("DELETE FROM ledger_entries WHERE sequence > 1", "4 "),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "sentence"), TAMPERED.values(), ids=list(TAMPERED))
def test_what_was_done_without_guards_is_found_though_they_are_back(filled, statement, sentence):
    names = guards.SQLITE if filled.database.sqlite else guards.POSTGRES
    where = "" if filled.database.sqlite else " ON {table}"
    drops = [DROP.format(name=n, on=where.format(table=guards.table_of(n))) for n in names]
    does(filled, *drops, statement)
    with filled.database.write() as connection:
        guards.install(connection)

    assert filled.missing_guards() == ()
    assert sentence in verdict(filled)


@on("sqlite")
def test_what_was_written_past_the_database_is_found(filled):
    """Bytes of the file are changed with no SQL at all."""
    filled.database.close()
    path = filled.database.url.database
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(path, "r+b") as file:  # noqa: PTH123 - it is the file that is attacked
        data = file.read()
        at = data.index(b'"kind":"rejection/1"')
        file.seek(at)
        file.write(b'"kind":"approval__/1"'[: len(b'"kind":"rejection/1"')])

    assert "Entry 4 does not match its hash" in verdict(filled)


@on("sqlite")
@pytest.mark.parametrize("index", ["ix_ledger_entries_change_id", "ix_ledger_entries_kind"])
def test_an_entry_that_was_taken_out_of_an_index_alone_is_found(filled, index):
    """Who reads a change goes by the index, and would not see that it was rejected."""
    filled.database.close()
    with closing(sqlite3.connect(filled.database.url.database, isolation_level=None)) as connection:
        whole = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,)).fetchone()[0]
    for sql, then in ((f"{whole} WHERE kind <> 'rejection/1'", f"REINDEX {index}"), (whole, "SELECT 1")):
        with closing(sqlite3.connect(filled.database.url.database, isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, index))
        with closing(sqlite3.connect(filled.database.url.database, isolation_level=None)) as connection:
            connection.execute(then)

    assert filled.missing_guards() == ()
    assert f"missing from index {index}" in verdict(filled)
