"""How commands speak: data on standard output, everything else on standard error.

Whatever people typed is shown literally: no markup in it is obeyed, and no control character reaches a
terminal.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from workflows.people import Person
from workflows.prose import scrub
from workflows.vocabulary import CLOCK, SYSTEM, PersonId

WIDE = 200  #: columns where nobody looks at a terminal
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Tell = Callable[[str], None]


def console(*, err: bool = False) -> Console:
    """Return a console that obeys nothing in the text it prints."""
    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() else WIDE
    return Console(markup=False, highlight=False, emoji=False, stderr=err, width=width)


def say(text: str) -> None:
    """Print one line of data."""
    console().print(one_line(text), soft_wrap=True)


def document(text: str) -> None:
    """Print a document, line by line as it is written."""
    typer.echo(scrub(text))


def remark(text: str) -> None:
    """Print one line that is not data."""
    console(err=True).print(one_line(text), soft_wrap=True)


def as_json(data: Any) -> None:
    """Print data for a program."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=_plain))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> None:
    """Print a table, or a sentence if there is nothing to show."""
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        grid.add_column(heading, overflow="fold")  # an id or a target is never cut short
    for row in rows:
        grid.add_row(*(one_line(cell) for cell in row))
    if grid.row_count:
        console().print(grid)
    else:
        remark(nothing)


@contextmanager
def busy(doing: str) -> Iterator[Tell]:
    """Show on a terminal that something takes a moment; elsewhere say nothing but what is told."""
    terminal = console(err=True)
    if not terminal.is_terminal:
        yield remark
        return
    with terminal.status(doing) as status:
        yield lambda text: status.console.print(one_line(text))


def one_line(text: str) -> str:
    """Make a text harmless and keep it on one line."""
    return " ".join(str(scrub(text)).split())


def counted(number: int, thing: str) -> str:
    """Say ``1 entry``, ``2 entries``."""
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing[:-1]}ies" if thing.endswith("y") else f"{number} {thing}s"


def moment(at: datetime | None) -> str:
    """Write a time; empty if there is none."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


class PlainVoice:
    """The voice of the command line: names, UTC, and quotations on one line."""

    def __init__(self, person: Callable[[PersonId], Person]) -> None:
        self._person = person

    def who(self, person: PersonId) -> str:
        named: Mapping[PersonId, str] = {CLOCK: "The clock", SYSTEM: "The bot"}
        return named.get(person) or one_line(self._person(person).name) or str(person)

    def when(self, at: datetime) -> str:
        return moment(at)

    def quote(self, text: str) -> str:
        return one_line(text)

    def link(self, url: str, text: str) -> str:
        return text
