"""``emergency-change sandbox --play``: one night in the terminal, through the real bot, with a verdict at the end."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.ids import Action
from bot.log import configure
from sandbox import cast
from sandbox.cast import GRACE, LINUS, Player
from sandbox.slack.model import OpenView
from sandbox.world import World
from workflows.errors import ProcedureError
from workflows.record import ChangeRecord
from workflows.vocabulary import State

REQUEST = {
    "access": "payments-merge",
    "criterion": "service down",
    "what": "Checkout answers 500 since 03:02. I will revert the deployment of 02:55.",
    "justification": "Every minute costs orders; the normal process needs a second engineer who is asleep.",
    "risk": "low",
    "security_impact": "None: the revert brings back code that ran yesterday.",
    "rollback_plan": "Revert the revert.",
    "tested": "no",
    "test_waiver": "The pipeline takes 40 minutes.",
    "window": "1h",
}
REPORT = {
    "done": "Reverted the deployment of 02:55.",
    "changes": "",
    "verified": "Orders flow again; error rate back to normal.",
    "rolled_back": "no",
}
LOOK_BACK = {
    "cause": "A missing database column.",
    "genuine": "yes",
    "normal_process": "Nobody else was awake to review.",
    "prevention": "Check migrations before deployments.",
}


#: Seconds a slow machine may take for what follows from a click; nothing is broken in this night.
QUIET = 60.0


class Wrong(Exception):
    """Something in the night is not as it must be."""


class Night:
    """Plays the parts, prints what happens, and checks it."""

    def __init__(self, world: World, console: Console) -> None:
        self._world = world
        self._console = console
        self._told = 0

    def play(self) -> None:
        """Play from the form to closed."""
        self._form()
        self._must(self._record().state is State.ACTIVE, "access is in force")
        self._must(LINUS.github in self._world.members("payments-break-glass"), "Linus is in the team")
        self._answer(GRACE, Action.APPROVE, {"comment": "Go ahead."})
        self._later(timedelta(hours=3))
        self._must(self._record().state is State.IN_REVIEW, "the window ended by itself")
        self._must(
            LINUS.github not in self._world.members("payments-break-glass"), "Linus is out of the team"
        )
        self._must(self._record().grant.looks == 3, "the end was seen three times")
        self._answer(LINUS, Action.DONE, REPORT)
        self._answer(LINUS, Action.RETROSPECTIVE, LOOK_BACK)
        self._answer(GRACE, Action.ACCEPT, {"comment": "Well handled."})
        record = self._record()
        self._must(record.state is State.CLOSED, "the change is closed")
        [ticket] = self._world.jira.tracker.of_type("Change")
        self._must(ticket.status == "Closed", "one ticket, and it is closed")

    def verdict(self) -> None:
        """Verify the ledger."""
        memory = self._world.bot.memory
        memory.checkpoint()
        found = memory.verify()
        self._console.print(
            f"\n[bold green]The ledger holds:[/] {found.size} entries, {found.level}, root {found.root[:16]}…"
        )

    def _form(self) -> None:
        slack, user = self._world.slack, LINUS.user.id
        self._say(LINUS, "/emergency-change payments checkout is down")
        with self._did():
            slack.command(user, cast.PAYMENTS, "payments checkout is down")
            slack.submit(user, self._dialog(user).id, dict(REQUEST))

    def _answer(self, who: Player, action: Action, values: dict[str, str]) -> None:
        card = self._record().card
        if card is None:
            raise Wrong("There is no card to press a button on.")
        self._say(who, f"presses {action.value.removeprefix('change.')}")
        with self._did():
            self._world.slack.click(who.user.id, card.channel, card.ts, action.value)
            self._world.slack.submit(who.user.id, self._dialog(who.user.id).id, dict(values))

    def _later(self, by: timedelta) -> None:
        self._console.print(f"\n[dim]… {by} later …[/]")
        with self._did():
            self._world.advance(by)

    @contextmanager
    def _did(self) -> Iterator[None]:
        yield
        self._world.settle()
        self._tell()

    def _dialog(self, user: str) -> OpenView:
        views = self._world.slack.views(user)
        if not views:
            raise Wrong("No dialog opened.")
        return views[-1]

    def _record(self) -> ChangeRecord:
        return self._world.bot.memory.record(self._world.latest())[0]

    def _tell(self) -> None:
        table = Table.grid(padding=(0, 2))
        for one in self._world.bot.memory.entries(after=self._told, limit=1000):
            self._told = one.sequence
            ruling = one.leaf["ruling"].get("answer", "")
            kind = str(one.leaf["kind"]).partition("/")[0]
            by = self._world.bot.memory.person(one.entry.by).name or one.entry.by
            table.add_row(f"[dim]{one.sequence:>4}[/]", f"{one.entry.at:%H:%M:%S}", kind, by, ruling)
        self._console.print(table)

    def _say(self, who: Player, what: str) -> None:
        self._console.print(f"\n[bold cyan]{who.user.real_name}[/] {what}")

    def _must(self, holds: bool, what: str) -> None:  # noqa: FBT001  # reads as a sentence
        if not holds:
            raise Wrong(f"Not so: {what}.")
        self._console.print(f"  [green]✓[/] {what}")


def play(
    data: Path | None, console: Console | None = None, tamper: Callable[[World], None] | None = None
) -> int:
    """Play one night; return 0, or 1 if anything is wrong.  ``tamper`` is called before the ledger is verified."""
    configure("text")
    console = console or Console()
    with ExitStack() as stack:
        directory = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emergency-change-")))
        directory.mkdir(parents=True, exist_ok=True)
        world = stack.enter_context(World(directory, quiet=QUIET))
        night = Night(world, console)
        try:
            night.play()
            if tamper:
                tamper(world)
            night.verdict()
            if data:
                world.leave_settings()
        except (Wrong, ProcedureError) as error:
            console.print(f"\n[bold red]{error}[/]")
            return 1
    if data:
        console.print(f"Database, policy and settings are in {directory}; every other command works there.")
    return 0
