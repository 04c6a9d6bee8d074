"""The heartbeat: a few interval jobs and no memory.  Every deadline lives in the database."""

import logging
from collections.abc import Callable
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler

from bot.leisure import Leisurely
from bot.worker import alone

LOOK = 5.0  #: seconds between two looks whether something leisurely is due
#: Seconds that it waits at most for people to click less; a target must not get out of sight meanwhile.
PATIENCE = 15.0


class Ticker:
    """Calls a few functions now and then; a call that is still running is not started again."""

    def __init__(self, busy: Callable[[], bool] = lambda: False) -> None:
        self._busy = busy
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def every(self, seconds: float, what: Callable[[], None]) -> None:
        """Call ``what`` every so many seconds of real time."""
        self._repeat(seconds, what, what.__name__)

    def at_leisure(self, seconds: float, what: Callable[[], None]) -> None:
        """Call ``what`` every so many seconds of real time, or up to 20 seconds later while the process is busy."""
        due = Leisurely(what, lambda: not self._busy(), every=seconds, latest=seconds + PATIENCE)
        self._repeat(min(seconds, LOOK), due.look, what.__name__)

    def _repeat(self, seconds: float, what: Callable[[], None], name: str) -> None:
        self._scheduler.add_job(
            lambda: alone(what, f"{name} did not work out"),
            "interval",
            seconds=seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    def soon(self, what: Callable[[], None]) -> None:
        """Call ``what`` once, right after the start."""
        self._scheduler.add_job(
            lambda: alone(what, f"{what.__name__} did not work out"), misfire_grace_time=None
        )

    def start(self) -> None:
        """Begin to tick."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop; a running call is waited for."""
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()  # first: a scheduler that stops loses a job that is called once, and breaks
            self._scheduler.shutdown(wait=True)
