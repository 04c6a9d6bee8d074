"""Stretches of time, of two kinds that must not be taken for each other.

A ``Period`` is so many months of the team's calendar: what a review is about.  A ``Span`` is from one moment
to another in UTC: what is exported, sampled and reconciled.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from workflows.errors import Misconfigured

_MONTH = re.compile(r"([1-9]\d{3})-(0[1-9]|1[0-2])")
_NAMED = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})(?:-(\d{2}))?))?")
_QUARTER = re.compile(r"([1-9]\d{3})-Q([1-4])", re.IGNORECASE)
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


DECEMBER = 12
MEANT = "write a year (2026), a quarter (2026-Q1), a month (2026-03), a day (2026-03-02), or FROM..TO"


class NotOver(ValueError):
    """The period has not ended yet, so that nothing can be said about it once and for all."""


class NotKept(ValueError):
    """The ledger began after the period, so that nothing is known about it."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """So many whole months, from the first of ``month`` on, where the team works."""

    year: int
    month: int
    months: int = 1

    @classmethod
    def read(cls, text: str) -> Self:
        """Read ``2026-10`` or ``2026-Q4``; raises ``ValueError`` with a sentence."""
        text = text.strip()
        if found := _MONTH.fullmatch(text):
            return cls(int(found[1]), int(found[2]))
        if found := _QUARTER.fullmatch(text):
            return cls(int(found[1]), 3 * int(found[2]) - 2, 3)
        raise ValueError(f"“{text}” is no month and no quarter; write one as 2026-10 or 2026-Q4.")

    @classmethod
    def month_of(cls, day: date) -> Self:
        return cls(day.year, day.month)

    def __str__(self) -> str:
        if self.months == 1:
            return f"{self.year}-{self.month:02d}"
        return f"{self.year}-Q{(self.month + 2) // 3}"

    @property
    def name(self) -> str:
        """Return how a heading says it: ``October 2026``."""
        if self.months == 1:
            return f"{MONTHS[self.month - 1]} {self.year}"
        return f"quarter {(self.month + 2) // 3} of {self.year}"

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def next(self) -> "Period":
        """Return the period of the same length that follows."""
        return self._moved(self.months)

    @property
    def before(self) -> "Period":
        """Return the period of the same length that came before."""
        return self._moved(-self.months)

    @property
    def parts(self) -> tuple["Period", ...]:
        """Return its months."""
        return tuple(Period(*_counted(self.year, self.month, n)) for n in range(self.months))

    def _moved(self, months: int) -> "Period":
        return Period(*_counted(self.year, self.month, months), self.months)

    def begins(self, zone: ZoneInfo) -> datetime:
        """Return its first moment, in UTC; a clock change moves it with the wall clock."""
        return datetime(self.year, self.month, 1, tzinfo=zone).astimezone(UTC)

    def ends(self, zone: ZoneInfo) -> datetime:
        """Return the first moment that is not part of it, in UTC."""
        return self.next.begins(zone)

    def holds(self, moment: datetime, zone: ZoneInfo) -> bool:
        return self.begins(zone) <= moment < self.ends(zone)

    def over(self, now: datetime, zone: ZoneInfo) -> None:
        """Raise ``NotOver`` with a sentence unless the period has ended."""
        if now < self.begins(zone):
            raise NotOver(f"{self} has not begun yet; ask for a month that is over.")
        if now < self.ends(zone):
            last = self.ends(zone).astimezone(zone) - timedelta(days=1)
            raise NotOver(f"{self} runs until {last:%Y-%m-%d}; ask again when it is over.")

    def kept(self, since: datetime | None, zone: ZoneInfo) -> datetime:
        """Return when the ledger began; raise ``NotKept`` with a sentence unless that was before the end."""
        if since is None:
            raise NotKept("The ledger is empty; start the bot, and ask for a month it was there for.")
        if self.ends(zone) <= since:
            began = f"{since.astimezone(zone):%Y-%m-%d}"
            raise NotKept(f"The ledger begins on {began}: of {self} nothing is known; ask for a later month.")
        return since


def _counted(year: int, month: int, months: int) -> tuple[int, int]:
    years, month = divmod(month - 1 + months, 12)
    return year + years, month + 1


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment, included, to a moment, not included; in UTC."""

    begin: datetime
    end: datetime

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what ``MEANT`` says; raises ``Misconfigured``."""
        first, dots, last = text.partition("..")
        begin, end = _named(first.strip())
        if dots:
            end = _named(last.strip())[1]
        if begin >= end:
            raise Misconfigured(f"The period {text} ends before it begins.")
        return cls(begin, end)

    @classmethod
    def between(cls, first: str, last: str) -> Self:
        """Read it from two days, months, quarters or years, both included."""
        return cls.read(f"{first}..{last}")

    def __contains__(self, at: datetime) -> bool:
        return self.begin <= at < self.end


def _named(text: str) -> tuple[datetime, datetime]:
    found = _NAMED.fullmatch(text)
    if found is None:
        raise Misconfigured(f"{text!r} is no period; {MEANT}.")
    year, quarter, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        if quarter:
            return _months(year, quarter * 3 - 2, 3)
        if day:
            begin = datetime(year, month, day, tzinfo=UTC)
            return begin, begin + timedelta(days=1)
        return _months(year, month, 1) if month else _months(year, 1, DECEMBER)
    except (ValueError, OverflowError) as error:
        raise Misconfigured(f"{text!r} is no period; {MEANT}.") from error


def _months(year: int, first: int, count: int) -> tuple[datetime, datetime]:
    after = first + count
    end = (year + 1, after - DECEMBER) if after > DECEMBER else (year, after)
    return datetime(year, first, 1, tzinfo=UTC), datetime(*end, 1, tzinfo=UTC)
