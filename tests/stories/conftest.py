"""A night of its own for each story."""

import pytest

from storage import migrate
from tests.memories import emptied
from tests.stories.world import FragileDatabase, Fuse, Night


@pytest.fixture(scope="session")
def database_of_the_night(tmp_path_factory):
    database = FragileDatabase(f"sqlite:///{tmp_path_factory.mktemp('night') / 'night.db'}")
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
