"""A bot in a process of its own, which can be told to die at any of its seams.

``python -m tests.faults.victim`` imports everything once and then forks one victim per line it reads; a
victim connects back and takes orders, one JSON line each.  Its seams are every commit and every call that
leaves: when the count reaches the chosen one, the process kills itself as ``kill -9`` would.
"""

import json
import os
import signal
import socket
import sys
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from slack_sdk import WebClient

from bot.process import Process
from bot.settings import Settings
from bot.wiring.bot import assemble
from integrations.github_client import GitHubConnection
from integrations.jira_tickets.client import JiraConnection
from sandbox.clock import MovableStopwatch, Travel
from sandbox.world import World
from storage.schema import entries
from tests import disk
from tests.faults.seams import Seams
from workflows.vocabulary import ChangeId

LEASES = timedelta(seconds=11)  #: what a dead worker held is free again after this long
LAG = timedelta(seconds=1)


def sew_calls(seams: Seams) -> None:
    """Put seams around whatever leaves this process."""
    WebClient.api_call = seams.around(WebClient.api_call, lambda _, method, *rest: f"slack {method}")
    GitHubConnection.ask = seams.around(GitHubConnection.ask, lambda _, verb, path: f"github {verb} {path}")
    JiraConnection._request = seams.around(
        JiraConnection._request, lambda _, verb, path, *rest: f"jira {verb} {path}"
    )


class Diary:
    """Keeps how far the clocks were moved, so that the next victim goes on from there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.travelled, self.skipped = timedelta(), timedelta()
        if path.exists():
            self.travelled, self.skipped = (timedelta(seconds=s) for s in json.loads(path.read_text()))

    def keep(self) -> None:
        self._path.write_text(json.dumps([self.travelled.total_seconds(), self.skipped.total_seconds()]))


class KeptTravel(Travel):
    """The procedure's clock, remembered beyond death."""

    def __init__(self, diary: Diary) -> None:
        super().__init__()
        self._diary = diary
        self.ahead = diary.travelled

    def by(self, distance: timedelta) -> None:
        super().by(distance)
        self._diary.travelled = self.ahead
        self._diary.keep()


class KeptStopwatch(MovableStopwatch):
    """Real time, remembered beyond death; by then the leases of the dead have run out."""

    def __init__(self, diary: Diary) -> None:
        super().__init__()
        self._diary = diary
        self.advance(diary.skipped + LEASES)

    def advance(self, by: timedelta) -> None:
        super().advance(by)
        self._diary.skipped = self._ahead
        self._diary.keep()


class Victim:
    """The bot, its clocks, and what it can be told to do."""

    live = False
    settle, advance, now, _skip_back_off = World.settle, World.advance, World.now, World._skip_back_off
    _next_due, _raise_what_is_due = World._next_due, World._raise_what_is_due
    _link_accounts = World._link_accounts

    def __init__(self, order: dict) -> None:
        self.seams = Seams(order["fatal"])
        self.seams.sew()
        sew_calls(self.seams)
        diary = Diary(Path(order["settings"]["policy_file"]).with_name("diary"))
        self.travel, self.stopwatch = KeptTravel(diary), KeptStopwatch(diary)
        settings = Settings(_env_file=None, **order["settings"])
        self.bot = assemble(settings, clock=self.travel.clock, stopwatch=self.stopwatch, search_lag=LAG)
        self.bot.workers.by_hand = True
        self.process = Process(self.bot, port=0, workers=False)
        self.process.start()
        self.bot.refresh()
        self.seams.armed = True

    def obey(self, order: dict) -> object:
        """Do one thing, and answer what came of it."""
        match order:
            case {"do": "furnish"}:
                self._link_accounts()
                self.bot.refresh()
            case {"do": "settle"}:
                self.settle()
                self.bot.watch.sign()
            case {"do": "advance", "to": seconds}:
                self.advance(timedelta(seconds=seconds) - self.travel.ahead)
                self.bot.refresh()
            case {"do": "look", "change": change}:
                return self.look(change)
            case {"do": "verify"}:
                return self.bot.memory.verify().size
            case {"do": "passed"}:
                return self.seams.passed
        return None

    def look(self, change: str | None) -> dict:
        """Say how a change stands: the seams are not passed while looking."""
        memory = self.bot.memory
        rows = memory.changes()
        if not rows:
            return {"changes": 0}
        record, policy = memory.record(ChangeId(change or rows[0].id))
        query = sa.select(entries.c.leaf).where(entries.c.change_id == record.id).order_by(entries.c.sequence)
        with memory.database.read() as connection:
            leaves = [json.loads(leaf) for leaf in connection.execute(query).scalars()]
        return {
            "changes": len(rows),
            "id": record.id,
            "state": record.state.value,
            "last": record.last,
            "owed": sorted(duty.duty.value for duty in self.bot.desk.owed(record, policy)),
            "card": [record.card.channel, record.card.ts] if record.card else None,
            "ticket": record.ticket.key if record.ticket else None,
            "proofs": record.grant.looks,
            "stuck": sorted(step.value for step in record.stuck),
            "findings": [finding.exception.value for finding in record.findings],
            "kinds": [(leaf["kind"], leaf["ruling"].get("answer", "seen")) for leaf in leaves],
        }


def live_and_die(order: dict) -> None:
    """Be a victim: connect back, and obey until the connection ends."""
    victim = Victim(order)
    with (
        socket.create_connection(("127.0.0.1", order["port"])) as connection,
        connection.makefile("rw") as talk,
    ):
        talk.write(json.dumps({"url": victim.process.url, "pid": os.getpid()}) + "\n")
        talk.flush()
        for line in talk:
            talk.write(json.dumps(victim.obey(json.loads(line))) + "\n")
            talk.flush()


def main() -> None:
    """Fork one victim per order; nobody waits for the dead."""
    disk.hurry()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            try:
                live_and_die(json.loads(line))
            finally:
                os._exit(0)


if __name__ == "__main__":
    main()
