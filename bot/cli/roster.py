"""Who is who at GitHub and Jira: read from a file, checked whole, then linked one by one.

A link decides who is given access, so each is an entry of the ledger; nothing is linked while anything in
the file is wrong.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workflows.administration import AccountLinked
from workflows.changes import EmergencyChanges
from workflows.errors import Misconfigured
from workflows.people import Person
from workflows.vocabulary import SYSTEM, StepName

if TYPE_CHECKING:
    from bot.wiring.opening import OpenMemory

COLUMNS = ("email", "name", "github", "jira")
EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}")
ACCOUNT = re.compile(r"[\w:.@+-]{1,128}", re.ASCII)
LONGEST_NAME = 255
Vendor = Literal["github", "jira"]


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a file."""

    number: int
    email: str
    name: str = ""
    github: str = ""
    jira: str = ""

    @property
    def accounts(self) -> tuple[tuple[Vendor, str], ...]:
        both: tuple[tuple[Vendor, str], ...] = (("github", self.github), ("jira", self.jira))
        return tuple((vendor, account) for vendor, account in both if account)


def read(data: bytes, where: str) -> list[Line]:
    """Read a CSV file; raises ``Misconfigured`` with one sentence per bad line."""
    try:
        table = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        headings = [heading.strip().lower() for heading in table.fieldnames or ()]
        if "email" not in headings or not set(headings) <= set(COLUMNS):
            raise Misconfigured(
                f"{where}: line 1: the columns must be {', '.join(COLUMNS)}; only email must be there."
            )
        table.fieldnames = headings
        lines, problems = [], []
        for row in table:
            line, wrong = _line(table.line_num, row)
            lines.append(line)
            problems += [f"{where}: line {line.number}: {sentence}" for sentence in wrong]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured(f"{where}: this is not CSV in UTF-8 ({error}).") from error
    problems += [f"{where}: {sentence}" for sentence in _twice(lines)]
    if problems:
        raise Misconfigured("\n".join(problems))
    return lines


def _line(number: int, row: dict[str | None, str | list[str] | None]) -> tuple[Line, list[str]]:
    cells = {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
    line = Line(number, **{name: cells.get(name, "") for name in COLUMNS})
    problems = ["there are more cells than columns."] if None in row else []
    return line, [*problems, *wrong_with(line)]


def wrong_with(line: Line) -> Iterator[str]:
    """Say what is wrong with one line, whatever else there is."""
    if not EMAIL.fullmatch(line.email):
        yield f"“{line.email}” is not an e-mail address."
    if line.github and not LOGIN.fullmatch(line.github):
        yield f"“{line.github}” is not a GitHub login."
    if line.jira and not ACCOUNT.fullmatch(line.jira):
        yield f"“{line.jira}” is not a Jira account."
    if len(line.name) > LONGEST_NAME:
        yield f"the name is longer than {LONGEST_NAME} characters."


def _twice(lines: list[Line]) -> Iterator[str]:
    first: dict[tuple[str, str], int] = {}
    for line in lines:
        for what, value in (("email", line.email), *line.accounts):
            earlier = first.setdefault((what, value.lower()), line.number)
            if earlier != line.number:
                yield f"line {line.number}: {value} is on line {earlier} already."


class Roster:
    """Links accounts in one memory."""

    def __init__(self, memory: "OpenMemory", source: Literal["command", "import"]) -> None:
        self._memory = memory
        self._source = source
        self._changes = EmergencyChanges(memory.transaction, memory.reading)
        self._busy = {row.requester: row.id for row in memory.standing()}

    def objections(self, line: Line) -> Iterator[str]:
        """Say what in the directory speaks against a line."""
        person = self._memory.people.by_email(line.email)
        for vendor, account in line.accounts:
            holder = self._memory.people.by_account(vendor, account)
            if holder and (person is None or holder.id != person.id):
                yield f"{account} is linked to {holder.name or holder.email or holder.id} already."
            if person and vendor == "github" and self._would_lose_sight(person, account):
                change = self._busy[person.id]
                yield f"{line.email} holds access as {person.github} through {change}; link another login when that has ended."

    def _would_lose_sight(self, person: Person, login: str) -> bool:
        """Access that was given to one account could not be taken away under another.

        Unless nothing can be found out about the one: somebody who renamed their account has it under the new login.
        """
        if not person.github or person.github.lower() == login.lower() or person.id not in self._busy:
            return False
        record, _ = self._memory.record(self._busy[person.id])
        return StepName.ACCESS not in record.stuck

    def link(self, line: Line) -> int:
        """Make somebody known, and write down and make each new link; return how many there were."""
        person = self._memory.people.by_email(line.email) or self._add(line)
        new = [(vendor, account) for vendor, account in line.accounts if getattr(person, vendor) != account]
        for vendor, account in new:
            self._changes.administer(
                AccountLinked(
                    at=self._memory.clock.now(),
                    by=SYSTEM,
                    person=person.id,
                    vendor=vendor,
                    account=account,
                    source=self._source,
                )
            )
            self._memory.people.link(person.id, vendor, account)
        return len(new)

    def _add(self, line: Line) -> Person:
        return Person(self._memory.people.add(line.email, line.name), line.name, line.email)
