"""Working days and hours: when something due in "3 business days" is really due, and when people may be written to.

Durations are added in UTC; business days are counted in the policy's time zone and end with the last
working day's working hours there, so a clock change between the two moves nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workflows.policy import BusinessDays
from workflows.policy import Calendar as CalendarPolicy
from workflows.words import hours


def due_said(due: timedelta | BusinessDays) -> str:
    """Say ``4 h`` or ``3 business days``."""
    return str(due) if isinstance(due, BusinessDays) else hours(due)


DayOff = Callable[[date], bool]
SATURDAY = 5


def no_holidays(day: date) -> bool:
    """Say that no day is a holiday."""
    return False


@dataclass(frozen=True, slots=True)
class Calendar:
    """The policy's calendar, with the holidays of its region."""

    rules: CalendarPolicy
    is_holiday: DayOff = no_holidays

    def works(self, day: date) -> bool:
        return day.weekday() < SATURDAY and not self.is_holiday(day)

    def open_at(self, moment: datetime) -> bool:
        """Say whether ``moment`` lies within working hours."""
        here = moment.astimezone(self.zone)
        opening = time.fromisoformat(self.rules.working_hours.split("-")[0])
        return self.works(here.date()) and opening <= here.time() < self._closing

    def after(self, moment: datetime, due: timedelta | BusinessDays) -> datetime:
        """Return when ``due`` has passed since ``moment``, in UTC."""
        if isinstance(due, timedelta):
            return moment + due
        day, left = moment.astimezone(self.zone).date(), due.days
        while left:
            day += timedelta(days=1)
            left -= self.works(day)
        return self.closing(day)

    def closing(self, day: date) -> datetime:
        """Return when a day's working hours end, in UTC."""
        return datetime.combine(day, self._closing, self.zone).astimezone(UTC)

    def opening(self, day: date) -> datetime:
        """Return when a day's working hours begin, in UTC."""
        return datetime.combine(day, self._opening, self.zone).astimezone(UTC)

    def working(self, moment: datetime) -> datetime:
        """Return ``moment`` if it lies within working hours, else when the next ones begin, in UTC."""
        day = moment.astimezone(self.zone).date()
        while not self.works(day) or moment >= self.closing(day):
            day += timedelta(days=1)
        return max(moment, self.opening(day))

    def month(self, moment: datetime) -> tuple[datetime, datetime]:
        """Return when the month of ``moment`` began and ends in the team's time zone, in UTC."""
        first = moment.astimezone(self.zone).date().replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        begins, ends = (datetime.combine(day, time(), self.zone) for day in (first, following))
        return begins.astimezone(UTC), ends.astimezone(UTC)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.rules.timezone)

    @property
    def _opening(self) -> time:
        return time.fromisoformat(self.rules.working_hours.split("-")[0])

    @property
    def _closing(self) -> time:
        return time.fromisoformat(self.rules.working_hours.split("-")[1])
