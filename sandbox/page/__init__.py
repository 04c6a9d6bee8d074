"""The sandbox's web page: one person plays on-call engineer, approver and auditor."""

from sandbox.page.app import page
from sandbox.page.world import World

__all__ = ["World", "page"]
