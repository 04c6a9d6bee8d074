"""Appends and signs until it dies: one process that forks a victim for every line it reads.

Each victim prints every checkpoint the moment it was given out, and may be told at which commit to die.
"""

import json
import os
import signal
import sys

from storage.keys import embedded_keys
from storage.memory import Memory
from tests import disk
from tests.clocks import MovableClock
from tests.faults.seams import Seams
from tests.memories import ORIGIN, migrated
from workflows.administration import Started
from workflows.changes import Line
from workflows.vocabulary import SYSTEM

ROUNDS = 3


def say(**what):
    """Tell the test one thing, at once: whoever is killed next has nothing left to flush."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def lives(url, fatal):
    """Append and sign a few times."""
    seams = Seams(fatal)
    seams.sew()
    database = migrated(url)
    clock = MovableClock()
    memory = Memory(database, clock, clock, embedded_keys(database, ORIGIN))
    memory.record_key()
    seams.armed = True
    for n in range(ROUNDS):
        with memory.transaction() as work:
            started = Started(at=clock.now(), by=SYSTEM, replica=f"r{n}", version="1")
            work.append(None, "", [Line(started)], clock.now())
        say(note=memory.checkpoint().note)
    say(passed=len(seams.passed))


def main():
    disk.hurry()
    for line in sys.stdin:
        order = json.loads(line)
        if (child := os.fork()) == 0:
            try:
                lives(order["url"], order["fatal"])
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        say(killed=os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)


if __name__ == "__main__":
    main()
