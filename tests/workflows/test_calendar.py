"""Working days, across clock changes, holidays and leap days.

Clock changes: Europe/Berlin moves at 01:00 UTC on the last Sundays of March and October (Directive 2000/84/EC),
America/New_York at 02:00 local time on the second Sunday of March and the first of November (15 U.S.C. 260a);
Pacific/Apia had no 30 December 2011 (IANA tz database, file "australasia").
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from workflows.calendar import Calendar, no_holidays
from workflows.policy import BusinessDays
from workflows.policy import Calendar as CalendarPolicy

#: Easter 2026 was on 5 April (Gregorian computus), so that Good Friday and Easter Monday enclose it; both are
#: holidays in all of Germany, as are 1 January, 1 May, 3 October and 25-26 December (the Länder's Feiertagsgesetze).
GERMANY = {date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 12, 25), date(2027, 1, 1)}


def calendar(zone="Europe/Berlin", hours="09:00-18:00", holidays=()):
    return Calendar(CalendarPolicy(timezone=zone, working_hours=hours), set(holidays).__contains__)


def utc(*when):
    return datetime(*when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "days", "until"),
    [
        (utc(2026, 3, 2, 3, 10), 1, utc(2026, 3, 3, 17)),  # Monday night to Tuesday 18:00 in Berlin (UTC+1)
        (utc(2026, 3, 6, 3, 10), 1, utc(2026, 3, 9, 17)),  # Friday: the weekend does not count
        (utc(2026, 3, 7, 3, 10), 1, utc(2026, 3, 9, 17)),  # Saturday
        (utc(2026, 3, 6, 3, 10), 5, utc(2026, 3, 13, 17)),
        (utc(2026, 3, 2, 23, 30), 1, utc(2026, 3, 4, 17)),  # 00:30 on Tuesday in Berlin already
    ],
)
def test_business_days_end_with_the_working_hours_of_the_last_one(at, days, until):
    assert calendar().after(at, BusinessDays(days=days)) == until


def test_a_duration_is_added_as_it_is_whatever_day_it_is():
    assert calendar().after(utc(2026, 3, 7, 3), timedelta(hours=4)) == utc(2026, 3, 7, 7)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (utc(2026, 3, 27, 3), utc(2026, 3, 30, 16)),  # 29 March: UTC+1 becomes UTC+2
        (utc(2026, 10, 23, 3), utc(2026, 10, 26, 17)),  # 25 October: UTC+2 becomes UTC+1
    ],
)
def test_a_clock_change_does_not_move_the_end_of_the_working_day(at, until):
    due = calendar().after(at, BusinessDays(days=1))

    assert due == until
    assert due.astimezone(ZoneInfo("Europe/Berlin")).hour == 18


def test_a_duration_is_as_long_in_the_night_the_clocks_change():
    before = utc(2026, 3, 29, 0, 30)

    assert calendar().after(before, timedelta(hours=24)) - before == timedelta(hours=24)


def test_other_zones_change_their_clocks_on_other_days():
    new_york = calendar("America/New_York")

    assert new_york.after(utc(2026, 3, 6, 15), BusinessDays(days=1)) == utc(2026, 3, 9, 22)  # 8 March
    assert new_york.after(utc(2026, 10, 30, 15), BusinessDays(days=1)) == utc(2026, 11, 2, 23)  # 1 November


@pytest.mark.parametrize(
    ("at", "days", "until"),
    [
        (utc(2026, 4, 2, 3), 1, utc(2026, 4, 7, 16)),  # Good Friday, the weekend, Easter Monday
        (utc(2026, 4, 30, 3), 1, utc(2026, 5, 4, 16)),  # 1 May 2026 is a Friday
        (utc(2026, 12, 24, 3), 1, utc(2026, 12, 28, 17)),
        (utc(2026, 12, 31, 3), 1, utc(2027, 1, 4, 17)),  # across the year
    ],
)
def test_holidays_do_not_count(at, days, until):
    assert calendar(holidays=GERMANY).after(at, BusinessDays(days=days)) == until


def test_29_february_is_a_working_day_when_there_is_one():
    """2028 is a leap year, and its 29 February a Tuesday."""
    assert calendar().after(utc(2028, 2, 28, 3), BusinessDays(days=1)) == utc(2028, 2, 29, 17)
    assert calendar().after(utc(2027, 2, 26, 3), BusinessDays(days=1)) == utc(2027, 3, 1, 17)


def test_a_day_a_zone_left_out_is_passed_over():
    """Samoa went from Thursday, 29 December 2011 to Saturday, 31 December."""
    apia = calendar("Pacific/Apia")

    due = apia.after(utc(2011, 12, 29, 12), BusinessDays(days=2))

    assert due.astimezone(ZoneInfo("Pacific/Apia")).date() == date(2012, 1, 2)


def test_weekends_and_holidays_are_days_off():
    friday, saturday = date(2026, 5, 1), date(2026, 5, 2)

    assert calendar().works(friday)
    assert not calendar(holidays=GERMANY).works(friday)
    assert not calendar().works(saturday)
    assert not no_holidays(friday)


@pytest.mark.parametrize(
    ("zone", "at", "began", "ends"),
    [
        ("Europe/Berlin", utc(2026, 5, 31, 21, 59), utc(2026, 4, 30, 22), utc(2026, 5, 31, 22)),
        ("Europe/Berlin", utc(2026, 5, 31, 22), utc(2026, 5, 31, 22), utc(2026, 6, 30, 22)),
        (
            "Europe/Berlin",
            utc(2026, 3, 15),
            utc(2026, 2, 28, 23),
            utc(2026, 3, 31, 22),
        ),  # 29 March: summer time
        (
            "Europe/Berlin",
            utc(2026, 10, 15),
            utc(2026, 9, 30, 22),
            utc(2026, 10, 31, 23),
        ),  # 25 October: winter time
        ("Europe/Berlin", utc(2028, 2, 29, 12), utc(2028, 1, 31, 23), utc(2028, 2, 29, 23)),  # a leap year
        (
            "Europe/Berlin",
            utc(2026, 12, 31, 23),
            utc(2026, 12, 31, 23),
            utc(2027, 1, 31, 23),
        ),  # New Year in Berlin
        ("America/New_York", utc(2026, 6, 1, 3, 59), utc(2026, 5, 1, 4), utc(2026, 6, 1, 4)),
        ("Pacific/Kiritimati", utc(2026, 5, 31, 10), utc(2026, 5, 31, 10), utc(2026, 6, 30, 10)),  # UTC+14
    ],
)
def test_a_month_begins_and_ends_at_midnight_where_the_team_is(zone, at, began, ends):
    assert calendar(zone).month(at) == (began, ends)
