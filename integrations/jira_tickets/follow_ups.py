"""Follow-ups as issues of their own, each linked to the ticket of its change."""

from typing import ClassVar

from integrations.jira_tickets.check import Finding, follow_up_findings
from integrations.jira_tickets.errands import JiraErrands
from integrations.jira_tickets.issues import link
from workflows.vocabulary import TicketKey


class JiraFollowUps(JiraErrands):
    """Follow-ups in one Jira project."""

    part: ClassVar[str] = "follow_up"

    def link(self, key: TicketKey, to: TicketKey) -> None:
        """Link the issue to a change's ticket, once."""
        link(self._connection, self._link_type, key, to)

    def check(self) -> list[Finding]:
        """Return what the doctor shows: whether it is well, what was looked at, and the remedy."""
        return follow_up_findings(
            self._connection, self._screens, project=self._project, link_type=self._link_type
        )
