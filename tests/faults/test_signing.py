"""Two checkpoints that contradict each other are never given out: not by whoever dies, not by two at once."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from storage import merkle
from storage.engine import Database
from storage.keys import embedded_keys
from storage.memory import Memory
from storage.notes import verified
from tests.clocks import MovableClock
from tests.memories import ORIGIN
from tests.storage.conftest import empty_url, postgres  # noqa: F401 - fixtures
from workflows.administration import Started
from workflows.changes import Line
from workflows.vocabulary import SYSTEM

ROOT = Path(__file__).parents[2]
SEAMS = 12  #: before and after each of the two commits of three rounds
REPLICAS = 4
ROUNDS = 6


@pytest.fixture(scope="session")
def told():
    """Tell one mother of victims what to do; return what she says until the victim has ended."""
    command = [sys.executable, "-m", "tests.faults.signer"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(url, fatal=None):
        process.stdin.write(json.dumps({"url": url, "fatal": fatal}) + "\n")
        process.stdin.flush()
        said = []
        while not said or "killed" not in said[-1]:
            line = process.stdout.readline()
            assert line, "the mother of victims is gone"
            said.append(json.loads(line))
        return said

    yield tell
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def memory_at(url):
    database = Database(url)
    clock = MovableClock()
    return Memory(database, clock, clock, embedded_keys(database, ORIGIN))


def consistent(memory, notes):
    """Say that of all checkpoints each is how every larger one began, and how the ledger began."""
    points = sorted((verified(note, memory.signer.key) for note in set(notes)), key=lambda point: point.size)
    for first, second in pairwise(points):
        proof = memory.consistency(first.size, second.size)
        assert merkle.verify_consistency(first.size, second.size, proof, first.root, second.root)
    assert all(memory.root_at(point.size) == point.root for point in points)
    return len(points)


def test_whoever_is_killed_between_append_and_checkpoint_leaves_nothing_that_contradicts(told, empty_url):  # noqa: F811
    notes = []
    for fatal in range(1, SEAMS + 1):
        said = told(empty_url, fatal)
        assert said[-1] == {"killed": True}, f"seam {fatal} was not reached"
        notes += [one["note"] for one in said if "note" in one]
    after = told(empty_url)
    notes += [one["note"] for one in after if "note" in one]

    memory = memory_at(empty_url)
    assert {"passed": SEAMS} in after
    assert consistent(memory, notes) > SEAMS
    assert memory.verify().level == "SIGNED"
    memory.database.close()


def test_replicas_that_append_and_sign_at_once_never_contradict_each_other(told, empty_url):  # noqa: F811
    told(empty_url)
    replicas = [memory_at(empty_url) for _ in range(REPLICAS)]

    def works(memory):
        notes = []
        for n in range(ROUNDS):
            with memory.transaction() as work:
                started = Started(at=memory.clock.now(), by=SYSTEM, replica=f"r{n}", version="1")
                work.append(None, "", [Line(started)], memory.clock.now())
            notes.append(memory.checkpoint().note)
        return notes

    with ThreadPoolExecutor(REPLICAS) as pool:
        notes = [note for found in pool.map(works, replicas) for note in found]

    assert len(notes) == REPLICAS * ROUNDS
    assert consistent(replicas[0], notes) >= ROUNDS
    assert replicas[0].verify().level == "SIGNED"
    for memory in replicas:
        memory.database.close()
