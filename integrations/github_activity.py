"""How much is changed at all: merged pull requests and deployments, counted where they happen.

Emergencies mean something only beside all changes; nothing is kept but the counts.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

from workflows.errors import Declined, Unavailable

OK, NOT_FOUND, UNPROCESSABLE = 200, 404, 422
PAGE, MOST_PAGES = 100, 100


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


class GitHubActivity:
    """Counts in repositories (``owner/name``); ``begin`` belongs to the period, ``end`` does not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def merged(self, repository: str, begin: datetime, end: datetime) -> int:
        """Count merged pull requests; GitHub's search knows seconds, and both of its ends count."""
        between = f"{_stamp(begin)}..{_stamp(end - timedelta(seconds=1))}"
        query = {"q": f"repo:{repository} is:pr is:merged merged:{between}", "per_page": "1"}
        status, _, found = self._connection.ask("GET", "/search/issues", query=query)
        if status == UNPROCESSABLE:
            raise _unseen(repository)
        whole = status == OK and isinstance(found, dict) and not found.get("incomplete_results")
        if not whole or not isinstance(found.get("total_count"), int):
            raise Unavailable("GitHub answered with half a search.")
        return int(found["total_count"])

    def deployed(self, repository: str, environment: str, begin: datetime, end: datetime) -> int:
        """Count deployments to an environment; GitHub lists the newest first, so older pages are not read."""
        path = f"/repos/{quote(repository)}/deployments"
        count = 0
        for page in range(1, MOST_PAGES + 1):
            query = {"environment": environment, "per_page": str(PAGE), "page": str(page)}
            status, headers, found = self._connection.ask("GET", path, query=query)
            if status == NOT_FOUND:
                raise _unseen(repository)
            if status != OK or not isinstance(found, list):
                raise Unavailable("GitHub answered with half a listing.")
            moments = [_moment(one) for one in found]
            count += sum(begin <= at < end for at in moments)
            if 'rel="next"' not in headers.get("link", "") or min(moments, default=begin) < begin:
                return count
        raise Unavailable(f"GitHub's listing has more than {MOST_PAGES} pages.")


def _unseen(repository: str) -> Declined:
    return Declined(f"The bot may not see {repository} on GitHub; give it read access.")


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(deployment: Any) -> datetime:
    try:
        return datetime.fromisoformat(deployment["created_at"])
    except (TypeError, KeyError, ValueError) as error:
        raise Unavailable("GitHub answered with half a deployment.") from error
