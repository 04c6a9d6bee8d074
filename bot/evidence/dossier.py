"""The dossier: one change as one page that a stranger understands, on a screen or on paper.

Self-contained: no script, no font, no picture and no address is loaded from anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import jinja2

from bot.evidence.copies import CopiedChange, Names, stamp
from bot.evidence.population import approval_status
from bot.evidence.roles import roles, separation
from bot.evidence.timeline import Fact, PageVoice, timeline
from workflows import events as ev
from workflows import observations as ob
from workflows.exceptions import NEVER_BEGAN, approval_due, approved_at
from workflows.record import Verdict
from workflows.sentences import sentence
from workflows.vocabulary import ExceptionId, Origin, State
from workflows.words import hours

STATES = {
    State.REQUESTED: "Waiting to be authorised",
    State.ACTIVE: "Access is in force",
    State.IN_REVIEW: "Access ended; something is still owed",
    State.CLOSED: "Closed",
    State.REJECTED: "Rejected before it began",
    State.WITHDRAWN: "Withdrawn before it began",
    State.LAPSED: "Lapsed: nobody answered in time",
}
GRADES = {
    "A": "their own review on GitHub of the record's pull request, unedited, on the record's head commit",
    "B": "a review on GitHub, submitted for them with their own linked token",
    "C": "a transition in Jira or an approval of an environment, as themselves",
    "D": "a click in Slack, copied at once to ledger and ticket; the bot vouches for it",
    "E": "typed in by somebody else",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One answer at the top of the page."""

    question: str
    answer: str
    mood: str  #: good, bad or open
    more: str = ""


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("bot.evidence"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"moment": _moment, "clock": _clock, "day": _day, "stamp": stamp, "hours": hours}
    return environment


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "—"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S}"


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%A, %d %B %Y}"


ENVIRONMENT = _environment()


def page(template: str, **what: Any) -> bytes:
    """Render a template; everything in it is escaped."""
    return ENVIRONMENT.get_template(template).render(**what).encode()


def dossier(change: CopiedChange, names: Names) -> bytes:
    """Return the page of a change."""
    record, policy = change.record, change.policy
    return page(
        "dossier.html",
        change=change,
        record=record,
        request=record.request,
        profile=record.profile(policy),
        system=policy.systems[record.request.system],
        state=STATES[record.state],
        marks=tuple(_marks(change)),
        roles=roles(record, policy),
        separation=separation(change),
        ended_because=_why_it_ended(change, names),
        verdicts=[_verdict(change, one, names) for one in record.verdicts],
        approval_due=approval_due(record, policy, change.calendar),
        approvals_required=record.profile(policy).approvals_required,
        grades=GRADES,
        access=tuple(_access(change)),
        days=[(day, tuple(facts)) for day, facts in groupby(timeline(change, names), _fact_day)],
        names=names,
        held=record.grant.origin in (Origin.HELD_ANYWAY, Origin.HELD_THROUGH),
    )


def _fact_day(fact: Fact) -> str:
    return _day(fact.occurred_at)


# --- the answers at the top ------------------------------------------------------------------------


def _marks(change: CopiedChange) -> Iterator[Mark]:
    yield _authorised(change)
    verdict = separation(change)
    answer, mood = {True: ("kept", "good"), False: ("broken", "bad"), None: ("not certain", "open")}[
        verdict.holds
    ]
    yield Mark("Separation of duties", answer, mood)
    yield _removed(change)
    yield _reviewed(change)
    found = change.examined.ids
    yield Mark("Exceptions", ", ".join(found) or "none", "bad" if found else "good")


def _authorised(change: CopiedChange) -> Mark:
    status = approval_status(change)
    due = approval_due(change.record, change.policy, change.calendar)
    at = approved_at(change.record, change.policy)
    if status == "approved" and at and at > due:
        return Mark("Authorised", f"yes, {hours(at - due)} late", "bad")
    moods = {"approved": "good", "pending": "open", "not needed": "open", "overdue": "bad", "rejected": "bad"}
    words = {"approved": "yes, in time", "pending": "not yet; not overdue", "not needed": "not needed: it never began",
             "overdue": "no; overdue", "rejected": "no: rejected"}  # fmt: skip
    return Mark("Authorised", words[status], moods[status])


