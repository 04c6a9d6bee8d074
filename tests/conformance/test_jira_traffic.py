"""Everything the adapter says to Jira, and everything the stand-in answers, is Jira's own language."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest

from integrations.jira_tickets import JiraFollowUps, JiraReviews, JiraTickets
from sandbox.jira import Account, Jira
from tests.conformance.openapi import spec, violations
from tests.switchboard import plugged
from workflows.errors import Declined
from workflows.ports import Errand, Ticket
from workflows.vocabulary import ChangeId, TicketKey

PATH = ("Open", "Implementing", "Review", "Closed", "Declined")
FIELDS = {
    "change_type": "customfield_10050",
    "impact": "customfield_10051",
    "customers": "customfield_10052",
    "start": "customfield_10053",
    "environments": "customfield_10054",
}
CHANGE = ChangeId("EC-2026-0042")
TICKET = Ticket(
    CHANGE,
    "Payments: roll back",
    (("Justification", "500s since 03:01 {code}"), ("Impact", "card payments")),
    (
        ("change_type", "Emergency"),
        ("impact", "[all] *customers*"),
        ("customers", "1200"),
        ("start", "2026-11-21T03:10:00+00:00"),
        ("environments", "production"),
    ),
)


MAYA = Account("Maya Okafor", "maya@acme.example")
ERRAND = Errand(
    "EC-2026-0042-F1",
    "Lock the index.",
    (("What is to be done", "Lock the index {code}"),),
    date(2026, 3, 16),
    email=MAYA.email,
)


def follow_ups(desk):
    """Keep follow-ups over the desk's connection."""
    return JiraFollowUps(
        desk.connection,
        project="CHG",
        issue_type="Task",
        link_type="Relates",
        duplicate_link_type="Duplicate",
        site="https://acme.example",
    )


@pytest.fixture
def jira():
    return Jira()


@pytest.fixture
def desk(jira):
    with plugged(jira) as url:
        yield JiraTickets(
            url, jira.user, jira.token, project="CHG", issue_type="Change", path=PATH, fields=FIELDS
        )


def test_a_tickets_whole_life_is_spoken_in_jiras_language(jira, desk):
    description = spec("jira/jira-platform.v2v3.examples-parsed.json")
    desk.check()
    first, second, third = desk.open(TICKET), desk.open(TICKET), desk.open(TICKET)
    found = desk.find(CHANGE)
    for number in range(7):
        desk.comment(first, f"[ecbot {number}]", "Access began.")
    view = desk.move(first, "Closed")
    desk.close_duplicate(second, first)
    desk.close_duplicate(second, first)
    jira.tracker.delete(third)

    absent = desk.look(third)

    assert found == (first, second, third)
    assert (view.status, absent) == ("Closed", None)
    assert violations(description, jira.traffic) == []


def test_a_follow_ups_whole_life_is_spoken_in_jiras_language(jira, desk):
    description = spec("jira/jira-platform.v2v3.examples-parsed.json")
    jira.tracker.add_account(MAYA)
    tracked = follow_ups(desk)
    ticket = desk.open(TICKET)
    tracked.check()
    first, second = tracked.open(ERRAND), tracked.open(replace(ERRAND, email="", account=MAYA.id))
    tracked.link(first, ticket)
    tracked.link(first, ticket)
    found = tracked.find(ERRAND.name)
    tracked.close_duplicate(second, first)
    view = tracked.look(first)
    jira.tracker.delete(second)

    assert found == (first, second)
    assert (view.linked, view.assigned, view.done) == ({ticket}, True, False)
    assert tracked.look(second) is None
    assert violations(description, jira.traffic) == []


