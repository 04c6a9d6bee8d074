"""Days as people say them, and when a day ends where they are.

ISO 8601 for dates written out.  Clock changes: Europe/Berlin on the last Sundays of March and October (Directive
2000/84/EC); America/Santiago at midnight, so that 6 September 2026 began at 01:00 (IANA tz database, file
"southamerica"); Pacific/Kiritimati is 14 hours ahead of UTC, Pacific/Pago_Pago 11 behind (same, "australasia").
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from workflows.dates import day, end_of, zone

WEDNESDAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("today", WEDNESDAY),
        ("Tomorrow", date(2026, 3, 5)),
        ("friday", date(2026, 3, 6)),
        ("Fri", date(2026, 3, 6)),
        ("next friday", date(2026, 3, 6)),
        ("tuesday", date(2026, 3, 10)),  # the next one is next week's
        ("wednesday", date(2026, 3, 11)),  # said on a Wednesday: not today
        ("2026-12-01", date(2026, 12, 1)),
        (" 2028-02-29 ", date(2028, 2, 29)),
        ("2027-02-29", None),  # no leap year
        ("2026-13-01", None),
        ("01.12.2026", None),
        ("fr", None),
        ("someday", None),
        ("", None),
    ],
)
def test_a_day_is_read_as_it_is_said(said, meant):
    assert day(said, WEDNESDAY) == meant


def test_a_weekday_goes_across_the_end_of_a_month_and_of_a_year():
    assert day("monday", date(2026, 2, 27)) == date(2026, 3, 2)
    assert day("friday", date(2026, 12, 31)) == date(2027, 1, 1)
    assert day("tuesday", date(2028, 2, 28)) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("said", "where", "until"),
    [
        (date(2026, 3, 6), "Europe/Berlin", datetime(2026, 3, 6, 22, 59, 59, tzinfo=UTC)),
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),  # 23 hours long
        (date(2026, 10, 25), "Europe/Berlin", datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),  # 25 hours
        (date(2026, 9, 5), "America/Santiago", datetime(2026, 9, 6, 3, 59, 59, tzinfo=UTC)),  # no midnight
        (date(2026, 3, 6), "Pacific/Kiritimati", datetime(2026, 3, 6, 9, 59, 59, tzinfo=UTC)),
        (date(2026, 3, 6), "Pacific/Pago_Pago", datetime(2026, 3, 7, 10, 59, 59, tzinfo=UTC)),
        (date(2026, 12, 31), "UTC", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_day_ends_where_somebody_is(said, where, until):
    assert end_of(said, ZoneInfo(where)) == until


@pytest.mark.parametrize("theirs", ["", "Mars/Olympus_Mons", "../../etc/passwd", "\0"])
def test_somebody_whose_zone_is_not_known_is_where_the_team_is(theirs):
    assert zone(theirs, "Europe/Berlin").key == "Europe/Berlin"


def test_somebody_whose_zone_is_known_is_there():
    assert zone("Asia/Tokyo", "Europe/Berlin").key == "Asia/Tokyo"
