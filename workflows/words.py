"""How durations and lists are said, the same in Slack, Jira and on the command line."""

import re
from collections.abc import Iterable
from datetime import timedelta

_UNITS = {"d": 86400, "h": 3600, "m": 60}
_DURATION = re.compile(
    r"^\s*(?:(\d{1,4})\s*(?:d|days?))?\s*(?:(\d{1,4})\s*(?:h|hrs?|hours?))?"
    r"\s*(?:(\d{1,5})\s*(?:m|mins?|minutes?))?\s*$",
    re.IGNORECASE,
)


def hours(length: timedelta) -> str:
    """Say ``1 h 30 min``."""
    minutes = round(length.total_seconds() / 60)
    days, minutes = divmod(minutes, 1440)
    parts = ((days, "d"), (minutes // 60, "h"), (minutes % 60, "min"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"


def duration(text: str) -> timedelta | None:
    """Read ``90m``, ``1h 30m``, ``2 hours``; ``None`` when it is none of these.  May be zero."""
    found = _DURATION.match(text)
    if not found or not any(found.groups()):
        return None
    seconds = sum(int(n or 0) * unit for n, unit in zip(found.groups(), _UNITS.values(), strict=True))
    return timedelta(seconds=seconds)


def things(count: int, one: str) -> str:
    """Say ``1 drill``, ``2 drills``."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def listed(things: Iterable[str]) -> str:
    """Say ``a, b and c``."""
    *most, last = [*things] or [""]
    return f"{', '.join(most)} and {last}" if most else last
