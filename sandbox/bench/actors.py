"""The processes of a measurement: the stand-ins, the bot, the floor; each alone, told what to do over a pipe."""

import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.garbage import nothing_collected
from bot.process import Process
from bot.wiring.bot import assemble
from sandbox import cast
from sandbox.bench import homes
from sandbox.bench.floor import Caller, Floor
from sandbox.bench.load import Measured
from sandbox.bench.requests import SECRET
from sandbox.github import GitHub
from sandbox.jira import Jira
from sandbox.serving import Served
from sandbox.settings import TEAM, settings_of
from sandbox.slack.model import User
from sandbox.slack.workspace import Workspace
from sandbox.world import SCOPES
from storage import migrate
from storage.engine import Database
from storage.schema import people as people_table
from workflows.vocabulary import PersonId, State

CONTEXT = multiprocessing.get_context("spawn")
APPROVER = "U0GRACE"
CALLS = 1_000_000  #: to GitHub in an hour, more than any measurement makes


@dataclass(slots=True)
class Actor:
    """A process, and the pipe to it."""

    process: Any
    pipe: Connection
    hello: dict[str, Any]

    def ask(self, *what: Any) -> Any:
        """Say something, and wait for the answer."""
        self.pipe.send(what)
        return self.pipe.recv()

    def end(self) -> None:
        """End the process."""
        self.pipe.send(("end",))
        self.process.join(timeout=20)
        if self.process.is_alive():
            self.process.kill()


def actor(target: Callable[..., None], *arguments: Any) -> Actor:
    """Start a process that says hello with a dictionary."""
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=target, args=(there, *arguments), daemon=True)
    process.start()
    return Actor(process, here, here.recv())


def stand_ins(pipe: Connection) -> None:
    """Serve Slack, Jira and GitHub; ``latency`` in seconds per service, ``calls`` to GitHub's memberships."""
    slack = Workspace(signing_secret=SECRET, bot_token="xoxb-sandbox", scopes=SCOPES)
    jira, github = Jira(), GitHub(rate_limit=CALLS)
    cast.furnish_slack(slack)
    cast.furnish_github(github.forge)
    services = {"slack": slack.app, "jira": jira, "github": github}
    for service in services.values():
        service.keep_traffic = False
    with Served({f"/{name}": app for name, app in services.items()}) as served:
        slack.url = f"{served.url}/slack"
        pipe.send({"url": served.url})
        while (order := pipe.recv())[0] != "end":
            answer: Any = None
            if order[0] == "latency":
                services[order[1]].latency = order[2]
            elif order[0] == "keep":
                github.keep_traffic = order[1]
                github.traffic.clear()
            elif order[0] == "calls":
                answer = [(e.method, e.path) for e in github.calls("GET", "/orgs/acme/teams/")]
                answer += [(e.method, e.path) for e in github.calls("PUT", "/orgs/acme/teams/")]
            elif order[0] == "empty":
                github.forge.team("acme", "payments-break-glass").members.clear()
            elif order[0] == "people":
                _accounts(github, order[1])
            elif order[0] == "workspace":
                _users(slack, order[1])
            pipe.send(answer)


def _users(slack: Workspace, users: list[str]) -> None:
    for user in users:
        slack.add_user(User(user, TEAM, user.lower(), user, _email(user)))


def _accounts(github: GitHub, logins: list[str]) -> None:
    for login in logins:
        github.forge.add_account(login)
        github.forge.organisations["acme"].members.add(login)
        github.forge.team("acme", "sre").members[login] = "member"


