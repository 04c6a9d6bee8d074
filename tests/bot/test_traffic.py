"""Clicks go first: what they find out about each other, and who waits for them."""

import threading
from contextlib import contextmanager
from copy import deepcopy
from urllib.error import URLError

import pytest
from slack_bolt import BoltRequest

from bot.app import HeardApp
from bot.slack_out import ClickClient
from bot.traffic import BUSY, MANY, Traffic
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


@pytest.mark.parametrize(
    ("clicks", "seconds"), [(BUSY - 1, 0), (BUSY, 0.15), (40, 1.2), (MANY, 3), (3 * MANY, 3)]
)
def test_steps_leave_room_between_each_other_for_each_click_of_the_last_second_up_to_a_hundred(
    clicks, seconds
):
    time = [100.0]
    traffic = Traffic(lambda: time[0])

    for _ in range(MANY):
        traffic.click()
    time[0] += 2  # those of long ago count no more
    for _ in range(clicks):
        traffic.click()

    assert traffic.room == pytest.approx(seconds)


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


def answer(traffic, then=lambda: None):
    """Let another thread answer a click; return it, and what is set once its turn has come."""
    turn = threading.Event()

    def click():
        with traffic.answering():
            turn.set()
            then()

    other = threading.Thread(target=click)
    other.start()
    return other, turn


def test_a_click_is_answered_once_there_is_room_beside_those_before_it():
    traffic, together = Traffic(turn=60, inside=2), threading.Barrier(2)

    with traffic.answering():
        second, its_turn = answer(traffic, lambda: (together.wait(10), together.wait(10)))
        came_in = its_turn.wait(10)
        third, too_early = answer(traffic)
        waited = not too_early.wait(0.05)
        together.wait(10)
        together.wait(10)
    for click in (second, third):
        click.join(10)

    assert came_in
    assert waited
    assert too_early.is_set()


def test_once_a_click_only_waits_for_the_disk_the_next_is_answered():
    traffic = Traffic(turn=60, inside=1)

    with traffic.answering():
        traffic.let_next_in()
        other, turn = answer(traffic)
        other.join(10)
        came_in = turn.is_set()

    assert came_in
    with traffic.answering():
        third, too_early = answer(traffic)
        waited = not too_early.wait(0.05)
    third.join(10)
    assert waited


def test_while_a_click_waits_for_the_outside_the_next_is_answered():
    traffic = Traffic(turn=60, inside=1)

    with traffic.answering():
        with traffic.away():
            other, turn = answer(traffic)
            other.join(10)
            came_in = turn.is_set()
        third, too_early = answer(traffic)
        waited = not too_early.wait(0.05)
    third.join(10)

    assert came_in
    assert waited


def test_while_a_click_waits_for_the_outside_whoever_writes_does_not_wait_for_it():
    traffic = Traffic(patience=60)

    with traffic.answering():
        with traffic.away():
            first, at_once = begin_to_write(traffic)
            went_on = at_once.wait(10)
        second, goes_on = begin_to_write(traffic)
        too_early = goes_on.wait(0.05)
    for writer in (first, second):
        writer.join(10)

    assert went_on
    assert not too_early
    assert goes_on.is_set()


def test_a_click_that_got_stuck_keeps_the_next_out_for_one_turn_only():
    traffic = Traffic(turn=0.01, inside=1)

    with traffic.answering():
        other, turn = answer(traffic)
        other.join(10)

    assert turn.is_set()
    with traffic.answering():
        another, its_turn = answer(traffic)
        another.join(10)
    assert its_turn.is_set()


def test_whoever_answers_a_click_gives_way_to_no_other():
    traffic, answered = Traffic(patience=60, turn=0, inside=1), threading.Event()

    def give_way():
        traffic.give_way()
        answered.set()

    with traffic.answering():
        other, _ = answer(traffic, give_way)
        other.join(10)

    assert answered.is_set()


