"""Months and quarters of the team's calendar: what a review is about."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"([1-9]\d{3})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"([1-9]\d{3})-Q([1-4])", re.IGNORECASE)
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class NotOver(ValueError):
    """The period has not ended yet, so that nothing can be said about it once and for all."""


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


def _counted(year: int, month: int, months: int) -> tuple[int, int]:
    years, month = divmod(month - 1 + months, 12)
    return year + years, month + 1
