"""One call of Jira's API: who asks for what, and the parts of it every handler needs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from sandbox.jira.screens import Screen
from sandbox.jira.world import PERMITS, Issue, Json, Project, Refusal, Tracker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was let in."""

    tracker: Tracker
    site: str
    user: str
    permissions: Collection[str]
    path: Mapping[str, str]
    query: QueryParams
    body: Json

    def need(self, permission: str, complaint: str) -> None:
        """Refuse those who lack a permission."""
        if permission not in self.permissions:
            raise Refusal(403, complaint)

    def project(self, key_or_id: str) -> Project:
        """Return the project; without the permission to browse, none exists."""
        for project in self.tracker.projects.values():
            if key_or_id in (project.key, project.id) and "BROWSE_PROJECTS" in self.permissions:
                return project
        raise Refusal(404, f"No project could be found with key '{key_or_id}'.")

    def issue(self) -> Issue:
        """Return the issue the path names."""
        issue = self.tracker.issue(self.path["issue"])
        if "BROWSE_PROJECTS" not in self.permissions:
            raise Refusal(404, "Issue does not exist or you do not have permission to see it.")
        return issue

    def screen(self, project: Project) -> Screen:
        """Return a project's screen as this account sees it."""
        return Screen(
            tuple(f for f in project.fields if PERMITS.get(f.id, "") in ("", *self.permissions)),
            {account.id for account in self.tracker.accounts.values() if account.assignable},
        )

    def listed(self, name: str) -> list[str]:
        """Return a comma-delimited parameter, which may also be repeated."""
        return [item for value in self.query.getlist(name) for item in value.split(",") if item]

    def number(self, name: str, default: int) -> int:
        """Return a number from the query."""
        value = self.query.get(name, str(default))
        if not value.isdigit():
            raise Refusal(400, f"The value '{value}' of '{name}' is not a number.")
        return int(value)

    def page(self, items: Sequence[T], most: int) -> tuple[list[T], dict[str, int]]:
        """Cut the page asked for; a page is never longer than ``most``."""
        start, size = self.number("startAt", 0), min(self.number("maxResults", most), most)
        return list(items[start : start + size]), {"startAt": start, "maxResults": size, "total": len(items)}


def answer(body: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return JSONResponse(body, status)


def done() -> Response:
    """Answer that it is done, without a body."""
    return Response(status_code=204)
