"""GitHub in memory: the REST API on one side, people who click on github.com on the other.

A team membership can carry no change id here either; nothing may rely on one.
"""

from sandbox.github.git import Author, Commit, Git
from sandbox.github.pulls import Pull, Review
from sandbox.github.reviewing import NotAllowed
from sandbox.github.service import GitHub
from sandbox.github.world import (
    Account,
    Forge,
    Organisation,
    Repository,
    Team,
    TeamView,
)

__all__ = [
    "Account",
    "Author",
    "Commit",
    "Forge",
    "Git",
    "GitHub",
    "NotAllowed",
    "Organisation",
    "Pull",
    "Repository",
    "Review",
    "Team",
    "TeamView",
]
