"""A night of its own for each story."""

import pytest

from storage import migrate
from tests.memories import emptied, folded_anew
from tests.stories.world import FragileDatabase, Fuse, Night


@pytest.fixture(scope="session")
def database_of_the_night(tmp_path_factory):
    database = FragileDatabase(f"sqlite:///{tmp_path_factory.mktemp('night') / 'night.db'}")
    migrate.upgrade(database)
    yield database
    database.close()


@pytest.fixture
def begun(database_of_the_night):
    """Begin a night, with a policy if it needs one of its own; by its end its records are what the ledger says."""
    nights = []

    def begin(**said):
        database_of_the_night.fuse = Fuse()
        nights.append(Night(emptied(database_of_the_night), **said))
        return nights[-1]

    yield begin
    database_of_the_night.fuse = Fuse()
    for night in nights[-1:]:  # an earlier one was emptied
        for change in night.memory.changes():
            assert night.record(change.id) == folded_anew(night.memory, change.id)


@pytest.fixture
def night(begun):
    return begun()
