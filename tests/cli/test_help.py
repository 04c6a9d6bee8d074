"""Asking for help is quick, and every answer has an example."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot import __version__
from bot.cli import app

ROOT = Path(__file__).parents[2]
HEAVY = (
    "jira",
    "github",
    "slack_sdk",
    "slack_bolt",
    "sqlalchemy",
    "alembic",
    "apscheduler",
    "pydantic_settings",
    "sandbox",
)


def commands(group, words=()):
    """Walk the tree of commands, groups included."""
    yield words
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*words, name))


def ended(group):
    """Return the commands that are neither a group nor go on until they are told to stop."""
    groups = {words[:-1] for words in commands(group)}
    return sorted({*commands(group)} - groups - {("run",), ("sandbox",)})


@pytest.mark.parametrize("words", [*commands(typer.main.get_command(app))], ids=" ".join)
def test_every_help_shows_an_example(words):
    result = CliRunner().invoke(app, [*words, "--help"])

    assert result.exit_code == 0
    assert f"emergency-change {' '.join(words)}".rstrip() in " ".join(result.output.split())
    assert "Example: " in result.output


@pytest.mark.parametrize("words", [*ended(typer.main.get_command(app))], ids=" ".join)
def test_every_command_that_ends_by_itself_speaks_json(words):
    assert "--json" in CliRunner().invoke(app, [*words, "--help"]).output


def test_asking_for_help_loads_no_vendor():
    script = f"import sys, bot.cli; print(*(name for name in {HEAVY!r} if name in sys.modules))"

    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert loaded.stdout.split() == []


def test_the_version_is_one_line():
    result = CliRunner().invoke(app, ["--version"])

    assert result.stdout == f"emergency-change {__version__}\n"


def test_an_unknown_command_fails():
    assert CliRunner().invoke(app, ["acess", "list"]).exit_code == 2
