"""The schema, the connections to it, and what they refuse."""

import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage import guards, migrate
from storage.engine import Database, file_of
from storage.schema import deadlines, head, metadata
from tests.acme import ADA
from tests.clocks import MONDAY_NIGHT, MovableClock
from tests.memories import Desk, open_memory, staff
from workflows import events as ev
from workflows.errors import Conflict, Misconfigured, Unavailable

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def empty(empty_url):
    database = Database(empty_url)
    yield database
    database.close()


def differences(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, metadata)


SECOND = """revision, down_revision = "0002", {first!r}

def upgrade():
    pass
"""


def test_a_schema_that_is_there_already_takes_the_next_migration(empty, tmp_path):
    migrate.upgrade(empty)
    first = ScriptDirectory(str(migrate.SCRIPTS)).get_current_head()
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "v0002_second.py").write_text(SECOND.format(first=first))

    migrate.upgrade(empty, scripts)

    migrate.require_current(empty, scripts)


def test_migrations_make_the_schema_that_the_code_says(database):
    assert differences(database) == []


def test_migrations_install_the_guards_and_an_empty_head(empty):
    migrate.upgrade(empty)

    with empty.read() as connection:
        assert guards.missing(connection) == ()
        assert connection.execute(sa.select(head.c.size, head.c.frontier)).all() == [(0, b"")]


def test_migrating_again_changes_nothing(empty):
    migrate.upgrade(empty)
    migrate.upgrade(empty)

    assert differences(empty) == []
    migrate.require_current(empty)


def test_a_database_that_was_never_migrated_is_refused_in_one_sentence(empty):
    with pytest.raises(
        Misconfigured, match=r"at schema none and \d+ is needed; run `emergency-change db upgrade`\."
    ):
        migrate.require_current(empty)


def test_a_database_of_another_version_is_refused_in_one_sentence(empty):
    migrate.upgrade(empty)
    with empty.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(Misconfigured, match="at schema 9999 and"):
        migrate.require_current(empty)


def test_memory_can_be_opened_on_an_empty_database(empty_url):
    memory = open_memory(empty_url, MovableClock(), MovableClock(), upgrade=True)
    staff(memory)

    assert Desk(memory).opens() == "EC-2026-0001"
    memory.database.close()


def test_memory_is_not_opened_on_a_database_nobody_migrated(empty_url):
    with pytest.raises(Misconfigured, match="run `emergency-change db upgrade`"):
        open_memory(empty_url, MovableClock(), MovableClock())


def test_the_unique_index_keeps_a_person_from_two_open_changes_whatever_the_code_does(desk, memory):
    desk.opens()

    record, policy = memory.record("EC-2026-0001")
    second = replace(record, id="EC-2026-0009")
    with pytest.raises(Conflict, match="wrote the same"), memory.transaction() as work:
        work.project(second, policy, (), 1)


def test_a_row_that_never_could_be_kept_is_no_conflict_that_goes_away_when_tried_again(memory):
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)null"), memory.transaction() as work:
        work.connection.execute(sa.insert(deadlines), {"change_id": "EC-1", "slot": "s", "due_at": None})


# --- time ------------------------------------------------------------------------------------------


def kept(database, at):
    row = {"change_id": "EC-1", "slot": "s", "due_at": at}
    with database.write() as connection:
        connection.execute(sa.insert(deadlines), row)
        return connection.execute(sa.select(deadlines.c.due_at)).scalar_one()


def test_a_time_without_a_zone_is_refused(database):
    with pytest.raises(sa.exc.StatementError, match="has no time zone"):
        kept(database, MONDAY_NIGHT.replace(tzinfo=None))


@pytest.mark.parametrize("hours", [-5, 0, 5.5])
def test_a_time_is_kept_as_the_same_moment_in_utc(database, hours):
    at = datetime(2026, 3, 2, 3, 10, 0, 123456, timezone(timedelta(hours=hours)))

    assert kept(database, at) == at
    assert kept_again(database).tzinfo is UTC


def kept_again(database):
    with database.read() as connection:
        return connection.execute(sa.select(deadlines.c.due_at)).scalar_one()


def test_times_sort_as_they_passed(database):
    moments = [MONDAY_NIGHT + timedelta(microseconds=n) for n in (5, 0, 1_000_000, 999_999)]
    with database.write() as connection:
        rows = [{"change_id": "EC-1", "slot": str(n), "due_at": at} for n, at in enumerate(moments)]
        connection.execute(sa.insert(deadlines), rows)

        found = connection.execute(sa.select(deadlines.c.due_at).order_by(deadlines.c.due_at)).scalars().all()
    assert found == sorted(moments)


