"""What every ticket desk promises, fake or real."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.jira_tickets import JiraTickets
from sandbox.fakes import FakeTickets
from sandbox.jira import Jira
from tests.switchboard import plugged
from workflows.errors import Declined, Unavailable
from workflows.ports import Ticket
from workflows.vocabulary import ChangeId, TicketKey

PATH = ("Open", "Implementing", "Review", "Closed", "Declined")
EVER = (datetime(2001, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC))
CHANGE, OTHER = ChangeId("EC-2026-0042"), ChangeId("EC-2026-0043")


def ticket(change=CHANGE):
    return Ticket(change, "Payments: roll back", (("Justification", "500s since 03:01"),), ())


class FakeBench:
    """The fake, and people's hands in it."""

    def __init__(self):
        self.desk = FakeTickets(PATH)

    def go_down(self):
        self.desk.down = True

    def lag(self):
        self.desk.lags = True

    def catch_up(self):
        self.desk.index()

    def move_by_hand(self, key, status):
        self.desk.tickets[key].status = status

    def delete(self, key):
        del self.desk.tickets[key]

    def comments(self, key):
        return len(self.desk.tickets[key].comments)

    def links(self, key):
        return [self.desk.tickets[key].duplicate_of]


class JiraBench:
    """The adapter against the stand-in, and people's hands in that."""

    def __init__(self, url, stand_in):
        self.stand_in, self.tracker = stand_in, stand_in.tracker
        self.desk = JiraTickets(
            url, stand_in.user, stand_in.token, project="CHG", issue_type="Change", path=PATH
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
        return len(self.tracker.issue(key).comments)

    def links(self, key):
        return [link.destination for link in self.tracker.links if link.source == key]


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


def test_a_new_ticket_stands_where_the_path_begins_and_has_an_address(desk):
    view = desk.look(desk.open(ticket()))

    assert view.status == "Open"
    assert view.url.endswith(f"/browse/{view.key}")


def test_a_ticket_is_found_by_its_change_and_by_no_other(desk):
    key = desk.open(ticket())
    desk.open(ticket(OTHER))

    assert desk.find(CHANGE) == (key,)


def test_all_tickets_of_a_change_are_found_oldest_first(desk):
    keys = tuple(desk.open(ticket()) for _ in range(5))

    assert desk.find(CHANGE) == keys


def test_a_change_without_a_ticket_finds_none(desk):
    assert desk.find(CHANGE) == ()


def test_a_ticket_can_be_looked_at_before_the_search_knows_it(desk, bench):
    bench.lag()
    key = desk.open(ticket())
    found_at_once = desk.find(CHANGE)
    bench.catch_up()

    assert found_at_once == ()
    assert desk.look(key).key == key
    assert desk.find(CHANGE) == (key,)


def test_a_deleted_ticket_is_absent(desk, bench):
    key = desk.open(ticket())
    bench.delete(key)

    assert desk.look(key) is None


def test_a_ticket_that_never_was_is_absent(desk):
    assert desk.look(TicketKey("CHG-99")) is None


@pytest.mark.parametrize("status", PATH)
def test_a_ticket_reaches_every_status_of_the_path(desk, status):
    key = desk.open(ticket())

    assert desk.move(key, status).status == status
    assert desk.look(key).status == status


def test_moving_twice_is_moving_once(desk):
    key = desk.open(ticket())
    desk.move(key, "Review")

    assert desk.move(key, "Review").status == "Review"


def test_a_person_who_moved_the_ticket_first_is_a_success(desk, bench):
    key = desk.open(ticket())
    bench.move_by_hand(key, "Closed")

    assert desk.move(key, "Closed").status == "Closed"


def test_a_status_the_workflow_does_not_know_is_declined(desk):
    key = desk.open(ticket())

    with pytest.raises(Declined):
        desk.move(key, "Frozen")


def test_a_deleted_ticket_cannot_be_moved_or_commented(desk, bench):
    key = desk.open(ticket())
    bench.delete(key)

    with pytest.raises(Declined):
        desk.move(key, "Review")
    with pytest.raises(Declined):
        desk.comment(key, "[ecbot EC-2026-0042/3]", "Access began.")


def test_a_comment_with_one_marker_is_written_once(desk, bench):
    key = desk.open(ticket())
    for number in (1, 2, 3, 4, 5, 6, 7, 1, 2):
        desk.comment(key, f"[ecbot EC-2026-0042/{number}]", "Access began.")

    assert bench.comments(key) == 7


def test_a_marker_that_only_begins_like_another_is_another(desk, bench):
    key = desk.open(ticket())
    desk.comment(key, "EC-2026-0042/12", "Access ended.")
    desk.comment(key, "EC-2026-0042/1", "Access began.")

    assert bench.comments(key) == 2


def test_closing_a_duplicate_links_it_once_and_twice_is_quiet(desk, bench):
    survivor, duplicate = desk.open(ticket()), desk.open(ticket())
    desk.close_duplicate(duplicate, survivor)
    desk.close_duplicate(duplicate, survivor)

    assert bench.links(duplicate) == [survivor]
    assert desk.look(duplicate).status == "Declined"
    assert desk.look(survivor).status == "Open"


def test_a_duplicate_somebody_deleted_is_closed_well_enough(desk, bench):
    survivor, duplicate = desk.open(ticket()), desk.open(ticket())
    bench.delete(duplicate)
    desk.close_duplicate(duplicate, survivor)

    assert desk.look(duplicate) is None


def test_a_desk_that_is_down_is_unavailable_whatever_is_asked(desk, bench):
    key = desk.open(ticket())
    bench.go_down()

    for ask in (
        lambda: desk.find(CHANGE),
        lambda: desk.open(ticket()),
        lambda: desk.look(key),
        lambda: desk.move(key, "Review"),
        lambda: desk.comment(key, "marker", "text"),
        lambda: desk.close_duplicate(key, key),
    ):
        with pytest.raises(Unavailable):
            ask()


# --- all that is labelled ------------------------------------------------------------------------------


def test_all_labelled_tickets_of_a_time_are_listed(bench, desk):
    keys = [desk.open(ticket(change)) for change in (CHANGE, OTHER, CHANGE)]

    found = desk.labelled(*EVER)

    assert {(one.key, one.change) for one in found} == set(zip(keys, (CHANGE, OTHER, CHANGE), strict=True))


def test_tickets_from_before_or_after_are_not_listed(desk):
    desk.open(ticket())

    assert desk.labelled(EVER[0], EVER[0] + timedelta(days=1)) == ()
    assert desk.labelled(EVER[1], EVER[1] + timedelta(days=1)) == ()


def test_half_a_listing_is_no_listing(bench, desk):
    desk.open(ticket())
    bench.go_down()

    with pytest.raises(Unavailable):
        desk.labelled(*EVER)
