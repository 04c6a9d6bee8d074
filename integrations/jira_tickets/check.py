"""What has to hold in Jira before a night begins: credentials, project, screen, statuses, permissions.

It only reads, so a project that passes may still refuse a transition whose screen wants more fields.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from integrations.jira_tickets.client import JiraConnection
from integrations.jira_tickets.fields import Screens
from workflows.errors import Declined, Unavailable

PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS", "LINK_ISSUES")
FOLLOW_UP_PERMISSIONS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "LINK_ISSUES",
    "ASSIGN_ISSUES",
    "SCHEDULE_ISSUES",
    "TRANSITION_ISSUES",
    "ADD_COMMENTS",  # on the reviews of months, which are kept there too
)
OF_FOLLOW_UPS = {"duedate": "Due date (duedate)", "assignee": "Assignee (assignee)"}
FILLED_BY_US = frozenset({"summary", "description", "labels", "project", "issuetype", "reporter"})


class Finding(NamedTuple):
    """One line of the doctor's report; the remedy is empty where all is well."""

    ok: bool
    what: str
    remedy: str


def findings(
    connection: JiraConnection,
    screens: Screens,
    *,
    project: str,
    fields: Mapping[str, str],
    statuses: Sequence[str],
    link_type: str,
) -> list[Finding]:
    """Look at everything; what cannot be asked because an earlier answer is missing is left out."""
    report: list[Finding] = []
    try:
        report.append(_account(connection))
        report.append(_screen(screens, fields))
        report.append(_permissions(connection, project))
        report.append(_statuses(connection, project, statuses))
        report.append(_link_type(connection, link_type))
    except (Declined, Unavailable) as error:
        report.append(Finding(ok=False, what="Jira", remedy=str(error)))
    return report


def follow_up_findings(
    connection: JiraConnection, screens: Screens, *, project: str, link_type: str
) -> list[Finding]:
    """Look at what follow-ups need besides what tickets need."""
    report: list[Finding] = []
    try:
        report.append(_asked_of_follow_ups(screens))
        report.append(_permissions(connection, project, FOLLOW_UP_PERMISSIONS, "open follow-ups and reviews"))
        report.append(_link_type(connection, link_type, "follow-ups can be linked"))
    except (Declined, Unavailable) as error:
        report.append(Finding(ok=False, what="follow-ups in Jira", remedy=str(error)))
    return report


def _asked_of_follow_ups(screens: Screens) -> Finding:
    fields, what = screens.get().fields, "the create screen of follow-ups has due date and assignee"
    missing = [name for field, name in OF_FOLLOW_UPS.items() if field not in fields]
    if missing:
        remedy = (
            f"Add {', '.join(missing)} to it, or give the account Schedule Issues and Assign Issues: without them "
            "only the description says who does it until when."
        )
        return Finding(ok=False, what=what, remedy=remedy)
    unmet = _unmet(fields, FILLED_BY_US | set(OF_FOLLOW_UPS))
    remedy = f"Jira insists on {', '.join(unmet)}: make it optional." if unmet else ""
    return Finding(
        not unmet, "the create screen of follow-ups asks for no more than the bot fills in", remedy
    )


def _unmet(fields: Mapping[str, Mapping[str, Any]], ours: Collection[str]) -> list[str]:
    return [
        f"{meta.get('name')} ({field_id})"
        for field_id, meta in fields.items()
        if meta.get("required") and not meta.get("hasDefaultValue") and field_id not in ours
    ]


def _account(connection: JiraConnection) -> Finding:
    me = connection.ask("GET", "/myself")
    name = me.get("displayName", "") if isinstance(me, dict) else ""
    return Finding(ok=True, what=f"Jira accepts the credentials of {name}", remedy="")


def _screen(screens: Screens, fields: Mapping[str, str]) -> Finding:
    screen = screens.get()
    missing = [f"{name} ({field_id})" for name, field_id in fields.items() if field_id not in screen.fields]
    if missing:
        remedy = f"Add {', '.join(missing)} to the create screen, or correct [ticket] fields."
        return Finding(ok=False, what="the create screen has the policy's fields", remedy=remedy)
    unmet = _unmet(screen.fields, FILLED_BY_US | set(fields.values()))
    if unmet:
        remedy = f"Jira insists on {', '.join(unmet)}: make it optional, or add it to [ticket] fields."
        return Finding(
            ok=False, what="the create screen asks for no more than the bot fills in", remedy=remedy
        )
    return Finding(ok=True, what="project, issue type and fields are there", remedy="")


def _permissions(
    connection: JiraConnection, project: str, needed: Sequence[str] = PERMISSIONS, to: str = "work"
) -> Finding:
    query = {"projectKey": project, "permissions": ",".join(needed)}
    answer = connection.ask("GET", "/mypermissions", query=query)
    granted = (answer.get("permissions") if isinstance(answer, dict) else None) or {}
    lacking = [key for key in needed if not (granted.get(key) or {}).get("havePermission")]
    what = f"the bot's account may {to} in project {project}"
    remedy = f"Give the account {', '.join(lacking)} in project {project}." if lacking else ""
    return Finding(ok=not lacking, what=what, remedy=remedy)


def _statuses(connection: JiraConnection, project: str, statuses: Sequence[str]) -> Finding:
    kinds = connection.ask("GET", f"/project/{project}/statuses")
    kinds = kinds if isinstance(kinds, list) else []
    known = {str(status.get("name")).casefold() for kind in kinds for status in kind.get("statuses") or ()}
    lacking = [status for status in dict.fromkeys(statuses) if status.casefold() not in known]
    remedy = f"Add {', '.join(lacking)} to the workflow, or correct [ticket] statuses." if lacking else ""
    return Finding(ok=not lacking, what="the workflow has the policy's statuses", remedy=remedy)


def _link_type(connection: JiraConnection, link_type: str, what: str = "duplicates can be linked") -> Finding:
    answer = connection.ask("GET", "/issueLinkType")
    listed = (answer.get("issueLinkTypes") if isinstance(answer, dict) else None) or []
    known = [str(kind.get("name")) for kind in listed]
    remedy = "" if link_type in known else f"Jira has no link type “{link_type}”, only {', '.join(known)}."
    return Finding(ok=link_type in known, what=what, remedy=remedy)
