"""GitHub in memory: the REST API on one side, people who click on github.com on the other.

A team membership can carry no change id here either; nothing may rely on one.
"""

from sandbox.github.git import Author, Commit, Git
from sandbox.github.service import GitHub
from sandbox.github.world import (
    Account,
    Forge,
    Organisation,
    Pull,
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
    "Organisation",
    "Pull",
    "Repository",
    "Team",
    "TeamView",
]
