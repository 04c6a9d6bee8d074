"""Who wrote the commits a completion report names, and who started its deployments, asked of GitHub.

Names and e-mails in a commit are free text: only accounts count; whoever has none is counted as unresolved.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from workflows.errors import Declined, Unavailable
from workflows.ports import Authorship

OK, NOT_FOUND, CONFLICT, UNPROCESSABLE = 200, 404, 409, 422
BY_GITHUB_ITSELF = frozenset({"web-flow"})  #: the committer of what is merged in the browser

_COMMIT = re.compile(
    r"/(\w[\w.-]*)/(?!\.{1,2}/)([\w.-]+)/(?:commit|pull/\d+/(?:commits|changes))/([0-9a-fA-F]{7,64})/?"
)
_PULL = re.compile(r"/(\w[\w.-]*)/(?!\.{1,2}/)([\w.-]+)/pull/(\d+)(?:/(?:files|commits|changes|checks))?/?")
_DEPLOYMENT = re.compile(r"(?:/repos)?/(\w[\w.-]*)/(?!\.{1,2}/)([\w.-]+)/deployments/(\d+)/?")
_CO_AUTHOR = re.compile(r"^\s*co-authored-by:[^<\n]*<([^<>\s]+@[^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)
_NO_REPLY = re.compile(r"(?:(\d+)\+)?([\w-]+(?:\[bot\])?)@users\.noreply\.[\w.-]+", re.IGNORECASE)


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


class GitHubCommits:
    """Commits and pull requests by their addresses on one GitHub; ``web_url`` is where people read them."""

    def __init__(self, connection: Connection, web_url: str = "https://github.com") -> None:
        self._connection = connection
        self._web_url = web_url.rstrip("/")

    def authors(self, reference: str) -> Authorship | None:
        """Return who wrote it; a 404 is absence only while the repository itself can be seen."""
        path = self._path(reference)
        if commit := _COMMIT.fullmatch(path):
            repository, sha = _repository(commit), commit[3].lower()
            found = self._found(repository, f"{repository}/commits/{sha}")
            return None if found is None else self._wrote([found])
        if pull := _PULL.fullmatch(path):
            repository, number = _repository(pull), pull[3]
            found = self._found(repository, f"{repository}/pulls/{number}")
            return None if found is None else self._wrote_pull(f"{repository}/pulls/{number}", found)
        raise Declined(
            f"“{reference}” is not the address of a commit or a pull request; paste one from the browser."
        )

    def deployers(self, reference: str) -> Authorship | None:
        """Return who started a deployment, by its address for programs or people; a program is nobody to tell."""
        web = self._web_url.partition("://")[2]
        named = _DEPLOYMENT.fullmatch(self._path(reference.replace(f"://api.{web}/", f"://{web}/", 1)))
        if named is None:
            return None
        repository = _repository(named)
        found = self._found(repository, f"{repository}/deployments/{named[3]}")
        if found is None:
            return None
        by = found.get("creator") or {}
        account = {} if by.get("type") == "Bot" else _numbered(by)
        return Authorship(frozenset(account), 0 if account else 1, account)

    def _path(self, reference: str) -> str:
        base, parts = urlsplit(self._web_url), urlsplit(reference.strip())
        if parts.scheme not in ("http", "https") or parts.netloc.casefold() != base.netloc.casefold():
            raise Declined(
                f"“{reference}” is not an address on {self._web_url}; paste a commit's or a pull request's."
            )
        return parts.path.removeprefix(base.path)

    def _found(self, repository: str, path: str) -> Mapping[str, Any] | None:
        status, _, found = self._connection.ask("GET", path)
        if status == OK and isinstance(found, dict):
            return found
        if status in (UNPROCESSABLE, CONFLICT):  # no commit has this hash; the repository is empty
            return None
        if status != NOT_FOUND:
            raise Unavailable(f"GitHub answered with half a page ({status}).")
        if self._connection.ask("GET", repository)[0] != OK:
            raise Declined(
                f"The bot may not see {repository.removeprefix('/repos/')} on GitHub; give it read access."
            )
        return None

    def _wrote_pull(self, path: str, pull: Mapping[str, Any]) -> Authorship:
        status, commits = self._connection.listing(f"{path}/commits")
        if status != OK:
            raise Unavailable(f"GitHub did not list the pull request's commits ({status}).")
        wrote = self._wrote(commits)
        opener = _numbered(pull.get("user"))
        unlisted = max(int(pull.get("commits") or 0) - len(commits), 0)
        numbers = {**wrote.numbers, **opener}
        return Authorship(frozenset(numbers), wrote.unresolved + unlisted + (0 if opener else 1), numbers)

    def _wrote(self, commits: Iterable[Any]) -> Authorship:
        accounts: dict[str, str] = {}
        unattributed: set[str] = set()
        for commit in commits:
            if not isinstance(commit, dict) or not isinstance(commit.get("commit"), dict):
                raise Unavailable("GitHub answered with half a commit.")
            for role in ("author", "committer"):
                _attribute(commit, role, accounts, unattributed)
            unattributed.update(
                email.casefold() for email in _CO_AUTHOR.findall(commit["commit"].get("message", ""))
            )
        resolved = {email: self._account(email) for email in sorted(unattributed)}
        for found in resolved.values():
            accounts |= found
        return Authorship(frozenset(accounts), sum(not found for found in resolved.values()), accounts)

    def _account(self, email: str) -> dict[str, str]:
        """Return the account behind an e-mail: one GitHub made for it, or one who shows it publicly."""
        if private := _NO_REPLY.fullmatch(email):
            status, _, found = self._connection.ask("GET", f"/users/{quote(private[2], safe='')}")
            if status != OK or not isinstance(found, dict):
                return {}
            same = private[1] is None or str(found.get("id")) == private[1]
            return _numbered(found) if same else {}
        status, _, found = self._connection.ask("GET", "/search/users", query={"q": f"{email} in:email"})
        if status == UNPROCESSABLE:
            return {}
        if status != OK or not isinstance(found, dict) or found.get("incomplete_results"):
            raise Unavailable("GitHub answered with half a search.")
        items = found.get("items") or []
        return _numbered(items[0]) if len(items) == 1 else {}


def _numbered(account: Any) -> dict[str, str]:
    """Return an account's login with its number, which stays when the login changes."""
    if not isinstance(account, dict) or not isinstance(account.get("login"), str):
        return {}
    return {account["login"]: str(account.get("id") or "")}


def _attribute(
    commit: Mapping[str, Any], role: str, accounts: dict[str, str], unattributed: set[str]
) -> None:
    """Note the account GitHub attributes a role to, or else the e-mail the commit gives for it."""
    if account := _numbered(commit.get(role)):
        accounts.update({login: number for login, number in account.items() if login not in BY_GITHUB_ITSELF})
        return
    said = commit["commit"].get(role) or {}
    email = str(said.get("email") or f"nobody:{commit.get('sha')}").casefold()
    if email != "noreply@github.com":
        unattributed.add(email)


def _repository(match: re.Match[str]) -> str:
    return f"/repos/{quote(match[1], safe='')}/{quote(match[2], safe='')}"
