"""The database's own guards of the ledger and of the values it commits to.

SQLite: triggers refuse UPDATE and DELETE, and any insert that is not the next sequence, because
``INSERT OR REPLACE`` walks through the former.  PostgreSQL: the same as ``ENABLE ALWAYS`` triggers
(ordinary ones sleep under ``session_replication_role = replica``), TRUNCATE too.  Values may go only
while the newest entry is one that says so.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from storage.accounted import ERASING

_REFUSAL = "the ledger is append-only"
_GAP = "the ledger has no gaps"
_KEPT = "values are never changed"
_UNSAID = "values go only with an entry of the ledger that says so"

#: The kind under which values may go whose entries are gone; see ``storage.damage``.
DAMAGED = "ledger-damaged/1"
_NEWEST = "(SELECT kind FROM ledger_entries ORDER BY sequence DESC LIMIT 1)"
_SAID = ", ".join(f"'{kind}'" for kind in (*ERASING, DAMAGED))

GUARDED = ("ledger_entries", "entry_values")


def _refusing(name: str, when: str, because: str, only: str = "") -> str:
    return f"CREATE TRIGGER {name} BEFORE {when} {only}BEGIN SELECT RAISE(ABORT, '{because}'); END"


SQLITE = {
    "ledger_refuses_update": _refusing("ledger_refuses_update", "UPDATE ON ledger_entries", _REFUSAL),
    "ledger_refuses_delete": _refusing("ledger_refuses_delete", "DELETE ON ledger_entries", _REFUSAL),
    "ledger_refuses_gaps": _refusing(
        "ledger_refuses_gaps",
        "INSERT ON ledger_entries",
        _GAP,
        "WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM ledger_entries) ",
    ),
    "values_refuse_update": _refusing("values_refuse_update", "UPDATE ON entry_values", _KEPT),
    "values_refuse_delete": _refusing(
        "values_refuse_delete", "DELETE ON entry_values", _UNSAID, f"WHEN {_NEWEST} NOT IN ({_SAID}) "
    ),
    "values_refuse_replace": _refusing(
        "values_refuse_replace",
        "INSERT ON entry_values",
        _KEPT,
        "WHEN EXISTS (SELECT 1 FROM entry_values WHERE sequence = NEW.sequence AND field = NEW.field) ",
    ),
}


def _raise(because: str) -> str:
    return f"RAISE EXCEPTION '{because}' USING ERRCODE = 'integrity_constraint_violation';"


#: Trigger functions, by name; their bodies are compared too, since a hollow one would guard nothing.
POSTGRES_FUNCTIONS = {
    "ledger_refuses": f"""
BEGIN {_raise(_REFUSAL)} END """,
    "ledger_refuses_gaps": f"""
BEGIN
  IF NEW.sequence IS DISTINCT FROM (SELECT COALESCE(MAX(sequence), 0) + 1 FROM ledger_entries) THEN
    {_raise(_GAP)}
  END IF;
  RETURN NEW;
END """,
    "values_refuse": f"""
BEGIN {_raise(_KEPT)} END """,
    "values_refuse_delete": f"""
BEGIN
  IF {_NEWEST} IN ({_SAID}) THEN
    RETURN OLD;
  END IF;
  {_raise(_UNSAID)}
END """,
}

POSTGRES = {
    "ledger_refuses_update": "BEFORE UPDATE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_refuses()",
    "ledger_refuses_delete": "BEFORE DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_refuses()",
    "ledger_refuses_truncate": (
        "BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuses()"
    ),
    "ledger_refuses_gaps": (
        "BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_refuses_gaps()"
    ),
    "values_refuse_update": "BEFORE UPDATE ON entry_values FOR EACH ROW EXECUTE FUNCTION values_refuse()",
    "values_refuse_delete": (
        "BEFORE DELETE ON entry_values FOR EACH ROW EXECUTE FUNCTION values_refuse_delete()"
    ),
    "values_refuse_truncate": (
        "BEFORE TRUNCATE ON entry_values FOR EACH STATEMENT EXECUTE FUNCTION values_refuse()"
    ),
}


def table_of(guard: str) -> str:
    """Return the table a guard stands before."""
    return GUARDED[0] if guard.startswith("ledger") else GUARDED[1]


def install(connection: sa.Connection) -> None:
    """Create the guards; run by migrations, under the owner's login."""
    for statement in _statements(connection):
        connection.exec_driver_sql(statement)


