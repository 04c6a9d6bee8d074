"""``run``: the bot itself, until it is told to stop.

The signals are held back from the first line on and waited for, so that none of them can interrupt a commit;
after the first one a second ends the process at once.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import typer

from bot.cli import given
from bot.garbage import nothing_collected
from workflows.errors import Misconfigured, ProcedureError

if TYPE_CHECKING:
    from bot.process import Process
    from bot.settings import Settings
    from bot.wiring.bot import Bot

EXAMPLE = "Example: SLACK_BOT_TOKEN=xoxb-… POLICY_FILE=policy.toml emergency-change run"
STOP = (signal.SIGTERM, signal.SIGINT)
LAST_CALL = 5  #: seconds the first refresh has to end, if the bot is told to stop that early


def run() -> None:
    """Run the bot until Ctrl-C or SIGTERM; an outage of Slack, Jira or GitHub does not stop the start."""
    with ExitStack() as stack:
        told_to_stop = stack.enter_context(_signals())
        with nothing_collected():
            bot, process = _started(stack)
        refresh = threading.Thread(target=_refresh, args=(bot,), name="first refresh", daemon=True)
        refresh.start()
        typer.echo(_where(process, bot.settings))
        told_to_stop()
        refresh.join(LAST_CALL)  # or it goes on in a process that is ending
        process.stop()


def _started(stack: ExitStack) -> "tuple[Bot, Process]":
    from bot.log import configure
    from bot.wiring.bot import assemble

    settings = given.settings()
    configure(settings.log_format)
    _hold(settings, stack)
    bot = assemble(settings)
    process = _listening(bot)
    process.start()
    return bot, process


@contextmanager
def _signals() -> Iterator[Callable[[], None]]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP)

    def told_to_stop() -> None:
        signal.sigwait(STOP)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        yield told_to_stop
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hold(settings: "Settings", stack: ExitStack) -> None:
    """Be the only ``run`` on an embedded database."""
    from bot.process import sole_run

    try:
        stack.enter_context(sole_run(settings.database_url.get_secret_value()))
    except OSError as error:
        raise Misconfigured(f"DATABASE_URL: {error.filename} cannot be opened ({error.strerror}).") from error


def _listening(bot: "Bot") -> "Process":
    from bot.process import Process

    try:
        return Process(bot)
    except (OSError, ValueError) as error:  # a host nobody knows is a value error to the HTTP server
        at, why = f"{bot.settings.host}:{bot.settings.port}", getattr(error, "strerror", "no such host")
        raise Misconfigured(f"HOST, PORT: nothing can listen at {at} ({why}).") from error


def _refresh(bot: "Bot") -> None:
    import logging

    try:
        bot.refresh()
    except ProcedureError as error:
        logging.getLogger(__name__).warning("The first refresh did not work out: %s", error)


def _where(process: "Process", settings: "Settings") -> str:
    how = "over Socket Mode" if settings.slack_app_token else f"at {process.url}/slack/events"
    return f"The bot hears Slack {how}; its health is at {process.url}/readyz. Ctrl-C stops it."
