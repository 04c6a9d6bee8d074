"""Somebody who starts victims, and the world they live in."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from sandbox import cast
from sandbox.serving import Served
from sandbox.world import World
from tests.http.night import monday_night
from workflows.filed import folder

ROOT = Path(__file__).parents[2]
PATIENCE = 60  #: seconds after which a victim that neither answers nor dies has failed the test


class Dead(Exception):
    """The victim is no more."""


class Mother:
    """One process that has imported everything, and forks a victim when told to."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(PATIENCE)
        command = [sys.executable, "-m", "tests.faults.victim"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True)

    def bears(self, settings, fatal):
        """Start a victim; returns it once it listens."""
        order = {"settings": settings, "fatal": fatal, "port": self._door.getsockname()[1]}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        connection, _ = self._door.accept()
        connection.settimeout(PATIENCE)
        return Life(connection)

    def ends(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._door.close()


class Life:
    """A victim, seen from outside."""

    def __init__(self, connection) -> None:
        self._connection = connection
        self._talk = connection.makefile("rw")
        self.url = self._read()["url"]

    def does(self, what, **more):
        """Give an order and wait for what comes of it; raises ``Dead``."""
        try:
            self._talk.write(json.dumps({"do": what, **more}) + "\n")
            self._talk.flush()
        except OSError as error:
            raise Dead from error
        return self._read()

    def _read(self):
        try:
            line = self._talk.readline()
        except ConnectionError as error:
            raise Dead from error
        if not line:
            raise Dead
        return json.loads(line)

    def ends(self):
        for part in (self._talk, self._connection):
            with suppress(OSError):  # it died first
                part.close()


class Stage(World):
    """The stand-ins alone; the bot is a victim, and another one when that is dead."""

    def __init__(self, directory, mother) -> None:
        super().__init__(directory, live=False)
        self.travel.by(monday_night() - self.now())
        (directory / "diary").write_text(json.dumps([self.travel.ahead.total_seconds(), 0]))
        self._mother = mother
        self.served = Served(self.apps).start()
        self.slack.url = f"{self.served.url}/slack"
        self.victim = None
        self.deaths = 0

    def begins(self, fatal=None):
        """Start a victim, in place of a dead one if there was one."""
        if self.victim:
            self.victim.ends()
        self.victim = self._mother.bears(self._told(), fatal)
        self.slack.connect_http(self.victim.url)

    def _told(self):
        values = self.settings().model_dump()
        plain = {name: v.get_secret_value() if isinstance(v, SecretStr) else v for name, v in values.items()}
        return {name: str(v) if isinstance(v, Path) else v for name, v in plain.items() if v is not None}

    def does(self, what, **more):
        return self.victim.does(what, **more)

    def filed(self, change):
        """Return what the evidence repository has of a change, and the messages of all its commits."""
        git = self.github.forge.repositories[cast.EVIDENCE].git
        record = git.read("main", f"{folder(change)}/record.json")
        return json.loads(record), [c.message for c in git.history(git.refs["heads/main"])]

    def surviving(self, kind):
        """Return the issues of a type that were not closed as duplicates."""
        return [issue for issue in self.jira.tracker.of_type(kind) if issue.status != "Declined"]

    def look(self):
        return self.victim.does("look", change=None)

    def ahead(self, **time):
        """Return where the procedure's clock must be moved to, from the story's beginning."""
        return self.travel.ahead.total_seconds() + timedelta(**time).total_seconds()

    def stop(self):
        if self.victim:
            self.slack.disconnect()
            self.victim.ends()
            self.victim = None
            threading.Thread(target=self.served.stop).start()


@pytest.fixture(scope="session")
def mother():
    mother = Mother()
    yield mother
    mother.ends()


@pytest.fixture(scope="session")
def furnished(mother, tmp_path_factory):
    """Return a directory with a database in which everybody is known already."""
    directory = tmp_path_factory.mktemp("furnished")
    stage = Stage(directory, mother)
    stage.begins()
    stage.does("furnish")
    stage.stop()
    return directory


@pytest.fixture
def stages(mother, furnished, tmp_path):
    """Set stages, each with a database of its own."""
    standing = []

    def build():
        directory = tmp_path / str(len(standing))
        shutil.copytree(furnished, directory)
        standing.append(Stage(directory, mother))
        return standing[-1]

    yield build
    for stage in standing:
        stage.stop()
