"""Everything the adapter says to Jira, and everything the stand-in answers, is Jira's own language."""

import json

import pytest

from integrations.jira_tickets import JiraTickets
from sandbox.jira import Jira
from tests.conformance.openapi import spec, violations
from tests.switchboard import plugged
from workflows.errors import Declined
from workflows.ports import Ticket
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
