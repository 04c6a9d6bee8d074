"""The whole small world: stand-ins over real HTTP, the real bot connected to them, and a clock to move.

Nothing is faked inside the bot: its adapters talk to the stand-ins as they would to the vendors.  Only the
clocks may be moved, and the workers may be run by hand, so that a test never has to wait.
"""

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr
from slack_bolt import App
from starlette.types import ASGIApp

from bot.process import Process
from bot.settings import EMBEDDED, Settings
from bot.wiring.bot import Bot, assemble
from sandbox import cast
from sandbox.clock import MovableStopwatch, Travel
from sandbox.github import GitHub
from sandbox.jira import Jira
from sandbox.serving import Served
from sandbox.settings import TEAM, WEBHOOK_SECRET, as_env, settings_of
from sandbox.slack.state import DEFAULT_SCOPES
from sandbox.slack.workspace import Workspace
from workflows.people import Person
from workflows.vocabulary import ChangeId

SCOPES = DEFAULT_SCOPES | {"channels:history", "groups:history", "im:history", "im:write", "files:write"}
PATIENCE = timedelta(seconds=60)  #: of moved real time, after which settling gives up on what is postponed
#: Seconds Slack waits for an answer where workers are run by hand: a slow machine is no slow bot.
PATIENT = 60.0
QUIET = 3.0  #: seconds to wait for live workers to come to rest, where a service may be broken


def unchanged(policy: str) -> str:
    """Take the sandbox's policy as it is."""
    return policy


def reviews_of_record(policy: str) -> str:
    """Let the sandbox's policy want approvals as reviews of a pull request."""
    return policy.replace('of_record = "click"', 'of_record = "review"')


