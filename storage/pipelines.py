"""Connections to PostgreSQL that send what is only written without waiting for each answer (libpq's pipeline mode).

A statement that asks nothing waits in line and leaves with the next question, or with the commit, in one round
trip; so a lock is held for few of them, however many rows are written under it.  Its error is raised there, by
whatever waits next.  How many rows it changed nobody learns: where that matters, ask with ``RETURNING``.
"""

import contextlib
from collections.abc import Iterable
from typing import Any, Self

import psycopg

ONLY_WRITES = ("INSERT ", "UPDATE ", "DELETE ", "NOTIFY ")
ASKS = " RETURNING "


class Connection(psycopg.Connection[Any]):
    """Begins to gather when it is told to, and stops when the transaction ends."""

    gathers = False
    _open: contextlib.ExitStack | None = None

    def gather(self) -> None:
        """Let what this transaction only writes wait in line."""
        self.gathers = True

    def line_up(self) -> None:
        """Let statements wait in line from here on."""
        if self._open is None:
            self._open = contextlib.ExitStack()
            self._open.enter_context(self.pipeline())

    def wait_for_all(self) -> None:
        """Send what waits in line, and wait for every answer; raises the error of the first that failed."""
        if self._open is None:
            return
        line, self._open = self._open, None
        line.close()

    def commit(self) -> None:
        """Commit, in one round trip with what waits in line: if any of that fails, nothing is committed."""
        self.gathers = False
        if self._open is None:
            super().commit()
        else:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Roll back; what waits in line may fail, it is forgotten either way."""
        self.gathers = False
        with contextlib.suppress(psycopg.Error):
            self.wait_for_all()
        super().rollback()


class Cursor(psycopg.Cursor[Any]):
    """Waits only for the answer to a question."""

    __slots__ = ()
    connection: Connection

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        asks = not self._line_up(query)
        super().execute(query, params, **options)
        if asks:
            self.connection.wait_for_all()
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        self._line_up(query)
        super().executemany(query, params_seq, returning=returning)

    def _line_up(self, query: str) -> bool:
        """Let a statement wait in line if it is one that asks nothing."""
        asks_nothing = self.connection.gathers and query.startswith(ONLY_WRITES) and ASKS not in query
        if asks_nothing:
            self.connection.line_up()
        return asks_nothing


def connect(*arguments: Any, **options: Any) -> Connection:
    """Connect as ``psycopg.connect`` does."""
    return Connection.connect(*arguments, cursor_factory=Cursor, **options)