def test_a_reviews_whole_life_is_spoken_in_jiras_language(jira, desk):
    description = spec("jira/jira-platform.v2v3.examples-parsed.json")
    kept = JiraReviews(
        desk,
        project="CHG",
        issue_type="Task",
        duplicate_link_type="Duplicate",
        site="https://acme.example",
        closed="Closed",
    )
    errand = replace(ERRAND, name="review-2026-10", email="")
    first, second = kept.open(errand), kept.open(errand)
    found = kept.find(errand.name)
    kept.close_duplicate(second, first)
    kept.comment(first, "review-2026-10/7", "Signed.")
    view = kept.finish(first)

    assert found == (first, second)
    assert (view.status, view.done) == ("Closed", True)
    assert violations(description, jira.traffic) == []


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"fields": {"duedate": "16.3.2026"}}, "Error parsing date string: 16.3.2026"),
        (
            {"fields": {"assignee": {"accountId": "5b10nobody"}}},
            "User '5b10nobody' cannot be assigned issues.",
        ),
        ({"fields": {"assignee": {"name": "maya"}}}, "Specify a valid value for assignee"),
    ],
)
def test_what_jira_refuses_of_a_follow_up_is_refused_in_its_language(jira, desk, spoilt, said):
    description = spec("jira/jira-platform.v2v3.examples-parsed.json")
    fields = {"project": {"key": "CHG"}, "issuetype": {"name": "Task"}, "summary": "Lock it."} | spoilt[
        "fields"
    ]
    with pytest.raises(Declined, match=re.escape(said)):
        desk.connection.ask("POST", "/issue", body={"fields": fields})

    assert violations(description, jira.traffic) == []


@pytest.mark.parametrize(
    "body",
    [
        {"type": {"name": "Follows"}, "inwardIssue": {"key": "CHG-1"}, "outwardIssue": {"key": "CHG-2"}},
        {"type": {"name": "Relates"}, "inwardIssue": {"key": "CHG-1"}, "outwardIssue": {"key": "CHG-99"}},
        {"type": {"name": "Relates"}, "inwardIssue": {"key": "CHG-1"}, "outwardIssue": {"key": "CHG-1"}},
    ],
)
def test_a_link_jira_cannot_make_is_refused_in_its_language(jira, desk, body):
    description = spec("jira/jira-platform.v2v3.examples-parsed.json")
    desk.open(TICKET)
    desk.open(TICKET)
    with pytest.raises(Declined):
        desk.connection.ask("POST", "/issueLink", body=body)

    assert violations(description, jira.traffic) == []


def test_without_the_permissions_dates_and_assignees_may_not_be_set(jira, desk):
    jira.permissions -= {"SCHEDULE_ISSUES", "ASSIGN_ISSUES"}
    fields = {
        "project": {"key": "CHG"},
        "issuetype": {"name": "Task"},
        "summary": "x",
        "duedate": "2026-03-16",
    }
    with pytest.raises(Declined, match="cannot be set"):
        desk.connection.ask("POST", "/issue", body={"fields": fields})

    remedies = [finding.remedy for finding in follow_ups(desk).check() if not finding.ok]
    assert any("Schedule Issues and Assign Issues" in remedy for remedy in remedies)


def test_refusals_too_are_spoken_in_jiras_language(jira, desk):
    description = spec("jira/jira-platform.v2v3.examples-parsed.json")
    key = desk.open(TICKET)
    jira.permissions.discard("TRANSITION_ISSUES")
    with pytest.raises(Declined):
        desk.move(key, "Closed")
    jira.token_rejected = True
    with pytest.raises(Declined):
        desk.look(TicketKey("CHG-1"))

    assert violations(description, jira.traffic) == []


def test_a_request_jira_does_not_know_is_noticed(jira, desk):
    description = spec("jira/jira-platform.v2v3.examples-parsed.json")
    key = desk.open(TICKET)
    spoilt = jira.calls("POST", "/rest/api/2/issue$")[0]
    body = json.loads(spoilt.response_body) | {"surprise": key}
    object.__setattr__(spoilt, "response_body", json.dumps(body).encode())

    assert len(violations(description, [spoilt])) == 1
