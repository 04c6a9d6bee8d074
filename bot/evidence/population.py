"""``population.csv``: every emergency change of the period, one row each, in fixed columns.

RFC 4180, UTF-8, times in ISO 8601 with Z.  A cell that a spreadsheet would take for a formula gets an
apostrophe before it.  An empty cell says *not known or not applicable*; ``UNKNOWN`` names the columns
nothing fills yet.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from bot.evidence.columns import MEANING, NOT_COLLECTED
from bot.evidence.copies import CopiedChange, Names, stamp
from workflows import events as ev
from workflows import observations as ob
from workflows.exceptions import NEVER_BEGAN, approval_due, approved_at
from workflows.vocabulary import Duty, Origin, PersonId
from workflows.words import hours

#: In this order, for ever: auditors have scripts that read them.
_IN_ORDER = """
seq_first seq_last change_id state drill change_type environment systems ticket_key ticket_opened_at
incident_id incident_severity qualifying_criterion justification security_impact rollback_plan risk
requester requester_github grantee requested_at authorisation_basis grant_id grant_scope granted_at expires_at
withdrawn_at withdrawal_confirmed_at extensions pr_urls commit_shas commit_authors ci_result ci_url
test_waiver_reason deployment_ids deploy_sha deployed_at deployed_by approval_status approver approver_github
approver_role approved_at approval_due_at approval_late_minutes approval_assurance approval_url self_approved
separation_waiver_reason completion_due_at completed_at rejected_at rejection_reason remediation_due_at
remediation_outcome retrospective_owner retrospective_due_at retrospective_completed_at retrospective_outcome
followups_open reviewed_in_period reviewer policy_sha256 exceptions leaf_index leaf_hash checkpoint_size
checkpoint_root
"""
COLUMNS = tuple(_IN_ORDER.split())
#: Columns that stay empty because the bot does not look at what would fill them.
UNKNOWN = tuple(name for name in COLUMNS if MEANING[name] == NOT_COLLECTED)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PULL = re.compile(r"https?://\S+/pull/\d+")
_DEPLOYMENT = re.compile(r"https?://\S+/deployments/([\w.-]+)")
_RUN = re.compile(r"https?://\S+/actions/runs/\d+")
_COMMIT = re.compile(r"https?://\S+/commits?/([0-9a-f]{7,64})\b")
Row = Mapping[str, str]


def neutral(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def csv_line(cells: Iterable[str]) -> bytes:
    """Write one line of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([neutral(cell) for cell in cells])
    return text.getvalue().encode()


def row(change: CopiedChange, names: Names, reviewed: Callable[[datetime], bool]) -> Row:
    """Return the row of a change; ``reviewed`` says whether a time is within the period."""
    parts: tuple[Row, ...] = (
        _identity(change),
        _asked(change, names),
        _given(change),
        _done(change, names),
        _decided(change, names),
        _looked_back(change, names, reviewed),
        _proof(change),
    )
    found = {name: value for part in parts for name, value in part.items()}
    return {name: found.get(name, "") for name in COLUMNS}


def line(found: Row) -> bytes:
    return csv_line(found[name] for name in COLUMNS)


def _identity(change: CopiedChange) -> Row:
    record, policy = change.record, change.policy
    system = policy.systems[record.request.system]
    return {
        "seq_first": str(change.entries[0].sequence),
        "seq_last": str(change.last.sequence),
        "change_id": record.id,
        "state": record.state.value,
        "drill": _truth(record.request.drill),
        "change_type": "emergency",
        "environment": ";".join(system.environments),
        "systems": system.name,
        "ticket_key": record.ticket.key if record.ticket else "",
        "ticket_opened_at": stamp(record.ticket.at if record.ticket else None),
    }


def _asked(change: CopiedChange, names: Names) -> Row:
    record, request = change.record, change.record.request
    basis = "before" if record.asked_first else "after"
    return {
        "incident_id": request.incident or "",
        "qualifying_criterion": request.criterion,
        "justification": request.justification,
        "security_impact": request.security_impact,
        "rollback_plan": request.rollback_plan,
        "risk": request.risk,
        "requester": names.full(request.by),
        "requester_github": names.github(request.by),
        "grantee": names.full(request.by),
        "requested_at": stamp(request.at),
        "authorisation_basis": "override" if record.override else basis,
        "test_waiver_reason": "" if request.tested else request.test_waiver or "",
    }


def _given(change: CopiedChange) -> Row:
    record, grant = change.record, change.record.grant
    if grant.origin is None:
        return {}
    attempt = change.entry(ob.GrantAttempted) or change.entry(ob.GrantConfirmed)
    held = {Origin.HELD_ANYWAY: " (held anyway)", Origin.HELD_THROUGH: f" (held through {grant.through})"}
    return {
        "grant_id": f"{record.id}/{attempt.number}" if attempt else "",
        "grant_scope": f"{record.target(change.policy)}{held.get(grant.origin, '')}",
        "granted_at": stamp(grant.confirmed_at),
        "expires_at": stamp(record.access_until),
        "withdrawn_at": stamp(record.ended_at),
        "withdrawal_confirmed_at": stamp(grant.ended_at if grant.left is None else None),
        "extensions": ";".join(hours(one.window) for one in record.extensions),
    }


