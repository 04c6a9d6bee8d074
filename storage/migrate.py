"""Brings the schema up to date with Alembic; the scripts lie beside this module.

The ledger's table is never altered in batch mode, which would drop its triggers in silence.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage import guards
from storage.engine import Database
from workflows.errors import Misconfigured

SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 7203154420  #: any number, the same for every replica: migrations queue at it


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    return config


def upgrade(database: Database, scripts: Path = SCRIPTS) -> None:
    """Apply every migration that is missing; several replicas may call this at once."""
    config = _config(scripts)
    with database.write() as connection:
        database.count_rows(connection)  # as Alembic does
        if not database.sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def guard(database: Database) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Put the ledger's guards back; return what was wrong with them, and what still is."""
    with database.write() as connection:
        wrong = guards.missing(connection)
        return wrong, guards.mend(connection)


def require_current(database: Database, scripts: Path = SCRIPTS) -> None:
    """Raise ``Misconfigured`` unless the schema is the one this version was made for."""
    with database.read() as connection:
        there = MigrationContext.configure(connection).get_current_revision()
    wanted = ScriptDirectory.from_config(_config(scripts)).get_current_head()
    if there != wanted:
        raise Misconfigured(
            f"The database is at schema {there or 'none'} and {wanted} is needed; run `emergency-change db upgrade`."
        )
