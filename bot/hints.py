"""Hints that somebody changed: however many there are, the mirrors are refreshed once for all of them.

A refresh reads the whole workspace, and Slack lets nobody read it hundreds of times.  No hint is lost: a refresh
begins after the last of them.
"""

import time
from collections.abc import Callable

PAUSE = 15.0  #: seconds from the beginning of one refresh to that of the next


class Hints:
    """Takes hints from any thread; one thread at a time follows them."""

    def __init__(self, refresh: Callable[[], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._refresh = refresh
        self._monotonic = monotonic
        self._last = self._followed = object()
        self._next = monotonic()

    def take(self) -> None:
        """Keep that there is something new."""
        self._last = object()  # each is another one, so that none is lost between two threads

    def follow(self) -> None:
        """Refresh, if there were hints and the last refresh is long enough ago; after a failure it is owed still."""
        last = self._last
        if last is self._followed or self._monotonic() < self._next:
            return
        self._next = self._monotonic() + PAUSE
        self._refresh()
        self._followed = last
