"""A memory on each database, as the tests of the storage have it, and ways to make a ledger long."""

import pytest

from storage import ledger
from tests.storage.conftest import (  # noqa: F401 - fixtures
    clock,
    database,
    desk,
    memory,
    on_postgresql,
    on_sqlite,
    postgres,
    stopwatch,
)
from workflows.administration import Heartbeat
from workflows.vocabulary import SYSTEM


@pytest.fixture
def grow(memory):  # noqa: F811 - the fixture above
    """Let the ledger grow by so many entries, a few hundred to a commit."""

    def grow(count):
        now = memory.clock.now()
        draft = ledger.Draft(Heartbeat(at=now, by=SYSTEM, replica="r"))
        for start in range(0, count, 300):
            with memory.database.write() as connection:
                ledger.append(connection, memory.vault, [draft] * min(300, count - start), now)

    return grow
