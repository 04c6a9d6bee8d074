"""(e) What a long ledger costs: an append, a receipt, verifying all of it; and how much memory that takes.

The ledger is filled with whole changes, ten entries each, straight into the storage.
"""

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sandbox.bench.measure import databases
from storage import ledger, migrate
from storage.engine import Database
from storage.keys import embedded_keys
from storage.ledger import Draft
from storage.memory import Memory
from workflows import administration as ad
from workflows import events as ev
from workflows import observations as ob
from workflows.clock import RealTime
from workflows.ports import Clock
from workflows.vocabulary import SYSTEM, ChangeId, Origin, PersonId, TicketKey

SHORT, LONG = 1_000, 100_000
ORIGIN = "bench.example/ledger"
BATCH = 500
PEOPLE = [PersonId(f"P-{n:04}") for n in range(200)]
TEXT = "Orders fail since the release of 14:00; the index is rolled back by hand. " * 3
VERIFY = """
import resource, time
from sandbox.bench.long_ledger import memory_at
memory = memory_at({url!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began, worked = time.perf_counter(), time.process_time()
memory.verify()
print(time.perf_counter() - began, time.process_time() - worked, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def memory_at(url: str, clock: Clock | None = None) -> Memory:
    """Open a memory with keys of its own, made at the first time; its ledger begins when ``clock`` says."""
    database = Database(url)
    migrate.upgrade(database)
    real = RealTime()
    memory = Memory(database, clock or real, real, embedded_keys(database, ORIGIN))
    memory.record_key()
    return memory


def change(number: int, now: RealTime) -> Iterator[Draft]:
    """Return a change from request to acceptance, and a heartbeat."""
    at, who, other = now.now(), PEOPLE[number % 200], PEOPLE[(number + 1) % 200]
    request = ev.Request(
        at=at,
        by=who,
        system="payments",
        access="payments-merge",
        criterion="service down",
        what=TEXT,
        justification=TEXT,
        risk="low",
        security_impact=TEXT,
        rollback_plan=TEXT,
        tested=True,
        window=timedelta(hours=1),
    )
    entries: list[ev.Entry] = [
        request,
        ob.PreLook(at=at, by=SYSTEM, target="github-team:acme/break-glass", origin=Origin.ABSENT),
        ob.GrantAttempted(at=at, by=SYSTEM, ends_by=at + timedelta(hours=2)),
        ob.GrantConfirmed(at=at, by=SYSTEM, seen="member, active"),
        ob.TicketOpened(
            at=at, by=SYSTEM, key=TicketKey(f"CHG-{number}"), url=f"https://jira.example/CHG-{number}"
        ),
        ev.Approval(at=at, by=other, shown="0" * 64, comment="Go ahead; keep an eye on the queue."),
        ev.Completion(at=at, by=who, done=TEXT, changes="", verified=TEXT, rolled_back=False),
        ev.Retrospective(at=at, by=who, cause=TEXT, genuine=True, normal_process=TEXT),
        ev.Acceptance(at=at, by=other, shown="0" * 64),
    ]
    asked = {"answer": "accepted", "to": "active", "asked": ["eligible", "window_allowed"], "facts": {}}
    ident = ChangeId(f"EC-2026-{number:06}")
    for n, entry in enumerate(entries, 1):
        ruling = asked if isinstance(entry, ev.Request | ev.Approval | ev.Completion) else {}
        yield Draft(entry, ruling, ident, n, f"view:{number}:{n}" if ruling else "", "0" * 64)
    yield Draft(ad.Heartbeat(at=at, by=SYSTEM, replica="r1"))


def fill(memory: Memory, to: int) -> None:
    """Let the ledger grow to a size, signing it now and then."""
    now, size = RealTime(), memory.root()[0]
    while size < to:
        drafts = [draft for n in range(BATCH // 10) for draft in change(size + n, now)][: to - size]
        with memory.database.write() as connection:
            ledger.append(connection, memory.vault, drafts, now.now())
        memory.checkpoint()
        size += len(drafts)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def appends(memory: Memory, count: int) -> list[float]:
    """Measure single appends, each in a transaction of its own."""
    now = RealTime()
    draft = Draft(ad.Heartbeat(at=now.now(), by=SYSTEM, replica="r1"))

    def one() -> None:
        with memory.database.write() as connection:
            ledger.append(connection, memory.vault, [draft], now.now())

    return [timed(one) for _ in range(count)]


def receipts(memory: Memory, count: int) -> list[float]:
    """Measure receipts for entries anywhere."""
    size = memory.checkpoint().size
    drawn = random.Random(1)
    return [timed(lambda: memory.receipt(drawn.randint(1, size))) for _ in range(count)]


def verification(url: str) -> list[float]:
    """Measure verification in a process of its own: seconds, seconds of work, and memory on top, in MiB."""
    code = VERIFY.format(url=url)
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return [float(figure) for figure in out.split()[-3:]]


def long_ledger(console: Console, engines: Sequence[str], directory: Path, *, quick: bool) -> None:
    """Measure and print, for each engine."""
    table = Table(title=f"a ledger of {SHORT:,} and of {LONG:,} entries")
    for name in ("", f"{SHORT:,}", f"{LONG:,}", "×"):
        table.add_column(name, justify="right" if name else "left")
    for engine in engines:
        with databases(engine, directory) as make:
            for row in _rows(engine, make("long"), quick=quick):
                table.add_row(*row)
    console.print(table)


def _rows(engine: str, url: str, *, quick: bool) -> Iterator[tuple[str, str, str, str]]:
    memory = memory_at(url)
    found: dict[int, tuple[float, list[float], float, list[float]]] = {}
    count = 100 if quick else 400
    for size in (SHORT, LONG):
        fill(memory, size)
        appends(memory, 20)
        append = statistics.median(appends(memory, count))
        worked = time.process_time()
        each = statistics.quantiles(receipts(memory, count), n=100)
        worked = (time.process_time() - worked) * 1000 / count
        found[size] = append, each, worked, verification(url)
    memory.database.close()
    short, long = found[SHORT], found[LONG]
    yield _row(f"{engine}: append, p50 ms", short[0], long[0])
    yield _row(f"{engine}: receipt, p50 ms", short[1][49], long[1][49])
    yield _row(f"{engine}: receipt, p99 ms", short[1][98], long[1][98])
    yield _row(f"{engine}: receipt, processor time, ms", short[2], long[2])
    yield _row(f"{engine}: verify all, s", short[3][0], long[3][0])
    yield _row(f"{engine}: verify all, processor time, s", short[3][1], long[3][1])
    yield _row(f"{engine}: verify all, memory, MiB", short[3][2], long[3][2])


def _row(what: str, short: float, long: float) -> tuple[str, str, str, str]:
    return what, f"{short:.2f}", f"{long:.2f}", f"{long / short:.2f}" if short else ""
