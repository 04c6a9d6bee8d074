"""A year's evidence pack: 2,000 changes with everything, the bot's heartbeats among them, exported and checked.

The ledger is filled without workers, one commit a change; what is measured begins after that.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from rich.console import Console

from bot.evidence.check import check
from bot.evidence.pack import export
from storage import ledger
from storage.keys import embedded_keys
from storage.memory import Memory, opened
from workflows import events as ev
from workflows import observations as ob
from workflows.administration import Heartbeat, Invocation
from workflows.clock import ProcedureClock, RealTime
from workflows.period import Span
from workflows.policy import load
from workflows.vocabulary import SYSTEM, ChangeId, Number, Origin, PersonId, State, TicketKey

YEAR = 2026
BEGIN = datetime(YEAR, 1, 1, 0, 30, tzinfo=UTC)
HEARTBEATS = 48  #: between two changes; a year has 105,120
LINUS, GRACE, ADA = PersonId("P-LINUS"), PersonId("P-GRACE"), PersonId("P-ADA")
SAID = "Checkout answers 500 since 03:02; each minute of waiting loses customers, and the fix is known. "
ASKED = {"answer": "accepted", "asked": ["by_a_member", "no_secrets"], "facts": {}}


@dataclass(frozen=True, slots=True)
class Figure:
    """How long something took, how much of that on a processor, and how much memory there ever was by then."""

    what: str
    seconds: float
    busy: float
    peak: float  #: MiB


def measure(console: Console, *, quick: bool) -> None:
    """Measure and print."""
    changes = 200 if quick else 2000
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        memory = _filled(place, changes)
        try:
            for figure in _figures(memory, place):
                console.print(
                    f"{figure.what}: {figure.seconds:.1f} s ({figure.busy:.1f} s of processor), {figure.peak:.0f} MiB at most"
                )
            size = memory.root()[0]
            written = sum(file.stat().st_size for file in (place / "pack").rglob("*") if file.is_file())
            console.print(f"{changes} changes, {size} entries, {written / 2**20:.0f} MiB of files")
        finally:
            memory.database.close()


def _figures(memory: Memory, place: Path) -> Iterator[Figure]:
    memory.checkpoint()
    yield _timed("before", lambda: None)
    yield _timed("export to a folder", lambda: export(memory, Span.read(str(YEAR)), place / "pack"))
    yield _timed("export to a zip file", lambda: export(memory, Span.read(str(YEAR)), place / "pack.zip"))
    yield _timed("verify the folder", lambda: check(place / "pack"))


def _timed(what: str, do: Callable[[], object]) -> Figure:
    begins, worked = time.perf_counter(), time.process_time()
    do()
    took, busy = time.perf_counter() - begins, time.process_time() - worked
    return Figure(what, took, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


# --- a year ----------------------------------------------------------------------------------------


def _filled(place: Path, changes: int) -> Memory:
    memory = opened(
        f"sqlite:///{place / 'year.db'}",
        clock=ProcedureClock(),
        stopwatch=RealTime(),
        keys=lambda database: embedded_keys(database, "bench.example/ledger"),
        upgrade=True,
    )
    text = resources.files("sandbox").joinpath("policy.toml").read_bytes()
    memory.adopt_policy(text, "policy.toml")
    sha256, _ = memory.policy_text()
    profile = load(text).access["payments-merge"]
    apart = timedelta(days=364) / changes
    for number in range(1, changes + 1):
        at = BEGIN + apart * (number - 1)
        change = ChangeId(f"EC-{YEAR}-{number:04}")
        drafts = [*_alive(at, apart), *by_the_book(change, sha256, at, str(profile.where))]
        with memory.database.write() as connection:
            ledger.append(connection, memory.vault, drafts, at)
    return memory


def _alive(at: datetime, apart: timedelta) -> Iterator[ledger.Draft]:
    for beat in range(HEARTBEATS):
        yield ledger.Draft(
            Heartbeat(at=at - apart / HEARTBEATS * (HEARTBEATS - beat), by=SYSTEM, replica="bench")
        )
    yield ledger.Draft(Invocation(at=at, by=LINUS, word=""))


def by_the_book(change: ChangeId, sha256: str, at: datetime, target: str) -> Iterator[ledger.Draft]:
    """Return the entries of a change by the book."""
    to = State.ACTIVE
    for number, entry in enumerate(_entries(at, target), 1):
        to = _leads_to(entry, to)
        ruling = {**ASKED, "to": to.value} if isinstance(entry, _EVENTS) else {}
        yield ledger.Draft(
            entry, ruling=ruling, change=change, number=number, policy=sha256, delivery=f"{change}/{number}"
        )


_EVENTS = (ev.Request, ev.Approval, ev.Extension, ev.Completion, ev.Retrospective, ev.Acceptance, ev.EndsSoon)


def _leads_to(entry: ev.Entry, now: State) -> State:
    match entry:
        case ev.Completion():
            return State.IN_REVIEW
        case ev.Acceptance():
            return State.CLOSED
        case _:
            return now


def _entries(at: datetime, target: str) -> Iterator[ev.Entry]:
    """Tell a change by the book, thirty entries long, as the sandbox tells its own."""
    minute = timedelta(minutes=1)
    yield ev.Request(
        at=at, by=LINUS, system="payments", access="payments-merge", criterion="service down", what=SAID,
        justification=f"{SAID}{at}", risk="low", security_impact=SAID, rollback_plan=SAID, tested=False,
        test_waiver=SAID, window=60 * minute,
    )  # fmt: skip
    yield ob.PreLook(at=at, by=SYSTEM, target=target, origin=Origin.ABSENT)
    yield ob.GrantAttempted(at=at, by=SYSTEM, ends_by=at + 75 * minute)
    yield ob.GrantConfirmed(at=at, by=SYSTEM, seen="member, active")
    yield ob.CardPosted(at=at, by=SYSTEM, channel="C0PAYMENTS", ts="1.1")
    yield ob.TicketOpened(at=at, by=SYSTEM, key=TicketKey("CHG-1"), url="https://jira.example/browse/CHG-1")
    yield ob.TicketMoved(at=at, by=SYSTEM, key=TicketKey("CHG-1"), status="Implementing")
    yield from _told(at, 4)
    yield ev.Approval(at=at + 5 * minute, by=GRACE, shown="0" * 64, comment="Go.")
    yield ob.MembershipRead(at=at + 5 * minute, by=SYSTEM, verdict=Number(12), group="heads", member=True)
    yield from _told(at + 5 * minute, 2)
    yield ev.Extension(at=at + 9 * minute, by=LINUS, window=30 * minute, justification=SAID)
    yield ev.Completion(
        at=at + 20 * minute, by=LINUS, done=SAID, changes="", verified=SAID, rolled_back=False
    )
    yield ob.AccessEnded(at=at + 20 * minute, by=SYSTEM)
    yield ob.TicketMoved(at=at + 20 * minute, by=SYSTEM, key=TicketKey("CHG-1"), status="Review")
    yield from _told(at + 20 * minute, 2)
    yield ob.AccessStillGone(at=at + 21 * minute, by=SYSTEM, look=2)
    yield ob.AccessStillGone(at=at + 30 * minute, by=SYSTEM, look=3)
    yield ev.Retrospective(
        at=at + 60 * minute, by=LINUS, cause=f"{SAID}{at}", genuine=True, normal_process=SAID
    )
    yield ev.Acceptance(at=at + 70 * minute, by=ADA, shown="0" * 64)
    yield ob.TicketMoved(at=at + 70 * minute, by=SYSTEM, key=TicketKey("CHG-1"), status="Closed")
    yield from _told(at + 70 * minute, 2)


def _told(at: datetime, times: int) -> Iterator[ev.Entry]:
    for _ in range(times):
        yield ob.MessageSent(at=at, by=SYSTEM, about=Number(4), to=LINUS)
