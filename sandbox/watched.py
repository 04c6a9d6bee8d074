"""A world that counts its changes and tells whoever shows them.

Callbacks run in the thread that made the change, with the world's lock held: they only wake somebody.
"""

import threading
from collections.abc import Callable
from datetime import datetime


class Watched:
    """Counts changes; ``version`` never goes back, so a page can ask whether it is still up to date."""

    def __init__(
        self, lock: "threading.RLock | None" = None, now: Callable[[], datetime] | None = None
    ) -> None:
        self.lock = lock or threading.RLock()
        self.version = 0
        self._now = now
        self._callbacks: list[Callable[[], None]] = []

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after each change; the answer takes the subscription back."""
        with self.lock:
            self._callbacks.append(callback)

        def unsubscribe() -> None:
            with self.lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

        return unsubscribe

    def changed(self) -> None:
        """Count a change and tell everybody."""
        self.version += 1
        for callback in tuple(self._callbacks):
            callback()
