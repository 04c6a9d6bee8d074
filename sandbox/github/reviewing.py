"""What people do to pull requests on github.com, and what GitHub refuses them.

Whoever opened a pull request cannot approve it; a review without an approval needs words.
"""

from collections.abc import Callable
from typing import Any

from sandbox.github.pull_shapes import head_of
from sandbox.github.pulls import STATES, Comment, Pull, Review, Verdict
from sandbox.github.world import Forge, Repository

Told = Callable[[str, Repository, Pull, Review, str, dict[str, Any]], None]  #: action, …, who, what changed


class NotAllowed(Exception):
    """GitHub answers 422; the sentence is its own."""


class Reviewing:
    """People at their browsers; ``told`` hears of reviews, once the forge is as they left it."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        self.told: Told = lambda *_: None

    def find(self, repository: str, number: int) -> tuple[Repository, Pull]:
        """Return a pull request that is known to exist."""
        repo = self._forge.repositories[repository.casefold()]
        return repo, repo.pulls[number]

    def submit(
        self,
        repository: str,
        number: int,
        login: str,
        verdict: Verdict = "APPROVE",
        body: str = "",
        commit: str | None = None,
    ) -> Review:
        """Review; on the commit that was on the screen, which is the head unless said otherwise."""
        with self._forge.lock:
            repo, pull = self.find(repository, number)
            account = self._forge.account(login)
            if account is None:
                raise LookupError(login)
            if account.login == pull.user and verdict != "COMMENT":
                said = "approve" if verdict == "APPROVE" else "request changes on"
                raise NotAllowed(f"Review Can not {said} your own pull request")
            if verdict != "APPROVE" and not body:
                raise NotAllowed("Review Body is required")
            review = Review(
                self._forge.number(),
                account.login,
                STATES[verdict],
                body,
                commit or head_of(repo, pull),
                self._forge.now(),
            )
            pull.reviews.append(review)
            self._forge.changed()
        self.told("submitted", repo, pull, review, account.login, {})
        return review

    def edit(self, repository: str, number: int, review: Review, body: str, by: str = "") -> None:
        """Edit a review's text afterwards; whoever may write to the repository can."""
        with self._forge.lock:
            repo, pull = self.find(repository, number)
            before, review.body = review.body, body
            review.edited, review.editor = self._forge.now(), by or review.user
            self._forge.changed()
        self.told("edited", repo, pull, review, review.editor, {"body": {"from": before}})

    def dismiss(self, repository: str, number: int, review: Review, by: str) -> None:
        """Dismiss a review."""
        with self._forge.lock:
            repo, pull = self.find(repository, number)
            if review.state == "COMMENTED":
                raise NotAllowed("Can not dismiss a commented pull request review")
            review.state = "DISMISSED"
            self._forge.changed()
        self.told("dismissed", repo, pull, review, by, {})

    def comment(self, repository: str, number: int, login: str, body: str) -> Comment:
        """Write in the conversation."""
        with self._forge.lock:
            _, pull = self.find(repository, number)
            comment = Comment(self._forge.number(), login, body, self._forge.now())
            pull.comments.append(comment)
            self._forge.changed()
            return comment

    def describe(self, repository: str, number: int, body: str) -> None:
        """Write another description."""
        with self._forge.lock:
            self.find(repository, number)[1].body = body
            self._forge.changed()

    def close(self, repository: str, number: int) -> None:
        """Close without merging."""
        with self._forge.lock:
            repo, pull = self.find(repository, number)
            head_of(repo, pull)
            pull.closed = self._forge.now()
            self._forge.changed()
