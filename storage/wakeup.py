"""Tells the workers of every other replica that something is due, the moment it is committed (PostgreSQL).

A click, the clock and a step wake the workers of their own process by themselves, sooner and with less.  A notification
may get lost with its connection; the workers look by themselves every second anyway.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage.engine import WHO, Database

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

CHANNEL = "obligations"
PATIENCE = 1.0  #: seconds between two looks whether to stop
PAUSE = 5.0  #: seconds before a lost connection is made again
#: Seconds in which further notifications are gathered: many clicks must not wake this thread with each of them.
GATHERED = 0.05


def notify(connection: sa.Connection) -> None:
    """Have every other process told when this transaction commits; on SQLite only one has workers."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}, '{connection.get_execution_options()[WHO]}'")


class Wakeup:
    """Listens on a connection of its own, outside the pool, and wakes when another process has committed."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="wakeup", daemon=True)

    def start(self) -> None:
        """Begin to listen; does nothing on SQLite."""
        if not self._database.sqlite:
            self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=PAUSE)

    def _listen(self) -> None:
        import psycopg  # noqa: PLC0415 - a start on SQLite need not wait for it

        address = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._stop.is_set():
            try:
                with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._wake()
                    self._pass_on(connection)
            except psycopg.Error as error:
                log.warning("Notifications are interrupted: %s", type(error).__name__)
                self._stop.wait(PAUSE)

    def _pass_on(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        while not self._stop.is_set():
            told = list(connection.notifies(timeout=PATIENCE, stop_after=1))
            if any(one.payload != self._database.who for one in told):
                self._wake()
            if told:
                self._stop.wait(GATHERED)
