"""A night of its own for each story."""

import pytest
import sqlalchemy as sa

from storage import migrate
from tests.memories import emptied
from tests.stories.world import FragileDatabase, Fuse, Night


def does_not_wait_for_the_disk(connection, _):
    """These processes die, but the machine stays on; waiting takes a quarter of the time."""
    connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(scope="session")
def database_of_the_night(tmp_path_factory):
    database = FragileDatabase(f"sqlite:///{tmp_path_factory.mktemp('night') / 'night.db'}")
    sa.event.listen(database.engine, "connect", does_not_wait_for_the_disk)
    migrate.upgrade(database)
    yield database
    database.close()


@pytest.fixture
def begun(database_of_the_night):
    """Begin a night, with a policy if it needs one of its own."""

    def begin(**said):
        database_of_the_night.fuse = Fuse()
        return Night(emptied(database_of_the_night), **said)

    return begin


@pytest.fixture
def night(begun):
    return begun()
