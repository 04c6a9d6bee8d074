"""Where a control failed in one change: X01 to X17, as questions to the record, the rules and the time.

An exception is listed, never raised, and asked anew each time; only what was seen once and cannot be seen
in the record is a ``Finding``.  What cannot be judged is said to be so: silence would look like a clean record.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workflows import events as ev
from workflows.calendar import Calendar
from workflows.deadlines import REMOVAL_LATE
from workflows.duties import verdicts_lost
from workflows.policy import Policy
from workflows.precedents import Looked, Precedents
from workflows.prose import ERASED
from workflows.record import ChangeRecord
from workflows.vocabulary import Duty, ExceptionId, State
from workflows.words import hours

FEWEST_WORDS = 6  #: different words below which a justification says too little, however long it is
LOOK_BACK = timedelta(days=90)  #: how far back a justification may not be repeated
SPELL = timedelta(days=30)  #: in which so many emergencies of one person or one cause are too many
OFTEN = 3

NEVER_BEGAN = frozenset({State.REQUESTED, State.REJECTED, State.WITHDRAWN, State.LAPSED})
#: What each id means, in the words documents use.
MEANS: Mapping[ExceptionId, str] = {
    ExceptionId.X01: "no or late approval",
    ExceptionId.X02: "approved by an author",
    ExceptionId.X03: "approver not authorised at that time",
    ExceptionId.X04: "thin or repeated justification",
    ExceptionId.X05: "did not meet the definition of emergency",
    ExceptionId.X06: "no ticket before the first deployment",
    ExceptionId.X07: "untested without reason",
    ExceptionId.X08: "detached deployment",
    ExceptionId.X09: "access outlived its window, or its end is unconfirmed",
    ExceptionId.X10: "activity outside window or scope",
    ExceptionId.X11: "retrospective missing or late",
    ExceptionId.X12: "monthly review missed",
    ExceptionId.X13: "evidence altered after the fact",
    ExceptionId.X14: "bot outage while deployments happened",
    ExceptionId.X15: "emergencies overused",
    ExceptionId.X16: "completion report missing or late",
    ExceptionId.X17: "remediation missing or late",
}
OF_A_PERIOD = frozenset(
    {ExceptionId.X12, ExceptionId.X14}
)  #: these concern months and outages, no one change


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A control that failed in this change: in one sentence, since when, and whether it is still so."""

    id: ExceptionId
    because: str
    since: datetime
    open: bool = False


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A control nobody can answer for yet, and why."""

    id: ExceptionId
    because: str


Answer = Exceptional | Unjudged


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the record; ``None`` says that nobody looked, which is not that nothing is there."""

    earlier: Precedents | None = None
    deployments: Sequence[datetime] | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """All answers about one change."""

    found: tuple[Exceptional, ...]
    unjudged: tuple[Unjudged, ...]

    @property
    def ids(self) -> tuple[ExceptionId, ...]:
        """The exceptions found, each once."""
        return tuple(sorted({one.id for one in self.found}))


@dataclass(frozen=True, slots=True)
class _Case:
    record: ChangeRecord
    policy: Policy
    calendar: Calendar
    now: datetime
    context: Context = field(default_factory=Context)

    @property
    def began(self) -> bool:
        return self.record.state not in NEVER_BEGAN and not self.record.never_in_force

    def due(self, duty: Duty, since: datetime, turn: int = 0) -> datetime:
        """Return when a duty was due: as it was said then, or as it would be said now."""
        said = None if self.record.reassignments else self.record.promise(f"{duty.value}/{turn}/due")
        return said or self.calendar.after(since, getattr(self.policy.duties, duty.value).due)


def examine(
    record: ChangeRecord,
    policy: Policy,
    calendar: Calendar,
    now: datetime,
    context: Context | None = None,
) -> Examined:
    """Ask every question of the table; ``now`` is what a missing answer is late against."""
    case = _Case(record, policy, calendar, now, context or Context())
    answers = [answer for _, ask in TABLE for answer in ask(case)]
    found = [one for one in answers if isinstance(one, Exceptional)]
    derived = {one.id for one in found}
    found += [one for one in _recorded(record) if one.id not in derived]
    return Examined(
        tuple(sorted(found, key=lambda one: (one.id, one.since))),
        tuple(one for one in answers if isinstance(one, Unjudged)),
    )


def gist(text: str) -> str:
    """Return what is compared of a text: its words, without case, punctuation and figures."""
    return "" if text == ERASED else " ".join(_words(text))


def approval_due(record: ChangeRecord, policy: Policy, calendar: Calendar) -> datetime:
    said = record.promise("approval/0/due")
    return said or calendar.after(record.request.at, policy.duties.approval.due)


def approved_at(record: ChangeRecord, policy: Policy) -> datetime | None:
    """Return when the last approval that was needed came; ``None``: not enough of them count."""
    needed = record.profile(policy).approvals_required
    times = sorted(verdict.answer.at for verdict in record.of_record(policy))
    return times[needed - 1] if len(times) >= needed else None