class World:
    """A workspace, a tracker, a forge, and the bot.

    ``live``: the bot's own threads work; otherwise call ``settle`` (tests).  ``socket``: Socket Mode.
    """

    def __init__(
        self,
        directory: Path,
        *,
        live: bool = True,
        socket: bool = False,
        database_url: str = "",
        policy: Callable[[str], str] = unchanged,
        port: int = 0,
        evidence: bool = True,
        quiet: float = QUIET,
    ) -> None:
        self.directory = directory
        self.live = live
        self._quiet = quiet
        self.travel = Travel()
        self.stopwatch = MovableStopwatch()
        self.lock = threading.RLock()
        self._socket = socket
        self._evidence = cast.EVIDENCE if evidence else ""
        self._database_url = database_url or f"sqlite:///{directory / 'emergency-change.db'}"
        self._make_policy(policy)
        self._make_stand_ins()
        self._port = port
        self.apps: dict[str, ASGIApp] = {
            "/slack": self.slack.app,
            "/jira": self.jira,
            "/github": self.github,
        }
        self.served: Served
        self.bot: Bot
        self.process: Process

    def _make_policy(self, edit: Callable[[str], str]) -> None:
        self.policy_file = self.directory / "policy.toml"
        if not self.policy_file.exists():
            text = resources.files("sandbox").joinpath("policy.toml").read_text()
            self.policy_file.write_text(edit(text))

    def _make_stand_ins(self) -> None:
        by_hand: dict[str, Any] = {} if self.live else {"limit": PATIENT, "stopwatch": lambda: 0.0}
        self.slack = Workspace(
            signing_secret=secrets.token_hex(16),
            bot_token="xoxb-sandbox",
            app_token="xapp-sandbox" if self._socket else None,
            scopes=SCOPES,
            now=lambda: self.now().timestamp(),
            **by_hand,
        )
        self.signing_secret = self.slack.signing_secret
        self.jira = Jira(now=self.now)
        self.github = GitHub(now=self.now)
        cast.furnish_slack(self.slack)
        cast.furnish_jira(self.jira.tracker)
        cast.furnish_github(self.github.forge)

    # --- starting and stopping ---------------------------------------------------------------------

    def start(self) -> Self:
        """Serve the stand-ins, and whatever was added to ``apps``, and start the bot."""
        self.served = Served(self.apps, self._port).start()
        self.slack.url = f"{self.served.url}/slack"
        self.boot()
        return self

    def boot(self) -> None:
        """Start the bot, as after a crash: everything it knows is in the database."""
        self.bot = assemble(
            self.settings(),
            clock=self.travel.clock,
            stopwatch=self.stopwatch,
            search_lag=timedelta(seconds=2),
        )
        self.bot.workers.by_hand = not self.live
        self.process = Process(self.bot, port=0, workers=self.live)
        if self._socket:
            self.slack.connect_socket()
        else:
            self.slack.connect_http(self.process.url)
        self.process.start()
        if self._evidence:
            self.github.hooks.subscribe(f"{self.process.url}/github/webhooks", WEBHOOK_SECRET)
        self._get_to_know_everybody()
        if self._socket:
            self.slack.socket.connected.wait(5)

    def settings(self) -> Settings:
        """Return the settings a person would put in the environment to reach this world."""
        secret = None if self._socket else self.signing_secret
        return settings_of(self.served.url, self._database_url, self.policy_file, secret, self._evidence)

    def leave_settings(self) -> None:
        """Leave an ``.env`` beside the database: other commands, called there, reach this world."""
        settings = self.settings().model_copy(
            update={"database_url": SecretStr(EMBEDDED), "policy_file": Path(self.policy_file.name)}
        )
        (self.directory / ".env").write_text(as_env(settings))

    def _get_to_know_everybody(self) -> None:
        """Let the bot meet everybody and link their accounts; who has left by now was there when it did."""
        known = {(person.slack_user, bool(person.github)) for person in self.bot.memory.people.everyone()}
        ours = [player for player in cast.CAST if player.user.team_id == TEAM]
        if known >= {(player.user.id, bool(player.github)) for player in ours}:
            self.bot.refresh()
            return
        left = [player.user.id for player in cast.CAST if player.user.deleted]
        for user in left:
            self.slack.user(user).deleted = False
        self.bot.refresh()
        self._link_accounts()
        for user in left:
            self.slack.user(user).deleted = True
        self.bot.refresh()

    def _link_accounts(self) -> None:
        """Link everybody's account."""
        for player in cast.CAST:
            person = self.bot.memory.people.by_slack(player.user.team_id, player.user.id)
            if person and player.github and not person.github:
                self.bot.memory.people.link(person.id, "github", player.github)

    def stop(self) -> None:
        """Stop everything."""
        self.halt()
        self.served.stop()

    def halt(self) -> None:
        """Stop the bot alone."""
        self.slack.disconnect()
        self.github.hooks.unsubscribe()
        self.process.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- time --------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Tell the time by the procedure's clock."""
        return self.travel.clock.now()

    def advance(self, by: timedelta) -> None:
        """Move the procedure's clock; what falls due on the way is raised at its own moment.

        What is due already and cannot be done, because a service is down, holds nothing up.
        """
        until = self.now() + by
        self.settle()
        while (due := self._next_due()) and due <= until:
            self.travel.by(due - self.now())
            self._raise_what_is_due()
            self.settle()
        self.travel.by(until - self.now())
        self._raise_what_is_due()
        self.settle()

    def _next_due(self) -> datetime | None:
        now = self.now()
        found = (self.bot.memory.next_due(now), self.bot.reviewing.next_due(now))
        return min(filter(None, found), default=None)

    def _raise_what_is_due(self) -> None:
        self.bot.fire_what_is_due()
        self.bot.review()

    def settle(self, rounds: int = 200) -> None:
        """Let the workers do what is due: by hand, or (live) wait until they are at rest."""
        if self.live:
            self._rest()
            return
        patience = self.stopwatch.now() + PATIENCE
        for _ in range(rounds):
            self._raise_what_is_due()
            self.bot.workers.do_what_was_begun()
            claims = self.bot.memory.outbox.claim(10)
            for claimed in claims:
                self.bot.work(claimed)
            if not claims and not self._skip_back_off(patience):
                return

    def _skip_back_off(self, until: datetime) -> bool:
        """Move real time to the next try of something that was postponed, if it is near."""
        waits = self.bot.memory.outbox.next_due()
        if waits is None or waits > until:
            return False
        self.stopwatch.advance(waits - self.stopwatch.now() + timedelta(milliseconds=1))
        return True

    def _rest(self) -> None:
        pause = threading.Event()
        waited = 0.0
        while waited < self._quiet and self.bot.memory.outbox.backlog().waiting:
            self.bot.workers.wake()
            pause.wait(0.02)
            waited += 0.02

    # --- looking around ----------------------------------------------------------------------------

    def person(self, slack_user: str) -> Person:
        """Return the person behind a Slack account of ours."""
        person = self.bot.memory.people.by_slack(TEAM, slack_user)
        if person is None:
            raise LookupError(slack_user)
        return person

    def members(self, team: str) -> set[str]:
        """Return who is in a team of the organisation."""
        return set(self.github.forge.team("acme", team).members)

    def latest(self) -> ChangeId:
        """Return the newest change."""
        return self.bot.memory.changes(limit=1)[0].id

    @property
    def app(self) -> App:
        return self.bot.app
