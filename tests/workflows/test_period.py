"""Months and quarters: read, counted on, and where they begin when the clocks change."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.period import NotOver, Period

BERLIN, NEW_YORK, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")
months = st.builds(Period, st.integers(1990, 2090), st.integers(1, 12), st.sampled_from([1, 3]))


@pytest.mark.parametrize(
    ("text", "period", "name"),
    [
        ("2026-10", Period(2026, 10), "October 2026"),
        (" 2026-02 ", Period(2026, 2), "February 2026"),
        ("2026-Q4", Period(2026, 10, 3), "quarter 4 of 2026"),
        ("2026-q1", Period(2026, 1, 3), "quarter 1 of 2026"),
    ],
)
def test_a_period_is_read_and_written(text, period, name):
    assert Period.read(text) == period
    assert str(period) == text.strip().upper()
    assert period.name == name


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "26-10", "2026-Q5", "10-2026", "2026-10-01"]
)
def test_what_is_no_period_is_said_in_a_sentence(text):
    with pytest.raises(ValueError, match="write one as 2026-10 or 2026-Q4"):
        Period.read(text)


# Clock changes of 2026: the EU on 29 March and 25 October (Directive 2000/84/EC), the USA on 8 March and
# 1 November (15 U.S.C. 260a); Samoa has had none since 2021.
@pytest.mark.parametrize(
    ("period", "zone", "begins", "ends"),
    [
        ("2026-03", BERLIN, "2026-02-28T23:00Z", "2026-03-31T22:00Z"),
        ("2026-10", BERLIN, "2026-09-30T22:00Z", "2026-10-31T23:00Z"),
        ("2026-11", NEW_YORK, "2026-11-01T04:00Z", "2026-12-01T05:00Z"),
        ("2026-12", APIA, "2026-11-30T11:00Z", "2026-12-31T11:00Z"),
        ("2028-02", ZoneInfo("UTC"), "2028-02-01T00:00Z", "2028-03-01T00:00Z"),
        ("2026-Q4", BERLIN, "2026-09-30T22:00Z", "2026-12-31T23:00Z"),
    ],
)
def test_a_period_begins_and_ends_at_the_teams_midnight(period, zone, begins, ends):
    read = Period.read(period)

    assert f"{read.begins(zone):%Y-%m-%dT%H:%MZ}" == begins
    assert f"{read.ends(zone):%Y-%m-%dT%H:%MZ}" == ends


@given(months, st.sampled_from([BERLIN, NEW_YORK, APIA]))
def test_periods_follow_each_other_without_gap_and_overlap(period, zone):
    assert period.ends(zone) == period.next.begins(zone)
    assert period.next.before == period
    assert period.holds(period.begins(zone), zone)
    assert not period.holds(period.ends(zone), zone)
    assert period.parts[0].begins(zone) == period.begins(zone)
    assert period.parts[-1].ends(zone) == period.ends(zone)


def test_the_month_of_a_day_is_the_one_it_lies_in():
    assert Period.month_of(date(2028, 2, 29)) == Period(2028, 2)
    assert Period(2026, 12).next == Period(2027, 1)
    assert Period(2026, 1).before == Period(2025, 12)


def test_a_period_that_is_not_over_is_refused_in_a_sentence():
    now = datetime(2026, 10, 31, 22, 59, tzinfo=UTC)  # a minute before midnight in Berlin
    with pytest.raises(NotOver, match="2026-10 runs until 2026-10-31; ask again when it is over"):
        Period.read("2026-10").over(now, BERLIN)
    with pytest.raises(NotOver, match="2026-11 has not begun yet"):
        Period.read("2026-11").over(now, BERLIN)
    Period.read("2026-09").over(now, BERLIN)
    Period.read("2026-10").over(datetime(2026, 10, 31, 23, tzinfo=UTC), BERLIN)
