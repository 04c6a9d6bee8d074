"""What a database keeps of rows that were deleted, and how it is made to let go of it.

SQLite keeps old pages in the write-ahead log until it is emptied, and free pages in the file.  PostgreSQL
keeps dead rows in its files until the table is written anew, which only its owner may do; its own log
and whatever copies it are beyond a statement's reach.
"""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from storage.engine import Database
from storage.schema import accounts, members, mirrors, obligations, people, policies, values

HOLDING = (
    values,
    people,
    accounts,
    members,
    obligations,
    mirrors,
    policies,
)  #: the tables that hold words or accounts
PATIENCE = timedelta(seconds=10)  #: how long to wait for whoever else uses a table, or SQLite's log

LOG_OF_POSTGRESQL = (
    "PostgreSQL's write-ahead log, and every replica and backup, keep names and accounts until they are "
    "recycled; the values themselves are in them only encrypted with VALUES_KEY."
)


def keep_no_statistics(connection: sa.Connection) -> None:
    """Let PostgreSQL's planner keep no samples of names, accounts and words; they would outlive the rows."""
    if connection.dialect.name == "sqlite":
        return
    for table in HOLDING:
        for column in table.columns:
            kept = not column.primary_key or column is accounts.c.login
            if kept and isinstance(column.type, sa.String | sa.LargeBinary):
                connection.exec_driver_sql(
                    f'ALTER TABLE "{table.name}" ALTER COLUMN "{column.name}" SET STATISTICS 0'
                )


def let_go(database: Database, patience: timedelta = PATIENCE) -> list[str]:
    """Write everything anew without what was deleted; return a sentence for each thing that remains."""
    of = _on_sqlite if database.sqlite else _on_postgres
    return list(of(database, patience))


def _on_sqlite(database: Database, patience: timedelta) -> Iterator[str]:
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {_milliseconds(patience)}")
        try:
            cursor.execute("VACUUM")
        except sqlite3.Error as error:
            yield f"The file could not be written anew ({error}); run `db vacuum` when nothing else uses it."
        busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            yield "The write-ahead log is in use and could not be emptied; run `db vacuum` once more."
        cursor.execute(f"PRAGMA busy_timeout = {before}")
    finally:
        connection.close()


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def _on_postgres(database: Database, patience: timedelta) -> Iterator[str]:
    failed = []
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"SET lock_timeout = {_milliseconds(patience)}")
        for table in HOLDING:
            try:
                connection.exec_driver_sql(f'VACUUM (FULL, ANALYZE) "{table.name}"')
            except sa.exc.DBAPIError:
                failed.append(table.name)
        if not failed:
            failed = _not_owned(connection)
    if failed:
        yield f"Dead rows remain in {', '.join(failed)}; run `db vacuum` with the owner's login in DATABASE_MIGRATION_URL."
    yield LOG_OF_POSTGRESQL


def _not_owned(connection: sa.Connection) -> list[str]:
    """PostgreSQL passes over what one may not vacuum, with a mere warning."""
    rows = connection.exec_driver_sql(
        "SELECT relname FROM pg_class WHERE oid IN (SELECT to_regclass(n) FROM unnest(%(names)s::text[]) AS n) "
        "AND NOT pg_has_role(relowner, 'USAGE') ORDER BY relname",
        {"names": [table.name for table in HOLDING]},
    )
    return [row.relname for row in rows]
