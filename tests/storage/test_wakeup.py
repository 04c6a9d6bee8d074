"""A commit wakes the workers of every other replica; one that is not heard costs a second and nothing else."""

import threading

import pytest

from storage.engine import Database
from storage.wakeup import Wakeup, notify

MANY = 20
SOON = 20  #: seconds; an upper bound that no test waits for unless it fails


class Bell:
    """Counts how often it rang."""

    def __init__(self):
        self.rings = threading.Semaphore(0)
        self.first = True

    def __call__(self):
        self.rings.release()

    def rang(self):
        return self.rings.acquire(timeout=SOON)

    def unheard(self):
        count = 0
        while self.rings.acquire(blocking=False):
            count += 1
        return count


@pytest.fixture
def other(database):
    """The same database, as another process has it."""
    other = Database(database.url.render_as_string(hide_password=False))
    yield other
    other.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_commit_wakes_whoever_listens(database, other):
    bell = Bell()
    wakeup = Wakeup(database, bell)
    wakeup.start()
    listening = bell.rang()  # once, for whatever was committed before
    with other.write() as connection:
        notify(connection)

    assert listening
    assert bell.rang()
    wakeup.stop()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_this_process_commits_it_is_not_told(database, other):
    theirs, rang, commits = Bell(), threading.Semaphore(0), [0]
    heard_after = []

    def rings():
        heard_after.append(commits[0])
        rang.release()

    listeners = Wakeup(database, rings), Wakeup(other, theirs)
    for wakeup in listeners:
        wakeup.start()
    listening = [rang.acquire(timeout=SOON), theirs.rang()]
    with database.write() as connection:
        notify(connection)
    told = theirs.rang()  # by now the first listener could have been
    commits[0] += 1
    with other.write() as connection:
        notify(connection)
    told = told and rang.acquire(timeout=SOON)
    for wakeup in listeners:
        wakeup.stop()

    assert listening == [True, True]
    assert told
    assert heard_after == [0, 1]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_is_committed_while_it_wakes_somebody_is_told_together(database, other):
    bell = Bell()

    def rings_while_others_commit():
        bell()
        if bell.first:
            bell.first = False
            for _ in range(MANY):
                with other.write() as connection:
                    notify(connection)

    wakeup = Wakeup(database, rings_while_others_commit)
    wakeup.start()
    heard = [bell.rang(), bell.rang()]
    wakeup.stop()

    assert heard == [True, True]
    assert bell.unheard() < MANY - 1


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
