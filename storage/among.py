"""One parameter for however many values: SQLAlchemy writes a list out anew at each execution, and the server parses it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Texts(sa.types.TypeDecorator[list[Any]]):
    """A list of texts: an array on PostgreSQL, JSON on SQLite."""

    impl = sa.JSON
    cache_ok = True
    of: type[sa.types.TypeEngine[Any]] = sa.String

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        kind: sa.types.TypeEngine[Any] = sa.JSON() if dialect.name == "sqlite" else sa.ARRAY(self.of)
        return dialect.type_descriptor(kind)


class Numbers(Texts):
    """A list of whole numbers."""

    cache_ok = True
    of = sa.BigInteger


class _Among(FunctionElement[bool]):
    """A column, and the values it may have."""

    name = "among"
    type = sa.Boolean()
    inherit_cache = True


def among(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Say that ``column`` is one of the texts or numbers that are handed over as the parameter ``name``."""
    kind = Numbers if isinstance(column.type, sa.Integer) else Texts
    return _Among(column, sa.bindparam(name, type_=kind))


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  # they are bound


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"
