"""Slack says that somebody changed: many hints are one refresh, and none is lost."""

import pytest

from bot.hints import PAUSE, Hints
from workflows.errors import Unavailable


class Mirrors:
    """What is refreshed, and when; ``meanwhile`` is what happens during the next refresh."""

    def __init__(self):
        self.time, self.refreshed, self.meanwhile = 100.0, [], lambda: None
        self.hints = Hints(self.refresh, lambda: self.time)

    def refresh(self):
        self.refreshed.append(self.time)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()

    def passes(self, seconds):
        """Let time pass; every second somebody looks whether there were hints, as the ticker does."""
        for _ in range(int(seconds)):
            self.time += 1
            self.hints.follow()


@pytest.fixture
def mirrors():
    return Mirrors()


def test_without_a_hint_nothing_is_refreshed(mirrors):
    mirrors.passes(60)

    assert mirrors.refreshed == []


def test_a_single_hint_is_followed_at_the_next_look_and_once(mirrors):
    mirrors.hints.take()
    mirrors.passes(60)

    assert mirrors.refreshed == [101]


def test_hundreds_of_hints_at_once_are_one_refresh(mirrors):
    for _ in range(300):
        mirrors.hints.take()
    mirrors.passes(60)

    assert mirrors.refreshed == [101]


def test_hints_that_keep_coming_are_a_refresh_now_and_then(mirrors):
    for _ in range(60):
        mirrors.hints.take()
        mirrors.passes(1)

    assert mirrors.refreshed == [101, 101 + PAUSE, 101 + 2 * PAUSE, 101 + 3 * PAUSE]


def test_a_hint_during_a_refresh_is_followed_by_another_that_begins_after_it(mirrors):
    mirrors.meanwhile = mirrors.hints.take
    mirrors.hints.take()
    mirrors.passes(60)

    assert mirrors.refreshed == [101, 101 + PAUSE]


def test_a_hint_whose_refresh_failed_is_followed_again(mirrors):
    def down():
        raise Unavailable("Slack does not answer.")

    mirrors.meanwhile = down
    mirrors.hints.take()
    with pytest.raises(Unavailable):
        mirrors.passes(1)
    mirrors.passes(60)

    assert mirrors.refreshed == [101, 101 + PAUSE]
