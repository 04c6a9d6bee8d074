"""``docs/postgresql-roles.sql``, run as it stands: what each of the three logins may do, and what not."""

import base64
import gc
import os
import subprocess
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot.cli import app
from storage import remains
from storage.engine import Database
from storage.keys import given_keys
from storage.levels import Outside
from storage.memory import audited, opened
from storage.schema import metadata
from tests.acme import ADA, LINUS
from tests.memories import ORIGIN, Desk, staff
from workflows import events as ev

SCRIPT = Path(__file__).parents[2] / "docs" / "postgresql-roles.sql"
NO_RIGHT = "42501"  #: SQLSTATE: insufficient privilege
SIGNING, VALUES = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


class Server:
    """One database with its three logins."""

    def __init__(self, postgres):
        self.postgres = postgres
        self.admin = postgres.empty()

    def url(self, role):
        return self.admin.replace("postgres:@", f"emergency_change_{role}:@", 1)

    def run_script(self):
        done = subprocess.run(
            [self.postgres.psql, "-X", "-q", "-f", str(SCRIPT), self.admin],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.strip()

    def types(self, *words, **env):
        """Type a command with the settings of a deployment, and no key."""
        settings = {name: None for name in os.environ if name.startswith(("DATABASE", "LEDGER", "VALUES"))}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # a command's connections end with its process
            done = CliRunner(env={**settings, "CREDENTIALS_DIRECTORY": None, **env}).invoke(app, [*words])
            gc.collect()
        return done

    def memory(self, role, clock, stopwatch):
        def keys(_):
            return given_keys(ORIGIN, SIGNING, VALUES)

        return opened(self.url(role), clock=clock, stopwatch=stopwatch, keys=keys, upgrade=False)


@pytest.fixture(scope="module")
def server(postgres, tmp_path_factory):
    """Follow the documentation: the script, the upgrade under the owner's login, the script once more."""
    server = Server(postgres)
    first = server.run_script()
    upgraded = server.types(
        "db", "upgrade", DATABASE_URL=server.url("bot"), DATABASE_MIGRATION_URL=server.url("owner")
    )
    second = server.run_script()
    assert "Now run `emergency-change db upgrade`" in first
    assert (upgraded.exit_code, upgraded.stdout) == (0, "The schema is up to date.\n")
    assert second == "The roles have their rights."
    return server


@pytest.fixture
def bot(server, clock, stopwatch):
    memory = server.memory("bot", clock, stopwatch)
    yield memory
    memory.database.close()


@pytest.fixture(scope="module")
def filled(server):
    """Let the bot have worked once."""
    from tests.clocks import MovableClock  # noqa: PLC0415 - a module-wide fixture cannot ask for the clock

    memory = server.memory("bot", MovableClock(), MovableClock())
    staff(memory)
    desk = Desk(memory)
    change = desk.opens("ledger-admin")
    desk.happens(change, ev.Rejection, ADA, reason="No.")
    memory.checkpoint()
    memory.database.close()
    return server


@pytest.fixture(params=["bot", "auditor"])
def login(filled, request):
    database = Database(filled.url(request.param))
    yield database
    database.close()


def as_role(server, role):
    return Database(server.url(role))


def tried(database, statement):
    """Try a statement in a transaction that may write; return how it was refused."""
    with pytest.raises(sa.exc.DBAPIError) as caught, database.write() as connection:
        connection.exec_driver_sql(f"SET TRANSACTION READ WRITE; {statement}")
    return caught.value.orig.sqlstate


FORBIDDEN = [
    "UPDATE ledger_entries SET kind = kind",
    "DELETE FROM ledger_entries",
    "TRUNCATE ledger_entries",
    "ALTER TABLE ledger_entries DISABLE TRIGGER ALL",
    "ALTER TABLE ledger_entries DISABLE TRIGGER ledger_refuses_update",
    "DROP TRIGGER ledger_refuses_update ON ledger_entries",
    "DROP TABLE ledger_entries",
    "ALTER TABLE ledger_entries RENAME TO something",
    "ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY",
    "CREATE RULE silent AS ON INSERT TO ledger_entries DO INSTEAD NOTHING",
    "CREATE TRIGGER mine BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_refuses()",
    "CREATE OR REPLACE FUNCTION ledger_refuses() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "CREATE TABLE child () INHERITS (ledger_entries)",
    "CREATE TABLE mine (x int)",
    "CREATE TEMPORARY TABLE ledger_entries (sequence int)",
    "CREATE SCHEMA emergency_change_bot",
    "SET session_replication_role = replica",
    "UPDATE entry_values SET sealed = sealed",
    "TRUNCATE entry_values",
    "UPDATE checkpoints SET note = note",
    "DELETE FROM checkpoints",
    "SELECT value FROM secrets",
    "SET ROLE emergency_change_owner",
    "COPY ledger_entries TO PROGRAM 'cat'",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_neither_the_bot_nor_the_auditor_may_touch_what_is_written(login, statement):
    assert tried(login, statement) == NO_RIGHT


@pytest.mark.parametrize("table", [table.name for table in metadata.sorted_tables if table.name != "secrets"])
def test_the_auditor_reads_every_table_and_writes_none(filled, table):
    database = as_role(filled, "auditor")
    with database.read() as connection:
        connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one()

    assert tried(database, f'DELETE FROM "{table}"') == NO_RIGHT
    database.close()


def test_the_auditor_verifies_without_any_key(filled):
    found = audited(filled.url("auditor"), "", Outside())

    assert found.level == "SIGNED"
    assert any("Values were not opened" in remark for remark in found.remarks)


def test_the_bot_does_all_its_work_under_its_own_login(filled, bot):
    staff_of = Desk(bot)
    change = staff_of.opens(by=LINUS)
    staff_of.happens(change, ev.Approval, ADA)
    bot.outbox.claim(9)
    bot.people.keep([{"slack_team": "T1", "slack_user": "UZED", "name": "Zed", "email": "zed@acme.example"}])
    zed = bot.people.by_slack("T1", "UZED")
    erased = bot.erasing.erase(zed, ADA, "Left.", also_text=False)
    bot.retention.purge_all()
    bot.checkpoint()

    assert bot.check_guards() == ()
    assert (erased.person, bot.person(zed.id).erased) == (zed.id, True)
    assert bot.verify().level == "SIGNED"


def test_the_bot_deletes_no_value_without_an_entry_that_says_so(filled, clock, stopwatch):
    memory = filled.memory("bot", clock, stopwatch)
    Desk(memory).opens("payments-deploy")
    memory.database.close()
    database = as_role(filled, "bot")
    with pytest.raises(sa.exc.IntegrityError, match="values go only with an entry"), database.write() as c:
        c.exec_driver_sql("DELETE FROM entry_values")
    database.close()


def test_dead_rows_can_be_written_away_by_the_owner_alone(filled):
    said = {}
    for role in ("bot", "owner"):
        database = as_role(filled, role)
        said[role] = remains.let_go(database)
        database.close()

    assert "Dead rows remain in accounts, entry_values" in " ".join(said["bot"])
    assert said["owner"] == [remains.LOG_OF_POSTGRESQL]


def test_projections_are_made_again_under_the_owners_login(filled, clock, stopwatch, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    keys = {"LEDGER_ORIGIN": ORIGIN, "LEDGER_SIGNING_KEY": SIGNING, "VALUES_KEY": VALUES}
    as_bot = {"DATABASE_URL": filled.url("bot"), **keys}
    done = filled.types("db", "rebuild", **as_bot, DATABASE_MIGRATION_URL=filled.url("owner"))

    assert (done.exit_code, done.stderr) == (0, "")
    assert "All projections were made again" in done.stdout


def test_what_needs_no_key_asks_for_none(filled, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    example = Path(__file__).parents[2] / "policy.example.toml"
    checked = filled.types("policy", "check", str(example), DATABASE_URL=filled.url("bot"))
    verified = filled.types("people", "list", DATABASE_URL=filled.url("bot"))

    assert checked.exit_code == 0
    assert verified.exit_code == 1
    assert verified.stderr.startswith("LEDGER_SIGNING_KEY, VALUES_KEY, LEDGER_ORIGIN")


def test_the_owner_is_stopped_by_the_guards_alone(filled):
    """Whoever owns a table can drop its triggers; then only verification finds what was done."""
    database = as_role(filled, "owner")
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), database.write() as connection:
        connection.exec_driver_sql("DELETE FROM ledger_entries")
    database.close()
