"""A period of time, as auditors name one: a year, a quarter, a month, a day, or from and to."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workflows.errors import Misconfigured

_NAMED = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})(?:-(\d{2}))?))?")
DECEMBER = 12
MEANT = "write a year (2026), a quarter (2026-Q1), a month (2026-03), a day (2026-03-02), or FROM..TO"


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment, included, to a moment, not included; in UTC."""

    begin: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.begin <= at < self.end


def period(text: str) -> Period:
    """Read a period; raises ``Misconfigured``."""
    first, dots, last = text.partition("..")
    begin, end = _named(first.strip())
    if dots:
        end = _named(last.strip())[1]
    if begin >= end:
        raise Misconfigured(f"The period {text} ends before it begins.")
    return Period(begin, end)


def between(first: str, last: str) -> Period:
    """Read a period from two days, months, quarters or years, both included."""
    return period(f"{first}..{last}")


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
