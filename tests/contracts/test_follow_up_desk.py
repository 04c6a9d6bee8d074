"""What every desk for follow-ups promises, fake or real."""

from datetime import date

import pytest

from integrations.jira_tickets import JiraFollowUps, JiraTickets
from sandbox.fakes import FakeFollowUps
from sandbox.jira import Account, Jira
from tests.switchboard import plugged
from workflows.errors import Declined, Unavailable
from workflows.ports import Errand, Ticket
from workflows.vocabulary import ChangeId, TicketKey

NAME, OTHER = "EC-2026-0042-F1", "EC-2026-0042-F2"
MAYA = Account("Maya Okafor", "maya@acme.example")
GONE = Account("Dee Gone", "dee@acme.example", assignable=False)


def errand(name=NAME, account="", email=MAYA.email):
    sections = (("What is to be done", "Lock the index."),)
    return Errand(name, "Lock the index.", sections, date(2026, 3, 16), account, email)


class FakeBench:
    """The fake, and people's hands in it."""

    ticket = TicketKey("CHG-1")

    def __init__(self):
        self.desk = FakeFollowUps({MAYA.email, MAYA.id})

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

    def duplicates_of(self, key):
        return {self.desk.issues[key].duplicate_of}


class JiraBench:
    """The adapter against the stand-in, and people's hands in that."""

    def __init__(self, url, stand_in):
        self.stand_in, self.tracker = stand_in, stand_in.tracker
        self.tracker.add_account(MAYA)
        self.tracker.add_account(GONE)
        tickets = JiraTickets(
            url, stand_in.user, stand_in.token, project="CHG", issue_type="Change", path=("Open", "Closed")
        )
        self.ticket = tickets.open(Ticket(ChangeId("EC-2026-0042"), "Payments", (("Why", "500s"),), ()))
        self.desk = JiraFollowUps(
            tickets.connection,
            project="CHG",
            issue_type="Task",
            link_type="Relates",
            duplicate_link_type="Duplicate",
            site="https://acme.example",
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

    def duplicates_of(self, key):
        links = [link for link in self.tracker.links if link.type == "Duplicate" and link.source == key]
        return {link.destination for link in links}


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


def test_a_new_follow_up_is_not_done_linked_to_nothing_and_has_its_owner(desk):
    key = desk.open(errand())
    view = desk.look(key)

    assert (view.key, view.done, view.linked, view.assigned) == (key, False, frozenset(), True)
    assert view.url == desk.url(key)


def test_an_owner_is_found_by_the_account_that_was_linked(desk):
    assert desk.look(desk.open(errand(account=MAYA.id, email=""))).assigned


@pytest.mark.parametrize(
    ("account", "email"), [("", ""), ("5b10nobody", ""), ("", "nobody@acme.example"), ("", GONE.email)]
)
def test_an_owner_the_tracker_does_not_take_does_not_stop_the_follow_up(desk, account, email):
    view = desk.look(desk.open(errand(account=account, email=email)))

    assert not view.assigned


def test_a_follow_up_is_found_by_its_name_and_by_no_other(desk):
    key = desk.open(errand())
    desk.open(errand(OTHER))

    assert desk.find(NAME) == (key,)


def test_all_of_one_name_are_found_oldest_first(desk):
    keys = tuple(desk.open(errand()) for _ in range(5))

    assert desk.find(NAME) == keys


def test_a_follow_up_can_be_looked_at_before_the_search_knows_it(desk, bench):
    bench.lag()
    key = desk.open(errand())
    at_once = desk.find(NAME)
    bench.catch_up()

    assert at_once == ()
    assert desk.look(key).key == key
    assert desk.find(NAME) == (key,)


def test_linking_twice_is_linking_once(desk, bench):
    key = desk.open(errand())
    desk.link(key, bench.ticket)
    desk.link(key, bench.ticket)

    assert desk.look(key).linked == {bench.ticket}


@pytest.mark.parametrize(("status", "done"), [("Implementing", False), ("Closed", True), ("Declined", True)])
def test_the_tracker_says_whether_it_is_done(desk, bench, status, done):
    key = desk.open(errand())
    bench.move_by_hand(key, status)

    assert (desk.look(key).status, desk.look(key).done) == (status, done)


def test_a_deleted_follow_up_is_absent_and_cannot_be_linked(desk, bench):
    key = desk.open(errand())
    bench.delete(key)

    assert desk.look(key) is None
    with pytest.raises(Declined):
        desk.link(key, bench.ticket)


def test_closing_a_duplicate_finishes_it_once_and_twice_is_quiet(desk, bench):
    survivor, duplicate = desk.open(errand()), desk.open(errand())
    desk.close_duplicate(duplicate, survivor)
    desk.close_duplicate(duplicate, survivor)

    assert desk.look(duplicate).done
    assert bench.duplicates_of(duplicate) == {survivor}
    assert not desk.look(survivor).done


def test_a_duplicate_somebody_deleted_is_closed_well_enough(desk, bench):
    survivor, duplicate = desk.open(errand()), desk.open(errand())
    bench.delete(duplicate)
    desk.close_duplicate(duplicate, survivor)

    assert desk.look(duplicate) is None


def test_a_desk_that_is_down_is_unavailable_whatever_is_asked(desk, bench):
    key = desk.open(errand())
    bench.go_down()

    for ask in (
        lambda: desk.find(NAME),
        lambda: desk.open(errand()),
        lambda: desk.look(key),
        lambda: desk.link(key, bench.ticket),
        lambda: desk.close_duplicate(key, key),
    ):
        with pytest.raises(Unavailable):
            ask()
