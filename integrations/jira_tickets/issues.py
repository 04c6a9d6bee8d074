"""What tickets and follow-ups have in common as Jira's issues: label and mark, search, links, existence."""

import re
from collections.abc import Mapping
from typing import Any

from integrations.jira_tickets.client import JiraConnection
from workflows.errors import Declined, Unavailable
from workflows.vocabulary import TicketKey

LABEL = "ecbot-"
PROPERTY = "ecbot"


def label(name: str) -> str:
    """Return the label; what a label or a query cannot hold names nothing of ours."""
    if not name.replace("-", "").isalnum():
        raise Declined(f"“{name}” is not the id of a change.")
    return LABEL + name


def path_of(key: TicketKey) -> str:
    """Return the path of an issue below the API's root."""
    if not re.fullmatch(r"\w+-\d+", key, re.ASCII):
        raise Declined(f"“{key}” is not the key of a ticket.")
    return f"/issue/{key}"


def fields_of(issue: Any) -> Mapping[str, Any]:
    """Return an issue's fields; whatever is not an issue has none."""
    fields = issue.get("fields") if isinstance(issue, dict) else None
    return fields if isinstance(fields, dict) else {}


def search(connection: JiraConnection, project: str, name: str, part: str) -> tuple[TicketKey, ...]:
    """Find what was created under a name, oldest first; a person's clone has the label but not the mark."""
    jql = f'project = "{project}" AND labels = "{label(name)}" ORDER BY created ASC'
    query: dict[str, Any] = {"jql": jql, "fields": "labels", "properties": PROPERTY, "maxResults": 50}
    found: list[tuple[int, TicketKey]] = []
    while True:
        page = connection.ask("GET", "/search/jql", query=query)
        if not isinstance(page, dict) or not isinstance(page.get("issues"), list):
            raise Unavailable("Jira answered with half a search.")
        found += [(int(i["id"]), TicketKey(i["key"])) for i in page["issues"] if _marked(i, part, name)]
        token = page.get("nextPageToken")
        if not token:
            return tuple(key for _, key in sorted(found))
        query["nextPageToken"] = token


def mark(part: str, name: str) -> list[dict[str, object]]:
    """Return the entity property that is created with an issue, and which no clone carries."""
    return [{"key": PROPERTY, "value": {part: name}}]


def _marked(issue: Any, part: str, name: str) -> bool:
    value = (issue.get("properties") or {}).get(PROPERTY)
    return isinstance(value, dict) and value.get(part) == name


def created(answer: Any) -> TicketKey:
    """Return the key of what was just created."""
    if not isinstance(answer, dict) or not isinstance(answer.get("key"), str):
        raise Unavailable("Jira did not say which ticket it created.")
    return TicketKey(answer["key"])


def sought(connection: JiraConnection, project: str, key: TicketKey, fields: str) -> Any | None:
    """Read an issue; a 404 is absence only while the project itself can be seen."""
    issue = connection.seek(path_of(key), query={"fields": fields})
    if issue is None and connection.seek(f"/project/{project}") is None:
        raise Declined(f"The bot's Jira account cannot see project {project}; give it Browse Projects.")
    return issue


def link(connection: JiraConnection, link_type: str, source: TicketKey, destination: TicketKey) -> None:
    """Link two issues once, read from the links of the first."""
    issue = connection.ask("GET", path_of(source), query={"fields": "issuelinks"})
    if destination not in linked(issue, link_type):
        ends = {"inwardIssue": {"key": source}, "outwardIssue": {"key": destination}}
        connection.ask("POST", "/issueLink", body={"type": {"name": link_type}, **ends})


def linked(issue: Any, link_type: str) -> frozenset[TicketKey]:
    """Return what an issue is linked to as the source of links of a type."""
    links = fields_of(issue).get("issuelinks") or ()
    ends = [link.get("outwardIssue") for link in links if (link.get("type") or {}).get("name") == link_type]
    return frozenset(TicketKey(str(end["key"])) for end in ends if isinstance(end, dict) and "key" in end)
