"""Blobs, trees, commits and references of one repository, one request each.

A 404 is absence only while the repository itself can be seen; and an empty repository has no objects at all.
"""

import base64
import binascii
import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from workflows.errors import Declined, Unavailable

OK, CREATED, NOT_FOUND, CONFLICT, UNPROCESSABLE = 200, 201, 404, 409, 422
FILE = "100644"
REMEMBERED = 5000


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

    def app_permissions(self) -> Mapping[str, str] | None:
        """Return what the App may do."""

    def app_hook(self) -> Mapping[str, Any] | None:
        """Return where the App's own webhook leads, and its events."""


class Empty(Exception):
    """The repository has no commit yet."""


class Moved(Exception):
    """Somebody else moved the branch, or made it, in between."""


def content_name(content: bytes) -> str:
    """Return git's own name for these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class Objects:
    """One repository; ``name`` is ``owner/name``."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self.name = name
        self._root = f"/repos/{quote(name)}"
        self._trees: OrderedDict[str, str] = OrderedDict()  # commit → tree: neither ever changes
        self._there: OrderedDict[str, None] = OrderedDict()  # blobs that were sent

    # --- references --------------------------------------------------------------------------------

    def head(self, branch: str) -> str | None:
        """Return the commit a branch is at; ``None``: there is no such branch.  Raises ``Empty``."""
        status, found = self._ask("GET", f"/git/ref/heads/{quote(branch)}")
        if status == OK and isinstance(found, dict):
            return _sha(found.get("object"))
        if status == CONFLICT:
            raise Empty
        if status == NOT_FOUND:
            self.must_see()
            return None
        raise Unavailable(f"GitHub answered with half a branch ({status}).")

    def create(self, branch: str, commit: str) -> None:
        """Make a branch; raises ``Moved`` if somebody else just did."""
        status, said = self._ask("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})
        if status == UNPROCESSABLE and "already exists" in _message(said):
            raise Moved
        self._must(CREATED, status, said, f"make the branch {branch}")

    def advance(self, branch: str, commit: str) -> None:
        """Move a branch forward; raises ``Moved`` if it is not where the commit was made for."""
        body = {"sha": commit, "force": False}
        status, said = self._ask("PATCH", f"/git/refs/heads/{quote(branch)}", body)
        slower = status == UNPROCESSABLE and any(
            sign in _message(said) for sign in ("not a fast forward", "does not exist")
        )
        if slower or status == CONFLICT:
            raise Moved
        self._must(OK, status, said, f"move the branch {branch}")

    def precedes(self, commit: str, branch: str) -> bool:
        """Say whether the branch has the commit in its history."""
        query = {"per_page": "1", "page": "2"}  # the first page would list every file that differs
        status, found = self._ask("GET", f"/compare/{quote(commit)}...{quote(branch)}", query=query)
        if status == OK and isinstance(found, dict) and isinstance(found.get("status"), str):
            return found["status"] in ("identical", "ahead")
        if status != NOT_FOUND:
            raise Unavailable(f"GitHub answered with half a comparison ({status}).")
        self.must_see()
        return False

    # --- commits and trees -------------------------------------------------------------------------

    def tree_of(self, commit: str) -> str:
        """Return a commit's tree."""
        if commit not in self._trees:
            status, found = self._ask("GET", f"/git/commits/{quote(commit)}")
            if status != OK or not isinstance(found, dict):
                raise Unavailable(f"GitHub does not show the commit the branch is at ({status}).")
            self._keep(self._trees, commit, _sha(found.get("tree")))
        return self._trees[commit]

    def knows(self, commit: str) -> bool:
        """Say whether a commit is still kept, though perhaps no branch leads to it."""
        status, _ = self._ask("GET", f"/git/commits/{quote(commit)}")
        if status not in (OK, NOT_FOUND):
            raise Unavailable(f"GitHub does not say whether a commit is still there ({status}).")
        return status == OK

    def commit(self, tree: str, parents: tuple[str, ...], message: str) -> str:
        """Make a commit.  Nobody is named as its author: so it is the App's own, and carries nobody's name."""
        body = {"message": message, "tree": tree, "parents": list(parents)}
        status, said = self._ask("POST", "/git/commits", body)
        self._must(CREATED, status, said, "make a commit")
        made = _sha(said)
        self._keep(self._trees, made, tree)
        return made

    def tree(self, base: str | None, files: Mapping[str, bytes | None]) -> str:
        """Make a tree over another one; the same content makes the same tree."""
        lines = [self._line(path, content) for path, content in sorted(files.items())]
        body: dict[str, object] = {"tree": lines} | ({"base_tree": base} if base else {})
        status, said = self._ask("POST", "/git/trees", body)
        self._must(CREATED, status, said, "write the files")
        return _sha(said)

    def _line(self, path: str, content: bytes | None) -> dict[str, object]:
        line: dict[str, object] = {"path": path, "mode": FILE, "type": "blob"}
        if content is None:
            return line | {"sha": None}
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return line | {"sha": self._blob(content)}
        return line | ({"sha": self._blob(content)} if "\0" in text else {"content": text})

    def _blob(self, content: bytes) -> str:
        """Send what is not text; what was sent once need not be sent again when the rest goes wrong."""
        name = content_name(content)
        if name not in self._there:
            body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
            status, said = self._ask("POST", "/git/blobs", body)
            self._must(CREATED, status, said, "write the files")
            if _sha(said) != name:
                raise Unavailable("GitHub kept other bytes than were sent.")
            self._keep(self._there, name, None)
        return name

    def begin(self, branch: str, path: str, content: bytes, message: str) -> None:
        """Write the first file of an empty repository, which only the contents API can do."""
        body = {"message": message, "content": base64.b64encode(content).decode(), "branch": branch}
        status, said = self._ask("PUT", f"/contents/{quote(path)}", body)
        if status in (CONFLICT, UNPROCESSABLE):
            raise Moved  # another replica began it
        self._must(CREATED, status, said, "begin the repository")

    # --- reading -----------------------------------------------------------------------------------

    def read(self, commit: str, path: str) -> bytes | None:
        """Return a file as a commit has it; ``None``: it is not there."""
        status, found = self._ask("GET", f"/contents/{quote(path)}", query={"ref": commit})
        if status == NOT_FOUND:
            self.must_see()
            return None
        if status != OK or not isinstance(found, dict):
            raise Unavailable(f"GitHub answered with half a file ({status}).")
        if found.get("encoding") == "none":  # too large for this answer
            status, found = self._ask("GET", f"/git/blobs/{_sha(found)}")
        content = _decoded(found) if status == OK and isinstance(found, dict) else None
        if content is None:
            raise Unavailable("GitHub answered with half a file.")
        return content

    def listing(self, commit: str, folder: str) -> dict[str, str]:
        """Return path and content name of all files below a folder."""
        tree = self.tree_of(commit)
        for name in filter(None, folder.split("/")):
            below = [e for e in self._entries(tree) if e["path"] == name and e["type"] == "tree"]
            if not below:
                return {}
            tree = str(below[0]["sha"])
        return dict(self._walk(tree, f"{folder}/" if folder else ""))

    def _walk(self, tree: str, under: str) -> Iterator[tuple[str, str]]:
        """Walk a tree with one request, or with one for each folder where GitHub cuts the answer short."""
        entries, whole = self._listed(tree, recursive=True)
        if whole:
            yield from ((f"{under}{e['path']}", str(e["sha"])) for e in entries if e["type"] == "blob")
            return
        for entry in self._entries(tree):
            if entry["type"] == "tree":
                yield from self._walk(str(entry["sha"]), f"{under}{entry['path']}/")
            elif entry["type"] == "blob":
                yield f"{under}{entry['path']}", str(entry["sha"])

    def _entries(self, tree: str) -> list[Mapping[str, Any]]:
        entries, whole = self._listed(tree, recursive=False)
        if not whole:
            raise Unavailable("GitHub answered with half a listing.")
        return entries

    def _listed(self, tree: str, *, recursive: bool) -> tuple[list[Mapping[str, Any]], bool]:
        query = {"recursive": "1"} if recursive else None
        status, found = self._ask("GET", f"/git/trees/{quote(tree)}", query=query)
        entries = found.get("tree") if status == OK and isinstance(found, dict) else None
        if not isinstance(entries, list) or not all(
            isinstance(e, dict) and {"path", "type", "sha"} <= e.keys() for e in entries
        ):
            raise Unavailable(f"GitHub answered with half a listing ({status}).")
        return entries, found.get("truncated") is False

    # --- asking ------------------------------------------------------------------------------------

    def must_see(self) -> Mapping[str, Any]:
        """Return the repository, or refuse: what the bot may not see at all is not merely absent."""
        status, found = self._ask("GET", "")
        if status != OK or not isinstance(found, dict):
            raise Declined(
                f"The bot may not see {self.name} on GitHub; correct EVIDENCE_REPOSITORY or give it access."
            )
        return found

    def _ask(
        self,
        verb: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        status, _, found = self._connection.ask(verb, f"{self._root}{path}", query=query, body=body)
        return status, found

    def _must(self, wanted: int, status: int, said: Any, what: str) -> None:
        if status == wanted:
            return
        if status == CONFLICT:
            raise Empty
        if status == NOT_FOUND:
            self.must_see()
        raise Declined(
            f"GitHub refused to {what} in {self.name} ({status}: {_message(said)}); see the repository's rules."
        )

    @staticmethod
    def _keep(memory: OrderedDict[str, Any], key: str, value: object) -> None:
        memory[key] = value
        while len(memory) > REMEMBERED:
            memory.popitem(last=False)


def _sha(found: Any) -> str:
    sha = found.get("sha") if isinstance(found, dict) else None
    if not isinstance(sha, str):
        raise Unavailable("GitHub answered with half an object.")
    return sha


def _decoded(found: Mapping[str, Any]) -> bytes | None:
    try:
        return base64.b64decode(found["content"])
    except (KeyError, TypeError, binascii.Error):
        return None


def _message(said: Any) -> str:
    message = said.get("message") if isinstance(said, dict) else None
    return " ".join(str(message or "").split())[:200].rstrip(".")
