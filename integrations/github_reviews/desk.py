"""Opening, describing, closing and reading pull requests of one repository.

REST has everything but one thing: that a review was edited after it was submitted is known to GraphQL alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from integrations.github_reviews.description import description, digest
from workflows.errors import Declined, Unavailable
from workflows.ports import Account, CommentView, Proposal, PullView, ReviewView

OK, CREATED, NOT_FOUND, UNPROCESSABLE = 200, 201, 404, 422
AT_ONCE = 100  #: nodes of one GraphQL question
EDITED = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on PullRequestReview { id lastEditedAt editor { login } } } }"
STATES: Mapping[str, Any] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
}
NOBODY = Account("ghost")  #: GitHub's name for whoever deleted their account


class Connection(Protocol):
    """What this adapter needs of GitHub."""

    def ask(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[int, Mapping[str, str], Any]:
        """Make one request."""

    def listing(self, path: str, *, query: Mapping[str, str] | None = None) -> tuple[int, list[Any]]:
        """Read all pages."""

    def graphql(self, query: str, variables: Mapping[str, object]) -> Mapping[str, Any]:
        """Ask the GraphQL API."""


class GitHubReviews:
    """The pull requests of ``owner/name`` or ``owner/name#branch``, which is what they would be merged into."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self.name, _, branch = name.partition("#")
        self._base = branch or "main"
        self._root = f"/repos/{quote(self.name)}"

    # --- pull requests -----------------------------------------------------------------------------

    def find(self, branch: str) -> PullView | None:
        owner = self.name.partition("/")[0]
        query = {"head": f"{owner}:{branch}", "state": "open"}
        status, found = self._connection.listing(f"{self._root}/pulls", query=query)
        if status != OK:
            raise self._unseen(status)
        return _pull(found[0]) if found else None

    def open(self, branch: str, proposal: Proposal) -> PullView:
        body: dict[str, object] = {"head": branch, "base": self._base}
        body |= {"title": proposal.title, "body": description(proposal)}
        status, _, said = self._connection.ask("POST", f"{self._root}/pulls", body=body)
        if status == CREATED:
            return _pull(said)
        if status == UNPROCESSABLE and "already exists" in _message(said):
            raise Unavailable("Another replica just opened the pull request.")
        raise self._refused(status, said, "open a pull request")

    def look(self, number: int) -> PullView:
        status, _, found = self._connection.ask("GET", f"{self._root}/pulls/{number}")
        if status != OK:
            raise self._unseen(status)
        return _pull(found)

    def describe(self, number: int, proposal: Proposal) -> PullView:
        body: dict[str, object] = {"title": proposal.title, "body": description(proposal)}
        status, _, said = self._connection.ask("PATCH", f"{self._root}/pulls/{number}", body=body)
        if status != OK:
            raise self._refused(status, said, "describe the pull request")
        return _pull(said)

    def digest(self, proposal: Proposal) -> str:
        return digest(description(proposal))

    def set_open(self, number: int, *, is_open: bool) -> PullView | None:
        body = {"state": "open" if is_open else "closed"}
        status, _, said = self._connection.ask("PATCH", f"{self._root}/pulls/{number}", body=body)
        if status == OK:
            return _pull(said)
        if status == UNPROCESSABLE and is_open:
            return None
        raise self._refused(status, said, "open or close the pull request")

    # --- what people wrote -------------------------------------------------------------------------

    def reviews(self, number: int) -> tuple[ReviewView, ...]:
        status, found = self._connection.listing(f"{self._root}/pulls/{number}/reviews")
        if status != OK:
            raise self._unseen(status)
        submitted = [_checked(one) for one in found if not _pending(one)]
        edited = self._edited([one["node_id"] for one in submitted if one["state"] != "DISMISSED"])
        return tuple(_review(one, edited=one["node_id"] in edited) for one in submitted)

    def comments(self, number: int) -> tuple[CommentView, ...]:
        return tuple(
            CommentView(
                str(one.get("html_url") or ""),
                str(one.get("body") or ""),
                _account(one),
                _moment(one, "created_at"),
            )
            for one in self._conversation(number)
        )

    def comment(self, number: int, marker: str, login: str, text: str) -> None:
        """Look for the marker first; GitHub has no idempotency key."""
        hidden = f"<!-- {marker} -->"
        if any(hidden in str(one.get("body") or "") for one in self._conversation(number)):
            return
        body = {"body": f"@{login} {text}\n\n{hidden}"}
        status, _, said = self._connection.ask("POST", f"{self._root}/issues/{number}/comments", body=body)
        if status != CREATED:
            raise self._refused(status, said, "comment on the pull request")

    def _conversation(self, number: int) -> list[Mapping[str, Any]]:
        status, found = self._connection.listing(f"{self._root}/issues/{number}/comments")
        if status != OK:
            raise self._unseen(status)
        if not all(isinstance(one, dict) for one in found):
            raise Unavailable("GitHub answered with half a conversation.")
        return found

    def _edited(self, ids: Sequence[str]) -> frozenset[str]:
        """Return which of the reviews were edited after they were submitted."""
        found: set[str] = set()
        for some in _chunks(ids):
            nodes = self._connection.graphql(EDITED, {"ids": list(some)}).get("nodes")
            if not isinstance(nodes, list) or len(nodes) != len(some):
                raise Unavailable("GitHub answered with half a listing of reviews.")
            for node in nodes:
                if not isinstance(node, dict) or "lastEditedAt" not in node:
                    raise Unavailable("GitHub does not show whether a review was edited.")
                if node["lastEditedAt"] is not None:
                    found.add(str(node.get("id")))
        return frozenset(found)

    # --- refusals ----------------------------------------------------------------------------------

    def _unseen(self, status: int) -> Declined:
        return Declined(
            f"GitHub does not show the pull requests of {self.name} ({status}); "
            "give the bot's App the permission Pull requests: write there."
        )

    def _refused(self, status: int, said: Any, what: str) -> Declined:
        return Declined(f"GitHub refused to {what} in {self.name} ({status}: {_message(said)}).")


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))


