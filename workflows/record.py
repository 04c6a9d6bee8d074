"""One emergency change, as the sum of what has happened to it.

The record is folded from the ledger's entries (``fold.py``) and holds no fact of its own; everything else
is a question to it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workflows import events as ev
from workflows import observations as ob
from workflows.follow_ups import FollowUp
from workflows.policy import AccessProfile, Policy
from workflows.ports import Target
from workflows.vocabulary import ChangeId, ExceptionId, Number, Origin, PersonId, State, StepName, TicketKey

ALLOWANCE = timedelta(minutes=15)  #: how long confirming a grant may take without costing the grantee


@dataclass(frozen=True, slots=True)
class Recorded:
    """One accepted entry of a change, where it stands among the change's, and the state it led to."""

    number: Number
    entry: ev.Entry
    state: State
    promised: tuple["Promise", ...] = ()  #: moments of the chase that stand from this entry on


@dataclass(frozen=True, slots=True)
class Promise:
    """A moment of the chase as it was first said; no later calendar moves it."""

    slot: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Prompt:
    """The clock spoke up about a duty: it reminded, called it overdue, or escalated it to a group."""

    number: Number
    entry: ev.Reminder | ev.Overdue | ev.Escalation

    @property
    def to(self) -> str:
        """The group it was escalated to; empty if it is for those who owe."""
        return self.entry.to if isinstance(self.entry, ev.Escalation) else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An approver's answer, and whether it still counts."""

    number: Number
    answer: ev.Approval | ev.Rejection
    annulled: bool = False
    annulled_for: ExceptionId | None = None

    @property
    def by(self) -> PersonId:
        return self.answer.by


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of an approver, and what came of it."""

    number: Number
    question: ev.Question
    answers: tuple[ev.Answer | ob.QuestionAnswered, ...] = ()

    @property
    def answered(self) -> bool:
        return bool(self.answers)


@dataclass(frozen=True, slots=True)
class Grant:
    """What is known about the access of one change; times are the procedure's, in UTC."""

    origin: Origin | None = None
    through: ChangeId | None = None
    attempted_at: datetime | None = None
    ends_by: datetime | None = None
    extended: timedelta = timedelta()  #: the extensions that ``ends_by`` has in it
    confirmed_at: datetime | None = None
    seen: str = ""
    failed: ev.GrantFailed | None = None
    seen_gone: tuple[datetime, ...] = ()  #: when its end was read back
    ended_at: datetime | None = None  #: the first read-back that proved the end
    left: Origin | None = None
    through_at_end: ChangeId | None = None
    looks: int = 0


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """The full account of one change."""

    id: ChangeId
    policy: str  #: sha256 of the policy it is pinned to
    state: State
    entered_at: datetime
    request: ev.Request
    owner: PersonId  #: who owes the author's duties: the requester, unless reassigned
    last: Number
    asked_first: bool = False  #: it was opened to wait for an approver
    verdicts: tuple[Verdict, ...] = ()
    read_again: frozenset[Number] = frozenset()  #: verdicts whose group's source confirmed who gave them
    unanswered_at: datetime | None = None
    override: ev.Override | None = None
    extensions: tuple[ev.Extension, ...] = ()
    completions: tuple[ev.Completion, ...] = ()
    revocation: ev.Revocation | None = None
    ended_at: datetime | None = None  #: when the change left ACTIVE
    remediation: ev.Remediation | None = None
    retrospective: ev.Retrospective | None = None
    retrospectives: tuple[ev.Retrospective, ...] = ()  #: every one that was written, returned ones too
    returns: tuple[ev.Return, ...] = ()
    acceptance: ev.Acceptance | None = None
    reassignments: tuple[ev.Reassignment, ...] = ()
    departed: frozenset[PersonId] = frozenset()
    follow_ups: tuple[FollowUp, ...] = ()
    grant: Grant = field(default_factory=Grant)
    authors: frozenset[PersonId] = frozenset()
    deployers: frozenset[PersonId] = frozenset()  #: who started the deployments that reports name
    authors_unresolved: int = 0  #: who could not be told, over all reports
    authors_awaited: frozenset[Number] = (
        frozenset()
    )  #: completion reports whose commits' authors are not known yet
    ticket: ob.TicketOpened | None = None
    ticket_status: str = ""
    duplicates: frozenset[TicketKey] = frozenset()
    card: ob.CardPosted | None = None
    stuck: frozenset[StepName] = frozenset()
    findings: tuple[ob.Finding, ...] = ()
    intents: frozenset[PersonId] = frozenset()  #: approvers who went to answer on GitHub
    questions: tuple[Asked, ...] = ()
    pull: ob.PullRequested | None = None
    pull_closed: bool = False
    discounted: frozenset[tuple[int, str]] = frozenset()  #: reviews that do not count, each with the reason
    reopened_at: datetime | None = None  #: when a verdict that had counted turned out not to
    promised: tuple[Promise, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    told: frozenset[tuple[Number, PersonId]] = frozenset()  #: which entries reached whom by direct message

    @property
    def people(self) -> frozenset[PersonId]:
        """Everybody who made this change: nobody of them may decide on it, accept or close it."""
        handed_over = {reassignment.to for reassignment in self.reassignments}
        return frozenset({self.request.by, self.owner} | handed_over) | self.authors | self.deployers

    @property
    def abandoned(self) -> bool:
        """Whoever owes the author's duties has left, and nobody has taken over."""
        return self.owner in self.departed

    @property
    def approvals(self) -> tuple[Verdict, ...]:
        """The approvals that count: not annulled, and not by an author (X02)."""
        return tuple(
            v
            for v in self.verdicts
            if isinstance(v.answer, ev.Approval) and not v.annulled and v.by not in self.people
        )

    @property
    def verdicts_unread(self) -> tuple[Verdict, ...]:
        """The verdicts that may still be annulled, because no source has confirmed them."""
        return tuple(v for v in self.verdicts if not v.annulled and v.number not in self.read_again)

    def of_record(self, policy: Policy) -> tuple[Verdict, ...]:
        """Return the approvals that settle the duty: good enough for the policy, one of each person."""
        grades = policy.duties.approval.grades
        first = {v.by: v for v in reversed(self.approvals) if v.answer.assurance in grades}
        return tuple(sorted(first.values(), key=lambda v: v.number))

    @property
    def open_questions(self) -> tuple[Asked, ...]:
        """The questions that nobody answered and whose authors have not decided since."""
        decided = {v.by: v.number for v in self.verdicts if not v.annulled}
        return tuple(
            asked
            for asked in self.questions
            if not asked.answered and decided.get(asked.question.by, 0) < asked.number
        )

    @property
    def rejection(self) -> Verdict | None:
        """The rejection, which is final once it has been made by somebody authorised."""
        return next((v for v in self.verdicts if isinstance(v.answer, ev.Rejection) and not v.annulled), None)

    @property
    def completion(self) -> ev.Completion | None:
        return self.completions[-1] if self.completions else None

    @property
    def window(self) -> timedelta:
        """The declared window with all extensions."""
        return sum((e.window for e in self.extensions), self.request.window)

    @property
    def access_until(self) -> datetime:
        """When access ends: counted from its confirmation, never past what was committed before the call."""
        grant = self.grant
        extended = self.window - self.request.window - grant.extended
        if grant.confirmed_at and grant.ends_by:
            return min(grant.confirmed_at + self.window, grant.ends_by + extended)
        if grant.confirmed_at:  # held anyway: there was nothing to give
            return grant.confirmed_at + self.window
        return (grant.attempted_at or self.entered_at) + self.window

    @property
    def access_unproven(self) -> bool:
        """Access may have been given and nobody has seen it gone."""
        return self.grant.origin is not None and self.grant.ended_at is None

    @property
    def never_in_force(self) -> bool:
        """The provider declined the grant, so that nothing was ever done with it."""
        failed = self.grant.failed
        return failed is not None and failed.declined and self.grant.confirmed_at is None

    def promise(self, slot: str) -> datetime | None:
        """Return the moment that was promised for a slot of the chase."""
        return next((promise.due for promise in self.promised if promise.slot == slot), None)

    def overdue(self, slot: str) -> bool:
        """Say whether the clock has called this slot overdue."""
        return any(isinstance(p.entry, ev.Overdue) and p.entry.slot == slot for p in self.prompts)

    def profile(self, policy: Policy) -> AccessProfile:
        return policy.access[self.request.access]

    def target(self, policy: Policy) -> Target:
        return self.profile(policy).where

    def access_key(self, policy: Policy) -> str:
        """Name what grants and removals are serialised on: the target and the grantee."""
        return f"{self.target(policy)}|{self.request.by}"
