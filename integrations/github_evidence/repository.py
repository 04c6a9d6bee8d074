"""Files written in one commit each time, on whatever the branch is at that moment.

New tree, new commit, and the branch moved without force: if somebody else moved it first, GitHub refuses, and
everything is composed again on what is there then.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.github_evidence.check import findings
from integrations.github_evidence.findings import Finding
from integrations.github_evidence.objects import Connection, Empty, Moved, Objects, content_name
from integrations.github_evidence.webhook import heard
from workflows.errors import Misconfigured, Unavailable
from workflows.ports import Compose, Snapshot

TRIES = 6
README = b"""# Evidence of emergency changes

Written by the emergency change bot; nobody else should write here. Each change has a folder below `changes`:
`record.md` is for reading, `record.json` for checking. People appear under pseudonyms, and what they typed as
commitments only. `digests` has what each month added up to, and its review. `checkpoint` and `tile` are the ledger these records are taken from, in the formats of
https://c2sp.org/tlog-checkpoint and https://c2sp.org/tlog-tiles.
"""

_NAME = re.compile(r"(?!\.{1,2}/)[\w.-]+/(?!\.{1,2}(?:#|$))([\w.-]+)(?:#[\w][\w./-]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class GitHubSnapshot:
    """The repository at one commit."""

    commit: str
    _objects: Objects

    def read(self, path: str) -> bytes | None:
        return self._objects.read(self.commit, path)

    def listing(self, folder: str) -> Mapping[str, str]:
        return self._objects.listing(self.commit, folder)


class GitHubEvidence:
    """One branch of a repository, named ``owner/name`` or ``owner/name#branch``."""

    def __init__(self, connection: Connection, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise Misconfigured(
                f"EVIDENCE_REPOSITORY is written owner/name or owner/name#branch, not {name!r}."
            )
        self.name, _, branch = name.partition("#")
        self.branch = branch or "main"
        self._connection = connection
        self._objects = Objects(connection, self.name)

    @property
    def where(self) -> str:
        return f"{self.name}#{self.branch}"

    def latest(self) -> Snapshot | None:
        try:
            head = self._objects.head(self.branch)
        except Empty:
            return None
        return GitHubSnapshot(head, self._objects) if head else None

    def write(self, compose: Compose, message: str) -> str:
        return self._retried(lambda: self._write(self.branch, compose, message))

    def propose(self, branch: str, files: Mapping[str, bytes], message: str) -> str:
        def once() -> str:
            if self._objects.head(branch):
                return self._write(branch, lambda _: files, message)
            base = self._objects.head(self.branch)
            return self._first(branch, base, files, message)

        return self._retried(once)

    def holds(self, commit: str) -> bool:
        try:
            return self._objects.head(self.branch) is not None and self._objects.precedes(commit, self.branch)
        except Empty:
            return False

    def restore(self, commit: str) -> bool:
        try:
            if self._objects.head(self.branch) or not self._objects.knows(commit):
                return False
            self._objects.create(self.branch, commit)
        except (Empty, Moved):
            return False
        return True

    def content_name(self, content: bytes) -> str:
        return content_name(content)

    def check(self) -> list[Finding]:
        """Say what has to hold at GitHub, one line each, for the doctor."""
        return findings(self._connection, self.name, self.branch)

    def check_webhook(self) -> Finding:
        """Say whether GitHub would tell of reviews, for the doctor."""
        return heard(self._connection, self.name)

    def _retried(self, once: Callable[[], str]) -> str:
        for _ in range(TRIES):
            try:
                return once()
            except Moved:
                continue
            except Empty:
                self._begin()
        raise Unavailable("The evidence repository's branch was moved by others again and again.")

    def _begin(self) -> None:
        try:
            self._objects.begin(self.branch, "README.md", README, "Begin the evidence repository")
        except Moved:
            return

    def _write(self, branch: str, compose: Compose, message: str) -> str:
        head = self._objects.head(branch)
        files = compose(GitHubSnapshot(head, self._objects) if head else None)
        if head is None:
            return self._first(branch, None, files, message)
        if not files:
            return head
        before = self._objects.tree_of(head)
        tree = self._objects.tree(before, files)
        if tree == before:
            return head
        made = self._objects.commit(tree, (head,), message)
        self._objects.advance(branch, made)
        return made

    def _first(self, branch: str, base: str | None, files: Mapping[str, bytes | None], message: str) -> str:
        """Make a branch with one commit: on ``base``, or without a past."""
        before = self._objects.tree_of(base) if base else None
        made = self._objects.commit(self._objects.tree(before, files), (base,) if base else (), message)
        self._objects.create(branch, made)
        return made
