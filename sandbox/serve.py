"""``emergency-change sandbox``: the world and its page, until somebody presses Ctrl-C."""

import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from bot.log import configure
from sandbox.page import page
from sandbox.stage import Stage
from sandbox.world import World, reviews_of_record, unchanged

PORT = 8642
STOP = (signal.SIGINT, signal.SIGTERM)


def serve(data: Path | None, port: int = PORT, *, reviews: bool = False) -> None:
    """Serve the sandbox on loopback; with ``data`` its database and policy stay there.

    With ``reviews`` a policy that is not there yet wants approvals as reviews on GitHub.
    """
    configure("text")
    console = Console()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)  # from the first line on, so that none comes too early
    with ExitStack() as stack:
        directory = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emergency-change-")))
        directory.mkdir(parents=True, exist_ok=True)
        policy = reviews_of_record if reviews else unchanged
        world = World(directory, port=port, policy=policy)
        stage = Stage(world)
        world.apps[""] = page(stage)
        stack.enter_context(world)
        stage.watch()
        stack.callback(stage.end)
        console.print(f"\n  The sandbox is open at [bold]{world.served.url}/[/bold]  (Ctrl-C closes it)")
        answers = "be Grace and review the pull request under Evidence" if reviews else "be Grace"
        console.print(
            f"  Be Linus, type [bold]/emergency-change payments checkout is down[/bold], then {answers}.\n"
        )
        if data:
            world.leave_settings()
            console.print(
                f"  Database, policy and settings are in {directory}; every other command works there.\n"
            )
        signal.sigwait(STOP)
