"""What a verdict is about: exactly the text a dialog shows, and the digest that binds an answer to it."""

import hashlib
import json

from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.words import hours

Lines = tuple[tuple[str, str], ...]


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
    """Return what a reviewer accepts besides: remediation and retrospective."""
    lines: list[tuple[str, str]] = []
    if record.remediation:
        owner = f", risk owned by {record.remediation.risk_owner}" if record.remediation.risk_owner else ""
        lines.append((f"Remediation: {record.remediation.outcome}{owner}", record.remediation.note))
    if look := record.retrospective:
        lines += [
            ("Cause", look.cause),
            ("A genuine emergency", "yes" if look.genuine else "no"),
            ("Why the normal process could not serve", look.normal_process),
            ("Follow-ups", look.follow_ups or "none"),
        ]
    return tuple(lines)


def judged(record: ChangeRecord, policy: Policy) -> Lines:
    """Return everything that is put before whoever decides."""
    return (*declared(record, policy), *done(record, policy), *looked_back(record, policy))


def shown_digest(lines: Lines) -> str:
    """Name what was shown; an answer that carries another digest answered another text."""
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()
