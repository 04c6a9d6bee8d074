"""Clocks that can be moved: how the sandbox says "three hours later" without anybody waiting."""

from datetime import datetime, timedelta

from workflows.clock import NOTHING, ProcedureClock, RealTime


class Travel:
    """How far a clock runs ahead of real time; it only ever moves forward."""

    def __init__(self) -> None:
        self.ahead = NOTHING
        self.clock = ProcedureClock(lambda: self.ahead)

    def by(self, distance: timedelta) -> None:
        """Move forward."""
        self.ahead += max(distance, NOTHING)


class MovableStopwatch:
    """Real time that tests may move, so that a back-off or a lease is over without a wait."""

    def __init__(self) -> None:
        self._ahead = NOTHING
        self._real = RealTime()

    def now(self) -> datetime:
        return self._real.now() + self._ahead

    def advance(self, by: timedelta) -> None:
        """Move forward."""
        self._ahead += max(by, NOTHING)
