"""One repository's objects and references, named as git names them.

Blobs, trees and commits carry the SHA-1 that git itself would give them, so a clone could check them all.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

Kind = Literal["blob", "tree", "commit"]

FILE, FOLDER = "100644", "040000"
KINDS: Mapping[str, Kind] = {
    FILE: "blob",
    "100755": "blob",
    "120000": "blob",
    FOLDER: "tree",
    "160000": "commit",
}


class BadObject(Exception):
    """Git cannot make or find what was asked for."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit says wrote it: free text, unless the e-mail belongs to an account."""

    name: str
    email: str
    login: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit."""

    sha: str
    message: str
    author: Author
    committer: Author
    at: datetime
    tree: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a tree; ``path`` is relative to where the listing began."""

    path: str
    mode: str
    sha: str

    @property
    def kind(self) -> Kind:
        return KINDS[self.mode]


Folder = dict[str, Item]


def named(kind: Kind, data: bytes) -> str:
    """Return the SHA-1 git gives an object."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Git:
    """Everything below ``.git`` that matters here."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, Folder] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)  #: ``heads/main`` → commit
    most_items: int = 100_000  #: beyond, GitHub cuts the listing of a tree short and says so

    # --- making ------------------------------------------------------------------------------------

    def blob(self, content: bytes) -> str:
        """Keep some bytes."""
        sha = named("blob", content)
        self.blobs[sha] = content
        return sha

    def tree(self, folder: Folder) -> str:
        """Keep a folder; git sorts folders as if their names ended with a slash."""
        lines = sorted(folder.items(), key=lambda at: at[0] + ("/" if at[1].kind == "tree" else ""))
        data = b"".join(
            f"{item.mode.lstrip('0')} {name}\0".encode() + bytes.fromhex(item.sha) for name, item in lines
        )
        sha = named("tree", data)
        self.trees[sha] = {name: replace(item, path=name) for name, item in lines}
        return sha

    def changed(self, base: str | None, changes: Mapping[str, Item | None]) -> str:
        """Make a tree out of another one; ``None`` takes a path away, and must find it there."""
        folder = dict(self.trees[base]) if base else {}
        below: dict[str, dict[str, Item | None]] = {}
        for path, item in changes.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = item
            elif item is not None:
                folder[name] = item
            elif folder.pop(name, None) is None:
                raise BadObject("GitRPC::BadObjectState")
        for name, inside in below.items():
            there = folder.get(name)
            sha = self.changed(there.sha if there and there.kind == "tree" else None, inside)
            if self.trees[sha]:
                folder[name] = Item(name, FOLDER, sha)
            else:
                folder.pop(name, None)
        return self.tree(folder)

    def commit(
        self,
        tree: str,
        parents: Iterable[str],
        message: str,
        author: Author,
        committer: Author,
        at: datetime,
    ) -> Commit:
        """Make a commit; no branch moves."""
        seconds = int(at.timestamp())
        parents = tuple(parents)
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [
            f"{role} {who.name} <{who.email}> {seconds} +0000"
            for role, who in (("author", author), ("committer", committer))
        ]
        sha = named("commit", ("\n".join(lines) + f"\n\n{message}").encode())
        self.commits[sha] = Commit(sha, message, author, committer, at, tree, parents)
        return self.commits[sha]

    # --- finding -----------------------------------------------------------------------------------

    def resolved(self, ref: str) -> Commit | None:
        """Return the commit a branch, a reference or the beginning of a hash names."""
        for name in (f"heads/{ref}", ref, ref.removeprefix("refs/")):
            if name in self.refs:
                return self.commits[self.refs[name]]
        found = [commit for sha, commit in self.commits.items() if len(ref) >= 4 and sha.startswith(ref)]
        return found[0] if len(found) == 1 else None

    def item(self, tree: str, path: str) -> Item | None:
        """Return what a tree has at a path."""
        here: Item | None = Item("", FOLDER, tree)
        for name in path.split("/") if path else ():
            folder = self.trees.get(here.sha) if here and here.kind == "tree" else None
            here = folder.get(name) if folder else None
        return here

    def read(self, ref: str, path: str) -> bytes | None:
        """Return a file as a branch or commit has it."""
        commit = self.resolved(ref)
        item = self.item(commit.tree, path) if commit else None
        return self.blobs.get(item.sha) if item and item.kind == "blob" else None

    def walk(self, tree: str, under: str = "") -> Iterator[Item]:
        """List everything below a tree, folders before what is in them."""
        for name, item in self.trees[tree].items():
            path = f"{under}{name}"
            yield replace(item, path=path)
            if item.kind == "tree":
                yield from self.walk(item.sha, f"{path}/")

    def files(self, ref: str) -> dict[str, bytes]:
        """Return all files as a branch or commit has them."""
        commit = self.resolved(ref)
        found = self.walk(commit.tree) if commit else ()
        return {item.path: self.blobs[item.sha] for item in found if item.kind == "blob"}

    def history(self, sha: str) -> list[Commit]:
        """Return a commit and all that came before it, the nearest first."""
        found: dict[str, Commit] = {}
        waiting = deque([sha])
        while waiting:
            commit = self.commits[waiting.popleft()]
            if commit.sha not in found:
                found[commit.sha] = commit
                waiting.extend(commit.parents)
        return list(found.values())

    def precedes(self, older: str, newer: str) -> bool:
        """Say whether moving a branch from ``older`` to ``newer`` is a fast-forward."""
        return any(commit.sha == older for commit in self.history(newer))
