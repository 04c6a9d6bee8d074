"""A stand-in for Slack: its HTTP protocol, in memory, on loopback.

``workspace.Workspace`` is the way in for the sandbox's page and for tests; the bot uses the wire only.
"""

from sandbox.slack.model import (
    Channel,
    Delivered,
    Message,
    NotSubmittable,
    NotThere,
    OpenView,
    User,
    Usergroup,
)
from sandbox.slack.workspace import Workspace

__all__ = [
    "Channel",
    "Delivered",
    "Message",
    "NotSubmittable",
    "NotThere",
    "OpenView",
    "User",
    "Usergroup",
    "Workspace",
]
