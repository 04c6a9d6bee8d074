"""What the adapters' tests share: one ticket, one target, and a desk at any address."""

from integrations.jira_tickets import JiraTickets
from workflows.ports import Target, Ticket
from workflows.vocabulary import ChangeId

PATH = ("Open", "Implementing", "Review", "Closed", "Declined")
CHANGE = ChangeId("EC-2026-0042")
TICKET = Ticket(CHANGE, "Payments: roll back", (("Justification", "500s since 03:01"),), ())
FIELDS = {
    "change_type": "customfield_10050",
    "impact": "customfield_10051",
    "customers": "customfield_10052",
    "start": "customfield_10053",
    "environments": "customfield_10054",
    "requester": "customfield_10055",
}

TARGET = Target("github-team", (("organization", "acme"), ("team", "payments-break-glass")))


def desk_at(url, jira, **how):
    """Return a desk with the examples' settings, some of them changed."""
    how = {"project": "CHG", "issue_type": "Change", "path": PATH, "fields": FIELDS} | how
    return JiraTickets(url, jira.user, jira.token, **how)
