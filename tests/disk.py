"""Nobody here waits for the disk: processes may die, but the machine stays on."""

import sqlite3

import sqlalchemy as sa


def does_not_wait(connection, known, _):
    """Let commits return before they are on the disk; ``known`` is what the pool knows of the connection."""
    if isinstance(connection, sqlite3.Connection) and known.info.setdefault("waits", True):
        connection.execute("PRAGMA synchronous = OFF")
        known.info["waits"] = False


def hurry():
    sa.event.listen(sa.Pool, "checkout", does_not_wait)


def wait():
    sa.event.remove(sa.Pool, "checkout", does_not_wait)