def _removed(change: CopiedChange) -> Mark:
    record, grant = change.record, change.record.grant
    if grant.origin is None:
        return Mark("Access removed", "never given", "good")
    if grant.left is Origin.HELD_ANYWAY:
        return Mark("Access removed", "no: it was held before and stays", "open")
    if grant.left is Origin.HELD_THROUGH:
        return Mark("Access removed", f"carried on by {grant.through_at_end}", "open")
    if grant.ended_at:
        return Mark("Access removed", "yes, seen gone", "good", _moment(grant.ended_at))
    if record.state is State.ACTIVE:
        return Mark("Access removed", "still in force", "open", f"until {_moment(record.access_until)}")
    return Mark("Access removed", "nobody has seen it gone", "bad")


def _reviewed(change: CopiedChange) -> Mark:
    record = change.record
    if record.acceptance:
        return Mark("Looked back on", "yes, accepted", "good", _moment(record.acceptance.at))
    if record.state in NEVER_BEGAN or record.never_in_force:
        return Mark("Looked back on", "not needed: it never began", "open")
    return Mark("Looked back on", "written, not accepted yet" if record.retrospective else "not yet", "open")


# --- parts -----------------------------------------------------------------------------------------


def _verdict(change: CopiedChange, verdict: Verdict, names: Names) -> dict[str, Any]:
    answer = verdict.answer
    return {
        "answer": "Approval" if isinstance(answer, ev.Approval) else "Rejection",
        "who": names.full(verdict.by),
        "role": change.record.profile(change.policy).approvers,
        "at": answer.at,
        "said": answer.reason if isinstance(answer, ev.Rejection) else answer.comment,
        "shown": answer.shown,
        "number": verdict.number,
        "why_not": _why_not(change, verdict),
        "grade": answer.assurance.value,
        "url": answer.review.url if answer.review else "",
    }


def _why_not(change: CopiedChange, verdict: Verdict) -> str:
    """Say why a verdict does not settle anything; empty if it does."""
    if verdict.annulled and verdict.annulled_for is ExceptionId.X13:
        return "it was annulled, because the review was altered afterwards (X13)"
    if verdict.annulled:
        return "it was annulled, because its author was not authorised at that time (X03)"
    if isinstance(verdict.answer, ev.Rejection):
        return ""
    if verdict.by in change.record.people:
        return "it was given by somebody who made the change (X02)"
    settles = verdict in change.record.of_record(change.policy)
    return "" if settles else "the policy wants a better grade, or this person had answered already"


def _access(change: CopiedChange) -> Iterator[tuple[str, datetime, str]]:
    """Return the life of the access: what, when, and what was seen."""
    for one in change.entries:
        if not one.refused and (life := _given(one.entry) or _ended(one.entry)):
            what, seen = life
            yield what, one.entry.at, seen


def _why_it_ended(change: CopiedChange, names: Names) -> str:
    """Return the sentence of the entry by which the change left the state in which access is owed."""
    was = ""
    for one in change.entries:
        to = one.parsed["ruling"].get("to", was)
        if was == State.ACTIVE.value and to != was:
            return sentence(one.entry, change.record, change.policy, PageVoice(names))
        was = to
    return "It has not ended." if was == State.ACTIVE.value else "It never began."


def _given(entry: ev.Entry) -> tuple[str, str] | None:
    match entry:
        case ob.PreLook():
            return "Looked at before anything was given", entry.origin.value.replace("_", " ")
        case ob.GrantAttempted():
            return "About to be given; ends at the latest", _moment(entry.ends_by)
        case ob.GrantConfirmed():
            return "Seen in force", entry.seen
        case ev.Extension():
            return f"Extended by {hours(entry.window)}", entry.justification
        case _:
            return None


def _ended(entry: ev.Entry) -> tuple[str, str] | None:
    match entry:
        case ev.Removal():
            return "Found taken away by somebody else", "not given again"
        case ob.AccessEnded(left=None):
            return "Seen gone", "read back: not held any more"
        case ob.AccessEnded():
            return "Rightly left", str(entry.left).replace("_", " ")
        case ob.AccessStillGone():
            return f"Seen gone again (look {entry.look})", "read back: not held"
        case ob.AccessBack():
            return "Found there again", "without a change that owes it; it was removed"
        case _:
            return None
