"""The stand-in's rate limit: spent within an hour, and there again after it, as GitHub's is."""

import httpx
import pytest

from sandbox.github import GitHub
from tests.clocks import MovableClock
from tests.switchboard import plugged


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
def ask(clock):
    stand_in = GitHub(now=clock.now, rate_limit=2)
    with plugged(stand_in) as url, httpx.Client(base_url=url) as client:
        client.headers["authorization"] = f"token {stand_in.token}"
        yield lambda: client.get("/user")


def test_a_limit_that_is_spent_is_there_again_an_hour_after_the_first_call(ask, clock):
    first = [ask().status_code, ask().status_code]
    clock.advance(minutes=59)
    spent = ask()
    clock.advance(minutes=1)

    assert first == [200, 200]
    assert spent.status_code == 403
    assert int(spent.headers["x-ratelimit-reset"]) == int(clock.now().timestamp())
    assert ask().headers["x-ratelimit-remaining"] == "1"
