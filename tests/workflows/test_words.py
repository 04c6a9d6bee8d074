"""Durations and lists, read and said."""

from datetime import timedelta

import pytest

from workflows.words import duration, hours, listed, things


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("30m", 30),
        ("90m", 90),
        ("1h 30m", 90),
        ("1h30m", 90),
        (" 2 hours ", 120),
        ("1 Hour", 60),
        ("45 minutes", 45),
        ("2 hrs 5 mins", 125),
        ("1d", 1440),
        ("1 day 1 h 1 m", 1501),
        ("0m", 0),
    ],
)
def test_a_duration_is_read_the_way_people_write_it(text, minutes):
    assert duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text",
    ["", " ", "30", "30 minuts", "an hour", "-30m", "1.5h", "30m 1h", "1h30", "PT30M", "99999h", "30m;"],
)
def test_what_is_no_duration_is_not_guessed_at(text):
    assert duration(text) is None


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(hours=1, minutes=30), "1 h 30 min"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(days=1, minutes=1), "1 d 1 min"),
        (timedelta(0), "0 min"),
        (timedelta(seconds=89), "1 min"),
    ],
)
def test_a_duration_is_said_in_days_hours_and_minutes(length, said):
    assert hours(length) == said


def test_one_is_said_as_one():
    assert [things(n, "drill") for n in (0, 1, 2)] == ["0 drills", "1 drill", "2 drills"]


@pytest.mark.parametrize(
    ("many", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_ends_with_and(many, said):
    assert listed(many) == said
