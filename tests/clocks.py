"""Time that moves when a test says so: serves as the procedure's clock and as a stopwatch."""

import threading
from datetime import UTC, datetime, timedelta

PATIENCE = 60  #: seconds a slow machine may take
MONDAY_NIGHT = datetime(2026, 3, 2, 3, 10, tzinfo=UTC)


class MovableClock:
    """Stands still until it is moved."""

    def __init__(self, start=MONDAY_NIGHT):
        self._now = start

    def now(self):
        return self._now

    def advance(self, **by):
        self._now += timedelta(**by)

    def set(self, to):
        self._now = to


def until(holds):
    """Wait for something that somebody else does."""
    pause = threading.Event()
    for _ in range(PATIENCE * 20):
        if holds():
            return True
        pause.wait(0.05)
    return False
