"""The transcript: the text somebody decided on, as it was shown to them, and the digest that binds their answer."""

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject, SectionBlock

from bot.views.messages import marker
from bot.views.reading import paged, read
from bot.views.text import SlackVoice
from workflows import events as ev
from workflows.judged import Lines
from workflows.record import ChangeRecord

MOST = 40  #: blocks of the 50 a message may have (Slack)
Decision = ev.Approval | ev.Rejection | ev.Acceptance
DID: dict[type[Decision], str] = {
    ev.Approval: "approved",
    ev.Rejection: "rejected",
    ev.Acceptance: "accepted and closed",
}


def transcript(
    name: str,
    part: int,
    decision: Decision,
    record: ChangeRecord,
    lines: Lines,
    voice: SlackVoice,
    card: str,
) -> list[Block]:
    """Return one part of a transcript."""
    pages = paged(lines)
    head = MarkdownTextObject(text=_head(part, decision, record, voice, card))
    foot = MarkdownTextObject(text=_foot(part, len(pages), decision, voice))
    return [
        SectionBlock(block_id=marker(name), text=head),
        *read(pages[part], voice.slack_id, MOST),
        ContextBlock(block_id="digest", elements=[foot]),
    ]


def summary(decision: Decision, record: ChangeRecord) -> str:
    """Say the transcript in one line."""
    return f"{record.id}: you {DID[type(decision)]} this change; here is your transcript."


def _head(part: int, decision: Decision, record: ChangeRecord, voice: SlackVoice, card: str) -> str:
    named = f"<{card}|{record.id}>" if card else record.id
    if part:
        return f"*Transcript for {named}*, continued"
    said = decision.reason if isinstance(decision, ev.Rejection) else decision.comment
    words = f"\nYou wrote: {voice.quote(said)}" if said else ""
    follow_ups = decision.follow_ups if isinstance(decision, ev.Approval) else ""
    more = f"\nTo follow: {voice.quote(follow_ups)}" if follow_ups else ""
    return f"*Transcript for {named}.* You {DID[type(decision)]} this change.{words}{more}\nThis is what you were shown:"


def _foot(part: int, pages: int, decision: Decision, voice: SlackVoice) -> str:
    of = f"Part {part + 1} of {pages}. " if pages > 1 else ""
    return (
        f"{of}Answered {voice.when(decision.at)}. It counts for this text alone, SHA-256 `{decision.shown}`"
    )
