"""What is in no hurry waits for its moment, and not for ever."""

import pytest

from bot.leisure import Leisurely


class Job:
    """Something due every ten seconds, and after twenty at the latest, in a time that only moves when it is told to."""

    def __init__(self, *, breaks=False):
        self.time, self.suits, self.times, self.breaks = 100.0, True, [], breaks
        self.due = Leisurely(self.do, lambda: self.suits, every=10, latest=20, monotonic=lambda: self.time)

    def do(self):
        self.times.append(self.time)
        if self.breaks:
            raise ZeroDivisionError

    def passes(self, seconds):
        for _ in range(seconds):
            self.time += 1
            self.due.look()


def test_it_is_done_now_and_then():
    job = Job()

    job.passes(35)

    assert job.times == [110, 120, 130]


def test_it_waits_while_the_moment_does_not_suit_and_is_done_when_it_does():
    job = Job()

    job.suits = False
    job.passes(15)
    job.suits = True
    job.passes(15)

    assert job.times == [116, 126]


def test_it_is_done_at_the_latest_whether_the_moment_suits_or_not():
    job = Job()

    job.suits = False
    job.passes(45)

    assert job.times == [120, 140]


def test_what_breaks_is_due_again_in_its_turn():
    job = Job(breaks=True)
    with pytest.raises(ZeroDivisionError):
        job.passes(10)

    job.breaks = False
    job.passes(10)

    assert job.times == [110, 120]
