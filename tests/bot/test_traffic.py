"""Clicks go first: what they find out about each other, and who waits for them."""

import threading
from contextlib import contextmanager

from slack_bolt import BoltRequest

from bot.app import HeardApp
from bot.traffic import BUSY, Traffic
from storage.engine import Database


def test_clicks_that_come_quickly_make_it_busy_and_a_second_later_it_is_not():
    time = [100.0]
    traffic = Traffic(lambda: time[0])

    for _ in range(BUSY):
        traffic.click()
        time[0] += 0.01
    busy = traffic.busy
    time[0] += 1.0

    assert busy
    assert not traffic.busy


def test_a_click_now_and_then_is_nothing_to_make_room_for():
    time = [100.0]
    traffic = Traffic(lambda: time[0])

    for _ in range(BUSY * 2):
        traffic.click()
        time[0] += 0.5

    assert not traffic.busy


def begin_to_write(traffic):
    """Let another thread give way; return it, and what is set once it goes on."""
    goes_on = threading.Event()

    def write():
        traffic.give_way()
        goes_on.set()

    writer = threading.Thread(target=write)
    writer.start()
    return writer, goes_on


def test_whoever_writes_waits_until_the_click_is_answered():
    traffic = Traffic(patience=60)

    with traffic.answering():
        writer, goes_on = begin_to_write(traffic)
        too_early = goes_on.wait(0.05)
    writer.join(10)

    assert not too_early
    assert goes_on.is_set()


def test_whoever_answers_a_click_waits_for_no_other():
    traffic, answered = Traffic(patience=60), threading.Event()

    def answer():
        with traffic.answering():
            traffic.give_way()
            answered.set()

    with traffic.answering():
        other = threading.Thread(target=answer)
        other.start()
        other.join(10)

    assert answered.is_set()


def test_clicks_without_end_hold_up_nobody_for_long():
    traffic = Traffic(patience=0)

    with traffic.answering():
        writer, goes_on = begin_to_write(traffic)
        writer.join(10)

    assert goes_on.is_set()


def test_a_transaction_gives_way_before_it_begins_and_holds_nothing_meanwhile(tmp_path):
    database, order = Database(f"sqlite:///{tmp_path / 'memory.db'}"), []

    def give_way():
        order.append("gives way")
        if len(order) == 1:
            with database.write():
                order.append("somebody else writes")

    database.before_writing = give_way
    with database.write():
        order.append("writes")
    database.close()

    assert order == ["gives way", "gives way", "somebody else writes", "writes"]


def test_the_app_says_when_it_begins_to_answer_and_when_it_has():
    said = []

    @contextmanager
    def answering():
        said.append("begins")
        yield
        said.append("ends")

    app = HeardApp(name="test", signing_secret="secret", token="xoxb-test", token_verification_enabled=False)
    app.answering = answering
    answer = app.dispatch(BoltRequest(body="payload={}", mode="http"))

    assert answer.status == 401
    assert said == ["begins", "ends"]
