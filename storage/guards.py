"""The database's own guards of the ledger.

SQLite: triggers refuse UPDATE and DELETE, and any insert that is not the next sequence, because
``INSERT OR REPLACE`` walks through the former.  PostgreSQL: the same as ``ENABLE ALWAYS`` triggers
(ordinary ones sleep under ``session_replication_role = replica``), TRUNCATE too.
"""

import sqlalchemy as sa

_REFUSAL = "the ledger is append-only"
_GAP = "the ledger has no gaps"

SQLITE = {
    "ledger_refuses_update": (
        "CREATE TRIGGER ledger_refuses_update BEFORE UPDATE ON ledger_entries "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    ),
    "ledger_refuses_delete": (
        "CREATE TRIGGER ledger_refuses_delete BEFORE DELETE ON ledger_entries "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    ),
    "ledger_refuses_gaps": (
        "CREATE TRIGGER ledger_refuses_gaps BEFORE INSERT ON ledger_entries "  # a constant
        "WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM ledger_entries) "
        f"BEGIN SELECT RAISE(ABORT, '{_GAP}'); END"
    ),
}

#: Trigger functions, by name; their bodies are compared too, since a hollow one would guard nothing.
POSTGRES_FUNCTIONS = {
    "ledger_refuses": f"""
BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END """,
    "ledger_refuses_gaps": f"""
BEGIN
  IF NEW.sequence IS DISTINCT FROM (SELECT COALESCE(MAX(sequence), 0) + 1 FROM ledger_entries) THEN
    RAISE EXCEPTION '{_GAP}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
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
}


def install(connection: sa.Connection) -> None:
    """Create the guards; run by migrations, under the owner's login."""
    if connection.dialect.name == "sqlite":
        for statement in SQLITE.values():
            connection.exec_driver_sql(statement)
        return
    for name, body in POSTGRES_FUNCTIONS.items():
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
        )
    for name, what in POSTGRES.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {what}")
        connection.exec_driver_sql(f"ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER {name}")


def missing(connection: sa.Connection) -> tuple[str, ...]:
    """Name the guards that are not there, or not as they were made."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        there: dict[str, str] = {row.name: row.sql for row in rows}
        return tuple(name for name, sql in SQLITE.items() if there.get(name) != sql)
    rows = connection.exec_driver_sql(
        "SELECT t.tgname, t.tgenabled, pg_get_triggerdef(t.oid, true) AS made, p.proname, p.prosrc "
        "FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE t.tgrelid = to_regclass('ledger_entries') AND NOT t.tgisinternal"
    )
    sound = {
        row.tgname
        for row in rows
        if row.tgenabled in ("A", b"A")
        and row.made == f"CREATE TRIGGER {row.tgname} {POSTGRES.get(row.tgname)}"
        and row.prosrc == POSTGRES_FUNCTIONS.get(row.proname)
    }
    return tuple(name for name in POSTGRES if name not in sound)
