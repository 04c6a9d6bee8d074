"""One call of GitHub's API: who asks for what, and the parts of it every handler needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from sandbox.github.git import Author
from sandbox.github.world import Account, Forge, Organisation, Repository, Team

Json = Any  #: what came in as JSON, before it was judged
Shape = dict[str, object]

DOCS = "https://docs.github.com/rest"


class Refusal(Exception):
    """GitHub says no."""

    def __init__(
        self, status: int, message: str, headers: Mapping[str, str] | None = None, **more: object
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: Shape = {"message": message, "documentation_url": DOCS, "status": str(status), **more}


@dataclass(slots=True)
class Reply:
    """An answer that is not a refusal."""

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was let in."""

    forge: Forge
    base: str
    url: str
    actor: Account
    writes: bool  #: whether the token may change organisations and teams
    pushes: bool  #: whether the token may write to repositories
    path: Mapping[str, str]
    query: QueryParams
    body: Json
    powers: frozenset[str] = frozenset()  #: what the token may write, by the names of an App's permissions

    def organisation(self) -> Organisation:
        """Return the organisation the path names."""
        org = self.forge.organisations.get(self.path["org"].casefold())
        if org is None:
            raise Refusal(404, "Not Found")
        return org

    def team(self) -> tuple[Organisation, Team]:
        """Return the team the path names; a secret one does not exist for those outside."""
        org = self.organisation()
        team = org.teams.get(self.path["team"])
        if team is None or team.hidden:
            raise Refusal(404, "Not Found")
        return org, team

    def repository(self) -> Repository:
        """Return the repository the path names."""
        repository = self.forge.repositories.get(f"{self.path['owner']}/{self.path['repo']}".casefold())
        if repository is None or repository.hidden:
            raise Refusal(404, "Not Found")
        return repository

    def may_write(self) -> None:
        """Refuse tokens that may only read."""
        if not self.writes:
            raise Refusal(403, "Resource not accessible by personal access token")

    def may_push(self) -> None:
        """Refuse tokens that may not write to the repository."""
        if not self.pushes:
            raise Refusal(403, "Resource not accessible by integration")

    def may(self, *powers: str) -> None:
        """Refuse tokens that have none of the powers."""
        if not self.powers & set(powers):
            raise Refusal(403, "Resource not accessible by integration")

    def author(self) -> Author:
        """Return the account that calls as the author of a commit, by its address that gives nothing away."""
        actor = self.actor
        return Author(actor.name, f"{actor.id}+{actor.login}@users.noreply.github.com", actor.login)

    def page(self, shapes: Sequence[object]) -> Reply:
        """Cut the page asked for, with the links to its neighbours."""
        size = min(int(self.query.get("per_page", "30")), 100)
        number, last = int(self.query.get("page", "1")), max(-(-len(shapes) // size), 1)
        near = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        unwanted = {"prev", "first"} if number <= 1 else set()
        unwanted |= {"next", "last"} if number >= last else set()
        links = [
            f'<{self.url}?{urlencode({**self.query, "page": page})}>; rel="{name}"'
            for name, page in near.items()
            if name not in unwanted
        ]
        start = (number - 1) * size
        return Reply(list(shapes[start : start + size]), headers={"link": ", ".join(links)} if links else {})
