"""Policies by digest, and the one in force; parsed once per process."""

from collections.abc import Callable

import sqlalchemy as sa

from storage.schema import policies
from workflows.calendar import Calendar, DayOff, no_holidays
from workflows.errors import Misconfigured
from workflows.policy import Policy, load

Holidays = Callable[[str], DayOff]
_NEWEST = sa.select(policies.c.sha256).order_by(policies.c.sequence.desc()).limit(1)


def without_holidays(region: str) -> DayOff:
    """Know no holidays of any region."""
    return no_holidays


class Rules:
    """Finds policies; safe to share between threads, since what a digest names never changes."""

    def __init__(self, holidays: Holidays = without_holidays) -> None:
        self.holidays = holidays
        self._parsed: dict[str, Policy] = {}
        self._calendars: dict[tuple[str, str, str], Calendar] = {}

    def pinned(self, connection: sa.Connection, sha256: str) -> Policy:
        """Return the policy of this digest; raises ``Misconfigured`` if the database has lost it."""
        if sha256 not in self._parsed:
            query = sa.select(policies.c.text).where(policies.c.sha256 == sha256)
            text = connection.execute(query).scalar_one_or_none()
            if text is None:
                raise Misconfigured(
                    f"The database has no policy {sha256}; run `emergency-change db rebuild`."
                )
            self._parsed[sha256] = load(bytes(text), f"policy {sha256[:12]}")
        return self._parsed[sha256]

    def in_force(self, connection: sa.Connection) -> tuple[str, Policy]:
        """Return digest and policy for new changes."""
        sha256 = connection.execute(_NEWEST).scalar_one_or_none()
        if sha256 is None:
            raise Misconfigured("No policy is in force yet; start the bot once with its POLICY_FILE.")
        return sha256, self.pinned(connection, sha256)

    def calendar(self, policy: Policy) -> Calendar:
        """Return the policy's calendar."""
        rules = policy.calendar
        key = (rules.timezone, rules.working_hours, rules.holidays)
        if key not in self._calendars:
            day_off = self.holidays(rules.holidays) if rules.holidays else no_holidays
            self._calendars[key] = Calendar(rules, day_off)
        return self._calendars[key]
