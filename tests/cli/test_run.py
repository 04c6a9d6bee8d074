"""``run`` as a process of its own: it starts in any weather, alone, and stops when it is told."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from sandbox import cast
from sandbox.cast import LINUS
from sandbox.settings import WEBHOOK_SECRET
from tests.cli.conftest import REQUEST, asks, stops_the_bot
from tests.clocks import until

ROOT = Path(__file__).parents[2]
PATIENCE = 60  #: seconds a slow machine may take
DOWN = {
    "SLACK_API_URL": "http://127.0.0.1:1/",
    "JIRA_URL": "http://127.0.0.1:1",
    "GITHUB_API_URL": "http://127.0.0.1:1",
}


class Run:
    """``emergency-change run`` in another process."""

    def __init__(self, env):
        given = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **{name: value for name, value in env.items() if value},
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run"],
            env=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.lines.put(line)

    @property
    def url(self):
        """Where it says it listens."""
        words = self.lines.get(timeout=PATIENCE).split()
        return next(word for word in words if word.endswith("/readyz.")).removesuffix("/readyz.")

    def stops(self, number=signal.SIGTERM):
        """Tell it to stop; return the exit code and what it logged."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        return self.process.returncode, self.process.stderr.read()


@pytest.fixture
def runs(elsewhere):
    """Start processes; none outlives its test."""
    started = []

    def start(env):
        started.append(Run(env))
        return started[-1]

    yield start
    for run in started:
        run.process.kill()
        run.process.wait(PATIENCE)
        run.process.stdout.close()
        run.process.stderr.close()


def test_a_change_goes_through_a_process_of_its_own(in_the_world, world, runs):
    stops_the_bot(world)
    run = runs(in_the_world.env)
    world.slack.connect_http(run.url)

    world.slack.command(LINUS.user.id, cast.PAYMENTS, "")
    world.slack.submit(LINUS.user.id, world.slack.views(LINUS.user.id)[-1].id, REQUEST)

    assert until(lambda: world.members("payments-break-glass") == {LINUS.github})
    code, logged = run.stops()
    assert code == 0
    assert "Traceback" not in logged
    assert world.signing_secret not in logged
    assert in_the_world("ledger", "verify").exit_code == 0


def test_a_second_run_on_the_same_file_is_refused_and_everything_else_works_beside_it(
    in_the_world, world, runs
):
    change = asks(world)
    stops_the_bot(world)
    run = runs(in_the_world.env)
    world.github.hooks.subscribe(f"{run.url}/github/webhooks", WEBHOOK_SECRET)

    second = in_the_world("run")

    assert (second.exit_code, second.stdout) == (1, "")
    assert second.stderr.startswith("Another `emergency-change run` works on ")
    assert in_the_world("ledger", "verify").exit_code == 0
    assert in_the_world("doctor").exit_code == 0
    ended = in_the_world("access", "revoke", change, "--as", "linus@acme.example", "--reason", "Enough.")
    assert (ended.exit_code, world.members("payments-break-glass")) == (0, set())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_though_slack_jira_and_github_are_down_and_stops_when_told(afterwards, runs, number):
    run = runs({**afterwards.env, **DOWN})

    with urllib.request.urlopen(f"{run.url}/readyz", timeout=PATIENCE) as answer:
        assert json.load(answer)["ready"] is True

    code, logged = run.stops(number)
    assert code == 0
    assert "Traceback" not in logged


def test_a_port_that_is_taken_is_one_sentence(afterwards, runs):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = runs({**afterwards.env, "PORT": str(port)})

        code = run.process.wait(PATIENCE)

    *_, sentence = run.process.stderr.read().splitlines()
    assert code == 1
    assert sentence == f"HOST, PORT: nothing can listen at 127.0.0.1:{port} (Address already in use)."


def test_a_host_nobody_knows_is_one_sentence(afterwards):
    result = afterwards("run", HOST="256.1.1.1")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "HOST, PORT: nothing can listen at 256.1.1.1:0 (no such host).\n"


def test_a_database_in_a_directory_that_is_not_there_is_one_sentence(afterwards):
    result = afterwards("run", DATABASE_URL="sqlite:///nowhere/emergency-change.db")

    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        result.stderr
        == "DATABASE_URL: nowhere/emergency-change.db.run cannot be opened (No such file or directory).\n"
    )
