"""What a Jira site knows: projects, issues, who said what; and what people do there by hand.

Keys of a project have no gaps and are never used twice, not even after an issue was deleted.
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.watched import Watched

Json = Any  #: what came in as JSON, before it was judged


class Refusal(Exception):
    """Jira says no: a status, and the two kinds of messages its answers carry."""

    def __init__(self, status: int, *messages: str, **errors: str) -> None:
        super().__init__(*messages)
        self.status = status
        self.body: dict[str, object] = {"errorMessages": list(messages), "errors": errors}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the create screen; ``schema`` is what Jira calls the type."""

    id: str
    name: str
    schema: dict[str, object]
    required: bool = False
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with an account; ``assignable``: issues may be given to them."""

    name: str
    email: str
    assignable: bool = True

    @property
    def id(self) -> str:
        """The account's id, made from the address, so that the same person is always the same account."""
        return account_id(self.email)


def account_id(name: str) -> str:
    """Return the id an account of this name has."""
    return "5b10" + hashlib.sha256(name.encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow of the workflow; ``needs`` are fields its screen insists on."""

    id: str
    name: str
    sources: tuple[str, ...]
    to: str
    needs: tuple[str, ...] = ()


FIELDS = (
    Field("summary", "Summary", {"type": "string", "system": "summary"}, required=True),
    Field("description", "Description", {"type": "string", "system": "description"}),
    Field("labels", "Labels", {"type": "array", "items": "string", "system": "labels"}),
    Field("project", "Project", {"type": "project", "system": "project"}, required=True),
    Field("issuetype", "Issue Type", {"type": "issuetype", "system": "issuetype"}, required=True),
    Field("assignee", "Assignee", {"type": "user", "system": "assignee"}),
    Field("duedate", "Due date", {"type": "date", "system": "duedate"}),
    Field(
        "customfield_10050",
        "Change type",
        {
            "type": "option",
            "custom": "com.atlassian.jira.plugin.system.customfieldtypes:select",
            "customId": 10050,
        },
        allowed=("Standard", "Normal", "Emergency"),
    ),
    Field(
        "customfield_10051",
        "Impact",
        {
            "type": "string",
            "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textarea",
            "customId": 10051,
        },
    ),
    Field(
        "customfield_10052",
        "Customers affected",
        {
            "type": "number",
            "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float",
            "customId": 10052,
        },
    ),
    Field(
        "customfield_10053",
        "Change start",
        {
            "type": "datetime",
            "custom": "com.atlassian.jira.plugin.system.customfieldtypes:datetime",
            "customId": 10053,
        },
    ),
    Field(
        "customfield_10054",
        "Environments",
        {
            "type": "array",
            "items": "option",
            "custom": "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes",
            "customId": 10054,
        },
        allowed=("production", "staging"),
    ),
    Field(
        "customfield_10055",
        "Requester",
        {
            "type": "string",
            "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textfield",
            "customId": 10055,
        },
    ),
)

WORKFLOW = (
    Transition("11", "Start", ("Open",), "Implementing"),
    Transition("21", "Send to review", ("Implementing",), "Review"),
    Transition("31", "Close", ("Review",), "Closed"),
    Transition("41", "Decline", ("Open", "Implementing", "Review"), "Declined"),
    Transition("51", "Review again", ("Closed", "Declined"), "Review"),
)

#: Without the permission a field is on no screen, and may not be set.
PERMITS = {"assignee": "ASSIGN_ISSUES", "duedate": "SCHEDULE_ISSUES"}

CATEGORIES = {"Open": "new", "Closed": "done", "Declined": "done"}


@dataclass(slots=True)
class Project:
    """A project with its issue types, create screen and workflow."""

    key: str
    name: str
    id: str
    issue_types: dict[str, str] = field(default_factory=lambda: {"10001": "Task", "10002": "Change"})
    fields: tuple[Field, ...] = FIELDS
    workflow: tuple[Transition, ...] = WORKFLOW
    first_status: str = "Open"
    last_number: int = 0

    def statuses(self) -> list[str]:
        """Return the statuses in the order the workflow names them."""
        named = [self.first_status, *(t.to for t in self.workflow)]
        return list(dict.fromkeys(named))


@dataclass(slots=True)
class Comment:
    """A comment; the body is wiki markup."""

    id: str
    author: str
    body: str
    at: datetime
    properties: list[dict[str, object]] = field(default_factory=list)


@dataclass(slots=True)
class Link:
    """A link between two issues, as seen from the one it starts at."""

    id: str
    type: str
    source: str
    destination: str


@dataclass(slots=True)
class Issue:
    """An issue with all that hangs on it."""

    id: str
    key: str
    project: Project
    type_id: str
    fields: dict[str, Json]
    status: str
    created: datetime
    indexed_from: float
    searches_before: int
    properties: dict[str, Json] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    remote_links: dict[str, Json] = field(default_factory=dict)
    history: list[tuple[str, str]] = field(default_factory=list)  #: who, and to which status

    @property
    def summary(self) -> str:
        return str(self.fields.get("summary", ""))

    @property
    def labels(self) -> list[str]:
        return [str(label) for label in self.fields.get("labels") or ()]


class Tracker(Watched):
    """The state of a Jira site, and people's hands in it.

    A new issue is found by the search only after ``lag_seconds`` of real time and after ``lag_searches``
    more searches have been made, whichever is later.
    """

    def __init__(self, projects: Iterable[Project] = (), now: Callable[[], datetime] | None = None) -> None:
        super().__init__(now=now)
        self.projects = {p.key: p for p in projects or (Project("CHG", "Changes", "10000"),)}
        self.issues: dict[str, Issue] = {}
        self.links: list[Link] = []
        self.accounts: dict[str, Account] = {}
        self.moved: dict[str, str] = {}  #: keys issues had before they were moved, which still lead there
        self.link_types = {
            "10002": ("Duplicate", "is duplicated by", "duplicates"),
            "10003": ("Relates", "relates to", "relates to"),
        }
        self.lag_seconds = 0.0
        self.lag_searches = 0
        self.searches = 0
        self._numbers = 10000

    def number(self) -> str:
        """Return the next id; ids grow, and are shared by everything that has one."""
        self._numbers += 1
        return str(self._numbers)

    def now(self) -> datetime:
        """Return the site's time; without a clock it stands at the number of changes made so far."""
        return self._now() if self._now else datetime.fromtimestamp(1_790_000_000 + self.version, UTC)

    def add_account(self, account: Account) -> None:
        """Give somebody an account."""
        self.accounts[account.id] = account

    def of_type(self, name: str) -> list[Issue]:
        """Return the issues of a type, oldest first."""
        return [issue for issue in self.tickets() if issue.project.issue_types[issue.type_id] == name]

    def tickets(self) -> list[Issue]:
        """Return all issues, oldest first."""
        with self.lock:
            return sorted(self.issues.values(), key=lambda issue: int(issue.id))

    def issue(self, key_or_id: str) -> Issue:
        """Return the issue with this key or id; a missing one is refused as Jira does."""
        known = self.moved.get(key_or_id, key_or_id)
        for issue in self.issues.values():
            if known in (issue.id, issue.key):
                return issue
        raise Refusal(404, "Issue does not exist or you do not have permission to see it.")

    def add(self, project: Project, type_id: str, fields: dict[str, Json]) -> Issue:
        """Create an issue, without asking whether the fields are right."""
        project.last_number += 1
        key = f"{project.key}-{project.last_number}"
        seen_from = time.monotonic() + self.lag_seconds
        issue = Issue(
            self.number(),
            key,
            project,
            type_id,
            fields,
            project.first_status,
            self.now(),
            seen_from,
            self.searches,
        )
        self.issues[key] = issue
        self.changed()
        return issue

    def found(self) -> list[Issue]:
        """Return what the search index knows by now, oldest first; asking counts as a search."""
        self.searches += 1
        now = time.monotonic()
        return [
            issue
            for issue in self.tickets()
            if issue.indexed_from <= now and self.searches - issue.searches_before > self.lag_searches
        ]

    def ways_out(self, issue: Issue) -> list[Transition]:
        """Return the transitions the workflow offers where the issue stands."""
        return [t for t in issue.project.workflow if issue.status in t.sources]

    def transition(self, key: str, status: str, person: str) -> None:
        """Move an issue by hand: an administrator may move it anywhere."""
        with self.lock:
            issue = self.issue(key)
            issue.status = status
            issue.history.append((person, status))
            self.changed()

    def comment(self, key: str, text: str, person: str) -> Comment:
        """Write a comment, as a person."""
        with self.lock:
            comment = Comment(self.number(), person, text, self.now())
            self.issue(key).comments.append(comment)
            self.changed()
            return comment

    def delete(self, key: str) -> None:
        """Delete an issue, as a person; its key is not used again."""
        with self.lock:
            issue = self.issue(key)
            del self.issues[issue.key]
            self.links = [link for link in self.links if key not in (link.source, link.destination)]
            self.changed()

    def clone(self, key: str) -> Issue:
        """Clone an issue, as a person: fields and labels are copied, entity properties are not."""
        with self.lock:
            original = self.issue(key)
            fields = original.fields | {"summary": f"CLONE - {original.summary}"}
            return self.add(original.project, original.type_id, fields)