# --- who decided -----------------------------------------------------------------------------------


def no_or_late_approval(case: _Case) -> Iterator[Answer]:
    if not case.began:
        return
    due = approval_due(case.record, case.policy, case.calendar)
    rejection = case.record.rejection
    answered = rejection.answer.at if rejection else approved_at(case.record, case.policy)
    what = "rejection" if rejection else "approval"
    yield from _in_time(case, ExceptionId.X01, what, due, answered)


def approved_by_an_author(case: _Case) -> Iterator[Answer]:
    for verdict in case.record.verdicts:
        if isinstance(verdict.answer, ev.Approval) and verdict.by in case.record.people:
            because = "An approval was given by somebody who made the change; it does not count."
            yield Exceptional(ExceptionId.X02, because, verdict.answer.at)


def approver_not_authorised(case: _Case) -> Iterator[Answer]:
    for verdict in case.record.verdicts:
        if verdict.annulled and verdict.annulled_for is not ExceptionId.X13:
            because = (
                "A verdict was given by somebody who was not in the approvers' group; it does not count."
            )
            yield Exceptional(ExceptionId.X03, because, verdict.answer.at)


# --- why it was an emergency -----------------------------------------------------------------------


def thin_or_repeated_justification(case: _Case) -> Iterator[Answer]:
    request = case.record.request
    if request.justification == ERASED:
        yield Unjudged(ExceptionId.X04, "The justification was erased.")
        return
    words = _words(request.justification)
    if len(request.justification) < case.policy.justification.shortest or len(set(words)) < FEWEST_WORDS:
        because = f"The justification says too little: {len(set(words))} different words."
        yield Exceptional(ExceptionId.X04, because, request.at)
    if case.context.earlier is None:
        yield Unjudged(ExceptionId.X04, "Whether the justification repeats an earlier one was not looked at.")
        return
    said = " ".join(words)
    if one := case.context.earlier.saying(said, _looked(case, LOOK_BACK)):
        yield Exceptional(ExceptionId.X04, f"The justification repeats that of {one}.", request.at)


def no_emergency(case: _Case) -> Iterator[Answer]:
    look = case.record.retrospective
    if case.record.request.drill:
        return
    if look and not look.genuine:
        because = "The retrospective says that it did not meet the definition of an emergency."
        yield Exceptional(ExceptionId.X05, because, look.at)
    elif look is None and case.began:
        yield Unjudged(ExceptionId.X05, "There is no retrospective that says so yet.")


def overused(case: _Case) -> Iterator[Answer]:
    request, look = case.record.request, case.record.retrospective
    if request.drill:
        return
    if case.context.earlier is None:
        yield Unjudged(ExceptionId.X15, "Earlier emergencies were not looked at.")
        return
    earlier, spell = case.context.earlier, _looked(case, SPELL)
    same_person = 1 + earlier.by(request.by, spell)
    if same_person >= OFTEN:
        because = f"It is the requester's emergency number {same_person} within {hours(SPELL)}."
        yield Exceptional(ExceptionId.X15, because, request.at)
    cause = gist(look.cause) if look else ""
    same_cause = 1 + earlier.of_cause(cause, spell) if cause else 0
    if same_cause >= OFTEN:
        because = f"It is emergency number {same_cause} with the same cause within {hours(SPELL)}."
        yield Exceptional(ExceptionId.X15, because, request.at)


# --- what was done ---------------------------------------------------------------------------------


def no_ticket_before_deployment(case: _Case) -> Iterator[Answer]:
    if not case.began:
        return
    ticket = case.record.ticket
    if case.context.deployments is None:
        yield Unjudged(ExceptionId.X06, "Deployments were not looked at.")
        return
    first = min(case.context.deployments, default=None)
    if first and ticket is None:
        yield Exceptional(ExceptionId.X06, "It was deployed without a ticket.", first, open=True)
    elif first and ticket and ticket.at > first:
        late = hours(ticket.at - first)
        yield Exceptional(ExceptionId.X06, f"The ticket came {late} after the first deployment.", first)


def untested(case: _Case) -> Iterator[Answer]:
    request = case.record.request
    if not request.tested and not request.test_waiver:
        yield Exceptional(ExceptionId.X07, "It was not tested, and no reason was given.", request.at)


def not_watched(id: ExceptionId, because: str) -> Callable[[_Case], Iterator[Answer]]:
    """Return the question that nobody can answer yet; a finding answers it all the same."""

    def ask(case: _Case) -> Iterator[Answer]:
        if case.began and not any(finding.exception is id for finding in case.record.findings):
            yield Unjudged(id, because)

    return ask


