"""The workers: steps fail alone, and make room for clicks."""

import threading

from bot.traffic import BUSY, LATELY, Traffic
from bot.worker import FRESH, KEPT, SLOTS, Workers
from workflows.errors import Unavailable
from workflows.vocabulary import ChangeId, StepName
from workflows.work import Begun, Claimed


def claim(number, step=StepName.CARD):
    return Claimed(
        change=ChangeId(f"EC-2026-{number:04d}"),
        step=step,
        subject="",
        wanted=True,
        revision=1,
        settled=None,
        place="",
        reference="",
        attempts=0,
        attempted_at=None,
        token=1,
        error=None,
    )


class Due:
    """Hands out claims once, and remembers what came back."""

    def __init__(self, *claims, broken=0):
        self.claims, self.given_back, self.broken = list(claims), [], broken
        self.lock = threading.Lock()

    def claim(self, limit, *, access=False):
        with self.lock:
            if self.broken:
                self.broken -= 1
                raise Unavailable("The database did not answer.")
            fits = [one for one in self.claims if one.step is StepName.ACCESS or not access]
            taken = fits[:limit]
            self.claims = [one for one in self.claims if one not in taken]
            return taken

    def postpone(self, claimed, error):
        self.given_back.append(claimed.change)


def workers_of(due, work, traffic=None, go_on=None, **how):
    """Return workers; what is handed to them they do as any other work unless ``go_on`` says how, however late."""
    go_on = go_on or (lambda begun: work(begun.claimed))
    return Workers(due, work, go_on, traffic or Traffic(), **{"monotonic": lambda: 0.0, **how})


def run(due, work, until, traffic=None, **how):
    workers = workers_of(due, work, traffic, **how)
    workers.start()
    workers.wake()
    assert until.wait(10)
    workers.stop()


class Hurried(Traffic):
    """People click all the time, and steps leave a minute between each other."""

    def __init__(self):
        super().__init__()
        self.asked = threading.Event()
        self.seconds = 60.0

    @property
    def busy(self):
        return True

    @property
    def room(self):
        self.asked.set()
        return self.seconds


def handed(number):
    return Begun(claim(number, StepName.ACCESS), None)


def test_a_step_that_breaks_does_not_take_the_others_with_it():
    done, all_done = [], threading.Event()

    def work(claimed):
        if claimed.change.endswith("1"):
            raise ZeroDivisionError
        done.append(claimed.change)
        if len(done) == 2:
            all_done.set()

    due = Due(claim(1), claim(2), claim(3))
    run(due, work, all_done)

    assert sorted(done) == ["EC-2026-0002", "EC-2026-0003"]
    assert due.given_back == ["EC-2026-0001"]


def test_access_is_given_before_anything_else_begins():
    order, all_done = [], threading.Event()

    def work(claimed):
        order.append(f"{claimed.step.value} begins")
        order.append(f"{claimed.step.value} ends")
        if len(order) == 4:
            all_done.set()

    run(Due(claim(1), claim(1, StepName.ACCESS)), work, all_done, head_start=10)

    assert order == ["access begins", "access ends", "card begins", "card ends"]


def test_right_after_a_click_nothing_but_access_is_begun():
    time, begun, all_done = [100.0], [], threading.Event()
    traffic = Traffic(lambda: time[0])
    traffic.click()

    def work(claimed):
        begun.append((claimed.step, traffic.lately))
        if claimed.step is StepName.ACCESS:
            time[0] += 2 * LATELY
        else:
            all_done.set()

    run(Due(claim(1), claim(1, StepName.ACCESS)), work, all_done, traffic, head_start=10)

    assert begun == [(StepName.ACCESS, True), (StepName.CARD, False)]


def test_a_provider_that_does_not_answer_holds_nobody_up():
    card, access = threading.Event(), threading.Event()

    def work(claimed):
        if claimed.step is StepName.CARD:
            card.set()
        elif card.wait(10):
            access.set()

    run(Due(claim(1, StepName.ACCESS), claim(1)), work, access, head_start=0.01)

    assert card.is_set()


