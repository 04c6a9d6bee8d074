"""Full collections stop every thread: they are begun in a calm moment, and once a minute at the latest."""

import gc
import weakref

from bot.garbage import LATEST, NEVER, PAUSE, Garbage
from bot.traffic import Traffic


class Collected:
    """Garbage, in a time that only moves when it is told to."""

    def __init__(self):
        self.time, self.times, self.idle = 100.0, [], True
        self.traffic = Traffic(lambda: self.time)
        self.garbage = Garbage(
            self.traffic, lambda: self.idle, lambda: self.times.append(self.time), lambda: self.time
        )

    def passes(self, seconds, *, clicks=False):
        for _ in range(int(seconds)):
            self.time += 1
            if clicks:
                self.traffic.click()
            self.garbage.collect()


def test_while_nobody_clicks_it_is_collected_now_and_then():
    of = Collected()

    of.passes(3 * PAUSE)

    assert of.times == [100 + PAUSE, 100 + 2 * PAUSE, 100 + 3 * PAUSE]


def test_while_people_click_it_is_collected_once_a_minute_and_soon_after_they_stop():
    of = Collected()

    of.passes(LATEST, clicks=True)
    of.passes(PAUSE, clicks=True)
    of.passes(1)

    assert of.times == [100 + LATEST, 100 + LATEST + PAUSE + 1]


def test_what_is_at_work_is_not_stopped_for_it_until_a_minute_has_passed():
    of = Collected()

    of.idle = False
    of.passes(LATEST + PAUSE + 5)
    of.idle = True
    of.passes(1)

    assert of.times == [100 + LATEST, 100 + LATEST + PAUSE + 6]


def test_python_begins_no_full_collection_meanwhile_and_does_again_afterwards():
    of, before = Collected(), gc.get_threshold()

    of.garbage.begin()
    meanwhile = gc.get_threshold()
    of.garbage.end()

    assert meanwhile == (*before[:2], NEVER)
    assert gc.get_threshold() == before


def test_it_is_pythons_own_collector_that_is_asked():
    class Loop:
        """Something that only a collector frees."""

    loop, freed = Loop(), []
    loop.itself = loop
    weakref.finalize(loop, freed.append, True)
    del loop
    now = [0.0]
    garbage = Garbage(Traffic(lambda: now[0]), lambda: True, monotonic=lambda: now[0])

    now[0] = PAUSE
    garbage.collect()

    assert freed == [True]
