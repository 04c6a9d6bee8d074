"""What every tracker of reviews promises, fake or real."""

from datetime import date

import pytest

from integrations.jira_tickets import JiraReviews, JiraTickets
from sandbox.fakes import FakeReviews
from sandbox.jira import Jira
from tests.switchboard import plugged
from workflows.errors import Declined, Unavailable
from workflows.ports import Errand

PATH = ("Open", "Implementing", "Review", "Closed")
NAME, OTHER = "review-2026-10", "review-2026-11"


def errand(name=NAME):
    sections = (("What this is", "The review of [October] {2026}."),)
    return Errand(name, "Review of emergency changes in October 2026", sections, date(2026, 11, 9))


class FakeBench:
    """The fake, and people's hands in it."""

    def __init__(self):
        self.desk = FakeReviews()

    def go_down(self):
        self.desk.down = True

    def lag(self):
        self.desk.lags = True

    def catch_up(self):
        self.desk.index()

    def move_by_hand(self, key, status):
        self.desk.issues[key].status = status

    def delete(self, key):
        del self.desk.issues[key]

    def comments(self, key):
        return list(self.desk.comments.get(key, {}).values())


class JiraBench:
    """The adapter against the stand-in, and people's hands in that."""

    def __init__(self, url, stand_in):
        self.stand_in, self.tracker = stand_in, stand_in.tracker
        tickets = JiraTickets(
            url, stand_in.user, stand_in.token, project="CHG", issue_type="Change", path=PATH
        )
        self.desk = JiraReviews(
            tickets,
            project="CHG",
            issue_type="Task",
            duplicate_link_type="Duplicate",
            site="https://acme.example",
            closed="Closed",
        )

    def go_down(self):
        self.stand_in.fail("*", "/", "status", status=503, times=99)

    def lag(self):
        self.tracker.lag_searches = 2

    def catch_up(self):
        self.tracker.lag_searches = 0

    def move_by_hand(self, key, status):
        self.tracker.transition(key, status, "Grace")

    def delete(self, key):
        self.tracker.delete(key)

    def comments(self, key):
        return [comment.body.partition("\n\n")[0] for comment in self.tracker.issue(key).comments]


@pytest.fixture(params=["fake", "jira"])
def bench(request):
    if request.param == "fake":
        yield FakeBench()
        return
    stand_in = Jira()
    with plugged(stand_in) as url:
        yield JiraBench(url, stand_in)


@pytest.fixture
def desk(bench):
    return bench.desk


def test_a_review_is_found_by_its_period_and_by_no_other(desk):
    key = desk.open(errand())
    desk.open(errand(OTHER))
    view = desk.look(key)

    assert desk.find(NAME) == (key,)
    assert (view.key, view.done, view.url) == (key, False, desk.url(key))


def test_a_review_can_be_looked_at_before_the_search_knows_it(desk, bench):
    bench.lag()
    key = desk.open(errand())
    at_once = desk.find(NAME)
    bench.catch_up()

    assert at_once == ()
    assert desk.look(key).key == key
    assert desk.find(NAME) == (key,)


def test_what_became_of_it_is_written_once_for_each_marker(desk, bench):
    key = desk.open(errand())
    desk.comment(key, f"{NAME}/12", "Signed by Ada.")
    desk.comment(key, f"{NAME}/12", "Signed by Ada.")
    desk.comment(key, f"{NAME}/1", "Nobody had signed.")

    assert bench.comments(key) == ["Signed by Ada.", "Nobody had signed."]


def test_a_signed_review_is_closed_and_closing_again_is_quiet(desk):
    key = desk.open(errand())
    once, twice = desk.finish(key), desk.finish(key)

    assert (once.status, once.done) == (twice.status, twice.done) == ("Closed", True)


def test_whoever_closed_it_by_hand_was_first(desk, bench):
    key = desk.open(errand())
    bench.move_by_hand(key, "Declined")

    assert desk.finish(key).status == "Declined"


def test_a_duplicate_is_finished_and_the_other_one_is_not(desk):
    survivor, duplicate = desk.open(errand()), desk.open(errand())
    desk.close_duplicate(duplicate, survivor)
    desk.close_duplicate(duplicate, survivor)

    assert desk.look(duplicate).done
    assert not desk.look(survivor).done


def test_a_deleted_review_is_absent_and_takes_no_word(desk, bench):
    key = desk.open(errand())
    bench.delete(key)

    assert desk.look(key) is None
    for ask in (lambda: desk.comment(key, "m", "Signed."), lambda: desk.finish(key)):
        with pytest.raises(Declined):
            ask()


def test_a_tracker_that_is_down_is_unavailable_whatever_is_asked(desk, bench):
    key = desk.open(errand())
    bench.go_down()

    for ask in (
        lambda: desk.find(NAME),
        lambda: desk.open(errand()),
        lambda: desk.look(key),
        lambda: desk.comment(key, "m", "Signed."),
        lambda: desk.finish(key),
        lambda: desk.close_duplicate(key, key),
    ):
        with pytest.raises(Unavailable):
            ask()