def test_access_is_given_while_everybody_else_keeps_the_workers_waiting():
    begun, given = [], threading.Event()
    due = Due(*(claim(number, StepName.TICKET) for number in range(2 * SLOTS)))

    def work(claimed):
        if claimed.step is StepName.ACCESS:
            given.set()
            return
        with due.lock:
            begun.append(claimed)
            if len(begun) == SLOTS - KEPT:
                due.claims.insert(0, claim(99, StepName.ACCESS))
        given.wait(10)

    run(due, work, given)

    assert given.is_set()


def test_a_database_that_does_not_answer_is_asked_again():
    done = threading.Event()

    run(Due(claim(1), broken=1), lambda claimed: done.set(), done)

    assert done.is_set()


# --- what is handed to them ------------------------------------------------------------------------


def test_what_is_handed_to_them_comes_before_all_they_would_look_for():
    order, all_done = [], threading.Event()

    def work(claimed):
        order.append((claimed.step, claimed.change))
        if len(order) == 3:
            all_done.set()

    workers = workers_of(Due(claim(1), claim(2, StepName.ACCESS)), work, head_start=10)
    workers.begin(handed(3))
    workers.start()
    finished = all_done.wait(10)
    workers.stop()

    assert finished
    assert [change[-1] for _, change in order] == ["3", "2", "1"]


def test_what_is_handed_to_them_and_breaks_is_given_back():
    due, free_again = Due(), threading.Event()

    def breaks(begun):
        raise ZeroDivisionError

    due.postpone = lambda claimed, error: (due.given_back.append(claimed.change), free_again.set())
    workers = workers_of(due, lambda claimed: None, go_on=breaks, slots=1)
    workers.start()
    workers.begin(handed(1))
    given_back = free_again.wait(10)
    workers.stop()

    assert given_back
    assert due.given_back == ["EC-2026-0001"]


def test_what_is_handed_to_them_and_never_begun_is_given_back_when_they_stop():
    due = Due()
    workers = workers_of(due, lambda claimed: None)
    workers.begin(handed(1))
    workers.stop()

    assert due.given_back == ["EC-2026-0001"]


def test_what_is_handed_to_them_once_they_have_stopped_is_given_back():
    due = Due()
    workers = workers_of(due, lambda claimed: None)
    workers.start()
    workers.stop()
    workers.begin(handed(1))

    assert due.given_back == ["EC-2026-0001"]


def test_what_waited_too_long_for_them_is_given_back():
    due, done, time = Due(claim(2)), threading.Event(), [100.0]
    workers = workers_of(due, lambda claimed: done.set(), monotonic=lambda: time[0])
    workers.begin(handed(1))
    time[0] += FRESH
    workers.start()
    finished = done.wait(10)
    workers.stop()

    assert finished
    assert due.given_back == ["EC-2026-0001"]


def test_what_waited_too_long_for_them_is_given_back_though_all_have_their_hands_full():
    due, began, go, time = Due(claim(2)), threading.Event(), threading.Event(), [100.0]

    def work(claimed):
        began.set()
        go.wait(10)

    def given_back(claimed, error):
        due.given_back.append(claimed.change)
        go.set()

    due.postpone = given_back
    workers = workers_of(due, work, slots=1, monotonic=lambda: time[0])
    workers.start()
    workers.wake()
    at_work = began.wait(10)
    workers.begin(handed(1))
    time[0] += FRESH
    freed = go.wait(10)
    workers.stop()

    assert (at_work, freed) == (True, True)
    assert due.given_back == ["EC-2026-0001"]


def test_whatever_was_handed_over_at_once_is_begun_though_people_click():
    done, traffic = [], Hurried()
    all_done = threading.Event()

    def go_on(begun):
        done.append(begun.claimed.change)
        if len(done) == 2:
            all_done.set()

    workers = workers_of(Due(), lambda claimed: None, traffic, go_on)
    workers.begin(handed(1))
    workers.begin(handed(2))
    workers.start()
    finished = all_done.wait(10)
    workers.stop()

    assert finished
    assert done == ["EC-2026-0001", "EC-2026-0002"]


