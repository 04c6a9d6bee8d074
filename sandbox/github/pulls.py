"""Pull requests, their reviews and comments, as GitHub keeps them.

A review stays on the commit it was submitted on; its text can be edited afterwards, and only GraphQL tells.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Verdict = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]
ReviewState = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]

STATES: dict[Verdict, ReviewState] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


@dataclass(slots=True)
class Review:
    """One review; accounts are logins."""

    id: int
    user: str
    state: ReviewState
    body: str
    commit: str
    submitted: datetime
    edited: datetime | None = None
    editor: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment in the conversation."""

    id: int
    user: str
    body: str
    at: datetime


@dataclass(slots=True)
class Pull:
    """A pull request.  ``commits`` are its own where it has no branch; else the branch says what it is at."""

    number: int
    title: str
    user: str
    commits: list[str]
    merged: bool = False
    body: str = ""
    head: str = "fix"
    base: str = "main"
    created: datetime | None = None
    closed: datetime | None = None
    reviews: list[Review] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return not self.merged and self.closed is None
