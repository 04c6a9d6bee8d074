"""(f) The digest of a month with 2,000 changes among 100,000, and (g) finding the slots that are due.

The changes are written straight into the ledger and the projections: those of the month with all their entries,
the others, 2,000 a month before it, with their requests and retrospectives, which is what a digest compares with.
"""

import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from bot.digest.collecting import SIZE, Collector, sampler
from bot.digest.pages import pseudonymous
from sandbox.bench.evidence import by_the_book
from sandbox.bench.load import Measured
from sandbox.bench.long_ledger import memory_at
from sandbox.bench.measure import databases
from storage import ledger
from storage.memory import Memory
from storage.schema import changes, deadlines
from workflows import events as ev
from workflows.administration import Heartbeat
from workflows.clock import FollowingClock
from workflows.period import Period
from workflows.vocabulary import SYSTEM, ChangeId, PersonId, State

OCTOBER = Period(2026, 10)
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
MONTH = timedelta(days=30)
BEAT = timedelta(minutes=5)
PEOPLE = 300
WORDS = [
    "orders",
    "fail",
    "since",
    "release",
    "index",
    "dropped",
    "rolled",
    "back",
    "payments",
    "queue",
    "slow",
    "disk",
    "full",
    "token",
    "expired",
]
BATCH = 100
DUE = 10
TARGET = "github-team:acme/payments-break-glass"
COMPARED = (ev.Request, ev.Retrospective)
POLICY = Path(__file__).parents[1] / "policy.toml"
MAKE = """
import resource, time
from sandbox.bench.reviews import made
began, worked = time.perf_counter(), time.process_time()
counted, size = made({url!r})
print(counted, size, time.perf_counter() - began, time.process_time() - worked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def made(url: str) -> tuple[int, int]:
    """Make the digest and all its files; return how many changes it counts, and how many bytes it has."""
    memory = memory_at(url)
    digest = Collector(memory, None, sampler(memory, SIZE)).collect(OCTOBER, NOW)
    return len(digest.counted), sum(map(len, pseudonymous(digest).values()))


def fill(memory: Memory, month: int, in_all: int) -> None:
    """Let there be so many changes, so many of them in October, with heartbeats in between."""
    memory.adopt_policy(POLICY.read_bytes(), str(POLICY))
    sha256, _ = memory.policy_text()
    before, apart, drawn = in_all - month, MONTH / month, random.Random(1)
    for first in range(0, in_all, BATCH):
        drafts: list[ledger.Draft] = []
        rows: list[dict[str, Any]] = []
        for number in range(first, min(first + BATCH, in_all)):
            change, at = ChangeId(f"EC-2026-{number:06d}"), BEGIN + apart * (number - before)
            short = number < before
            drafts += _short(change, sha256, at, drawn) if short else by_the_book(change, sha256, at, TARGET)
            beats = 0 if short else int(apart / BEAT)
            drafts += [ledger.Draft(Heartbeat(at=at, by=SYSTEM, replica="bench"))] * beats
            rows.append(_row(change, at, sha256, PersonId(f"P-{number % PEOPLE:04d}")))
        with memory.database.write() as connection:
            ledger.append(connection, memory.vault, drafts, rows[-1]["opened_at"])
            connection.execute(sa.insert(changes), rows)
    memory.checkpoint()


def _short(change: ChangeId, sha256: str, at: datetime, drawn: random.Random) -> Iterator[ledger.Draft]:
    """Return the two entries of a change that others are compared with."""
    first, look_back = (
        draft for draft in by_the_book(change, sha256, at, TARGET) if isinstance(draft.entry, COMPARED)
    )
    words = " ".join(drawn.choices(WORDS, k=12))
    asked = first.entry.model_copy(update={"justification": words})
    cause = look_back.entry.model_copy(update={"cause": " ".join(drawn.choices(WORDS, k=6))})
    yield replace(first, entry=asked)
    yield replace(look_back, entry=cause)


def _row(change: ChangeId, at: datetime, sha256: str, requester: PersonId) -> dict[str, Any]:
    return {
        "id": change,
        "state": State.CLOSED.value,
        "requester": requester,
        "owner": requester,
        "system": "payments",
        "access": "payments-merge",
        "target": TARGET,
        "policy": sha256,
        "drill": False,
        "abandoned": False,
        "overridden": False,
        "asked_first": False,
        "opened_at": at,
        "entries": 2,
    }


def digests(console: Console, engines: Sequence[str], directory: Path, *, quick: bool) -> None:
    """Measure (f) and print: in a process of its own, so that its memory is its own."""
    month, in_all = (200, 2_000) if quick else (2_000, 100_000)
    for engine in engines:
        with databases(engine, directory) as make:
            url = make("digests")
            earlier = FollowingClock()
            earlier.follow(BEGIN - MONTH)
            memory = memory_at(url, earlier)
            fill(memory, month, in_all)
            memory.database.close()
            code = [sys.executable, "-c", MAKE.format(url=url)]
            out = subprocess.run(code, capture_output=True, text=True, check=True).stdout.split()
            counted, size, took, worked, peak = map(float, out[-5:])
            console.print(
                f"{engine}: the digest of {counted:,.0f} changes among {in_all:,}, as {size / 2**20:.1f} MiB of files: "
                f"{took:.1f} s ({worked:.1f} s of processor), {peak:.0f} MiB at most"
            )


def heartbeats(console: Console, engines: Sequence[str], directory: Path, *, quick: bool) -> None:
    """Measure (g) and print: what it costs to find ten due slots, by how many changes wait for theirs."""
    table = Table(title="finding ten slots that are due (ms)")
    for name in ("", "changes", "p50", "p95"):
        table.add_column(name, justify="right" if name else "left")
    for engine in engines:
        with databases(engine, directory) as make:
            memory = memory_at(make("heartbeats"))
            for waiting in (100, 10_000) if quick else (100, 10_000, 100_000):
                _wait(memory, waiting)
                measured = Measured()
                for _ in range(50 if quick else 300):
                    began = time.perf_counter()
                    found = memory.due_slots()
                    measured.add(time.perf_counter() - began, 200 if len(found) == DUE else 500)
                cells = f"{waiting:,}", f"{measured.p50:.2f}", f"{measured.percentile(0.95):.2f}"
                table.add_row(engine, *cells)
            memory.database.close()
    console.print(table)


def _wait(memory: Memory, count: int) -> None:
    """Let so many changes have a slot that was fired and one that is to come, and ten one that is due."""
    now, rows = memory.clock.now(), list[dict[str, Any]]()
    for number in range(count):
        change = f"EC-2026-{number:06d}"
        before, after = now - timedelta(hours=1), now + timedelta(days=1, seconds=number)
        rows.append({"change_id": change, "slot": "approval/0/due", "due_at": before, "fired_at": before})
        due = before if number < DUE else after
        rows.append({"change_id": change, "slot": "retrospective/0/due", "due_at": due, "fired_at": None})
    with memory.database.write() as connection:
        connection.execute(sa.delete(deadlines))
        for first in range(0, len(rows), 5000):
            connection.execute(sa.insert(deadlines), rows[first : first + 5000])
