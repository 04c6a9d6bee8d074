"""The emergency change procedure as a document, for the first thing an auditor asks for.

Read off the policy in force and the page alone, so that it says what the bot does and nothing else; its
revisions are the policies the ledger has seen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.evidence.copies import stamp
from bot.evidence.dossier import page
from workflows import procedure as steps
from workflows.exceptions import MEANS as EXCEPTIONS
from workflows.policy import AccessProfile, BusinessDays, DutyPolicy, Group, Policy
from workflows.printed import MEANS as STATES
from workflows.vocabulary import Duty, StepName
from workflows.words import hours, listed

OWED = {
    Duty.APPROVAL: ("an approver answers yes or no", "the request"),
    Duty.COMPLETION: ("the requester reports what was done", "the end of the access"),
    Duty.REMEDIATION: ("after a rejection: reverted, or accepted by a named risk owner", "the rejection"),
    Duty.RETROSPECTIVE: ("the requester looks back", "the end of the access, or a return"),
    Duty.ACCEPTANCE: ("a reviewer who is no author accepts, and closes", "the last of the others"),
}
AFTER_ALL = {
    "nothing": "Overdue duties of a requester change nothing about the next request.",
    "ask first": "Whoever has overdue duties is asked to wait for an approver the next time.",
    "refuse": "Whoever has overdue duties can request nothing until they are settled.",
}


@dataclass(frozen=True, slots=True)
class Revision:
    """A policy that came into force."""

    sequence: int
    at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what is said under it, and at most one table."""

    title: str
    says: tuple[str, ...]
    table: Table | None = None


def document(policy: Policy, sha256: str, revisions: Sequence[Revision]) -> tuple[Section, ...]:
    """Return the sections of the procedure."""
    return (
        _definition(policy),
        _who(policy),
        _groups(policy.groups),
        _course(),
        _duties(policy),
        _authorisation(policy),
        _system(policy),
        _exceptions(),
        _kept(policy),
        _revisions(sha256, revisions),
    )


def markdown(sections: Iterable[Section], sha256: str) -> str:
    """Write the procedure as Markdown."""
    parts = [
        "# Emergency change procedure",
        f"Policy `{sha256}`. Printed from the policy in force and the program.",
    ]
    for section in sections:
        parts += [f"## {section.title}", *map(_plain, section.says)]
        if section.table:
            lines = (section.table.head, ("---",) * len(section.table.head), *section.table.rows)
            parts.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))
    return "\n\n".join(parts) + "\n"


def html(sections: Iterable[Section], sha256: str) -> bytes:
    """Write the procedure as one page that prints."""
    return page("procedure.html", sections=tuple(sections), sha256=sha256)


def _plain(text: str) -> str:
    """Keep what the policy's author wrote from being taken for Markdown or HTML."""
    for mark in "\\`*_[]<>#":
        text = text.replace(mark, f"\\{mark}")
    return text


def _cell(text: str) -> str:
    return text if text == "---" else _plain(text).replace("|", "\\|").replace("\n", " ")


# --- what the sections say -------------------------------------------------------------------------


def _definition(policy: Policy) -> Section:
    rules = policy.justification
    incident = "must be named" if rules.incident == "required" else "may be named"
    return Section(
        "What an emergency change is",
        (
            f"A change to production that cannot wait for the normal procedure, because it meets one of these criteria: {listed(rules.criteria)}.",
            f"A request names its criterion, what is broken and what will change, in at least {rules.shortest} characters why it cannot wait, the risk, the security impact, how to roll back, and whether it was tested or why not. An incident {incident}. Text that looks like a credential is refused.",
            "Whether it really was an emergency is asked again in the retrospective.",
        ),
    )


def _who(policy: Policy) -> Section:
    rows = tuple(_profile(policy, profile) for profile in policy.access.values())
    head = ("Access", "System", "Who may request", "Authorisation", "Who approves", "Lasts")
    says = (
        "Who belongs to a group is asked when somebody requests or answers, not when the policy was written."
    )
    return Section("Who may request, who approves", (says,), Table(head, rows))


def _profile(policy: Policy, profile: AccessProfile) -> tuple[str, ...]:
    if profile.authorisation == "after":
        basis = "after the act"
    else:
        then = "the requester may act with a reason" if profile.if_unanswered == "act" else "it lapses"
        basis = f"before the act; unanswered for {hours(profile.lapse_after)}, {then}"
    number = profile.approvals_required
    return (
        f"{profile.name} ({profile.where})",
        policy.systems[profile.system].name,
        profile.eligible,
        basis,
        f"{number} of {profile.approvers}",
        f"{hours(profile.default_window)}, at most {hours(profile.longest_window)} with extensions",
    )


def _groups(groups: Mapping[str, Group]) -> Section:
    rows = tuple((name, _source(group)) for name, group in sorted(groups.items()))
    says = "A copy of each group is refreshed every minute; one older than five minutes, or empty, lets nobody through."
    return Section("Groups", (says,), Table(("Group", "Members are"), rows))


