"""Years and months as a calendar counts them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.ages import before, roughly
from workflows.policy import Retention


def at(*when):
    return datetime(*when, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "period", "then"),
    [
        (at(2026, 11, 2), "P7Y", at(2019, 11, 2)),
        (at(2028, 2, 29), "P1Y", at(2027, 2, 28)),
        (at(2028, 2, 29), "P4Y", at(2024, 2, 29)),
        (at(2026, 3, 31), "P1M", at(2026, 2, 28)),
        (at(2026, 1, 15), "P1M", at(2025, 12, 15)),
        (at(2026, 1, 15), "P18M", at(2024, 7, 15)),
        (at(2026, 3, 1), "P1D", at(2026, 2, 28)),
        (at(2026, 6, 30), "P1Y6M10D", at(2024, 12, 20)),
    ],
)
def test_a_period_is_counted_back_on_the_calendar(now, period, then):
    assert before(now, period) == then


@given(st.integers(1, 100), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_longer_is_earlier(years, day):
    now = at(day.year, day.month, day.day)

    assert before(now, f"P{years}Y") > before(now, f"P{years}Y1D") > before(now, f"P{years}Y1M")


def test_the_length_in_days_is_good_enough_to_compare():
    assert (roughly("P7Y"), roughly("P2M"), roughly("P90D"), roughly("P1Y1M1D")) == (2555, 60, 90, 396)


def test_what_is_no_period_is_not_guessed_at():
    with pytest.raises(ValueError, match="no period"):
        before(at(2026, 1, 1), "7 years")


def test_records_are_kept_until_their_period_is_over():
    assert Retention(records="P7Y").cutoff(at(2026, 11, 2)) == at(2019, 11, 2)
