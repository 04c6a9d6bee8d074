"""What people owe a change: since when, until when, and who may do it.

"Overdue" and "escalated" are questions to the record, asked with a time; they are never states.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from workflows.policy import DutyPolicy, Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import Duty, ExceptionId, PersonId, State

Question = Callable[[ChangeRecord, Policy], bool]


@dataclass(frozen=True, slots=True)
class Audience:
    """Persons and groups of the policy."""

    people: frozenset[PersonId] = frozenset()
    groups: frozenset[str] = frozenset()
    without: frozenset[PersonId] = frozenset()  #: who is left out, though in one of the groups

    def __or__(self, other: "Audience") -> "Audience":
        return Audience(self.people | other.people, self.groups | other.groups, self.without & other.without)


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One row of the page: a duty, when it is owed, and by whom."""

    duty: Duty
    owed: Question
    since: Callable[[ChangeRecord, Policy], datetime]
    rules: Callable[[Policy], DutyPolicy]
    by: Callable[[ChangeRecord, Policy], Audience]
    round: Callable[[ChangeRecord], int]  #: grows when a duty is owed again, so that its slots start over


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty that is owed now."""

    duty: Duty
    round: int
    since: datetime
    due: datetime
    rules: DutyPolicy
    by: Audience
    overdue: bool = False  #: the clock has said so

    @property
    def name(self) -> str:
        """Name this duty and its round; its slots begin with it."""
        return f"{self.duty.value}/{self.round}"


#: What each duty is called among people.
NAMES: Mapping[Duty, str] = {
    Duty.APPROVAL: "approval",
    Duty.COMPLETION: "completion report",
    Duty.REMEDIATION: "remediation",
    Duty.RETROSPECTIVE: "retrospective",
    Duty.ACCEPTANCE: "acceptance",
}

#: Which exception it is to be late; being late to accept is none.
LATE: Mapping[Duty, ExceptionId] = {
    Duty.APPROVAL: ExceptionId.X01,
    Duty.COMPLETION: ExceptionId.X16,
    Duty.REMEDIATION: ExceptionId.X17,
    Duty.RETROSPECTIVE: ExceptionId.X11,
}


def late(duty: Duty) -> str:
    """Say which exception it is to be late, to be put after the word."""
    return f" ({LATE[duty].value})" if duty in LATE else ""


def author(record: ChangeRecord, policy: Policy) -> Audience:
    return Audience(people=frozenset({record.owner}))


def approvers(record: ChangeRecord, policy: Policy) -> Audience:
    return Audience(groups=frozenset({record.profile(policy).approvers}))


def approvers_and_whom_they_asked(record: ChangeRecord, policy: Policy) -> Audience:
    """Ask the approvers who are not recused; while a question is open, whoever answers for the change too."""
    asked = author(record, policy).people if record.open_questions else frozenset()
    return Audience(asked, approvers(record, policy).groups, recused(record, Duty.APPROVAL))


def reviewers(record: ChangeRecord, policy: Policy) -> Audience:
    """Ask the reviewers who did not make the change."""
    return Audience(groups=frozenset({policy.duties.acceptance.by}), without=recused(record, Duty.ACCEPTANCE))


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
    """From the request; or from when a verdict that had counted turned out not to."""
    return record.reopened_at or record.request.at


def ended(record: ChangeRecord, policy: Policy) -> datetime:
    """From the end of the access; or from when somebody took the change over."""
    return _taken_over(record, record.ended_at or record.entered_at)


def rejected(record: ChangeRecord, policy: Policy) -> datetime:
    """From the rejection; or from when somebody took the change over."""
    return _taken_over(record, record.rejection.answer.at if record.rejection else record.entered_at)


def returned(record: ChangeRecord, policy: Policy) -> datetime:
    """From the last return, before any from the end of the access; or from when somebody took it over."""
    return _taken_over(record, record.returns[-1].at if record.returns else ended(record, policy))


def _taken_over(record: ChangeRecord, since: datetime) -> datetime:
    return max(since, *(handed.at for handed in record.reassignments)) if record.reassignments else since


def all_else_done(record: ChangeRecord, policy: Policy) -> datetime:
    done = [
        ended(record, policy),
        *(verdict.answer.at for verdict in record.verdicts),
        *(report.at for report in record.completions),
        *(entry.at for entry in (record.remediation, record.retrospective) if entry),
    ]
    return max(done)


def verdicts_lost(record: ChangeRecord) -> int:
    """Each verdict that turned out not to count."""
    return sum(v.annulled or v.by in record.people for v in record.verdicts)


def hand_overs(record: ChangeRecord) -> int:
    """Each reassignment."""
    return len(record.reassignments)


def verdicts_lost_and_hand_overs(record: ChangeRecord) -> int:
    """Each verdict that turned out not to count, and each reassignment."""
    return verdicts_lost(record) + hand_overs(record)


def returns_and_hand_overs(record: ChangeRecord) -> int:
    """Each return, and each reassignment."""
    return len(record.returns) + hand_overs(record)


def returns_and_verdicts_lost(record: ChangeRecord) -> int:
    """Each return, and each verdict that turned out not to count."""
    return len(record.returns) + verdicts_lost(record)