def _source(group: Group) -> str:
    if group.people is not None:
        return f"listed in the policy: {listed(group.people)}"
    return (
        f"the GitHub team {group.github_team}"
        if group.github_team
        else f"Slack user group {group.slack_usergroup}"
    )


def _course() -> Section:
    rows = tuple(
        (state.value.replace("_", " "), means, "yes" if StepName.ACCESS in steps.OBLIGATIONS[state] else "no")
        for state, means in STATES.items()
    )
    says = (
        "Access that is not owed in a state is absent in it; that is how access ends.",
        "A request that is refused leaves no change; that it was made, and why it was refused, is on record.",
    )
    return Section("The course of a change", says, Table(("State", "Means", "Access"), rows))


def _duties(policy: Policy) -> Section:
    rows = tuple(_duty(duty, getattr(policy.duties, duty.value)) for duty in OWED)
    calendar = policy.calendar
    holidays = f", and not on holidays of {calendar.holidays}" if calendar.holidays else ""
    says = (
        f"Business days are Monday to Friday in {calendar.timezone}{holidays}; they end with the working hours {calendar.working_hours}. A change closes only when nothing is owed any more.",
        AFTER_ALL[policy.limits.overdue_then],
    )
    head = ("Duty", "What is owed", "Due", "Reminders after", "Then told")
    return Section("What people owe, and by when", says, Table(head, rows))


def _duty(duty: Duty, rules: DutyPolicy) -> tuple[str, ...]:
    what, since = OWED[duty]
    told = ", ".join(f"{rung.to} after {hours(rung.after)}" for rung in rules.escalate) or "nobody"
    reminded = ", ".join(map(hours, rules.remind_after)) or "none"
    return duty.value, what, f"{_length(rules.due)} after {since}", reminded, told


def _length(due: timedelta | BusinessDays) -> str:
    return hours(due) if isinstance(due, timedelta) else str(due)


def _authorisation(policy: Policy) -> Section:
    by_review = policy.duties.approval.of_record == "review"
    record = (
        "What counts is the approver's own review on GitHub of the record's pull request; a click in Slack lets access begin where it must be asked for first, and settles nothing."
        if by_review
        else "What counts is a click in Slack by a person known from account and workspace, copied at once to the ledger and the ticket (grade D)."
    )
    return Section(
        "Authorisation and separation of duties",
        (
            record,
            "Nobody decides on, accepts or returns a change of their own: not its requester, not whoever took it over, not the authors of the commits it names. It is asked at the answer, and again before the change is closed.",
            "An answer counts for exactly the text that was shown. The first rejection is final: it ends the access and leaves a remediation owed.",
            "The approver's group is read again from its source after the answer; an answer that should not have counted is annulled.",
            f"Changes are accepted and closed by {policy.duties.acceptance.by}.",
        ),
    )


def _system(policy: Policy) -> Section:
    return Section(
        "What the bot does by itself",
        (
            "Before it gives access it looks what is held anyway, and writes down when the access ends at the latest. Only what was absent is taken away again.",
            "It removes access when the window ends, when the requester is done, on a rejection, and when somebody who may do so ends it; it looks whether the access is gone, and again after one and ten minutes. Five minutes without proof alarm people.",
            f"It opens a ticket in {policy.ticket.project} for each change, moves it as the change moves, and writes each milestone on it.",
            "It writes every request, answer, refusal, reminder and read-back into an append-only ledger whose heads are signed.",
        ),
    )


def _exceptions() -> Section:
    rows = tuple((id.value, means[0].upper() + means[1:]) for id, means in EXCEPTIONS.items())
    says = "An exception is an instance in which a control failed. It is listed with the change and in the review."
    return Section("Exceptions", (says,), Table(("Id", "Exception"), rows))


def _kept(policy: Policy) -> Section:
    review = (
        f"The population is reviewed every month by {policy.review.by}, in {policy.review.channel or 'Slack'}."
        if policy.review.by
        else "The policy names nobody who reviews the population."
    )
    kept = f"Records are kept for {policy.retention.records} (an ISO 8601 duration) after their last entry."
    return Section("Review and retention", (review, kept))


def _revisions(sha256: str, revisions: Sequence[Revision]) -> Section:
    rows = tuple(
        (stamp(one.at), str(one.sequence), one.sha256, "in force" if one is revisions[-1] else "")
        for one in revisions
    )
    says = (
        "Each change is judged by the policy it was requested under, named by the sha256 of its bytes; a later one never re-grades it.",
    )
    known = revisions and revisions[-1].sha256 == sha256
    more = () if known else ("The policy printed here has not come into force yet.",)
    return Section(
        "Revisions", (*says, *more), Table(("In force since", "Entry", "Policy", ""), rows) if rows else None
    )


def revisions_of(leaves: Iterable[Mapping[str, object]]) -> Iterator[Revision]:
    """Read the revisions off the leaves of the ledger."""
    for leaf in leaves:
        body = leaf["body"]
        if leaf["kind"] == "policy-in-force/1" and isinstance(body, dict):
            at = datetime.fromisoformat(str(leaf["occurred_at"]))
            yield Revision(int(str(leaf["sequence"])), at, str(body["sha256"]))
