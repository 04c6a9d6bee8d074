"""Change tickets, follow-ups and reviews, in Jira.  The only place that knows ``jira``.

Issues are found by a label that the search learns late; no call here is ever repeated by the client.
"""

from integrations.jira_tickets.desk import JiraTickets
from integrations.jira_tickets.follow_ups import JiraFollowUps
from integrations.jira_tickets.reviews import JiraReviews

__all__ = ["JiraFollowUps", "JiraReviews", "JiraTickets"]
