"""``doctor``: what has to hold before a night begins, one line each, with a remedy."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from bot.cli import given
from bot.cli.output import AsJson, as_json, busy, console, one_line

if TYPE_CHECKING:
    from bot.doctor import Check

EXAMPLE = "Example: emergency-change doctor"
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only what is wrong.")]


def doctor(*, quiet: Quiet = False, json: AsJson = False) -> None:
    """Look at settings, policy, database, Slack, Jira, GitHub and people; change nothing. Exit 1 if any is wrong.

    A line with a question mark is about something the bot may not see; it says where a person can look.
    """
    from bot.doctor import examine

    looked: list[Check] = []
    checks = examine(given.settings, given.database_settings)
    while check := _next(checks):
        looked.append(check)
        if not json and not (quiet and check.ok):
            _print(check)
    if json:
        as_json([asdict(check) for check in looked])
    if not all(check.ok for check in looked):
        raise typer.Exit(1)


def _next(checks: "Iterator[Check]") -> "Check | None":
    with busy("Looking …"):
        return next(checks, None)


def _print(check: "Check") -> None:
    mark, style = ("✓", "green") if check.ok else ("✗", "bold red")
    if not check.seen:
        mark, style = "?", "yellow"
    remedy = f": {one_line(check.remedy)}" if check.remedy else ""
    console().print(Text.assemble((mark, style), f" {one_line(check.what)}{remedy}"), soft_wrap=True)
