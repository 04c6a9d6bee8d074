"""Who works on what is kept of reviews outside of Slack: in the evidence repository, and in the tracker."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from bot.digest.contents import unpacked
from bot.wiring.connections import jira_reviews
from integrations.jira_tickets import JiraTickets
from storage.memory import Memory
from workflows.administration import DigestMade
from workflows.changes import EmergencyChanges
from workflows.papers import ROOT, Papers
from workflows.ports import Clock, EvidenceRepository, Stopwatch
from workflows.review_issues import ReviewIssues, Words
from workflows.vocabulary import StepName
from workflows.work import Claimed

log = logging.getLogger(__name__)
Work = Callable[[Claimed], object]


def papers(
    memory: Memory, repository: EvidenceRepository | None, changes: EmergencyChanges, clock: Clock
) -> Mapping[StepName, Work]:
    """Return who files digests and reviews; without a repository there is nothing to do until there is one."""
    if repository is None:
        return {StepName.PAPERS: memory.outbox.settle}
    made = Papers(
        memory.outbox,
        memory.filing,
        memory.administered,
        repository,
        changes,
        clock,
        pages=_pages,
        complain=log.warning,
    )
    return {StepName.PAPERS: made.work}


def issues(
    memory: Memory,
    tickets: JiraTickets,
    changes: EmergencyChanges,
    clock: Clock,
    stopwatch: Stopwatch,
    lag: timedelta,
) -> Mapping[StepName, Work]:
    """Return who keeps the review of each period in the tracker."""
    words = Words(
        memory.administered, lambda person: memory.person(person).name or str(person), memory.policy
    )
    tracker = jira_reviews(tickets, memory.policy())
    made = ReviewIssues(
        memory.outbox, memory.filing, words, tracker, changes, clock, stopwatch, complain=log.warning, lag=lag
    )
    return {StepName.REVIEW_ISSUE: made.work}


def address(repository: str, made: DigestMade) -> str:
    """Return where people read all versions of a period's digest; empty where no repository is set up."""
    name, _, branch = repository.partition("#")
    return f"https://github.com/{name}/tree/{branch or 'main'}/{ROOT}/{made.period}" if name else ""


def _pages(made: DigestMade) -> Mapping[str, bytes]:
    return unpacked(made.contents, made.files)
