"""A Jira Cloud in memory: the REST API on one side, people who click in Jira on the other.

Its search lags on purpose, as the real one does: what was created a moment ago may not be found yet.
"""

from sandbox.jira.service import Jira
from sandbox.jira.world import Account, Field, Issue, Project, Tracker, Transition

__all__ = ["Account", "Field", "Issue", "Jira", "Project", "Tracker", "Transition"]
