"""How long ago something was by the calendar: years, months and days, as ISO 8601 writes them."""

import re
from calendar import monthrange
from datetime import datetime, timedelta

#: ``P7Y``, ``P18M``, ``P1Y6M``, ``P90D``
SHAPE = r"^P(\d{1,3}Y(\d{1,4}M)?(\d{1,5}D)?|\d{1,4}M(\d{1,5}D)?|\d{1,5}D)$"
_PARTS = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")


def roughly(period: str) -> int:
    """Return about how many days a period has."""
    years, months, days = _parts(period)
    return years * 365 + months * 30 + days


def before(at: datetime, period: str) -> datetime:
    """Return the moment that is a period earlier; a day that month does not have is its last one."""
    years, months, days = _parts(period)
    year, month = divmod(at.year * 12 + at.month - 1 - years * 12 - months, 12)
    day = min(at.day, monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day) - timedelta(days=days)


def _parts(period: str) -> tuple[int, int, int]:
    found = _PARTS.fullmatch(period)
    if found is None:
        raise ValueError(f"{period!r} is no period.")
    years, months, days = (int(part or 0) for part in found.groups())
    return years, months, days
