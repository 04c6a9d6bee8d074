"""The workers: steps fail alone, and make room for clicks."""

import threading

from bot.traffic import LATELY, Traffic
from bot.worker import KEPT, SLOTS, Workers
from workflows.errors import Unavailable
from workflows.vocabulary import ChangeId, StepName
from workflows.work import Claimed


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


def run(due, work, until, traffic=None, **how):
    workers = Workers(due, work, traffic or Traffic(), **how)
    workers.start()
    workers.wake()
    assert until.wait(10)
    workers.stop()


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
