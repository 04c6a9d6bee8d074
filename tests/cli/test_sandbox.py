"""The sandbox behind its command: a night that plays itself, and a page that opens."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.cli.conftest import Terminal

ROOT = Path(__file__).parents[2]
PATIENCE = 180  #: seconds a slow machine may take
TYPED = [sys.executable, "-m", "bot.cli", "sandbox"]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def test_a_night_leaves_a_database_every_other_command_can_be_tried_on(elsewhere, monkeypatch):
    played = subprocess.run(
        [*TYPED, "--play", "--data", "night"],
        env=ENV,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    monkeypatch.chdir("night")
    terminal = Terminal({})

    assert played.returncode == 0, played.stdout + played.stderr
    assert "closed" in terminal("changes", "list").stdout
    assert terminal("ledger", "verify").exit_code == 0
    assert terminal("policy", "check").exit_code == 0
    assert "✓ the settings are there" in terminal("doctor").stdout


def test_the_page_opens_and_closes_when_it_is_told(elsewhere):
    with subprocess.Popen(
        [*TYPED, "--port", "0"], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as page:
        watchdog = threading.Timer(PATIENCE, page.kill)
        watchdog.start()
        said = next(line for line in page.stdout if "http://127.0.0.1:" in line)
        page.send_signal(signal.SIGINT)
        rest = page.stdout.read()
        watchdog.cancel()

    assert "The sandbox is open" in said
    assert "Traceback" not in rest
    assert page.returncode in (0, 130)  # it may be told before it listens for signals
