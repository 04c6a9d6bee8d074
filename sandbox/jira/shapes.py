"""How Jira's answers look.

Timestamps have Jira's own form, without a colon in the offset, which strict parsers of ISO 8601 refuse.
"""

from collections.abc import Collection
from datetime import datetime

from sandbox.jira.world import (
    CATEGORIES,
    Account,
    Comment,
    Field,
    Issue,
    Project,
    Tracker,
    Transition,
    account_id,
)

Shape = dict[str, object]

_CATEGORY = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}


def stamp(at: datetime) -> str:
    """Write a moment as Jira does."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}" + at.strftime("%z")


def user(name: str) -> Shape:
    """Show an account; its id is made from the name, so that the same person is always the same account."""
    return {
        "accountId": account_id(name),
        "accountType": "atlassian",
        "active": True,
        "displayName": name,
        "timeZone": "UTC",
    }


def account(of: Account) -> Shape:
    """Show an account that is known with its address."""
    return {**user(of.email), "displayName": of.name, "emailAddress": of.email}


def status(site: str, project: Project, name: str) -> Shape:
    """Show a status with its category."""
    number = 10100 + project.statuses().index(name) if name in project.statuses() else 10199
    key = CATEGORIES.get(name, "indeterminate")
    category, label, colour = _CATEGORY[key]
    return {
        "self": f"{site}/rest/api/2/status/{number}",
        "id": str(number),
        "name": name,
        "description": "",
        "statusCategory": {
            "self": f"{site}/rest/api/2/statuscategory/{category}",
            "id": category,
            "key": key,
            "name": label,
            "colorName": colour,
        },
    }


def issue_type(site: str, number: str, name: str) -> Shape:
    """Show an issue type."""
    return {
        "self": f"{site}/rest/api/2/issuetype/{number}",
        "id": number,
        "name": name,
        "description": "",
        "subtask": False,
    }


def field_meta(field: Field, site: str) -> Shape:
    """Show a field of the create screen."""
    shape: Shape = {
        "fieldId": field.id,
        "key": field.id,
        "name": field.name,
        "required": field.required,
        "schema": field.schema,
        "hasDefaultValue": False,
        "operations": ["set"],
    }
    if field.allowed:
        shape["allowedValues"] = [
            {"self": f"{site}/rest/api/2/customFieldOption/{10200 + n}", "id": str(10200 + n), "value": value}
            for n, value in enumerate(field.allowed)
        ]
    return shape


def field_detail(field: Field) -> Shape:
    """Show a field of the site."""
    custom = field.id.startswith("customfield_")
    return {
        "id": field.id,
        "key": field.id,
        "name": field.name,
        "custom": custom,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [f"cf[{field.id.removeprefix('customfield_')}]", field.name] if custom else [field.id],
        "schema": field.schema,
    }


def project(site: str, of: Project) -> Shape:
    """Show a project with its issue types."""
    return {
        "self": f"{site}/rest/api/2/project/{of.id}",
        "id": of.id,
        "key": of.key,
        "name": of.name,
        "projectTypeKey": "software",
        "simplified": False,
        "style": "classic",
        "isPrivate": False,
        "issueTypes": [issue_type(site, number, name) for number, name in of.issue_types.items()],
    }


def transition(site: str, of: Project, way: Transition) -> Shape:
    """Show a transition that is offered now."""
    return {
        "id": way.id,
        "name": way.name,
        "to": status(site, of, way.to),
        "hasScreen": bool(way.needs),
        "isGlobal": False,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "isLooped": False,
    }


def comment(site: str, issue: Issue, of: Comment) -> Shape:
    """Show a comment."""
    return {
        "self": f"{site}/rest/api/2/issue/{issue.id}/comment/{of.id}",
        "id": of.id,
        "author": user(of.author),
        "updateAuthor": user(of.author),
        "body": of.body,
        "created": stamp(of.at),
        "updated": stamp(of.at),
        "jsdPublic": True,
    }


def link_type(site: str, tracker: Tracker, number: str) -> Shape:
    """Show a kind of link with its two readings."""
    name, inward, outward = tracker.link_types[number]
    return {
        "self": f"{site}/rest/api/2/issueLinkType/{number}",
        "id": number,
        "name": name,
        "inward": inward,
        "outward": outward,
    }


def links(site: str, tracker: Tracker, issue: Issue) -> list[Shape]:
    """Show the links of an issue, each seen from its side."""
    shapes: list[Shape] = []
    for link in tracker.links:
        if issue.key not in (link.source, link.destination):
            continue
        outward = link.source == issue.key
        other = tracker.issue(link.destination if outward else link.source)
        end = {"id": other.id, "key": other.key, "self": f"{site}/rest/api/2/issue/{other.id}"}
        number = next(n for n, names in tracker.link_types.items() if names[0] == link.type)
        kind = link_type(site, tracker, number)
        shapes.append({"id": link.id, "type": kind, "outwardIssue" if outward else "inwardIssue": end})
    return shapes


def _assignee(tracker: Tracker, issue: Issue) -> Shape | None:
    named = (issue.fields.get("assignee") or {}).get("accountId", "")
    return account(tracker.accounts[named]) if named in tracker.accounts else None


def issue(
    site: str, tracker: Tracker, of: Issue, wanted: Collection[str], properties: Collection[str] = ()
) -> Shape:
    """Show an issue with the fields asked for."""
    every: Shape = {
        **of.fields,
        "project": {k: v for k, v in project(site, of.project).items() if k != "issueTypes"},
        "issuetype": issue_type(site, of.type_id, of.project.issue_types[of.type_id]),
        "status": status(site, of.project, of.status),
        "labels": of.labels,
        "created": stamp(of.created),
        "issuelinks": links(site, tracker, of),
        "assignee": _assignee(tracker, of),
    }
    everything = not wanted or "*all" in wanted or "*navigable" in wanted
    fields = every if everything else {k: v for k, v in every.items() if k in wanted}
    shape: Shape = {"id": of.id, "key": of.key, "self": f"{site}/rest/api/2/issue/{of.id}", "fields": fields}
    if properties:
        shape["properties"] = {
            k: v for k, v in of.properties.items() if k in properties or "*all" in properties
        }
    return shape