def test_whoever_is_no_click_lets_nobody_in():
    """A worker calls Slack while a click is being answered."""
    traffic = Traffic(turn=60, inside=1)

    def call():
        with traffic.away():
            pass

    with traffic.answering():
        worker = threading.Thread(target=call)
        worker.start()
        worker.join(10)
        other, turn = answer(traffic)
        too_early = turn.wait(0.05)
    other.join(10)

    assert not too_early
    assert turn.is_set()


def test_a_call_to_slack_lets_the_next_click_in_in_every_copy_of_the_client():
    """Bolt hands a deep copy of its client to each request."""
    traffic, came_in = Traffic(turn=60, inside=1), []

    @contextmanager
    def away():
        with traffic.away():
            other, turn = answer(traffic)
            other.join(10)
            came_in.append(turn.is_set())
            yield

    client = ClickClient("xoxb-test", base_url="http://127.0.0.1:9/", retry_handlers=[])
    client.away = away
    with traffic.answering(), pytest.raises(URLError):
        deepcopy(client).api_test()

    assert came_in == [True]


def test_clicks_without_end_hold_up_nobody_for_long():
    traffic = Traffic(patience=0)

    with traffic.answering():
        writer, goes_on = begin_to_write(traffic)
        writer.join(10)

    assert goes_on.is_set()


def step(traffic, then):
    """Let another thread work on a step that does something; return it."""

    def work():
        with traffic.stepping():
            then()

    worker = threading.Thread(target=work)
    worker.start()
    return worker


def test_a_step_that_writes_has_a_turn_as_a_click_has_until_only_the_disk_is_left():
    traffic, writes, go = Traffic(turn=60), threading.Event(), threading.Event()
    commits, end = threading.Event(), threading.Event()

    def write():
        traffic.give_way()
        writes.set()
        go.wait(10)
        traffic.let_next_in()
        commits.set()
        end.wait(10)

    worker = step(traffic, write)
    began = writes.wait(10)
    click, turn = answer(traffic)
    too_early = turn.wait(0.05)
    go.set()
    came_in = commits.wait(10) and turn.wait(10)
    end.set()
    for thread in (worker, click):
        thread.join(10)

    assert began
    assert not too_early
    assert came_in


def test_a_step_whose_transaction_breaks_keeps_no_click_waiting(tmp_path):
    traffic, broke = Traffic(turn=60), []
    database = Database(f"sqlite:///{tmp_path / 'memory.db'}")
    database.before_writing, database.after_writing = traffic.give_way, traffic.go_out

    def write():
        with pytest.raises(ZeroDivisionError), database.write():
            raise ZeroDivisionError
        broke.append(True)

    step(traffic, write).join(10)
    click, turn = answer(traffic)
    click.join(10)
    database.close()

    assert broke
    assert turn.is_set()


def test_a_click_that_writes_keeps_its_turn_until_it_is_answered():
    traffic = Traffic(turn=60)

    with traffic.answering():
        traffic.give_way()
        traffic.go_out()
        other, turn = answer(traffic)
        too_early = turn.wait(0.05)
    other.join(10)

    assert not too_early
    assert turn.is_set()


def test_a_step_waits_longer_than_others_for_a_moment_without_a_click():
    traffic, steps = Traffic(patience=0, long_patience=60), threading.Event()

    def write():
        traffic.give_way()
        steps.set()

    with traffic.answering():
        worker = step(traffic, write)
        writer, goes_on = begin_to_write(traffic)
        at_once = goes_on.wait(10)
        too_early = steps.wait(0.05)
    for thread in (worker, writer):
        thread.join(10)

    assert at_once
    assert not too_early
    assert steps.is_set()


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


def test_a_transaction_says_when_only_its_commit_is_left_and_not_if_it_fails(tmp_path):
    database, said = Database(f"sqlite:///{tmp_path / 'memory.db'}"), []
    database.before_committing = lambda: said.append("only the disk")

    with database.write():
        said.append("writes")
    with pytest.raises(ZeroDivisionError), database.write():
        raise ZeroDivisionError
    database.close()

    assert said == ["writes", "only the disk"]


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
