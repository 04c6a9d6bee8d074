"""Connections to PostgreSQL that do not wait for what asks nothing (libpq's pipeline mode).

A statement that only writes is sent, and the next one behind it; their answers are read together with that of the
next question, or of the commit.  A question that is asked ahead (``storage.ahead``) is sent likewise, and waited for when
somebody reads its answer.  So locks are held for few round trips, however much is written under them.  What
fails is raised there, by whatever waits next.  How many rows were changed nobody learns: ask with ``RETURNING``.
"""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, Self

import psycopg

from storage.ahead import AHEAD

ASKS_NOTHING = ("INSERT ", "UPDATE ", "DELETE ", "NOTIFY ", "SET LOCAL plan_", "BEGIN")
STANDS_IN_LINE = (*ASKS_NOTHING, "SELECT ", "COMMIT")  #: anything else may be several commands, which cannot
ASKS = "RETURNING"
READ_LATER = f"SELECT {AHEAD}"


class Connection(psycopg.Connection[Any]):
    """Gathers answers from when it is told to until the transaction ends."""

    gathers = False  #: does not wait, in this transaction, for what only writes
    _open: contextlib.ExitStack | None = None

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        #: The columns of what was asked ahead, by its SQL: whoever asks wants to know them before the answer is there.
        self.columns: dict[str, Sequence[psycopg.Column]] = {}

    def gather(self) -> None:
        """Wait for nothing that asks nothing until the transaction ends; whoever calls this says BEGIN next."""
        self.autocommit = True  # or psycopg would begin by itself, and wait for that
        self.gathers = True

    def line_up(self) -> None:
        """Let answers wait in line from here on."""
        if self._open is None:
            self._open = contextlib.ExitStack()
            self._open.enter_context(self.pipeline())

    def wait_for_all(self) -> None:
        """Read every answer that waits in line; raises the error of the first statement that failed."""
        if self._open is None:
            return
        line, self._open = self._open, None
        line.close()

    def commit(self) -> None:
        """Commit, in one round trip with what was sent before: if any of that failed, nothing is committed."""
        self.gathers = False
        if self._open is None:
            super().commit()
        else:
            self.execute("COMMIT")
        self.autocommit = False

    def rollback(self) -> None:
        """Roll back; what was sent before may have failed, it is forgotten either way."""
        self.gathers = False
        with contextlib.suppress(psycopg.Error):
            self.wait_for_all()
        super().rollback()
        self.autocommit = False


class Cursor(psycopg.Cursor[Any]):
    """Waits only for the answer to a question, and for that of one asked ahead only when it is read."""

    connection: Connection
    _columns: Sequence[psycopg.Column] | None = None  #: of an answer that may still be on its way

    @property
    def description(self) -> list[psycopg.Column] | None:
        return list(self._columns) if self._columns else super().description

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        later = self.connection.gathers and query.startswith(READ_LATER)
        self._columns = self.connection.columns.get(query) if later else None
        if self._columns:
            self.connection.line_up()
        if self._columns or self._line_up(query):
            return super().execute(query, params, **options)
        if not query.startswith(STANDS_IN_LINE):
            self.connection.wait_for_all()
        super().execute(query, params, **options)
        self.connection.wait_for_all()
        if later:
            self.connection.columns[query] = super().description or ()
        return self

    def fetchone(self) -> Any:
        self._wait()
        return super().fetchone()

    def fetchmany(self, size: int = 0) -> list[Any]:
        self._wait()
        return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        self._wait()
        return super().fetchall()

    def _wait(self) -> None:
        if not self.pgresult:
            self.connection.wait_for_all()

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        self._line_up(query)
        super().executemany(query, params_seq, returning=returning)

    def _line_up(self, query: str) -> bool:
        """Let the answer wait in line if the statement asks nothing; say whether it does."""
        asks_nothing = self.connection.gathers and query.startswith(ASKS_NOTHING) and ASKS not in query
        if asks_nothing:
            self.connection.line_up()
        return asks_nothing


def connect(*arguments: Any, **options: Any) -> Connection:
    """Connect as ``psycopg.connect`` does."""
    return Connection.connect(*arguments, cursor_factory=Cursor, **options)
