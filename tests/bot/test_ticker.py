"""The heartbeat: what it calls, and that it stops without a word."""

import threading

from bot.ticker import LOOK, PATIENCE, Ticker
from bot.wiring.bot import REFRESH
from integrations.github_teams import IN_SIGHT


def test_what_is_called_once_is_called_and_what_is_called_now_and_then_again():
    ticker, once, again = Ticker(), threading.Event(), threading.Semaphore(0)
    ticker.soon(once.set)
    ticker.every(0.001, again.release)

    ticker.start()

    assert once.wait(20)
    assert again.acquire(timeout=20)
    assert again.acquire(timeout=20)
    ticker.stop()


def test_it_stops_in_the_middle_of_handing_out_what_is_called_once():
    threads = set(threading.enumerate())
    ticker = Ticker()
    for _ in range(50):
        ticker.soon(lambda: None)
    ticker.start()

    ticker.stop()  # a thread that broke would fail the test

    assert set(threading.enumerate()) == threads


def test_what_is_in_no_hurry_is_not_called_while_the_process_is_busy():
    busy, asked, called = threading.Event(), threading.Semaphore(0), threading.Event()
    busy.set()

    def is_busy():
        asked.release()
        return busy.is_set()

    ticker = Ticker(is_busy)
    ticker.at_leisure(0.001, called.set)
    ticker.start()

    assert asked.acquire(timeout=20)
    assert asked.acquire(timeout=20)  # by then the first answer was heeded
    too_early = called.is_set()
    busy.clear()
    assert called.wait(20)
    ticker.stop()

    assert not too_early


def test_however_busy_it_is_a_target_is_looked_at_again_before_it_is_out_of_sight():
    assert REFRESH + PATIENCE + LOOK < IN_SIGHT  # or access waits for one call more