def mend(connection: sa.Connection) -> tuple[str, ...]:
    """Put back what is missing or weak, as the owner; return what cannot be mended by that."""
    wrong = missing(connection)
    sqlite = connection.dialect.name == "sqlite"
    for statement in () if sqlite else _functions(connection):
        connection.exec_driver_sql(statement)
    for name in wrong:
        if name in (SQLITE if sqlite else POSTGRES):
            on = "" if sqlite else f" ON {table_of(name)}"
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{on}")
            restore(connection, name)
    return missing(connection)


def restore(connection: sa.Connection, name: str) -> None:
    """Put one guard back that was dropped."""
    for statement in _making(connection, name):
        connection.exec_driver_sql(statement)


def _statements(connection: sa.Connection) -> Iterator[str]:
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        yield from _functions(connection)
    for name in SQLITE if sqlite else POSTGRES:
        yield from _making(connection, name)


def _functions(connection: sa.Connection) -> Iterator[str]:
    for name, body in POSTGRES_FUNCTIONS.items():
        yield f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {_path(connection)} AS $${body}$$"


def _making(connection: sa.Connection, name: str) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        yield SQLITE[name]
        return
    yield f"CREATE TRIGGER {name} {POSTGRES[name]}"
    yield f"ALTER TABLE {table_of(name)} ENABLE ALWAYS TRIGGER {name}"


def _path(connection: sa.Connection) -> str:
    """Pin where functions look: a temporary table of the same name would be found before the real one."""
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    return f"{schema}, pg_temp"


def missing(connection: sa.Connection) -> tuple[str, ...]:
    """Name the guards that are not there, or not as they were made, and what stands there besides."""
    found = _on_sqlite(connection) if connection.dialect.name == "sqlite" else _on_postgres(connection)
    return tuple(found)


def _on_sqlite(connection: sa.Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql, type, tbl_name FROM sqlite_master WHERE type = 'trigger' "
        "UNION ALL SELECT name, sql, 'trigger', tbl_name FROM sqlite_temp_master WHERE type = 'trigger'"
    ).all()
    there: dict[str, str] = {row.name: row.sql for row in rows}
    yield from (name for name, sql in SQLITE.items() if there.get(name) != sql)
    yield from (
        f"a trigger nobody made: {row.name}"
        for row in rows
        if row.tbl_name in GUARDED and row.name not in SQLITE
    )
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    plain = {row.name for row in tables}
    yield from (f"the table {name}" for name in GUARDED if name not in plain)


def _on_postgres(connection: sa.Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql(
        "SELECT t.tgname, t.tgenabled, pg_get_triggerdef(t.oid, true) AS made, p.proname, p.prosrc, p.proconfig "
        "FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE t.tgrelid IN (to_regclass('ledger_entries'), to_regclass('entry_values')) AND NOT t.tgisinternal"
    ).all()
    path = f"search_path={_path(connection)}"
    sound = {
        row.tgname
        for row in rows
        if row.tgenabled in ("A", b"A")
        and row.made == f"CREATE TRIGGER {row.tgname} {POSTGRES.get(row.tgname)}"
        and row.prosrc == POSTGRES_FUNCTIONS.get(row.proname)
        and row.proconfig == [path]
    }
    yield from (name for name in POSTGRES if name not in sound)
    yield from (f"a trigger nobody made: {row.tgname}" for row in rows if row.tgname not in POSTGRES)
    yield from _bent(connection)


def _bent(connection: sa.Connection) -> Iterator[str]:
    """Find what makes a table answer otherwise than a plain one: rules, row security, inheritance, a view."""
    for table in GUARDED:
        row = connection.exec_driver_sql(
            "SELECT relkind = 'r' AS plain, relhasrules AS rules, relrowsecurity AS hidden, "
            "relispartition OR EXISTS (SELECT FROM pg_inherits WHERE oid IN (inhrelid, inhparent)) AS related "
            "FROM pg_class WHERE oid = to_regclass(%(table)s)",
            {"table": table},
        ).one_or_none()
        if row is None or not row.plain:
            yield f"the table {table}"
        elif row.rules or row.hidden or row.related:
            what = "rules" if row.rules else "row security" if row.hidden else "relatives"
            yield f"{table} has {what}"