def _pull(found: Any) -> PullView:
    try:
        return PullView(
            number=int(found["number"]),
            url=str(found["html_url"]),
            head=str(found["head"]["sha"]),
            is_open=found["state"] == "open",
            description=digest(found["body"]),
        )
    except (KeyError, TypeError) as error:
        raise Unavailable("GitHub answered with half a pull request.") from error


def _pending(found: Any) -> bool:
    return isinstance(found, dict) and found.get("state") == "PENDING"


def _checked(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, dict) or found.get("state") not in STATES or not found.get("node_id"):
        raise Unavailable("GitHub answered with half a review.")
    return found


def _review(found: Mapping[str, Any], *, edited: bool) -> ReviewView:
    return ReviewView(
        id=int(found["id"]),
        url=str(found.get("html_url") or ""),
        commit=str(found.get("commit_id") or ""),
        state=STATES[found["state"]],
        body=str(found.get("body") or ""),
        account=_account(found),
        at=_moment(found, "submitted_at"),
        edited=edited,
    )


def _account(found: Mapping[str, Any]) -> Account:
    user = found.get("user")
    if not isinstance(user, dict) or not user.get("login"):
        return NOBODY
    return Account(str(user["login"]), str(user.get("id") or ""), user.get("type") == "Bot")


def _moment(found: Mapping[str, Any], name: str) -> datetime:
    try:
        return datetime.fromisoformat(str(found.get(name)))
    except ValueError as error:
        raise Unavailable("GitHub answered without saying when something was written.") from error


def _message(said: Any) -> str:
    return " ".join(_words(said))[:300].rstrip(".")


def _words(said: Any) -> Iterator[str]:
    """Yield what GitHub said: the message, and the errors that explain it."""
    if not isinstance(said, dict):
        return
    yield str(said.get("message") or "")
    for error in said.get("errors") or ():
        yield str(error.get("message") or error.get("code") or "") if isinstance(error, dict) else str(error)