def _done(change: CopiedChange, names: Names) -> Row:
    record = change.record
    named = "\n".join(report.changes for report in record.completions)
    began = record.state not in NEVER_BEGAN and not record.never_in_force
    due = _due(change, Duty.COMPLETION, record.ended_at) if began else None
    return {
        "pr_urls": ";".join(dict.fromkeys(_PULL.findall(named))),
        "commit_shas": ";".join(dict.fromkeys(_COMMIT.findall(named))),
        "ci_url": ";".join(dict.fromkeys(_RUN.findall(named))),
        "deployment_ids": ";".join(dict.fromkeys(_DEPLOYMENT.findall(named))),
        "commit_authors": _people(names, sorted(record.authors)),
        "deployed_by": _people(names, sorted(record.deployers)),
        "completion_due_at": stamp(due),
        "completed_at": stamp(record.completions[0].at if record.completions else None),
    }


def _decided(change: CopiedChange, names: Names) -> Row:
    record, policy = change.record, change.policy
    approvals = record.of_record(policy)
    approvers = [verdict.by for verdict in approvals]
    due = approval_due(record, policy, change.calendar)
    at = approved_at(record, policy)
    rejection = record.rejection.answer if record.rejection else None
    self_approved = any(v.by in record.people and isinstance(v.answer, ev.Approval) for v in record.verdicts)
    late = ((at or due) - due).total_seconds() / 60
    return {
        "approval_status": approval_status(change),
        "approver": _people(names, approvers),
        "approver_github": ";".join(names.github(one) for one in approvers),
        "approver_role": record.profile(policy).approvers if approvers else "",
        "approved_at": stamp(at),
        "approval_due_at": stamp(due),
        "approval_late_minutes": str(max(0, round(late))) if at else "",
        "approval_assurance": ";".join(one.answer.assurance.value for one in approvals),
        "approval_url": ";".join(one.answer.review.url for one in approvals if one.answer.review),
        "self_approved": _truth(self_approved),
        "rejected_at": stamp(rejection.at if rejection else None),
        "rejection_reason": rejection.reason if isinstance(rejection, ev.Rejection) else "",
    }


def approval_status(change: CopiedChange) -> str:
    """Say how the change stands with its approvers, in one word or two."""
    record, policy = change.record, change.policy
    if record.rejection:
        return "rejected"
    if approved_at(record, policy):
        return "approved"
    if (record.state in NEVER_BEGAN and record.state.value != "requested") or record.never_in_force:
        return "not needed"
    return "overdue" if change.head.as_of > approval_due(record, policy, change.calendar) else "pending"


def _looked_back(change: CopiedChange, names: Names, reviewed: Callable[[datetime], bool]) -> Row:
    record, look = change.record, change.record.retrospective
    began = record.state not in NEVER_BEGAN and not record.never_in_force
    since = record.returns[-1].at if record.returns else record.ended_at
    rejection = record.rejection.answer.at if record.rejection and began else None
    outcome = ("genuine" if look.genuine else "not genuine") if look else ""
    return {
        "remediation_due_at": stamp(_due(change, Duty.REMEDIATION, rejection)),
        "remediation_outcome": record.remediation.outcome if record.remediation else "",
        "retrospective_owner": names.full(record.owner) if began else "",
        "retrospective_due_at": stamp(_due(change, Duty.RETROSPECTIVE, since) if began else None),
        "retrospective_completed_at": stamp(look.at if look else None),
        "retrospective_outcome": outcome,
        "followups_open": str(sum(one.open for one in record.follow_ups)) if began else "",
        "reviewed_in_period": _truth(bool(record.acceptance and reviewed(record.acceptance.at))),
        "reviewer": names.full(record.acceptance.by) if record.acceptance else "",
    }


def _proof(change: CopiedChange) -> Row:
    return {
        "policy_sha256": change.record.policy,
        "exceptions": ";".join(change.examined.ids),
        "leaf_index": str(change.last.sequence - 1),
        "leaf_hash": change.last.leaf_hash.hex(),
        "checkpoint_size": str(change.head.size),
        "checkpoint_root": change.head.root.hex(),
    }


def _due(change: CopiedChange, duty: Duty, since: datetime | None) -> datetime | None:
    if since is None:
        return None
    return change.calendar.after(since, getattr(change.policy.duties, duty.value).due)


def _people(names: Names, people: Sequence[PersonId]) -> str:
    return ";".join(names.full(one) for one in people)


def _truth(value: bool) -> str:  # noqa: FBT001 - it is the value that is written
    return "true" if value else "false"
