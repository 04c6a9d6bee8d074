"""The evidence repository as the page shows it, and the hand of somebody who meddles with it."""

from datetime import datetime
from typing import Literal

from sandbox import cast
from sandbox.github import Author, Commit, Forge
from sandbox.github.git import Git
from sandbox.page.world import Evidence, EvidenceCommit, EvidenceFile
from sandbox.pulls import PullsView
from sandbox.slack.model import NotThere

BRANCH = "main"
COMMITS = 40
MEDDLER = Author("Mallory", "mallory@elsewhere.example")

Meddling = Literal["edit", "rewrite", "delete"]


class EvidenceView:
    """Reads one repository of the forge, and lets somebody with power over it misuse that."""

    def __init__(self, forge: Forge, pulls: PullsView) -> None:
        self._forge = forge
        self._pulls = pulls

    @property
    def _git(self) -> Git:
        return self._forge.repositories[cast.EVIDENCE].git

    def whole(self) -> Evidence:
        """Return files and history, both without contents."""
        with self._forge.lock:
            head = self._git.refs.get(f"heads/{BRANCH}")
            files = self._git.files(BRANCH) if head else {}
            history = sorted(self._git.history(head), key=lambda c: c.at, reverse=True) if head else []
            return Evidence(
                name=cast.EVIDENCE,
                branch=BRANCH,
                head=head or "",
                files=[EvidenceFile(path=path, size=len(data)) for path, data in sorted(files.items())],
                commits=[_shown(commit) for commit in history[:COMMITS]],
                pulls=self._pulls.all(),
            )

    def file(self, path: str) -> str | None:
        """Return a file's text; ``None`` if it is none."""
        with self._forge.lock:
            data = self._git.read(BRANCH, path)
        if data is None:
            raise NotThere(f"There is no {path} in {cast.EVIDENCE}.")
        try:
            return None if b"\0" in data else data.decode()
        except UnicodeDecodeError:
            return None

    def meddle(self, how: Meddling) -> None:
        """Edit the newest record, push over the last commit, or delete the branch."""
        repository = self._forge.repositories[cast.EVIDENCE]
        with self._forge.lock:
            head = self._git.resolved(BRANCH)
            if head is None or not head.parents:
                raise NotThere(f"There is nothing in {cast.EVIDENCE} to meddle with yet.")
            records = [path for path in self._git.files(BRANCH) if path.endswith("record.md")]
            if how == "delete":
                self._forge.force(repository, BRANCH, None)
            elif how == "rewrite":
                self._forge.push(repository, {}, "Tidy up", MEDDLER, onto=head.parents[0])
            elif records:
                text = b"# Nothing happened\n"
                self._forge.push(repository, {max(records): text}, f"Edit {max(records)}", MEDDLER)
            else:
                raise NotThere("No change is filed yet.")


def _shown(commit: Commit) -> EvidenceCommit:
    at: datetime = commit.at
    return EvidenceCommit(
        sha=commit.sha,
        message=commit.message,
        author=commit.author.name,
        ours=commit.author.login is not None,
        at=at.isoformat(),
    )
