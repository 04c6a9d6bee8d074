"""Time that moves when a test says so: serves as the procedure's clock and as a stopwatch."""

from datetime import UTC, datetime, timedelta

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
