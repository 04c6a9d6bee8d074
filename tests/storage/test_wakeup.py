"""A commit wakes the workers of every replica; one that is not heard costs a second and nothing else."""

import threading

import pytest

from storage.engine import Database
from storage.wakeup import Wakeup, notify

SOON = 20  #: seconds; an upper bound that no test waits for unless it fails


class Bell:
    """Counts how often it rang."""

    def __init__(self):
        self.rings = threading.Semaphore(0)

    def __call__(self):
        self.rings.release()

    def rang(self):
        return self.rings.acquire(timeout=SOON)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_commit_wakes_whoever_listens(database):
    bell = Bell()
    wakeup = Wakeup(database, bell)
    wakeup.start()
    listening = bell.rang()  # once, for whatever was committed before
    with database.write() as connection:
        notify(connection)

    assert listening
    assert bell.rang()
    wakeup.stop()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_has_one_process_and_nobody_to_listen(database):
    wakeup = Wakeup(database, Bell())
    wakeup.start()
    with database.write() as connection:
        notify(connection)

    wakeup.stop()
    assert "wakeup" not in [thread.name for thread in threading.enumerate()]


def test_a_server_that_is_away_stops_nobody_from_stopping(caplog):
    database = Database("postgresql://nobody@127.0.0.1:1/x")
    wakeup = Wakeup(database, Bell())
    wakeup.start()
    wakeup.stop()

    assert "wakeup" not in [thread.name for thread in threading.enumerate()]
    database.close()
