"""Days as people say them: ``today``, ``friday``, ``2026-12-01``; and when a day ends where somebody is."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTEST = 3  #: letters of a weekday that say which one is meant
NEAR = {"today": 0, "tomorrow": 1}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def day(said: str, today: date) -> date | None:
    """Read a day; a weekday is the next one to come, never today.  ``None``: it is no day."""
    text = said.strip().lower().removeprefix("next ").strip()
    if text in NEAR:
        return today + timedelta(days=NEAR[text])
    if _ISO.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    meant = [n for n, name in enumerate(WEEKDAYS) if len(text) >= SHORTEST and name.startswith(text)]
    return today + timedelta(days=(meant[0] - today.weekday() - 1) % 7 + 1) if meant else None


def zone(name: str, otherwise: str) -> ZoneInfo:
    """Return a person's time zone, or the team's where theirs is not known."""
    try:
        return ZoneInfo(name or otherwise)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(otherwise)


def end_of(day: date, where: ZoneInfo) -> datetime:
    """Return the last second of a day there, in UTC; nights in which the clocks change have their own length."""
    midnight = datetime.combine(day + timedelta(days=1), time(), where)
    return midnight.astimezone(UTC) - timedelta(seconds=1)
