"""The one message that follows a change from request to closure."""

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextQuoteElement,
    RichTextSectionElement,
    SectionBlock,
)

from bot.views.follow_ups import follow_ups_said
from bot.views.offers import button, offered
from bot.views.text import DRILL, SECTION, SlackVoice, cut, escaped, moment
from workflows import events as ev
from workflows.duties import NAMES, Owed, approval_owed, late
from workflows.policy import Policy
from workflows.record import ChangeRecord, Verdict
from workflows.vocabulary import Origin, State, StepName
from workflows.words import hours, listed

QUOTE = 1200  #: characters of what a person wrote that the card shows
NOTE = 300  #: and of what stands among its notes; the record has the whole
HEADER = 150  #: characters of a header (Slack)
SHOWN = {
    State.REQUESTED: "Requested, waiting for an approver",
    State.ACTIVE: "Active",
    State.IN_REVIEW: "In review",
    State.CLOSED: "Closed",
    State.REJECTED: "Rejected",
    State.WITHDRAWN: "Withdrawn",
    State.LAPSED: "Lapsed",
}
MARK = {
    State.REQUESTED: ":hourglass_flowing_sand:",
    State.ACTIVE: ":rotating_light:",
    State.IN_REVIEW: ":mag:",
    State.CLOSED: ":white_check_mark:",
    State.REJECTED: ":no_entry:",
    State.WITHDRAWN: ":leftwards_arrow_with_hook:",
    State.LAPSED: ":zzz:",
}


def marker(change: str) -> str:
    """Name the card's first block, by which a card whose posting got lost is found again."""
    return f"card:{change}"


def summary(record: ChangeRecord, policy: Policy) -> str:
    """Say the card in one line, for notifications and for readers that show no blocks."""
    system = policy.systems[record.request.system].name
    return f"{drill_mark(record)}{record.id}: {SHOWN[record.state]}. {escaped(system)}"


def drill_mark(record: ChangeRecord) -> str:
    """Return what stands before a drill, and before nothing else."""
    return DRILL if record.request.drill else ""


def card(record: ChangeRecord, policy: Policy, owed: tuple[Owed, ...], voice: SlackVoice) -> list[Block]:
    """Return the card."""
    request, profile = record.request, record.profile(policy)
    system = policy.systems[request.system].name
    drill = drill_mark(record)
    blocks: list[Block] = [
        HeaderBlock(
            block_id=marker(record.id), text=cut(f"{drill}Emergency change {record.id} · {system}", HEADER)
        ),
        SectionBlock(
            block_id="facts",
            fields=[
                MarkdownTextObject(text=f"*State*\n{MARK[record.state]} {SHOWN[record.state]}"),
                MarkdownTextObject(text=f"*Requester*\n{voice.who(request.by)}"),
                MarkdownTextObject(text=f"*Why it qualifies*\n{escaped(request.criterion)}"),
                MarkdownTextObject(text=f"*Access*\n{escaped(profile.name)}\n{access_said(record)}"),
                MarkdownTextObject(text=f"*Ticket*\n{ticket_said(record)}"),
                MarkdownTextObject(text=f"*Approval*\n{approval_said(record, policy, voice)}"),
            ],
        ),
        _quoted("What is broken, and what will change", request.what),
        _quoted("Why it cannot wait", request.justification),
    ]
    if todo := owed_said(owed, voice):
        blocks.append(SectionBlock(block_id="owed", text=MarkdownTextObject(text=f"*Still owed*\n{todo}")))
    if more := follow_ups_said(record, voice):
        text = MarkdownTextObject(text=cut(f"*To follow*\n{more}", SECTION))
        blocks.append(SectionBlock(block_id="follow_ups", text=text))
    if asked := questions_said(record, voice):
        text = MarkdownTextObject(text=cut(f"*Not answered yet*\n{asked}", SECTION))
        blocks.append(SectionBlock(block_id="questions", text=text))
    if notes := _notes(record, policy):
        blocks.append(ContextBlock(block_id="notes", elements=[MarkdownTextObject(text=cut(notes, 1900))]))
    if buttons := [button(offer, record) for offer in offered(record, owed)]:
        blocks.append(ActionsBlock(block_id="actions", elements=buttons))
    return blocks


def _quoted(heading: str, text: str) -> RichTextBlock:
    """Quote a person's words; rich text is literal, so nothing in it can mention or link."""
    parts = RichTextElementParts
    title = RichTextSectionElement(elements=[parts.Text(text=heading, style=parts.TextStyle(bold=True))])
    return RichTextBlock(elements=[title, RichTextQuoteElement(elements=[parts.Text(text=cut(text, QUOTE))])])


