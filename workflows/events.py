"""What may happen to a change.

Events are nouns, because the same value is first offered by a person or the clock and then, if the
procedure accepts it, recorded unchanged.  ``kind`` carries a version and is only ever added to: old
entries must fold for ever.
"""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from workflows.prose import Naming, Prose, Shown
from workflows.vocabulary import Duty, ExceptionId, Grade, Number, PersonId


class Entry(BaseModel):
    """Anything the ledger keeps: when it happened by its source's clock, and by whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    by: PersonId


class Act(Entry):
    """Anything a person does."""

    #: As whom they did it: their accounts at Slack, GitHub and Jira at that time, as JSON.
    accounts: Prose = ""


class Request(Act):
    """Somebody asks for an emergency change; the grantee is the requester."""

    kind: Literal["request/1"] = "request/1"
    system: str
    access: str
    criterion: str
    what: Prose
    justification: Prose
    risk: Literal["low", "medium", "high"]
    security_impact: Prose
    rollback_plan: Prose
    incident: Prose | None = None
    tested: bool
    test_waiver: Prose | None = None
    window: timedelta
    drill: bool = False


class Review(BaseModel):
    """An approver's own review on GitHub, as it was read there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    pull: int  #: the pull request's number
    url: str
    commit: str  #: the commit it was submitted on
    edited: bool = False  #: since it was submitted
    disturbed: bool = False  #: somebody else had changed the pull request's description by then


class Agreement(Act):
    """Part of an entry: what is to follow, one thing a line, and who does it until when."""

    follow_ups: Prose = ""
    follow_up_owners: tuple[PersonId, ...] = ()
    follow_up_dates: tuple[date, ...] = ()


class Approval(Agreement):
    """An approver says yes to exactly what ``shown`` is the digest of, perhaps with something that is to follow."""

    kind: Literal["approval/1"] = "approval/1"
    shown: Shown
    comment: Prose = ""
    assurance: Grade = Grade.D
    review: Review | None = None


class Rejection(Act):
    """An approver says no; the first one is final."""

    kind: Literal["rejection/1"] = "rejection/1"
    shown: Shown
    reason: Prose
    assurance: Grade = Grade.D
    review: Review | None = None


class Intent(Act):
    """An approver goes to GitHub to answer there; nothing is decided by it."""

    kind: Literal["intent/1"] = "intent/1"


class Question(Act):
    """An approver asks before answering; nothing waits for it but the approver."""

    kind: Literal["question/1"] = "question/1"
    text: Prose
    review: Review | None = None


class Withdrawal(Act):
    """The requester takes the request back before it began."""

    kind: Literal["withdrawal/1"] = "withdrawal/1"


class Unanswered(Entry):
    """Nobody has answered in time, and the policy lets the requester override."""

    kind: Literal["unanswered/1"] = "unanswered/1"


class Override(Act):
    """The requester acts first after all, because nobody answered."""

    kind: Literal["override/1"] = "override/1"
    reason: Prose


class Lapse(Entry):
    """Nobody answered in time."""

    kind: Literal["lapse/1"] = "lapse/1"


class Extension(Act):
    """The window grows by ``window``."""

    kind: Literal["extension/1"] = "extension/1"
    window: timedelta
    justification: Prose


class Completion(Act):
    """The emergency is over; the completion report says what was done."""

    kind: Literal["completion/1"] = "completion/1"
    done: Prose
    changes: Prose  #: addresses of commits, pull requests and deployments, one per line
    verified: Prose
    rolled_back: bool


class Revocation(Act):
    """A person ends the access early, with a reason."""

    kind: Literal["revocation/1"] = "revocation/1"
    reason: Prose


class Expiry(Entry):
    """The window ended."""

    kind: Literal["expiry/1"] = "expiry/1"


class EndsSoon(Entry):
    """The window ends soon; the requester is told."""

    kind: Literal["ends-soon/1"] = "ends-soon/1"
    slot: str


class GrantFailed(Entry):
    """The provider declined, or the grant was never confirmed."""

    kind: Literal["grant-failed/1"] = "grant-failed/1"
    declined: bool
    because: Prose


class Removal(Entry):
    """Confirmed access was found missing; it is never given again."""

    kind: Literal["removal/1"] = "removal/1"


class RemovalOverdue(Entry):
    """Access should be gone and nobody has seen it gone."""

    kind: Literal["removal-overdue/1"] = "removal-overdue/1"


class Annulment(Entry):
    """A verdict does not count: its author was not authorised (X03), or it was altered afterwards (X13)."""

    kind: Literal["annulment/1"] = "annulment/1"
    verdict: Number
    group: str = ""
    exception: ExceptionId = ExceptionId.X03


class Reminder(Entry):
    """People are told once more what they owe."""

    kind: Literal["reminder/1"] = "reminder/1"
    duty: Duty
    slot: str


class Overdue(Entry):
    """A duty was not fulfilled by its due time."""

    kind: Literal["overdue/1"] = "overdue/1"
    duty: Duty
    slot: str


class Escalation(Entry):
    """Somebody else is told what others owe."""

    kind: Literal["escalation/1"] = "escalation/1"
    duty: Duty
    slot: str
    to: str  #: a group of the policy


class Remediation(Act):
    """What became of a change that was rejected after it was made."""

    kind: Literal["remediation/1"] = "remediation/1"
    outcome: Literal["reverted", "accepted", "other"]
    risk_owner: Annotated[Prose, Naming()] | None = None
    note: Prose


class Answer(Act):
    """Whoever answers for the change answers a question, in Slack."""

    kind: Literal["answer/1"] = "answer/1"
    question: Number
    text: Prose


class Retrospective(Agreement):
    """The look back a change owes."""

    kind: Literal["retrospective/1"] = "retrospective/1"
    timeline: Prose = ""  #: what happened when; the form proposes what the record knows
    cause: Prose
    genuine: bool  #: it met the definition of emergency
    normal_process: Prose  #: why the normal process could not serve
    prevention: Prose = ""  #: what will prevent the next one


class Acceptance(Act):
    """A reviewer who is not the author closes the change."""

    kind: Literal["acceptance/1"] = "acceptance/1"
    shown: Shown
    comment: Prose = ""


class Return(Act):
    """A reviewer sends the retrospective back."""

    kind: Literal["return/1"] = "return/1"
    reason: Prose


class Departure(Entry):
    """Whoever owes the author's duties has left the organisation; a reviewer must hand them over."""

    kind: Literal["departure/1"] = "departure/1"
    person: PersonId


class Reassignment(Act):
    """Somebody else takes over the duties of a requester who has gone."""

    kind: Literal["reassignment/1"] = "reassignment/1"
    to: PersonId
    reason: Prose


Event = Annotated[
    Request
    | Approval
    | Rejection
    | Intent
    | Question
    | Withdrawal
    | Unanswered
    | Override
    | Lapse
    | Extension
    | Completion
    | Revocation
    | Expiry
    | EndsSoon
    | GrantFailed
    | Removal
    | RemovalOverdue
    | Annulment
    | Reminder
    | Overdue
    | Escalation
    | Remediation
    | Answer
    | Retrospective
    | Acceptance
    | Return
    | Departure
    | Reassignment,
    Field(discriminator="kind"),
]
