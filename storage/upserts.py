"""INSERT that knows ON CONFLICT, in the words of each dialect."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: sa.Connection, table: sa.Table) -> Any:
    """Return the INSERT of a connection's dialect."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: sa.Table) -> Any:
    """Return the INSERT of a dialect."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
