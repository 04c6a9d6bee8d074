"""The only module that may ask the machine what time it is.

The procedure's clock may run ahead (in the sandbox) or follow the database (on PostgreSQL); the
stopwatch never does, because leases and signatures must not expire when somebody moves the former.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOTHING = timedelta()


class RealTime:
    """Real time, for leases, back-off and the age of mirrors."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the place


class FollowingClock:
    """Real time, corrected by how far another clock (the database's) was ahead when last compared."""

    def __init__(self) -> None:
        self._ahead = NOTHING

    def follow(self, other: datetime) -> None:
        """Go by ``other`` from here on; compare again now and then, since clocks drift."""
        self._ahead = other - datetime.now(UTC)  # noqa: TID251 - this is the place

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead  # noqa: TID251 - this is the place


class ProcedureClock:
    """Real time plus whatever ``ahead`` answers: the database's difference, or the sandbox's travel."""

    def __init__(self, ahead: Callable[[], timedelta] = lambda: NOTHING) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead()  # noqa: TID251 - this is the place
