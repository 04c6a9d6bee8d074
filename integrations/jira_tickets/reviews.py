"""The review of a period as an issue: opened with its digest, commented while it goes on, closed when it is signed."""

from contextlib import suppress
from typing import ClassVar

from integrations.jira_tickets.desk import JiraTickets
from integrations.jira_tickets.errands import JiraErrands
from integrations.jira_tickets.issues import comment
from workflows.errors import Declined
from workflows.ports import ErrandView
from workflows.vocabulary import TicketKey


class JiraReviews(JiraErrands):
    """Reviews in one Jira project; a signed one goes where closed changes go, where its workflow leads there."""

    part: ClassVar[str] = "review"

    def __init__(
        self,
        tickets: JiraTickets,
        *,
        project: str,
        issue_type: str,
        duplicate_link_type: str,
        site: str,
        closed: str = "",
    ) -> None:
        super().__init__(
            tickets.connection,
            project=project,
            issue_type=issue_type,
            link_type=duplicate_link_type,
            duplicate_link_type=duplicate_link_type,
            site=site,
        )
        self._tickets = tickets
        self._closed = closed

    def comment(self, key: TicketKey, marker: str, text: str) -> None:
        """Write a comment once: its marker is looked for in all comments first."""
        comment(self._connection, key, marker, text)

    def finish(self, key: TicketKey) -> ErrandView:
        """Close the issue; a person who was there first is a success."""
        if not self._there(key).done and self._closed:
            with suppress(Declined):  # a workflow of its own
                self._tickets.move(key, self._closed)
        if not self._there(key).done:
            self._finish(key, f"The review {key} is signed, and")
        view = self._there(key)
        if not view.done:
            raise Declined(
                f"{key} is in “{view.status}” after a transition that should close it; close it by hand."
            )
        return view

    def _there(self, key: TicketKey) -> ErrandView:
        view = self.look(key)
        if view is None:
            raise Declined(f"The issue {key} is gone from Jira; somebody deleted it.")
        return view
