"""What all our issues have in common in Jira: label and mark, search, comments, links, existence."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from integrations.jira_tickets.client import JiraConnection
from integrations.jira_tickets.markup import escaped, one_line, shortened
from workflows.errors import Declined, Unavailable
from workflows.vocabulary import TicketKey

LABEL = "ecbot-"
PROPERTY = "ecbot"
PAGE = 50  #: issues a page of a search may have
LONGEST_MARKER, LONGEST_COMMENT = 255, 31_000


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
    query = {"jql": jql, "fields": "labels", "properties": PROPERTY, "maxResults": PAGE}
    found = [(int(i["id"]), TicketKey(i["key"])) for i in _pages(connection, query) if _marked(i, part, name)]
    return tuple(key for _, key in sorted(found))


def labelled(
    connection: JiraConnection, project: str, begin: datetime, end: datetime
) -> Iterator[tuple[TicketKey, str]]:
    """Yield each issue that was created in a time and carries a label of ours, with what the label names.

    Newest first, and only until they are too old: dates in a query would be read in the account's time zone.
    """
    query = {"jql": f'project = "{project}" ORDER BY created DESC', "fields": "labels,created"}
    for issue in _pages(connection, {**query, "maxResults": PAGE}):
        created = _created_at(issue)
        if created < begin:
            return
        names = [str(one) for one in fields_of(issue).get("labels") or ()]
        if created < end:
            yield from (
                (TicketKey(issue["key"]), one[len(LABEL) :]) for one in names if one.startswith(LABEL)
            )


def _pages(connection: JiraConnection, query: Mapping[str, Any]) -> Iterator[Any]:
    asked = dict(query)
    while True:
        page = connection.ask("GET", "/search/jql", query=asked)
        if not isinstance(page, dict) or not isinstance(page.get("issues"), list):
            raise Unavailable("Jira answered with half a search.")
        yield from page["issues"]
        if not page.get("nextPageToken"):
            return
        asked["nextPageToken"] = page["nextPageToken"]


def _created_at(issue: Any) -> datetime:
    try:
        return datetime.fromisoformat(fields_of(issue)["created"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable("Jira answered with half an issue.") from error


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
    """Read an issue; a 404 is absence only while the project itself can be seen: the key's own, if that is another."""
    issue = connection.seek(path_of(key), query={"fields": fields})
    places = dict.fromkeys((project, key.rpartition("-")[0])) if issue is None else ()
    for place in places:
        if connection.seek(f"/project/{place}") is None:
            raise Declined(f"The bot's Jira account cannot see project {place}; give it Browse Projects.")
    return issue


def comment(connection: JiraConnection, key: TicketKey, marker: str, text: str) -> None:
    """Write a comment once: its marker is looked for in all comments first."""
    signed = escaped(one_line(marker, LONGEST_MARKER))
    bodies = [one.get("body") for one in connection.listed(f"{path_of(key)}/comment", "comments")]
    if any(isinstance(body, str) and signed in body.splitlines() for body in bodies):
        return
    body = {"body": f"{shortened(text, LONGEST_COMMENT)}\n\n{signed}"}
    connection.ask("POST", f"{path_of(key)}/comment", body=body)


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
