"""A small world per test, and the command line as a person in that world would use it."""

import gc
import logging
import shutil
from contextlib import contextmanager

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings
from bot.wiring.opening import open_memory
from sandbox import cast
from sandbox.cast import LINUS
from sandbox.world import World

REQUEST = {
    "access": "payments-merge",
    "criterion": "service down",
    "what": "Orders are failing; the index will be rolled back.",
    "justification": "Every order fails; each minute of waiting loses customers.",
    "risk": "low",
    "security_impact": "Write access to production.",
    "rollback_plan": "Put the index back.",
    "tested": "yes",
    "window": "1h",
}
SECRETS = ("xoxb-sandbox", "xapp-sandbox", "jira-token", "ghp_stand_in")


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """Undo what ``run`` does: it logs to the standard error of its own test, which is closed after it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers, root.level = before


def environment(settings):
    """Return the environment that says what ``settings`` say, and nothing else of ours."""
    said = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        value = value.get_secret_value() if isinstance(value, SecretStr) else value
        value = ",".join(value) if isinstance(value, tuple) else value
        said[name.upper()] = None if value in (None, "") else str(value)
    return {"CREDENTIALS_DIRECTORY": None, **said}


def asks(world, player=LINUS, **said):
    """Let somebody fill in the form; return the change."""
    user = player.user.id
    world.slack.command(user, cast.PAYMENTS, "")
    world.slack.submit(user, world.slack.views(user)[-1].id, {**REQUEST, **said})
    world.settle()
    return world.latest()


def stops_the_bot(world):
    """Let the bot end, and the world go on without it."""
    world.halt()
    world.halt = lambda: None  # there is nothing to stop any more


def starts_the_bot(world):
    """Let the bot begin again, with what is in the database."""
    del world.halt
    world.boot()


class Terminal:
    """Types commands; remembers everything that was ever printed."""

    def __init__(self, env):
        self.env = env
        self.printed = ""

    def __call__(self, *words, **env):
        result = CliRunner(env={**self.env, **env}).invoke(app, [str(word) for word in words])
        self.printed += result.output
        if words[0] in ("doctor", "access"):
            gc.collect()  # a command's connections end with its process; here they end in good order
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@contextmanager
def memory_of(terminal):
    """Look into the database a terminal works on."""
    opened = open_memory(
        Settings(_env_file=None, **{k.lower(): v for k, v in terminal.env.items() if v}), upgrade=False
    )
    yield opened
    opened.database.close()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Stand in a directory without a ``.env``."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory):
    """Return a directory with a database in which everybody is known already."""
    directory = tmp_path_factory.mktemp("furnished")
    with World(directory, live=False):
        pass
    (directory / "policy.toml").unlink()
    return directory


@pytest.fixture
def world(_furnished, tmp_path):
    with World(shutil.copytree(_furnished, tmp_path / "world"), live=False) as world:
        yield world


@pytest.fixture
def in_the_world(world, elsewhere):
    """Type commands beside the bot of a world, which is up."""
    terminal = Terminal(environment(world.settings()))
    yield terminal
    assert not [secret for secret in (*SECRETS, world.signing_secret) if secret in terminal.printed]


@pytest.fixture(scope="session")
def _played(tmp_path_factory):
    """Play once: one change in force, one that waits for an approver, one click that was refused."""
    directory = tmp_path_factory.mktemp("played")
    with World(directory, live=False) as world:
        asks(world)
        change = world.bot.memory.record(world.latest())[0]
        world.slack.click(LINUS.user.id, change.card.channel, change.card.ts, "change.approve")
        world.settle()
        asks(world, cast.MAYA, access="ledger-admin", window="30m")
        world.bot.watch.sign()
        settings = world.settings()
    return directory, environment(settings)


@pytest.fixture
def afterwards(_played, tmp_path, elsewhere):
    """Type commands on the database of a night, when everything else is gone."""
    directory, env = _played
    mine = tmp_path / "afterwards"
    shutil.copytree(directory, mine)
    terminal = Terminal(
        {
            **env,
            "DATABASE_URL": f"sqlite:///{mine}/emergency-change.db",
            "POLICY_FILE": str(mine / "policy.toml"),
        }
    )
    terminal.directory = mine
    yield terminal
    assert not [secret for secret in SECRETS if secret in terminal.printed]