def test_no_time_is_no_time(database):
    with database.write() as connection:
        connection.execute(sa.insert(deadlines), {"change_id": "EC-1", "slot": "s", "due_at": MONDAY_NIGHT})
        assert connection.execute(sa.select(deadlines.c.fired_at)).scalar_one() is None


# --- connections -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg"),
        ("sqlite:///x.db", "sqlite"),
    ],
)
def test_an_address_is_written_the_way_everybody_writes_it(address, driver):
    database = Database(address)

    assert database.url.drivername == driver
    database.close()


@pytest.mark.parametrize("address", ["", "x", "mysql://u:secret@h/d", "postgresql//u:secret@h", "http://["])
def test_an_address_that_is_none_is_refused_and_not_repeated(address):
    with pytest.raises(Misconfigured) as caught:
        Database(address)

    assert (
        str(caught.value) == "DATABASE_URL: write sqlite:///file.db or postgresql://user:password@host/name."
    )


@pytest.mark.parametrize(
    ("address", "file"), [("sqlite:///x.db", "x.db"), ("sqlite://", None), ("postgresql://h/d", None)]
)
def test_the_file_of_a_database_is_known_where_there_is_one(address, file):
    assert file_of(address) == file


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'missing' / 'x.db'}")

    for way in (database.read, database.write):
        with pytest.raises(Unavailable, match="unable to open database file"), way():
            pass


def test_a_file_that_may_only_be_read_is_unavailable_for_writing(tmp_path):
    """``mode=ro`` stands for a file without write permission, which the superuser would not notice."""
    path = tmp_path / "x.db"
    writer = Database(f"sqlite:///{path}")
    migrate.upgrade(writer)
    reader = Database(f"sqlite:///file:{path}?mode=ro&uri=true")

    said = "readonly database; let this account write the file"
    with pytest.raises(Unavailable, match=said), reader.write() as connection:
        connection.execute(sa.delete(deadlines))
    reader.close()
    writer.close()


def test_a_disk_that_is_full_is_unavailable_and_asks_for_room(tmp_path):
    """No more pages than there are stands for a disk without room."""
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    migrate.upgrade(database)
    with database.read() as connection:  # its connection goes back to the pool and is the next one, too
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    with pytest.raises(Unavailable, match="is full; make room on its disk"), database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE more (text)")
    database.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"This is not a database. " * 100)
    database = Database(f"sqlite:///{path}")

    with pytest.raises(Unavailable, match="file is not a database"), database.read():
        pass


def test_a_server_that_does_not_answer_is_unavailable():
    database = Database("postgresql://nobody@127.0.0.1:1/x")

    for way in (database.read, database.write):
        with pytest.raises(Unavailable, match="The database did not"), way():
            pass


@POSTGRESQL
def test_a_statement_that_is_wrong_is_a_bug_and_no_outage(database):
    with pytest.raises(sa.exc.ProgrammingError), database.write() as connection:
        connection.exec_driver_sql("SELECT nonsense FROM nowhere")


def test_a_refused_statement_is_not_taken_for_an_outage(database):
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.insert(head).values(id=1, size=0, frontier=b""))
    with pytest.raises(sa.exc.IntegrityError), database.read() as connection:
        connection.execute(sa.insert(head).values(id=1, size=0, frontier=b""))


@SQLITE
def test_sqlite_is_set_up_to_keep_what_it_took_and_to_forget_what_it_erased(database, waiting_for_the_disk):
    database.close()
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


@SQLITE
def test_another_program_that_holds_the_file_makes_it_unavailable(database, desk):
    change = desk.opens()
    other = sqlite3.connect(database.url.database)
    other.execute("BEGIN IMMEDIATE")
    hurried = Database(f"sqlite:///{database.url.database}")
    sa.event.listen(hurried.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout = 1"))

    with pytest.raises(Unavailable, match="database is locked"), hurried.write():
        pass
    other.rollback()
    other.close()
    hurried.close()
    assert desk.happens(change, ev.Approval, ADA).number == 2


def waits_for(database):
    """Write while a lock that does not go away is held."""
    with database.write() as first:
        first.exec_driver_sql("LOCK TABLE deadlines IN ACCESS EXCLUSIVE MODE")
        with database.write() as second:
            second.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
            second.execute(sa.select(deadlines))


@POSTGRESQL
def test_a_lock_that_does_not_come_free_is_an_outage_of_a_moment(database):
    with pytest.raises(Unavailable, match="lock timeout"):
        waits_for(database)
