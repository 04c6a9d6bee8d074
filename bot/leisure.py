"""What is due now and then, and in no hurry: it waits for a moment in which it is in nobody's way, but not for ever."""

import time
from collections.abc import Callable


class Leisurely:
    """Does something every so many seconds, or later, up to a limit, if the moment does not suit; one thread asks."""

    def __init__(
        self,
        what: Callable[[], object],
        suits: Callable[[], bool],
        *,
        every: float,
        latest: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._suits = suits
        self._every = every
        self._latest = latest
        self._monotonic = monotonic
        self._last = monotonic()

    def look(self) -> None:
        """Do it if it is time: call this again and again.  If it fails, it is due again as if it had not."""
        now = self._monotonic()
        since = now - self._last
        if since >= self._latest or (since >= self._every and self._suits()):
            self._last = now
            self._what()
