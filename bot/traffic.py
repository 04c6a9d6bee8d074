"""When people click: one click at a time, and whatever else this process does makes room for them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LATELY = 0.1  #: seconds after a click in which another may follow, and nothing but access is begun
BUSY = 5  #: clicks within a second beyond which steps make room
MANY = 100  #: clicks within a second beyond which they make no more room
PACE = 0.03  #: seconds that steps leave between each other for each of them: at a hundred, three
PATIENCE = 0.02  #: seconds that whoever else wants to write waits at most for a moment without a click
LONG_PATIENCE = 0.25  #: of a step, which writes several times: access that was handed over, three
INSIDE = 1  #: clicks answered at once: a second one takes the processor from the first, which holds locks
TURN = 1.0  #: seconds a click waits at most for those before it; Slack waits for three


class Traffic:
    """Remembers when the last clicks came, and how many are being answered; all times are in seconds."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
        long_patience: float = LONG_PATIENCE,
        turn: float = TURN,
        inside: int = INSIDE,
    ) -> None:
        self._monotonic = monotonic
        self._patience, self._long_patience = patience, long_patience
        self._turn = turn
        self._clicks: deque[float] = deque(maxlen=MANY)
        self._answering = 0
        self._calm = threading.Condition()
        self._door = threading.Semaphore(inside)
        self._mine = threading.local()

    def click(self) -> None:
        """Count one."""
        self._clicks.append(self._monotonic())

    @property
    def busy(self) -> bool:
        """Clicks come in so quickly that steps must make room."""
        clicks = self._clicks
        return len(clicks) >= BUSY and self._monotonic() - clicks[-BUSY] < 1.0

    @property
    def crowded(self) -> bool:
        """Two clicks came just now."""
        clicks = self._clicks
        return len(clicks) > 1 and self._monotonic() - clicks[-2] < LATELY

    @property
    def room(self) -> float:
        """How long to wait between two steps: the longer the more clicks there were within a second; 0 unless busy."""
        if not self.busy:
            return 0.0
        before = self._monotonic() - 1.0
        return PACE * sum(at > before for at in tuple(self._clicks))

    @property
    def lately(self) -> bool:
        """A click came just now."""
        return not self.calm(LATELY)

    def calm(self, seconds: float) -> bool:
        """Say whether there was no click for so long."""
        return not self._clicks or self._monotonic() - self._clicks[-1] >= seconds

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Let it be known that this thread answers a click, once it is its turn.

        Many at once would take the processor from each other, and most of all from the one that holds a lock.
        A click that got stuck keeps nobody out for longer than a turn.
        """
        self._mine.answers = True
        self._count(1)
        self._come_in()
        try:
            yield
        finally:
            self._go_out()
            self._mine.answers = False
            self._count(-1)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let the next click in while this one waits for somebody outside, and whoever else wants to write."""
        if not getattr(self._mine, "answers", False):
            yield
            return
        self._go_out()
        self._count(-1)
        try:
            yield
        finally:
            self._count(1)
            self._come_in()

    @contextmanager
    def stepping(self) -> Iterator[None]:
        """Let this thread take turns with clicks whenever it writes: two at once would take the processor from each other."""
        self._mine.steps = True
        try:
            yield
        finally:
            self._mine.steps = False

    def let_next_in(self) -> None:
        """Let the next click in for good: whoever answers or writes only waits for the disk, and then says what came of it."""
        self._go_out()

    def go_out(self) -> None:
        """End a turn that a step has for writing; a click keeps its own until it is answered."""
        if not getattr(self._mine, "answers", False):
            self._go_out()

    def _count(self, by: int) -> None:
        with self._calm:
            self._answering += by
            if not self._answering:
                self._calm.notify_all()

    def _come_in(self) -> None:
        self._mine.inside = self._door.acquire(timeout=self._turn)

    def _go_out(self) -> None:
        if getattr(self._mine, "inside", False):
            self._mine.inside = False
            self._door.release()

    def give_way(self) -> None:
        """Wait until no click is being answered, but never long; whoever answers one does not wait.

        A step has its turn from then on, until it commits or breaks.
        """
        if getattr(self._mine, "answers", False):
            return
        steps = getattr(self._mine, "steps", False)
        with self._calm:
            self._calm.wait_for(lambda: not self._answering, self._long_patience if steps else self._patience)
        if steps:
            self._come_in()
