"""The heartbeat: a few interval jobs and no memory.  Every deadline lives in the database."""

import logging
from collections.abc import Callable
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler

from workflows.errors import ProcedureError

log = logging.getLogger(__name__)


class Ticker:
    """Calls a few functions now and then; a call that is still running is not started again."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def every(self, seconds: float, what: Callable[[], None]) -> None:
        """Call ``what`` every so many seconds of real time."""

        def tick() -> None:
            try:
                what()
            except ProcedureError as error:
                log.warning("%s did not work out: %s", what.__name__, error)

        self._scheduler.add_job(
            tick, "interval", seconds=seconds, max_instances=1, coalesce=True, misfire_grace_time=None
        )

    def start(self) -> None:
        """Begin to tick."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop; a running call is waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
