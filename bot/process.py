"""One running process: HTTP or Socket Mode in front, workers and heartbeat behind, one lock on an embedded file."""

import contextlib
import fcntl
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import waitress
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.hooks import LONGEST
from bot.slack_out import translated
from bot.ticker import Ticker
from bot.wiring.bot import Bot
from bot.wiring.opening import embedded_file
from workflows.errors import Misconfigured, ProcedureError

log = logging.getLogger(__name__)
# the HTTP server warns of every request that waits, which costs most when there is least to spare
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

AGAIN, LONGEST_PAUSE = 1, 60  #: seconds between two tries to open the socket; the pause doubles
CONNECTIONS = 1000  #: open at once; waitress stops listening beyond
ROOM = 1_000_000  #: bytes beyond what GitHub sends, so that the refusal is ours
THREADS = 12  #: of the HTTP server; clicks only wait for one short transaction each
#: Seconds a thread may compute before others get a turn; whoever holds the writer lock waits less.
TURN = 0.0003


@contextlib.contextmanager
def sole_run(database_url: str) -> Iterator[None]:
    """Hold an embedded database for one ``run``; raises ``Misconfigured`` if another has it.

    Every other command works beside it; only two sets of workers on one SQLite file would be in each other's way.
    """
    file = embedded_file(database_url)
    if file is None:
        yield
        return
    path = Path(f"{file}.run")
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Misconfigured(
                f"Another `emergency-change run` works on {file}; stop it first, or use PostgreSQL for several."
            ) from error
        yield


class Process:
    """Starts and stops a bot."""

    def __init__(self, bot: Bot, *, port: int | None = None, workers: bool = True) -> None:
        self._bot = bot
        settings = bot.settings
        self._server: Any = waitress.create_server(
            bot.web,
            host=settings.host,
            port=settings.port if port is None else port,
            threads=THREADS,
            connection_limit=CONNECTIONS,
            max_request_body_size=LONGEST + ROOM if settings.github_webhook_secret else 2_000_000,
            ident=None,
        )
        self._socket = (
            SocketModeHandler(bot.app, settings.slack_app_token.get_secret_value())
            if settings.slack_app_token
            else None
        )
        if self._socket:
            bot.heard_by_slack = self._socket.client.is_connected
        self._ticker: Ticker | None = bot.ticker() if workers else None
        self._works = workers
        self._stopped = False
        self._ends = threading.Event()
        self._wakeup = bot.wakeup()
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)

    @property
    def url(self) -> str:
        """Where the process listens."""
        return f"http://{self._server.effective_host}:{self._server.effective_port}"

    def start(self) -> None:
        """Start; nothing here needs Slack, Jira or GitHub to be up."""
        sys.setswitchinterval(TURN)
        self._bot.watch.look_at_guards()
        self._bot.announce()
        self._thread.start()
        if self._works:
            self._bot.workers.start()
            self._wakeup.start()
        if self._ticker:
            self._bot.garbage.begin()
            self._ticker.start()
        if self._socket:
            self._connect(self._socket)

    def _connect(self, handler: SocketModeHandler) -> None:
        """Open the socket in the background, again and again: Slack may be down when we start.

        Once it was open, Slack's own client opens it anew.
        """
        client: Any = handler.client

        def connect() -> None:
            wait = AGAIN
            while not self._ends.is_set():
                try:
                    client.wss_uri = None  # an address is good for one try
                    with translated():
                        client.connect()
                except ProcedureError as error:
                    log.warning("Socket Mode: %s; trying again in %d seconds", error, wait)
                    self._ends.wait(wait)
                    wait = min(2 * wait, LONGEST_PAUSE)
                else:
                    return

        threading.Thread(target=connect, name="socket", daemon=True).start()

    def stop(self) -> None:
        """Stop taking clicks, finish the steps at work, stop; a second time does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._ends.set()
        if self._socket:
            self._socket.close()  # type: ignore[no-untyped-call]  # Bolt's adapter is untyped here
        if self._ticker:
            self._ticker.stop()
            self._bot.garbage.end()
        if self._works:
            self._wakeup.stop()
            self._bot.workers.stop()
        self._stop_http()
        self._bot.memory.database.close()

    def _stop_http(self) -> None:
        """Close inside the server's own loop, which would notice only a second later from outside."""

        def close() -> None:
            self._server.close()
            for channel in list(getattr(self._server, "active_channels", {}).values()):
                channel.handle_close()

        self._server.task_dispatcher.shutdown()
        if trigger := getattr(self._server, "trigger", None):  # none if the host has several addresses
            trigger.pull_trigger(close)
        else:
            close()
        self._thread.join(timeout=5)
