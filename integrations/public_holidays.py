"""Public holidays by country or region, from the ``holidays`` library.  The only module that imports it."""

from datetime import date

import holidays

from workflows.calendar import DayOff
from workflows.errors import Misconfigured


def public_holidays(region: str) -> DayOff:
    """Return the holidays of ``DE`` or ``DE-BE``; raises ``Misconfigured`` for a region nobody knows."""
    country, _, part = region.partition("-")
    try:
        known = holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise Misconfigured(
            f'calendar.holidays: no holidays are known for {region!r}; use a country such as "DE", or "".'
        ) from error

    def day_off(day: date) -> bool:
        return day in known

    return day_off
