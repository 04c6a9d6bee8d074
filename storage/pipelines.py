"""Connections to PostgreSQL that do not wait for what asks nothing (libpq's pipeline mode).

A statement that only writes is sent, and the next one behind it; their answers are read together with that of the
next question, or of the commit.  So locks are held for few round trips, however much is written under them.  What
fails is raised there, by whatever waits next.  How many rows were changed nobody learns: ask with ``RETURNING``.
"""

import contextlib
from collections.abc import Iterable
from typing import Any, Self

import psycopg

ASKS_NOTHING = ("INSERT ", "UPDATE ", "DELETE ", "NOTIFY ", "BEGIN")
STANDS_IN_LINE = (*ASKS_NOTHING, "SELECT ", "COMMIT")  #: anything else may be several commands, which cannot
ASKS = "RETURNING"


class Connection(psycopg.Connection[Any]):
    """Gathers answers from when it is told to until the transaction ends."""

    gathers = False  #: does not wait, in this transaction, for what only writes
    _open: contextlib.ExitStack | None = None

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
    """Waits only for the answer to a question."""

    __slots__ = ()
    connection: Connection

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        if self._line_up(query):
            return super().execute(query, params, **options)
        if not query.startswith(STANDS_IN_LINE):
            self.connection.wait_for_all()
        super().execute(query, params, **options)
        self.connection.wait_for_all()
        return self

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
