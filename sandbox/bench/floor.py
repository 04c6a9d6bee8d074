"""The floor: bare Bolt behind the same HTTP server, and one raw commit of the same rows under the same locks.

No procedure, no fold, no commitments; what the bot takes beyond this is what the bot costs.
"""

import itertools
import threading
import time
from typing import Any

import github
import sqlalchemy as sa
import waitress
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.process import CONNECTIONS, THREADS
from sandbox.bench.requests import SECRET
from storage import migrate
from storage.engine import Database
from storage.schema import changes, counters, deadlines, deliveries, entries, head, obligations, values
from storage.upserts import upsert
from workflows.clock import RealTime

LEAF = b"x" * 1300
SEALED = b"x" * 190
SUBMITTED = ("access", "card", "ticket")
VERDICT = ("card", "note", "comment", "membership", "message")


class Caller:
    """Somebody who makes the calls to GitHub that give access, by PyGithub alone."""

    def __init__(self, url: str) -> None:
        self._github = github.Github(
            auth=github.Auth.Token("ghp_stand_in"),
            base_url=f"{url}/github",
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
        )

    def give(self, login: str) -> float:
        """Look, give and look again; returns the seconds that took."""
        began = time.perf_counter()
        for verb, body in (("GET", None), ("PUT", {"role": "member"}), ("GET", None)):
            path = f"/orgs/acme/teams/payments-break-glass/memberships/{login}"
            self._github.requester.requestJson(verb, path, input=body)
        return time.perf_counter() - began


class Floor:
    """A server that keeps rows and knows nothing."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        migrate.upgrade(self._database)
        self._numbers = itertools.count(1)
        self._now = RealTime().now()
        app = App(
            client=WebClient("xoxb-floor"),
            signing_secret=SECRET,
            process_before_response=True,
            token_verification_enabled=False,
            authorize=lambda team_id: AuthorizeResult(
                enterprise_id=None, team_id=team_id, bot_id="B", bot_user_id="U", bot_token="xoxb-floor"
            ),
        )
        app.view("form.request")(self.submitted)
        app.view("form.approve")(self.answered)
        self._server: Any = waitress.create_server(
            SlackRequestHandler(app), host="127.0.0.1", port=0, threads=THREADS, connection_limit=CONNECTIONS
        )
        self.port: int = self._server.effective_port

    def start(self) -> None:
        threading.Thread(target=self._server.run, daemon=True).start()

    def submitted(self, ack: Any) -> None:
        """Keep what a submission keeps."""
        n = next(self._numbers)
        change = f"EC-2026-{n:07d}"
        with self._database.write() as connection:
            self._counter(connection)
            connection.execute(sa.insert(changes), self._change(change))
            self._owe(connection, change, SUBMITTED)
            slots = [{"change_id": change, "slot": f"slot/{i}", "due_at": self._now} for i in range(8)]
            connection.execute(sa.insert(deadlines), slots)
            self._append(connection, change, f"view:{n}", 7)
        ack()

    def answered(self, ack: Any) -> None:
        """Keep what an approval keeps."""
        n = next(self._numbers)
        change = f"EC-2026-{n:07d}"
        with self._database.write() as connection:
            connection.execute(sa.select(changes.c.state).where(changes.c.id == change).with_for_update())
            connection.execute(sa.update(changes).where(changes.c.id == change).values(entries=2))
            self._owe(connection, change, VERDICT)
            connection.execute(sa.delete(deadlines).where(deadlines.c.change_id == change))
            self._append(connection, change, f"view:{n}", 1)
        ack()

    def _counter(self, connection: sa.Connection) -> None:
        statement = upsert(connection, counters).values(year=2026, last=1)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["year"], set_={"last": counters.c.last + 1})
        )

    def _change(self, change: str) -> dict[str, Any]:
        return {
            "id": change,
            "state": "active",
            "requester": change,
            "owner": change,
            "system": "payments",
            "access": "payments-merge",
            "target": "github-team:acme/payments-break-glass",
            "policy": "0" * 64,
            "drill": False,
            "abandoned": False,
            "overridden": False,
            "asked_first": False,
            "opened_at": self._now,
            "access_until": self._now,
            "duty_due": None,
            "entries": 1,
        }

    def _owe(self, connection: sa.Connection, change: str, steps: tuple[str, ...]) -> None:
        insert = upsert(connection, obligations)
        statement = insert.on_conflict_do_update(
            index_elements=["change_id", "step", "subject"], set_={"due_at": insert.excluded.due_at}
        )
        rows = [
            {
                "change_id": change,
                "step": step,
                "subject": "",
                "wanted": True,
                "revision": 1,
                "place": "",
                "reference": "",
                "due_at": self._now,
                "attempts": 0,
                "token": 0,
            }
            for step in steps
        ]
        connection.execute(statement, rows)

    def _append(self, connection: sa.Connection, change: str, delivery: str, fields: int) -> None:
        size, frontier = connection.execute(
            sa.select(head.c.size, head.c.frontier).where(head.c.id == 1).with_for_update()
        ).one()
        row = {
            "sequence": size + 1,
            "change_id": change,
            "kind": "request/1",
            "leaf": LEAF,
            "leaf_hash": b"x" * 32,
        }
        connection.execute(sa.insert(entries), row)
        kept = [
            {"sequence": size + 1, "field": f"field{i}", "person": change, "sealed": SEALED}
            for i in range(fields)
        ]
        connection.execute(sa.insert(values), kept)
        connection.execute(sa.insert(deliveries), {"delivery": delivery, "sequence": size + 1})
        connection.execute(
            sa.update(head)
            .where(head.c.id == 1)
            .values(size=size + 1, frontier=(bytes(frontier) + b"x" * 32)[:512])
        )
