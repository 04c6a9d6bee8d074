"""What a verdict is about: exactly the text a dialog shows, and the digest that binds an answer to it.

Declared stands next to known.  People are named by their pseudonyms here, under the headings of ``NAMES``
alone; whoever shows the text may put the person in their place.
"""

import hashlib
import json
from datetime import datetime

from workflows.follow_ups import FollowUp
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import Origin, State
from workflows.words import hours, listed

Lines = tuple[tuple[str, str], ...]

REQUESTED, HANDED, AUTHORS = "Requested", "Handed over to", "Who wrote them"
FOLLOW_UPS = "Follow-ups"
NAMES = frozenset({REQUESTED, HANDED, AUTHORS, FOLLOW_UPS})  #: headings whose text names people


def declared(record: ChangeRecord, policy: Policy) -> Lines:
    """Return what was declared, as headings and texts, in the words of its author."""
    request, profile = record.request, record.profile(policy)
    drill = [("Drill", "This is a rehearsal: the access is real, the emergency is not.")]
    lines = [
        *(drill if request.drill else ()),
        ("Change", record.id),
        ("System", policy.systems[request.system].name),
        ("Access", f"{profile.name}, {hours(record.window)}"),
        ("Why it qualifies", request.criterion),
        ("What is broken, and what will change", request.what),
        ("Why it cannot wait", request.justification),
        ("Risk", request.risk),
        ("Security impact", request.security_impact),
        ("Rollback plan", request.rollback_plan),
        ("Tested before production", "yes" if request.tested else f"no: {request.test_waiver or ''}"),
    ]
    if request.incident:
        lines.append(("Incident", request.incident))
    if record.override:
        lines.append(("Acted without an answer, because", record.override.reason))
    lines += [(f"Extended by {hours(e.window)}", e.justification) for e in record.extensions]
    return tuple(lines)


def known(record: ChangeRecord, policy: Policy) -> Lines:
    """Return what was seen besides: access and its times, who wrote what was reported, answers, exceptions."""
    lines = [(REQUESTED, f"{_moment(record.request.at)}, by {record.request.by}")]
    if record.owner != record.request.by:
        lines.append((HANDED, record.owner))
    lines.append(("Access in fact", access_seen(record)))
    if any(report.changes for report in record.completions):
        lines.append((AUTHORS, _authors(record)))
    for asked in record.questions:
        lines += [(f"Asked: {asked.question.text}", answer.text) for answer in asked.answers]
    lines += [(f"Exception {f.exception.value}", f.because) for f in record.findings]
    return tuple(lines)


def access_seen(record: ChangeRecord) -> str:
    """Say what is known of the access: when it was confirmed, when it ended, when it was seen gone."""
    grant, parts = record.grant, []
    if record.state is State.REQUESTED:
        return "not given; it waits for an approver"
    if grant.failed:
        parts.append(f"not given: {grant.failed.because}")
    elif grant.confirmed_at is None and record.state is State.ACTIVE:
        return "being given"
    if grant.confirmed_at:
        held = ", held before this change" if grant.origin is Origin.HELD_ANYWAY else ""
        parts.append(f"in force from {_moment(grant.confirmed_at)}{held}")
    if record.state is State.ACTIVE:
        parts.append(f"ends {_moment(record.access_until)}")
    elif record.ended_at and grant.confirmed_at:
        parts.append(f"ended {_moment(record.ended_at)}")
    return "; ".join([*parts, *_gone(record)]) or "never given"


def _gone(record: ChangeRecord) -> list[str]:
    grant = record.grant
    if grant.left is Origin.HELD_ANYWAY:
        return ["left as it was before"]
    if grant.left is Origin.HELD_THROUGH:
        return [f"carried on by {grant.through_at_end}"]
    if grant.seen_gone:
        return [f"seen gone {_moment(grant.seen_gone[0])}"]
    return ["not seen gone yet"] if record.access_unproven and record.state is not State.ACTIVE else []


def _authors(record: ChangeRecord) -> str:
    if record.authors_awaited:
        return "being looked up"
    found = listed(sorted(record.authors)) or "nobody the directory knows"
    more = f"; {record.authors_unresolved} more could not be told" if record.authors_unresolved else ""
    deployed = f"; deployed by {listed(sorted(record.deployers))}" if record.deployers else ""
    return f"{found}{more}{deployed}"


def done(record: ChangeRecord, policy: Policy) -> Lines:
    """Return what was really done, as its author reported it; empty before the completion report."""
    lines: list[tuple[str, str]] = []
    for report in record.completions:
        lines += [
            ("What was done", report.done),
            ("Commits, pull requests, deployments", report.changes or "none named"),
            ("How it was verified", report.verified),
            ("Rolled back", "yes" if report.rolled_back else "no"),
        ]
    return tuple(lines)


def looked_back(record: ChangeRecord, policy: Policy) -> Lines:
    """Return what a reviewer accepts besides: remediation, retrospective, and what is to follow."""
    lines: list[tuple[str, str]] = []
    if record.remediation:
        owner = f", risk owned by {record.remediation.risk_owner}" if record.remediation.risk_owner else ""
        lines.append((f"Remediation: {record.remediation.outcome}{owner}", record.remediation.note))
    if look := record.retrospective:
        lines += [("Timeline", look.timeline)] if look.timeline else []
        lines += [
            ("Cause", look.cause),
            ("A genuine emergency", "yes" if look.genuine else "no"),
            ("Why the normal process could not serve", look.normal_process),
            ("What will prevent the next one", look.prevention or "not said"),
        ]
    if record.follow_ups or record.retrospective:
        lines.append((FOLLOW_UPS, "\n".join(map(_follow_up, record.follow_ups)) or "none"))
    return tuple(lines)


def _follow_up(one: FollowUp) -> str:
    return f"{one.number}. {one.what} ({one.owner}, until {one.due})"


def judged(record: ChangeRecord, policy: Policy) -> Lines:
    """Return everything that is put before whoever decides."""
    return (
        *declared(record, policy),
        *known(record, policy),
        *done(record, policy),
        *looked_back(record, policy),
    )


def shown_digest(lines: Lines) -> str:
    """Name what was shown; an answer that carries another digest answered another text."""
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
