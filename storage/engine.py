"""Connections: the one way into the database.

On SQLite every writer of the process queues at one lock before ``BEGIN IMMEDIATE``; without it sixteen
writers starve each other for seconds inside SQLite's own busy loop.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa

from workflows.errors import Misconfigured, Unavailable

KNOWN = ("sqlite", "postgresql", "postgresql+psycopg")
#: What to do about it, by a part of what SQLite says.
REMEDIES = {
    "readonly database": "let this account write the file and its directory",
    "is full": "make room on its disk",
}
#: What PostgreSQL and SQLite call it if a name is taken.
TAKEN = ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
WHO = "who"  #: the execution option that tells one process's connections from another's
BUSY = 5  #: seconds a writer waits for other processes on the same SQLite file


def file_of(url: str) -> str | None:
    """Return the file of an SQLite database; ``None`` for anything else."""
    parsed = _parsed(url)
    return parsed.database or None if parsed.get_backend_name() == "sqlite" else None


def _parsed(url: str) -> sa.URL:
    """Read a database's address; the complaint does not repeat it, because a password may be in it."""
    try:
        parsed = sa.make_url(url)
        if parsed.drivername in KNOWN:
            return parsed
    except (sa.exc.ArgumentError, ValueError):
        pass
    raise Misconfigured("DATABASE_URL: write sqlite:///file.db or postgresql://user:password@host/name.")


class Database:
    """An engine with its writer lock."""

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        if self.url.drivername == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.who = uuid.uuid4().hex
        self.engine = _sqlite(self.url) if self.sqlite else _postgres(self.url, self.who)
        self._writer = threading.Lock() if self.sqlite else nullcontext()
        #: What every transaction that may write waits for first.
        self.before_writing: Callable[[], None] = lambda: None
        #: What is told when all is said, and only the disk is waited for.
        self.before_committing: Callable[[], None] = lambda: None
        #: What is told when such a transaction has ended, however it did.
        self.after_writing: Callable[[], None] = lambda: None

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Begin a transaction that may write; commit it, or roll it back on any error.

        On PostgreSQL it does not wait for what asks nothing (``storage.pipelines``): no statement says how many
        rows it changed, unless it asks with ``RETURNING``.
        """
        self.before_writing()
        try:
            with self._writer, self.engine.connect() as connection, connection.begin():
                self._begin_to_write(connection)
                yield connection
                self.before_committing()
        except sa.exc.DatabaseError as error:
            if not _no_answer(error):
                raise
            raise Unavailable(f"The database did not take it: {_reason(error)}") from error
        finally:
            self.after_writing()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Begin a transaction that only reads; on SQLite it waits for no writer."""
        try:
            with self.engine.connect() as connection, connection.begin():
                if self.sqlite:
                    connection.exec_driver_sql("BEGIN")
                yield connection
        except sa.exc.DatabaseError as error:
            if not _no_answer(error):
                raise
            raise Unavailable(f"The database did not answer: {_reason(error)}") from error

    def _begin_to_write(self, connection: sa.Connection) -> None:
        """Begin in the database's own words, and here: a listener for it would slow down every statement."""
        if self.sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            _driver(connection).gather()
            connection.exec_driver_sql("BEGIN")

    def count_rows(self, connection: sa.Connection) -> None:
        """Let every statement of this transaction say how many rows it changed, and wait for each."""
        if not self.sqlite:
            _driver(connection).gathers = False

    def plan_once(self, connection: sa.Connection) -> None:
        """Let a server plan what this transaction asks once, and not anew for each value: for what goes by a key.

        By itself, one that has analysed its tables plans half of what a click asks at each click.  A range, such as
        all that is due, must be planned for its ends: half a table may lie between them, or nothing.
        """
        if not self.sqlite:
            connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """Begin a transaction that only reads, and sees the whole database as it was at its first question."""
        with self.read() as connection:
            if not self.sqlite:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _no_answer(error: sa.exc.DatabaseError) -> bool:
    """Tell an unreachable or unreadable database (SQLite's bare ``DatabaseError``) from a refused statement."""
    return isinstance(error, sa.exc.OperationalError) or type(error) is sa.exc.DatabaseError


def is_there_already(error: sa.exc.IntegrityError) -> bool:
    """Tell a name that is taken, because somebody else was first, from a row that never could be kept."""
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return code in TAKEN


def _reason(error: sa.exc.DatabaseError) -> str:
    """Return the driver's own sentence, without SQL or parameters, and what to do about it where that is known."""
    said = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
    remedy = next((remedy for part, remedy in REMEDIES.items() if part in said), "")
    return f"{said}; {remedy}." if remedy else said


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url, connect_args={"timeout": BUSY}, pool_size=32, max_overflow=64, pool_use_lifo=True
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; ``_begin`` does
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgres(url: sa.URL, who: str) -> sa.Engine:
    from storage import pipelines  # noqa: PLC0415 - a start on SQLite need not wait for the driver

    engine = sa.create_engine(
        url,
        pool_size=24,
        max_overflow=64,
        pool_use_lifo=True,
        pool_pre_ping=False,
        connect_args={"connect_timeout": 5},
        execution_options={WHO: who},
    )

    @sa.event.listens_for(engine, "do_connect")
    def connect(_: Any, __: Any, arguments: Any, options: Any) -> Any:
        return pipelines.connect(*arguments, **options)

    return engine
