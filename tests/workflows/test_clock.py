"""The procedure's clock may be ahead of real time; the stopwatch never is."""

from datetime import UTC, timedelta

import pytest

from workflows.clock import FollowingClock, ProcedureClock, RealTime

THREE_HOURS = timedelta(hours=3)


def following():
    clock = FollowingClock()
    clock.follow(RealTime().now() + THREE_HOURS)
    return clock


@pytest.mark.parametrize(
    "clock", [ProcedureClock(lambda: THREE_HOURS), following()], ids=["told", "following"]
)
def test_a_clock_that_is_ahead_goes_on_from_there(clock):
    before = RealTime().now()
    ahead = clock.now()
    after = RealTime().now()

    assert before + THREE_HOURS - timedelta(seconds=1) <= ahead <= after + THREE_HOURS


@pytest.mark.parametrize(
    "clock", [RealTime(), ProcedureClock(), FollowingClock()], ids=lambda c: type(c).__name__
)
def test_every_clock_speaks_utc_and_begins_with_real_time(clock):
    before, now, after = RealTime().now(), clock.now(), RealTime().now()

    assert now.tzinfo is UTC
    assert before <= now <= after
