"""One parameter for however many texts: SQLAlchemy writes a list out anew at each execution, and the server parses it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Texts(sa.types.TypeDecorator[list[str]]):
    """A list of texts: an array on PostgreSQL, JSON on SQLite."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        kind: sa.types.TypeEngine[Any] = sa.JSON() if dialect.name == "sqlite" else sa.ARRAY(sa.String)
        return dialect.type_descriptor(kind)


class _Among(FunctionElement[bool]):
    """A column, and the texts it may be."""

    name = "among"
    type = sa.Boolean()
    inherit_cache = True


def among(column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """Say that ``column`` is one of the texts that are handed over as the parameter ``name``."""
    return _Among(column, sa.bindparam(name, type_=Texts))


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: Any, **options: Any) -> str:
    column, texts = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608  # they are bound


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: Any, **options: Any) -> str:
    column, texts = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({texts})"