def access_said(record: ChangeRecord) -> str:
    grant = record.grant
    if record.state is State.ACTIVE:
        if grant.confirmed_at:
            return f"in force until {moment(record.access_until)}"
        return f"being given; ends by {moment(record.access_until)} at the latest"
    if record.state is State.REQUESTED:
        return f"{hours(record.window)} once approved"
    if grant.origin is None:
        return "never given"
    if grant.ended_at is None:
        return ":warning: being removed"
    if grant.left is Origin.HELD_ANYWAY:
        return "held anyway, left as it was"
    if grant.left is Origin.HELD_THROUGH:
        return f"carried on by {grant.through_at_end}"
    return f"gone, seen {moment(grant.ended_at)}"


def ticket_said(record: ChangeRecord) -> str:
    if record.ticket:
        return f"<{record.ticket.url}|{record.ticket.key}>"
    return "not there yet; it will follow" if StepName.TICKET in record.stuck else "being opened"


def approval_said(record: ChangeRecord, policy: Policy, voice: SlackVoice) -> str:
    if record.rejection:
        return f"rejected by {_graded(record.rejection, voice)}"
    profile, of_record = record.profile(policy), record.of_record(policy)
    given = listed(_graded(v, voice) for v in of_record)
    missing = profile.approvals_required - len(of_record)
    if missing <= 0:
        return f"approved by {given}"
    owed = "not given, and not owed any more"
    if approval_owed(record, policy):
        owed = (
            f"owed by {missing} of {escaped(profile.approvers)}, not by an author{_asked_for(record, policy)}"
        )
    let_begin = listed(_graded(v, voice) for v in record.approvals if v not in of_record)
    said = [f"begun on the word of {let_begin}"] if let_begin else []
    said.append(f"{given}; {owed}" if given else owed)
    if going := listed(voice.who(p) for p in sorted(record.intents) if p not in {v.by for v in of_record}):
        said.append(f"{going} went to GitHub to answer")
    return "\n".join(said)


def _graded(verdict: Verdict, voice: SlackVoice) -> str:
    """Name who decided, and how well that is vouched for, with a link to what vouches for it."""
    grade = f"grade {verdict.answer.assurance.value}"
    review = verdict.answer.review
    return (
        f"{voice.who(verdict.by)} (<{review.url}|{grade}>)"
        if review
        else f"{voice.who(verdict.by)} ({grade})"
    )


def _asked_for(record: ChangeRecord, policy: Policy) -> str:
    if policy.duties.approval.of_record != "review":
        return ""
    if record.pull is None:
        return ", by a review on GitHub; the pull request follows"
    return f", by a review of <{record.pull.url}|pull request {record.pull.pull}>"


def questions_said(record: ChangeRecord, voice: SlackVoice) -> str:
    return "\n".join(
        f"• {voice.who(asked.question.by)}: {voice.quote(asked.question.text)}"
        for asked in record.open_questions
    )


def owed_said(owed: tuple[Owed, ...], voice: SlackVoice) -> str:
    return "\n".join(f"• {DUTIES[duty.duty]}, {_by_when(duty, voice)}" for duty in owed)


DUTIES = {duty: name.capitalize() for duty, name in NAMES.items()}


def _by_when(duty: Owed, voice: SlackVoice) -> str:
    if duty.overdue:
        due = moment(duty.due)
        return f"by {whom(duty, voice)}: :warning: *overdue*{late(duty.duty)}, it was due {due}"
    return f"by {whom(duty, voice)}, until {moment(duty.due)}"


def whom(duty: Owed, voice: SlackVoice) -> str:
    """Name everybody who owes a duty."""
    return listed(
        [*(voice.who(person) for person in sorted(duty.by.people)), *map(escaped, sorted(duty.by.groups))]
    )


def _notes(record: ChangeRecord, policy: Policy) -> str:
    """Say what went wrong first: what was written at length is what may be cut."""
    lines = [
        f"Risk: {record.request.risk} · Tested before production: {'yes' if record.request.tested else 'no'}"
    ]
    if record.asked_first and record.profile(policy).authorisation == "after":
        lines.append(":warning: Asked first, because the requester owed something overdue")
    if record.stuck:
        lines.append(
            f":warning: Waiting for: {listed(sorted(step.value for step in record.stuck))}; the bot keeps trying"
        )
    lines += [
        f":warning: {finding.exception.value}: {escaped(finding.because)}" for finding in record.findings
    ]
    if record.override:
        lines.append(f":warning: {overridden_said(record.override)}")
    if record.request.incident:
        lines.append(f"Incident: {cut(escaped(record.request.incident), NOTE)}")
    return "\n".join(lines)


def overridden_said(override: ev.Override) -> str:
    return f"Acted without an answer: {cut(escaped(override.reason), NOTE)}"
