"""What people owe a change: since when, until when, and who may do it.

"Overdue" and "escalated" are questions to the record, asked with a time; they are never states.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from workflows.policy import DutyPolicy, Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import Duty, PersonId, State

Question = Callable[[ChangeRecord, Policy], bool]


@dataclass(frozen=True, slots=True)
class Audience:
    """Persons and groups of the policy."""

    people: frozenset[PersonId] = frozenset()
    groups: frozenset[str] = frozenset()

    def __or__(self, other: "Audience") -> "Audience":
        return Audience(self.people | other.people, self.groups | other.groups)


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One row of the page: a duty, when it is owed, and by whom."""

    duty: Duty
    owed: Question
    since: Callable[[ChangeRecord, Policy], datetime]
    rules: Callable[[Policy], DutyPolicy]
    by: Callable[[ChangeRecord, Policy], Audience]
    round: Callable[[ChangeRecord], int]  #: grows when a duty is owed again, so that its reminders start over


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty that is owed now."""

    duty: Duty
    round: int
    since: datetime
    due: datetime
    rules: DutyPolicy
    by: Audience


def author(record: ChangeRecord, policy: Policy) -> Audience:
    return Audience(people=frozenset({record.owner}))


def approvers(record: ChangeRecord, policy: Policy) -> Audience:
    return Audience(groups=frozenset({record.profile(policy).approvers}))


def approvers_and_whom_they_asked(record: ChangeRecord, policy: Policy) -> Audience:
    """While a question is open, whoever answers for the change is chased with the approvers."""
    asked = author(record, policy) if record.open_questions else Audience()
    return approvers(record, policy) | asked


def reviewers(record: ChangeRecord, policy: Policy) -> Audience:
    return Audience(groups=frozenset({policy.duties.acceptance.by}))


def security(record: ChangeRecord, policy: Policy) -> Audience:
    return Audience(groups=frozenset({policy.security} if policy.security else ()))


def reviews_are_of_record(policy: Policy) -> bool:
    """Ask whether approvals must be reviews of the change's pull request."""
    return policy.duties.approval.of_record == "review"


def quorum(record: ChangeRecord, policy: Policy) -> bool:
    """Enough approvals are good enough for the policy; rejections never are."""
    return len(record.of_record(policy)) >= record.profile(policy).approvals_required


def recused(record: ChangeRecord, duty: Duty) -> frozenset[PersonId]:
    """Return who of a group may not fulfil its duty: nobody decides on their own change, or twice."""
    answered = {verdict.by for verdict in record.verdicts if not verdict.annulled}
    return record.people | (answered if duty is Duty.APPROVAL else frozenset())


def approval_owed(record: ChangeRecord, policy: Policy) -> bool:
    live = record.state in (State.REQUESTED, State.ACTIVE, State.IN_REVIEW)
    return live and not record.rejection and not quorum(record, policy) and not record.never_in_force


def completion_owed(record: ChangeRecord, policy: Policy) -> bool:
    return record.state is State.IN_REVIEW and not record.completions and not record.never_in_force


def remediation_owed(record: ChangeRecord, policy: Policy) -> bool:
    return record.state is State.IN_REVIEW and record.rejection is not None and record.remediation is None


def retrospective_owed(record: ChangeRecord, policy: Policy) -> bool:
    return record.state is State.IN_REVIEW and record.retrospective is None and not record.never_in_force


def acceptance_owed(record: ChangeRecord, policy: Policy) -> bool:
    others = (approval_owed, completion_owed, remediation_owed, retrospective_owed)
    return record.state is State.IN_REVIEW and not any(owed(record, policy) for owed in others)


def requested(record: ChangeRecord, policy: Policy) -> datetime:
    return record.request.at


def ended(record: ChangeRecord, policy: Policy) -> datetime:
    return record.ended_at or record.entered_at


def rejected(record: ChangeRecord, policy: Policy) -> datetime:
    return record.rejection.answer.at if record.rejection else record.entered_at


def returned(record: ChangeRecord, policy: Policy) -> datetime:
    return record.returns[-1].at if record.returns else ended(record, policy)


def all_else_done(record: ChangeRecord, policy: Policy) -> datetime:
    done = [
        ended(record, policy),
        *(verdict.answer.at for verdict in record.verdicts),
        *(report.at for report in record.completions),
        *(entry.at for entry in (record.remediation, record.retrospective) if entry),
    ]
    return max(done)


def once(record: ChangeRecord) -> int:
    return 0


def reopened_approvals(record: ChangeRecord) -> int:
    """Count the verdicts that turned out not to count."""
    return sum(v.annulled or v.by in record.people for v in record.verdicts)


def times_returned(record: ChangeRecord) -> int:
    return len(record.returns)
