"""The workers: threads that take due obligations and make them true.

The only place that catches everything: one broken step must not take the others with it.  Clicks go
first: right after one only access is begun, and while they come in quickly fewer steps run at once, so that
no answer waits behind a card.  Then access: what is given or taken away has the processor for itself before
anything else begins, and slots that wait for it while Slack and Jira keep all others waiting.  Access that
was claimed with the commit that owes it is handed over, one at a time, and nobody looks for it.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Protocol

import structlog

from bot.traffic import LATELY, Traffic
from workflows.errors import ProcedureError
from workflows.vocabulary import StepName
from workflows.work import Begun, Claimed

log = logging.getLogger(__name__)

SLOTS = 6  #: steps at work at the same time
KEPT = 2  #: of these, that nothing but access may take, however slow everybody else is
SWEEP = 1.0  #: seconds between two looks when nobody wakes the workers
LOOK = 0.1  #: seconds between two looks whether they still come in quickly
FRESH = 1.0  #: seconds in which what was handed over must begin, or it is given back
HEAD_START = 0.5  #: seconds that access has before other steps begin, however slow its provider is


def alone(what: Callable[[], object], said: str) -> bool:
    """Call ``what``; whatever it raises is logged with its trace and harms nobody else.  ``False``: it broke."""
    try:
        what()
    except ProcedureError as error:
        log.warning("%s: %s", said, error)
        return False
    except Exception:  # the one place that catches everything
        log.exception("%s.", said)
        return False
    return True


class Due(Protocol):
    """Where due obligations come from."""

    def claim(self, limit: int, *, access: bool = False) -> list[Claimed]:
        """Take up to ``limit`` due obligations; with ``access`` nothing else."""

    def postpone(self, claimed: Claimed, error: str) -> bool:
        """Give one back for later."""


class Workers:
    """One dispatcher and a few threads; ``wake`` after every commit that obliges to something."""

    def __init__(
        self,
        due: Due,
        work: Callable[[Claimed], None],
        go_on: Callable[[Begun], None],
        traffic: Traffic,
        slots: int = SLOTS,
        head_start: float = HEAD_START,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._due = due
        self._work = work
        self._go_on = go_on
        self._monotonic = monotonic
        self._begun: deque[tuple[float, Begun]] = deque()  #: since when, and what was handed over
        self.by_hand = False  #: no threads are started, and somebody calls ``do_what_was_begun``
        self._traffic = traffic
        self._slots = slots
        self._head_start = head_start
        self._free = threading.Semaphore(slots)
        self._for_others = threading.Semaphore(max(1, slots - KEPT))  # of those, for what is not access
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="step")
        self._wake = threading.Event()
        self._handed = threading.Event()  #: something was handed over, or all is to end
        self._stop = threading.Event()
        self._dispatcher = threading.Thread(target=self._dispatch, name="workers", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._dispatcher.start()

    def stop(self) -> None:
        """Finish the steps at work, give back what was not begun, and end; leases of others run out by themselves."""
        self._stop.set()
        self._handed.set()
        self._wake.set()
        if self._dispatcher.is_alive():
            self._dispatcher.join(timeout=15)
        self._pool.shutdown(wait=True)
        self._give_back_what_was_begun()

    def wake(self) -> None:
        """Look for due obligations now."""
        self._wake.set()

    @property
    def free(self) -> bool:
        """Nothing waits for a slot, there is one, and clicks do not come in quickly."""
        if self._begun or self._stop.is_set():
            return False
        if self.by_hand:
            return True
        if not self.alive or self._traffic.busy or self._traffic.crowded or not _taken(self._free, 1):
            return False
        self._free.release()
        return True

    @property
    def idle(self) -> bool:
        """No step is at work, and none was handed over."""
        free = _taken(self._free, self._slots)
        _return(self._free, free)
        return free == self._slots and not self._begun

    def begin(self, begun: Begun) -> None:
        """Go on with access that is claimed already, before looking for anything else."""
        self._begun.append((self._monotonic(), begun))
        self._handed.set()
        self._wake.set()
        if self._stop.is_set():
            self._give_back_what_was_begun()

    def do_what_was_begun(self) -> None:
        """Do in this thread what was handed over, however long ago."""
        while self._begun:
            self._go_on(self._begun.popleft()[1])

    @property
    def alive(self) -> bool:
        """The dispatcher runs."""
        return self._dispatcher.is_alive()

    def _dispatch(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(SWEEP)
            self._wake.clear()
            if not alone(self._take_what_is_due, "Due work could not be looked up"):
                self._stop.wait(SWEEP)

    def _take_what_is_due(self) -> None:
        while not self._stop.is_set():
            busy = self._make_room()
            if self._stop.is_set():
                return
            lately = self._traffic.lately and not busy
            free = self._acquire(1 if busy else self._slots)
            if begun := self._take_begun(free):
                _return(self._free, free - len(begun))
                wait([self._pool.submit(self._run_begun, one) for one in begun], timeout=self._head_start)
                continue
            room = 0 if lately else _taken(self._for_others, free)
            claims = self._claim(room or free, access=not room)
            _return(self._free, free - len(claims))
            _return(self._for_others, room - sum(_is_other(claimed) for claimed in claims))
            self._begin(claims)
            if not claims and not lately:
                return
            if not claims:
                self._wake.wait(LATELY)
                self._wake.clear()

    def _make_room(self) -> bool:
        """Wait while clicks come in quickly, but not longer than they need, nor if something is handed over; say whether they do."""
        began = self._monotonic()
        while (left := began + self._traffic.room - self._monotonic()) > 0:
            if self._handed.wait(min(left, LOOK)):
                break
        return self._traffic.busy

    def _begin(self, claims: Sequence[Claimed]) -> None:
        """Start what was claimed: access first, and the rest when that is done or takes its time."""
        access = [claimed for claimed in claims if not _is_other(claimed)]
        begun = [self._pool.submit(self._run, claimed) for claimed in access]
        wait(begun, timeout=self._head_start)
        for claimed in claims:
            if _is_other(claimed):
                self._pool.submit(self._run, claimed)

    def _claim(self, limit: int, *, access: bool) -> list[Claimed]:
        claims: list[Claimed] = []
        if limit:
            alone(
                lambda: claims.extend(self._due.claim(limit, access=access)), "Due work could not be claimed"
            )
        return claims

    def _acquire(self, most: int) -> int:
        """Wait for one free slot, then take as many as there are, up to ``most``."""
        if not self._free.acquire(timeout=SWEEP):
            return 0
        return 1 + _taken(self._free, most - 1)

    def _run(self, claimed: Claimed) -> None:
        self._take(claimed, lambda: self._work(claimed))

    def _run_begun(self, begun: Begun) -> None:
        self._take(begun.claimed, lambda: self._go_on(begun))

    def _take_begun(self, most: int) -> list[Begun]:
        """Take up to ``most`` of what was handed over; what waited for too long is given back."""
        self._handed.clear()
        while self._begun and self._monotonic() - self._begun[0][0] >= FRESH:
            self._give_back(self._begun.popleft()[1].claimed, "No worker had time for it.")
        taken = [self._begun.popleft()[1] for _ in range(min(most, len(self._begun)))]
        if self._begun:
            self._handed.set()
        return taken

    def _give_back_what_was_begun(self) -> None:
        while self._begun:
            with contextlib.suppress(IndexError):  # two threads may be about it
                self._give_back(self._begun.popleft()[1].claimed, "Its process ended before it began.")

    def _take(self, claimed: Claimed, step: Callable[[], None]) -> None:
        said = f"The step {claimed.step.value} of {claimed.change or 'nobody'} broke; it is tried again"
        with structlog.contextvars.bound_contextvars(change=claimed.change, step=claimed.step.value):
            with self._traffic.stepping():
                worked = alone(step, said)
            if not worked:
                self._give_back(claimed, "The step broke; see the log.")
        if _is_other(claimed):
            self._for_others.release()
        self._free.release()
        self._wake.set()

    def _give_back(self, claimed: Claimed, because: str) -> None:
        alone(lambda: self._due.postpone(claimed, because), "The claim runs out by itself")


def _is_other(claimed: Claimed) -> bool:
    return claimed.step is not StepName.ACCESS


def _taken(slots: threading.Semaphore, most: int) -> int:
    """Take as many as are free now, up to ``most``."""
    taken = 0
    while taken < most and slots.acquire(blocking=False):
        taken += 1
    return taken


def _return(slots: threading.Semaphore, count: int) -> None:
    if count:
        slots.release(count)
