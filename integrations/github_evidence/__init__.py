"""The evidence repository, on GitHub, through its Git data API.

A branch is only ever moved forward, which makes the move a compare-and-swap: who was slower begins again.
"""

from integrations.github_evidence.repository import GitHubEvidence

__all__ = ["GitHubEvidence"]