def bot(pipe: Connection, url: str, database: str, directory: str, workers: bool) -> None:  # noqa: FBT001  # over a pipe
    """Run the bot, as ``run`` does."""
    policy = Path(directory) / "policy.toml"
    policy.write_text((Path(cast.__file__).parent / "policy.toml").read_text())
    settings = settings_of(url, database, policy, SECRET)
    _migrated(database)
    with nothing_collected():
        made = assemble(settings)
        process = Process(made, port=0, workers=workers)
        process.start()
    made.refresh()
    memory = made.memory
    pipe.send({"port": int(process.url.rpartition(":")[2]), "pid": os.getpid()})
    while (order := pipe.recv())[0] != "end":
        answer: Any = None
        if order[0] == "people":
            answer = _people(made, order[1])
        elif order[0] == "reset":
            _forget_open_changes(made)
        elif order[0] == "open":
            answer = _open_changes(made, order[1])
        elif order[0] == "homes":
            answer = _homes(made, order[1], order[2])
        elif order[0] == "backlog":
            answer = memory.outbox.backlog().waiting
        elif order[0] == "entries":
            answer = [
                (e.leaf["kind"], e.leaf["change"], e.leaf["recorded_at"])
                for e in memory.entries(after=order[1], limit=100_000)
            ]
        pipe.send(answer)
    process.stop()


def _migrated(url: str) -> None:
    """Bring a database up to date, as ``db upgrade`` does; the bot itself does so on SQLite alone."""
    database = Database(url)
    migrate.upgrade(database)
    database.close()


def _email(user: str) -> str:
    return f"{user}@acme.example".lower()


def _people(made: Any, users: list[str]) -> list[str]:
    """Make on-call engineers who may request, and are linked."""
    people = made.memory.people
    people.keep(
        {"slack_team": TEAM, "slack_user": user, "name": user, "email": _email(user)} for user in users
    )
    with made.memory.database.write() as connection:
        linked = sa.func.lower(people_table.c.slack_user)
        made_here = people_table.c.slack_user.in_(users)
        connection.execute(sa.update(people_table).where(made_here).values(github=linked))
    found: list[PersonId] = [person.id for person in people.everyone() if person.slack_user in set(users)]
    people.replace_group("sre", found)
    made.refresh()  # as every minute: whoever clicks is known by then
    return users


def _forget_open_changes(made: Any) -> None:
    """Let everybody request again, and wait until nothing is at work any more.

    Only the projections are told, which no measurement reads.
    """
    while True:
        with made.memory.database.write() as connection:
            connection.exec_driver_sql("UPDATE changes SET state = 'closed' WHERE state <> 'closed'")
            connection.exec_driver_sql("UPDATE obligations SET due_at = NULL WHERE due_at IS NOT NULL")
            # left where they are: a server that sees a table empty plans to read the whole of it
            connection.exec_driver_sql("UPDATE deadlines SET fired_at = due_at WHERE fired_at IS NULL")
            at_work = "SELECT count(*) FROM obligations WHERE lease_until IS NOT NULL"
            if not connection.exec_driver_sql(at_work).scalar():
                return
        time.sleep(0.1)  # noqa: TID251  # a measurement may wait


def _open_changes(made: Any, limit: int) -> list[tuple[str, str]]:
    """Return changes that wait for an approval, and the digest of what would be shown."""
    from workflows.judged import judged, shown_digest  # noqa: PLC0415  # only this question needs it

    rows = made.memory.changes(states=[State.ACTIVE], limit=limit)
    records = [made.memory.record(row.id) for row in rows]
    return [(record.id, shown_digest(judged(record, policy))) for record, policy in records]


def _homes(made: Any, open_: int, times: int) -> dict[str, Measured]:
    """Build the Homes of an approver who reviews and of an engineer, with so many changes open."""
    homes.fill(made.memory, open_)
    approver = made.memory.people.by_slack(TEAM, APPROVER).id
    people = {"an approver who reviews": approver, "an engineer": homes.SOMEBODY + "7"}
    made.memory.people.keep([{"slack_team": TEAM, "slack_user": "U0BENCH", "name": "Bench"}])
    with made.memory.database.write() as connection:
        engineer = sa.update(people_table).where(people_table.c.slack_user == "U0BENCH")
        connection.execute(engineer.values(id=people["an engineer"]))
    return {who: homes.build(made.desk, person, times) for who, person in people.items()}


def floor(pipe: Connection, url: str, database: str) -> None:
    """Run the floor; ``give`` makes the calls that give access, and says how long they took."""
    with nothing_collected():  # as the bot starts: or what it imports would be collected again and again
        server, caller = Floor(database), Caller(url)
        server.start()
    pipe.send({"port": server.port})
    while (order := pipe.recv())[0] != "end":
        pipe.send(caller.give(order[1]))