def test_what_is_handed_to_them_does_not_wait_until_there_is_room_for_steps():
    done, traffic = threading.Event(), Hurried()
    workers = workers_of(Due(), lambda claimed: None, traffic, lambda begun: done.set())
    workers.start()
    waiting = traffic.asked.wait(10)
    workers.begin(handed(1))
    finished = done.wait(10)
    workers.stop()

    assert waiting
    assert finished


def test_what_waits_for_room_begins_once_people_stop_clicking():
    begun, traffic = threading.Event(), Hurried()
    workers = workers_of(Due(claim(1)), lambda claimed: begun.set(), traffic)
    workers.start()
    workers.wake()
    waiting = traffic.asked.wait(10)
    too_early = begun.is_set()
    traffic.seconds = 0.0
    finished = begun.wait(10)
    workers.stop()

    assert waiting
    assert not too_early
    assert finished


def test_a_slot_is_free_again_once_what_was_handed_over_is_done():
    done, all_done = [], threading.Event()

    def go_on(begun):
        done.append(begun.claimed.change)
        if len(done) == 3:
            all_done.set()

    workers = workers_of(Due(), lambda claimed: None, go_on=go_on, slots=1)
    for number in (1, 2, 3):
        workers.begin(handed(number))
    workers.start()
    finished = all_done.wait(10)
    workers.stop()

    assert finished
    assert done == ["EC-2026-0001", "EC-2026-0002", "EC-2026-0003"]


def test_they_are_idle_unless_a_step_is_at_work_or_was_handed_over():
    working, go = threading.Event(), threading.Event()

    def work(claimed):
        working.set()
        go.wait(10)

    workers = workers_of(Due(claim(1)), work)
    before = workers.idle
    workers.begin(handed(2))
    waiting = workers.idle
    workers.start()
    began = working.wait(10)
    at_work = workers.idle
    go.set()
    workers.stop()

    assert began
    assert (before, waiting, at_work, workers.idle) == (True, False, False, True)


def test_one_thing_at_a_time_is_handed_to_them():
    workers = workers_of(Due(), lambda claimed: None)
    workers.by_hand = True
    before = workers.free
    workers.begin(handed(1))
    waiting = workers.free
    workers.do_what_was_begun()

    assert (before, waiting, workers.free) == (True, False, True)


def test_they_take_nothing_in_hand_unless_they_are_at_work_and_have_a_slot():
    began, go = threading.Event(), threading.Event()

    def go_on(begun):
        began.set()
        go.wait(10)

    workers = workers_of(Due(), lambda claimed: None, go_on=go_on, slots=1, head_start=0)
    before = workers.free
    workers.start()
    at_rest = workers.free
    workers.begin(handed(1))
    at_work, while_at_work = began.wait(10), workers.free
    go.set()
    workers.stop()

    assert at_work
    assert (before, at_rest, while_at_work, workers.free) == (False, True, False, False)


def test_they_take_nothing_in_hand_of_the_second_of_two_clicks_at_once():
    time = [100.0]
    traffic = Traffic(lambda: time[0])
    workers = workers_of(Due(), lambda claimed: None, traffic)
    workers.start()
    found = []
    for pause in (0, LATELY / 2, 2 * LATELY):
        time[0] += pause
        traffic.click()
        found.append(workers.free)
    workers.stop()

    assert found == [True, False, True]


def test_they_take_nothing_in_hand_while_people_click():
    time = [100.0]
    traffic = Traffic(lambda: time[0])
    workers = workers_of(Due(), lambda claimed: None, traffic)
    workers.start()
    for _ in range(BUSY):
        traffic.click()
    in_haste = workers.free
    time[0] += 2
    afterwards = workers.free
    workers.stop()

    assert (in_haste, afterwards) == (False, True)
