"""The pull request an approver reviews: it says what is judged, and whatever was written there has been read.

Reviews are read before the head moves, so that nobody's review is made stale by what came after it.  A branch
or a description that somebody else changed is put back, and written down (X13).
"""

from datetime import datetime, timedelta
from typing import ClassVar

from workflows import observations as ob
from workflows import proposal as put
from workflows.duties import approval_owed
from workflows.judged import shown_digest
from workflows.ports import EvidenceRepository, Proposal, PullView, ReviewDesk
from workflows.procedure import FINAL
from workflows.steps import Evidence, Lasting, Task
from workflows.steps.reviews import Reviews
from workflows.vocabulary import SYSTEM, ExceptionId, State, StepName

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOVED = "Somebody else moved the branch of the pull request; it was put back."
DESCRIBED = "Somebody else changed the description of the pull request; it was put back."


class PullRequest(Lasting):
    """Opens the pull request, keeps it true to what is judged, reads it, and closes it with the change."""

    name: ClassVar[StepName] = StepName.PULL

    def __init__(self, repository: EvidenceRepository, desk: ReviewDesk, reviews: Reviews) -> None:
        self._repository = repository
        self._desk = desk
        self._reviews = reviews

    def verify(self, task: Task) -> Evidence | None:
        """Read what was written there, and say whether the pull request is as it should be."""
        pull = task.record.pull
        if pull is None:
            return None if _asks(task) else Evidence("nothing to review")
        view = self._desk.look(pull.pull)
        disturbed = self._notice(task, view)
        self._reviews.read(task, disturbed=disturbed)
        if not self._is_as_wanted(task, view):
            return None
        return Evidence(f"{view.url} at {view.head}", next_look(task))

    def apply(self, task: Task) -> None:
        """Bring branch, description and state to what they should be."""
        if _asks(task):
            task.attempting()
            self._put(task)
        elif task.record.pull is not None:
            self._settle(task, task.record.pull)

    def _put(self, task: Task) -> None:
        record, proposal = task.record, _proposal(task)
        path, content = put.file(record, proposal.openings)
        branch = put.branch(record.id)
        commit = self._repository.propose(branch, {path: content}, f"{record.id}: what is judged")
        view = self._open(task, branch, proposal)
        digest = self._desk.digest(proposal)
        if view.description != digest:
            self._desk.describe(view.number, proposal)
        asked = ob.PullRequested(
            at=task.now(),
            by=SYSTEM,
            pull=view.number,
            url=view.url,
            branch=branch,
            commit=commit,
            shown=shown_digest(proposal.sections),
            description=digest,
        )
        if record.pull is None or _differ(record.pull, asked):
            task.observe(asked)

    def _open(self, task: Task, branch: str, proposal: Proposal) -> PullView:
        """Return an open pull request of the branch: the one there was, one that got lost, or a new one."""
        if task.record.pull is not None:
            view: PullView | None = self._desk.look(task.record.pull.pull)
            if view and not view.is_open:
                view = self._desk.set_open(view.number, is_open=True)
            if view:
                return view
        return self._desk.find(branch) or self._desk.open(branch, proposal)

    def _settle(self, task: Task, pull: ob.PullRequested) -> None:
        """Close it with its change, and take out of it what was erased."""
        if _lost(task):
            blank = put.erased(task.record, task.policy)
            self._desk.describe(pull.pull, blank)
            task.observe(
                pull.model_copy(
                    update={
                        "at": task.now(),
                        "description": self._desk.digest(blank),
                        "erased": True,
                    }
                )
            )
        if task.record.state in FINAL:
            self._desk.set_open(pull.pull, is_open=False)
            if not task.record.pull_closed:
                task.observe(ob.PullClosed(at=task.now(), by=SYSTEM, pull=pull.pull))

    # --- looking -----------------------------------------------------------------------------------

    def _notice(self, task: Task, view: PullView) -> bool:
        """Write down what somebody else changed; say whether reviewers may have read another text."""
        pull = task.record.pull
        if pull is None or task.attempted_at is not None:  # it may be ourselves who got this far
            return False
        described = view.description != pull.description
        moved = view.is_open and view.head != pull.commit
        found = [
            ob.Finding(at=task.now(), by=SYSTEM, exception=ExceptionId.X13, about=None, because=because)
            for because, so in ((MOVED, moved), (DESCRIBED, described))
            if so
        ]
        if found:
            task.observe(*found)
        return described

    def _is_as_wanted(self, task: Task, view: PullView) -> bool:
        record, pull = task.record, task.record.pull
        if pull is None:
            return False
        same = view.description == pull.description
        if not _asks(task):
            closed = not view.is_open and record.pull_closed
            return same and not _lost(task) and (closed or record.state not in FINAL)
        proposal = _proposal(task)
        current = pull.shown == shown_digest(proposal.sections)
        told = pull.description == self._desk.digest(proposal)
        return same and current and told and view.is_open and view.head == pull.commit


def next_look(task: Task) -> datetime | None:
    """Return when to read it again though nothing was heard: soon at first, then ever more rarely."""
    record, now = task.record, task.now()
    age = now - record.entered_at
    if record.state is State.REQUESTED:
        return now + MINUTE
    if _asks(task):
        return now + min(max(age / 6, MINUTE), HOUR)
    if record.state not in FINAL:
        return now + HOUR
    reviewed = any(verdict.answer.review for verdict in record.verdicts)
    return now + (DAY if age < 30 * DAY else 30 * DAY) if reviewed else None


def _proposal(task: Task) -> Proposal:
    requester = task.person(task.record.request.by).name
    return put.proposal(task.record, task.policy, requester, task.openings())


def _asks(task: Task) -> bool:
    return approval_owed(task.record, task.policy)


def _lost(task: Task) -> bool:
    """Say whether something that stood in the description was erased since, and still stands there."""
    gone = any(not opening.salt for opening in put.shown(task.openings()))
    return gone and not (task.record.pull and task.record.pull.erased)


def _differ(one: ob.PullRequested, other: ob.PullRequested) -> bool:
    return one.model_copy(update={"at": other.at}) != other
