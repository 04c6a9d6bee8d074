"""What follow-ups and reviews have in common as issues of their own: find, open, look, finish.

Whether an issue is done is the status category's answer, so that no workflow has to be described to us.
"""

import re
from typing import Any, ClassVar

from integrations.jira_tickets.client import JiraConnection
from integrations.jira_tickets.fields import Screens
from integrations.jira_tickets.issues import (
    created,
    fields_of,
    label,
    link,
    linked,
    mark,
    path_of,
    search,
    sought,
)
from integrations.jira_tickets.markup import described, one_line
from workflows.errors import Declined, Misconfigured, Unavailable
from workflows.ports import Errand, ErrandView
from workflows.vocabulary import TicketKey

DONE = "done"  #: Jira's own key of the category, the same in every language
LONGEST_SUMMARY = 255


class JiraErrands:
    """Issues of one sort in one Jira project; ``site`` is what people open in the browser."""

    part: ClassVar[str]  #: what their mark calls them

    def __init__(
        self,
        connection: JiraConnection,
        *,
        project: str,
        issue_type: str,
        link_type: str,
        duplicate_link_type: str,
        site: str,
    ) -> None:
        if not re.fullmatch(r"\w+", project, re.ASCII):
            raise Misconfigured(
                f"[ticket] follow_ups.project must be the key of a Jira project; it is {project!r}."
            )
        self._connection = connection
        self._screens = Screens(connection, project, issue_type, "[ticket] follow_ups")
        self._project = project
        self._link_type = link_type
        self._duplicate_link_type = duplicate_link_type
        self._site = site.rstrip("/")

    def find(self, name: str) -> tuple[TicketKey, ...]:
        """Return the issues created under a name."""
        return search(self._connection, self._project, name, self.part)

    def open(self, errand: Errand) -> TicketKey:
        """Create the issue with one POST; what its screen does not take stays in the description."""
        screen = self._screens.get()
        fields: dict[str, object] = {
            "project": {"id": screen.project_id},
            "issuetype": {"id": screen.type_id},
            "summary": one_line(errand.summary, LONGEST_SUMMARY),
            "description": described(errand.sections),
            "labels": [label(errand.name)],
        }
        if "duedate" in screen.fields:
            fields["duedate"] = errand.due.isoformat()
        if "assignee" in screen.fields and (account := self._assignable(errand)):
            fields["assignee"] = {"accountId": account}
        body = {"fields": fields, "properties": mark(self.part, errand.name)}
        return created(self._connection.ask("POST", "/issue", body=body))

    def look(self, key: TicketKey) -> ErrandView | None:
        """Read the issue; Jira answers for a key it had before it was moved, too."""
        issue = sought(self._connection, self._project, key, "status,assignee,issuelinks")
        return None if issue is None else self._view(issue)

    def url(self, key: TicketKey) -> str:
        """Return the address a person opens the issue at; asks nobody."""
        return f"{self._site}/browse/{key}"

    def close_duplicate(self, key: TicketKey, of: TicketKey) -> None:
        """Link and finish; a duplicate that somebody deleted, or finished, is closed well enough."""
        view = self.look(key)
        if view is None:
            return
        link(self._connection, self._duplicate_link_type, key, of)
        if not view.done:
            self._finish(key, f"{key} is a duplicate of {of}, and")

    def _finish(self, key: TicketKey, because: str) -> None:
        """Take the first transition to a status that means done."""
        offered = self._connection.ask("GET", f"{path_of(key)}/transitions")
        ways = offered.get("transitions") if isinstance(offered, dict) else None
        way = next((way for way in ways or () if _is_done(way.get("to") or {})), None)
        if way is None:
            raise Declined(f"{because} Jira's workflow offers no way to finish it; close it by hand.")
        self._connection.ask("POST", f"{path_of(key)}/transitions", body={"transition": {"id": way["id"]}})

    def _assignable(self, errand: Errand) -> str:
        """Return the owner's account if the project lets issues be assigned to it; empty if not."""
        who = {"accountId": errand.account} if errand.account else {"query": errand.email}
        if not any(who.values()):
            return ""
        try:
            found = self._connection.ask(
                "GET", "/user/assignable/search", query={"project": self._project, **who}
            )
        except Declined:  # the bot may not list people; the owner's name is in the description
            return ""
        for user in found if isinstance(found, list) else ():
            account, email = str(user.get("accountId", "")), str(user.get("emailAddress", ""))
            if account and (account == errand.account or email.casefold() == errand.email.casefold()):
                return account
        return ""

    def _view(self, issue: Any) -> ErrandView:
        status, key = fields_of(issue).get("status"), issue.get("key")
        if (
            not isinstance(status, dict)
            or not isinstance(status.get("name"), str)
            or not isinstance(key, str)
        ):
            raise Unavailable("Jira answered with half a ticket.")
        return ErrandView(
            key=TicketKey(key),
            status=status["name"],
            url=self.url(TicketKey(key)),
            done=_is_done(status),
            linked=linked(issue, self._link_type),
            assigned=bool(fields_of(issue).get("assignee")),
        )


def _is_done(status: Any) -> bool:
    return (status.get("statusCategory") or {}).get("key") == DONE
