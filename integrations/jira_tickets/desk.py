"""The ticket desk itself: find, open, look, move, comment, close a duplicate.

Jira cannot be told that two creations are the same, so ``open`` is one request and never repeated here.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.jira_tickets.check import Finding, findings
from integrations.jira_tickets.client import READ, JiraConnection
from integrations.jira_tickets.fields import Screens
from integrations.jira_tickets.issues import (
    comment,
    created,
    fields_of,
    label,
    labelled,
    link,
    mark,
    path_of,
    search,
    sought,
)
from integrations.jira_tickets.markup import described, one_line
from workflows.errors import Declined, Misconfigured, Unavailable
from workflows.ports import LabelledTicket, Ticket, TicketView
from workflows.vocabulary import ChangeId, TicketKey

DRILL = "emergency-change-drill"  #: a label, so that searches and reports can leave rehearsals out

HOPS = 4
LONGEST_SUMMARY = 255
_CHANGE = re.compile(r"EC-\d{4}-\d+")  #: follow-ups carry labels too


class JiraTickets:
    """Change tickets in one Jira project.

    ``path`` is the policy's statuses in the order a ticket goes through them; a ticket is walked along it
    where the workflow has no direct transition.  ``fields`` maps the policy's names to Jira's field ids.
    ``site`` is what people open in the browser, where that is not the address of the API.
    """

    def __init__(
        self,
        url: str,
        user: str,
        token: str,
        *,
        project: str,
        issue_type: str,
        path: Sequence[str],
        fields: Mapping[str, str] | None = None,
        link_type: str = "Duplicate",
        duplicate_status: str = "Declined",
        site: str | None = None,
        read: float = READ,
    ) -> None:
        if not re.fullmatch(r"\w+", project, re.ASCII):
            raise Misconfigured(f"[ticket] project must be the key of a Jira project; it is {project!r}.")
        self.connection = JiraConnection(url, user, token, read)
        self._screens = Screens(self.connection, project, issue_type)
        self._project = project
        self._path = tuple(path)
        self._fields = dict(fields or {})
        self._link_type = link_type
        self._duplicate_status = duplicate_status
        self._site = (site or url).rstrip("/")

    def find(self, change: ChangeId) -> tuple[TicketKey, ...]:
        """Return the tickets created for the change."""
        return search(self.connection, self._project, change, "change")

    def labelled(self, begin: datetime, end: datetime) -> tuple[LabelledTicket, ...]:
        """Return the tickets labelled with a change, clones and strangers' ones included."""
        found = labelled(self.connection, self._project, begin, end)
        return tuple(LabelledTicket(key, ChangeId(name)) for key, name in found if _CHANGE.fullmatch(name))

    def open(self, ticket: Ticket) -> TicketKey:
        """Create the ticket with one POST, labelled and marked in the same request."""
        screen = self._screens.get()
        fields: dict[str, object] = {
            "project": {"id": screen.project_id},
            "issuetype": {"id": screen.type_id},
            "summary": one_line(ticket.summary, LONGEST_SUMMARY),
            "description": described(ticket.sections),
            "labels": [label(ticket.change), *([DRILL] if ticket.drill else [])],
        }
        for name, plain in ticket.fields:
            if name not in self._fields:
                raise Declined(
                    f"The policy's [ticket] fields does not name Jira's field for “{name}”; add it."
                )
            fields[self._fields[name]] = screen.value(name, self._fields[name], plain)
        body = {"fields": fields, "properties": mark("change", ticket.change)}
        return created(self.connection.ask("POST", "/issue", body=body))

    def look(self, key: TicketKey) -> TicketView | None:
        """Read the ticket; a 404 is absence only while the project itself can be seen."""
        issue = sought(self.connection, self._project, key, "status")
        return None if issue is None else self._view(issue)

    def url(self, key: TicketKey) -> str:
        """Return the address a person opens the ticket at; asks nobody."""
        return f"{self._site}/browse/{key}"

    def move(self, key: TicketKey, status: str) -> TicketView:
        """Walk the ticket to ``status``; a person who was there first is a success."""
        seen: set[str] = set()
        for _ in range(HOPS):
            view = self._there(key)
            if view.status.casefold() == status.casefold():
                return view
            seen.add(view.status.casefold())
            self._hop(key, view.status, status, seen)
        view = self._there(key)
        if view.status.casefold() != status.casefold():
            raise Declined(
                f"{key} is in “{view.status}” after {HOPS} transitions, not in “{status}”; move it by hand."
            )
        return view

    def comment(self, key: TicketKey, marker: str, text: str) -> None:
        """Write a comment once: its marker is looked for in all comments first."""
        comment(self.connection, key, marker, text)

    def close_duplicate(self, key: TicketKey, of: TicketKey) -> None:
        """Link and close; a duplicate that somebody deleted is closed well enough."""
        if self.look(key) is None:
            return
        link(self.connection, self._link_type, key, of)
        self.move(key, self._duplicate_status)

    def check(self) -> list[Finding]:
        """Return what the doctor shows: whether it is well, what was looked at, and the remedy."""
        return findings(
            self.connection,
            self._screens,
            project=self._project,
            fields=self._fields,
            statuses=(*self._path, self._duplicate_status),
            link_type=self._link_type,
        )

    def _there(self, key: TicketKey) -> TicketView:
        view = self.look(key)
        if view is None:
            raise Declined(f"The ticket {key} is gone from Jira; somebody deleted it.")
        return view

    def _hop(self, key: TicketKey, now: str, wanted: str, seen: set[str]) -> None:
        offered = self.connection.ask("GET", f"{path_of(key)}/transitions")
        ways = _ways(offered)
        steps = [status for status in self._between(now, wanted) if status in ways and status not in seen]
        way = ways.get(wanted.casefold()) or next((ways[status] for status in steps), None)
        if way is None:
            names = ", ".join(f"“{name}”" for _, name in ways.values()) or "nothing"
            raise Declined(
                f"Jira's workflow leads {key} from “{now}” to {names}, and not to “{wanted}”; "
                "add a transition or move it by hand."
            )
        try:
            self.connection.ask("POST", f"{path_of(key)}/transitions", body={"transition": {"id": way[0]}})
        except Declined:
            view = self.look(key)
            if view is None or view.status == now:
                raise

    def _between(self, now: str, wanted: str) -> list[str]:
        """Return the statuses a ticket may pass, nearest first: never one beyond the goal, never back."""
        path = [status.casefold() for status in self._path]
        if wanted.casefold() not in path:
            return []
        goal = path.index(wanted.casefold())
        start = path.index(now.casefold()) if now.casefold() in path else -1
        return path[start + 1 : goal]

    def _view(self, issue: Any) -> TicketView:
        status = fields_of(issue).get("status")
        key = issue.get("key") if isinstance(issue, dict) else None
        if (
            not isinstance(status, dict)
            or not isinstance(status.get("name"), str)
            or not isinstance(key, str)
        ):
            raise Unavailable("Jira answered with half a ticket.")
        return TicketView(TicketKey(key), status["name"], f"{self._site}/browse/{key}")


def _ways(offered: Any) -> dict[str, tuple[str, str]]:
    """Return the transitions on offer, by the status they lead to: the id, and that status's own name."""
    listed = offered.get("transitions") if isinstance(offered, dict) else None
    if not isinstance(listed, list):
        raise Unavailable("Jira answered with half a list of transitions.")
    offers = [(str(way["id"]), str(way["to"]["name"])) for way in listed]
    return {name.casefold(): (number, name) for number, name in reversed(offers)}