def access_outlived_its_window(case: _Case) -> Iterator[Answer]:
    record, grant = case.record, case.record.grant
    if grant.origin is None or grant.left is not None:
        return
    ends = min(record.access_until, record.ended_at or record.access_until)
    late = (grant.ended_at or case.now) - ends
    if late <= REMOVAL_LATE:
        return
    if grant.ended_at:
        because = f"The access was seen gone {hours(late)} after its end."
        yield Exceptional(ExceptionId.X09, because, ends)
    else:
        because = "The access should be gone, and nobody has seen it gone."
        yield Exceptional(ExceptionId.X09, because, ends, open=True)


# --- what was owed ---------------------------------------------------------------------------------


def retrospective_missing_or_late(case: _Case) -> Iterator[Answer]:
    if not case.began or case.record.ended_at is None:
        return
    written = case.record.retrospectives
    for turn, since in enumerate((case.record.ended_at, *(back.at for back in case.record.returns))):
        at = written[turn].at if turn < len(written) else None
        due = case.due(Duty.RETROSPECTIVE, since, turn)
        yield from _in_time(case, ExceptionId.X11, "retrospective", due, at)


def completion_missing_or_late(case: _Case) -> Iterator[Answer]:
    if not case.began or case.record.ended_at is None:
        return
    reported = case.record.completions[0].at if case.record.completions else None
    due = case.due(Duty.COMPLETION, case.record.ended_at)
    yield from _in_time(case, ExceptionId.X16, "completion report", due, reported)


def remediation_missing_or_late(case: _Case) -> Iterator[Answer]:
    rejection = case.record.rejection
    if not case.began or rejection is None:
        return
    done = case.record.remediation.at if case.record.remediation else None
    due = case.due(Duty.REMEDIATION, rejection.answer.at, verdicts_lost(case.record))
    yield from _in_time(case, ExceptionId.X17, "remediation", due, done)


# --- the table -------------------------------------------------------------------------------------

#: Every exception that concerns one change, and the question that finds it.
TABLE: tuple[tuple[ExceptionId, Callable[[_Case], Iterator[Answer]]], ...] = (
    (ExceptionId.X01, no_or_late_approval),
    (ExceptionId.X02, approved_by_an_author),
    (ExceptionId.X03, approver_not_authorised),
    (ExceptionId.X04, thin_or_repeated_justification),
    (ExceptionId.X05, no_emergency),
    (ExceptionId.X06, no_ticket_before_deployment),
    (ExceptionId.X07, untested),
    (ExceptionId.X08, not_watched(ExceptionId.X08, "Deployments were not looked at.")),
    (ExceptionId.X09, access_outlived_its_window),
    (ExceptionId.X10, not_watched(ExceptionId.X10, "What was done with the access was not looked at.")),
    (ExceptionId.X11, retrospective_missing_or_late),
    (ExceptionId.X13, lambda case: iter(())),  # found by comparing with the outside: always a finding
    (ExceptionId.X15, overused),
    (ExceptionId.X16, completion_missing_or_late),
    (ExceptionId.X17, remediation_missing_or_late),
)


#: What each means, in a phrase; the long texts are in ``docs/controls.md``.
MEANINGS: Mapping[ExceptionId, str] = {
    ExceptionId.X01: "no approval, or a late one",
    ExceptionId.X02: "approved by an author",
    ExceptionId.X03: "the approver was not authorised at that time",
    ExceptionId.X04: "the justification is thin or was used before",
    ExceptionId.X05: "it was no emergency by definition",
    ExceptionId.X06: "no ticket before the first deployment",
    ExceptionId.X07: "not tested, and no reason given",
    ExceptionId.X08: "a deployment that belongs to no change",
    ExceptionId.X09: "access outlived its window, or was not seen gone",
    ExceptionId.X10: "activity outside the window or the scope",
    ExceptionId.X11: "the retrospective is missing or late",
    ExceptionId.X12: "the review of a period was missed",
    ExceptionId.X13: "evidence was altered afterwards",
    ExceptionId.X14: "the bot was down while something was deployed",
    ExceptionId.X15: "emergencies have become a habit",
    ExceptionId.X16: "the completion report is missing or late",
    ExceptionId.X17: "the remediation is missing or late",
}


def _recorded(record: ChangeRecord) -> Iterator[Exceptional]:
    """Return what was found when it happened and is part of the record."""
    for finding in record.findings:
        yield Exceptional(finding.exception, finding.because, finding.at)


def _in_time(case: _Case, id: ExceptionId, what: str, due: datetime, at: datetime | None) -> Iterator[Answer]:
    if at and at > due:
        yield Exceptional(id, f"The {what} came {hours(at - due)} late.", due)
    elif at is None and case.now > due:
        yield Exceptional(id, f"The {what} is missing; it was due.", due, open=True)


def _looked(case: _Case, back: timedelta) -> Looked:
    """Look back from this change."""
    return Looked(case.record.id, case.record.request.at, back)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())
