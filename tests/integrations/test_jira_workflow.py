"""What happens to a ticket once it is open: moves and comments, with people at work on the same ticket."""

import pytest

from sandbox.jira import Jira, Project, Tracker, Transition
from tests.integrations.examples import CHANGE, TICKET, desk_at
from tests.switchboard import plugged
from workflows.errors import Declined, Unavailable


def test_a_ticket_the_account_may_not_see_is_not_an_absent_ticket(jira, desk):
    key = desk.open(TICKET)
    jira.permissions.discard("BROWSE_PROJECTS")

    with pytest.raises(Declined, match="Browse Projects"):
        desk.look(key)


def test_a_ticket_of_another_project_that_is_out_of_sight_is_not_an_absent_ticket(desk):
    with pytest.raises(Declined, match="cannot see project OLD; give it Browse Projects"):
        desk.look("OLD-17")


def test_a_persons_clone_is_not_taken_for_the_bots_ticket(jira, desk):
    key = desk.open(TICKET)
    jira.tracker.clone(key)

    assert desk.find(CHANGE) == (key,)


def test_a_transition_that_asks_for_more_fields_is_declined_and_not_taken(jira_url):
    workflow = (Transition("11", "Start", ("Open",), "Implementing", needs=("customfield_10051",)),)
    jira = Jira(tracker=Tracker([Project("CHG", "Changes", "10000", workflow=workflow)]))
    with plugged(jira) as url:
        desk = desk_at(url, jira)
        key = desk.open(TICKET)

        with pytest.raises(Declined, match="impact"):
            desk.move(key, "Implementing")
    assert jira.tracker.issue(key).status == "Open"


def test_a_move_never_passes_through_a_status_beyond_its_goal(jira, desk):
    key = desk.open(TICKET)
    desk.move(key, "Closed")

    assert [status for _, status in jira.tracker.issue(key).history] == [
        "Open",
        "Implementing",
        "Review",
        "Closed",
    ]


def test_a_workflow_without_a_way_is_declined_naming_what_it_offers(jira, desk):
    key = desk.open(TICKET)
    desk.move(key, "Declined")

    with pytest.raises(Declined, match="from “Declined” to “Review”, and not to “Implementing”"):
        desk.move(key, "Implementing")
    assert jira.tracker.issue(key).status == "Declined"


def test_a_person_who_is_faster_than_the_transition_is_a_success(jira, desk):
    key = desk.open(TICKET)
    transitions = jira.tracker.ways_out

    def offered_too_late(issue):
        ways = transitions(issue)
        jira.tracker.ways_out = transitions
        jira.tracker.transition(key, "Review", "Grace")
        return ways

    jira.tracker.ways_out = offered_too_late

    assert desk.move(key, "Review").status == "Review"
    assert [who for who, _ in jira.tracker.issue(key).history] == [jira.user, "Grace"]


def test_a_transition_jira_refuses_while_nothing_moved_is_declined(jira, desk):
    key = desk.open(TICKET)
    refusal = {"errorMessages": ["A validator said no"], "errors": {}}
    jira.fail("POST", f"/rest/api/2/issue/{key}/transitions", status=400, body=refusal)

    with pytest.raises(Declined, match="A validator said no"):
        desk.move(key, "Implementing")


def test_half_a_listing_of_comments_writes_nothing(jira, desk):
    key = desk.open(TICKET)
    jira.fail("GET", f"/rest/api/2/issue/{key}/comment", status=200, body={"comments": [], "total": 3})

    with pytest.raises(Unavailable):
        desk.comment(key, "EC-2026-0042/1", "Access began.")
    assert jira.tracker.issue(key).comments == []


def test_a_comment_of_unknown_outcome_is_recognised_by_its_marker(jira, desk):
    key = desk.open(TICKET)
    jira.fail("POST", f"/rest/api/2/issue/{key}/comment", "drop", after=True)
    with pytest.raises(Unavailable):
        desk.comment(key, "[ecbot EC-2026-0042/1]", "Access began.")
    desk.comment(key, "[ecbot EC-2026-0042/1]", "Access began.")

    assert len(jira.tracker.issue(key).comments) == 1
