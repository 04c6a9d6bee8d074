"""What happened, in order: each fact with where it comes from, whose clock says so, and when we wrote it down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.evidence.copies import CopiedChange, Names
from bot.wiring.opening import CopiedEntry
from workflows import events as ev
from workflows import observations as ob
from workflows.observed import observed
from workflows.sentences import sentence
from workflows.vocabulary import CLOCK, SYSTEM, ExceptionId, PersonId

OURS = "bot"
READ_BACK, TRACKER, SLACK = "provider, read back", "tracker, read back", "Slack, its answer"
#: Where the bot learned what it did not do itself, and whose clock the time is from.
SOURCES: Mapping[type[ev.Entry], tuple[str, str]] = {
    ob.PreLook: (READ_BACK, OURS),
    ob.GrantAttempted: ("bot, before the call", OURS),
    ob.GrantConfirmed: (READ_BACK, OURS),
    ob.AccessEnded: (READ_BACK, OURS),
    ob.AccessStillGone: (READ_BACK, OURS),
    ob.AccessBack: (READ_BACK, OURS),
    ev.Removal: (READ_BACK, OURS),
    ev.GrantFailed: ("provider's answer, or silence", OURS),
    ob.TicketOpened: ("tracker, its answer", OURS),
    ob.TicketMoved: (TRACKER, OURS),
    ob.DuplicateTicketClosed: (TRACKER, OURS),
    ob.CardPosted: (SLACK, OURS),
    ob.MessageSent: (SLACK, OURS),
    ob.TranscriptSent: (SLACK, OURS),
    ob.FollowUpOpened: ("tracker, its answer", OURS),
    ob.FollowUpMoved: (TRACKER, OURS),
    ob.FollowUpDone: (TRACKER, OURS),
    ob.FollowUpLost: (TRACKER, OURS),
    ob.MembershipRead: ("group's source, read", OURS),
    ev.Annulment: ("group's source, read", OURS),
    ob.AuthorsSeen: ("GitHub, read", OURS),
    ob.PullRequested: ("GitHub, its answer", OURS),
    ob.PullClosed: ("GitHub, read back", OURS),
    ob.ReviewAnnounced: ("GitHub, signed webhook", OURS),
    ob.ReviewDiscounted: ("GitHub, read", OURS),
    ob.QuestionAnswered: ("GitHub, read", OURS),
}
#: Entries that matter to whoever checks, and not to whoever wants to know what happened.
MINOR = (ob.MessageSent, ob.CardPosted, ob.TicketMoved, ob.AccessStillGone, ob.StepStuck, ob.StepRecovered,
         ev.Reminder, ev.EndsSoon)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageVoice:
    """The voice of documents: names, UTC, and words as they were typed; the template makes them harmless."""

    names: Names

    def who(self, person: PersonId) -> str:
        name = self.names.name(person)
        return name[0].upper() + name[1:]

    def when(self, at: datetime) -> str:
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    def quote(self, text: str) -> str:
        return text

    def link(self, url: str, text: str) -> str:
        return text


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the timeline."""

    sequence: int
    number: int
    occurred_at: datetime
    recorded_at: datetime
    source: str
    clock: str
    who: str
    what: str
    refused: str  #: why, if the procedure said no
    guard: str
    asked: tuple[str, ...]
    delivery: str
    minor: bool


def timeline(change: CopiedChange, names: Names) -> Iterator[Fact]:
    """Return every entry of a change as a fact, refused ones included."""
    voice = PageVoice(names)
    for one in change.entries:
        source, clock = _source(one)
        ruling: Mapping[str, Any] = one.parsed["ruling"]
        said = observed(one.entry, voice) or sentence(one.entry, change.record, change.policy, voice)
        yield Fact(
            sequence=one.sequence,
            number=one.number,
            occurred_at=one.entry.at,
            recorded_at=one.recorded_at,
            source=source,
            clock=clock,
            who=voice.who(one.entry.by),
            what=_attempted(one) if one.refused else said,
            refused=str(ruling.get("because", "")),
            guard=str(ruling.get("guard", "")),
            asked=tuple(ruling.get("asked", ())),
            delivery=str(one.parsed["delivery"] or ""),
            minor=isinstance(one.entry, MINOR) and not one.refused,
        )


def _source(one: CopiedEntry) -> tuple[str, str]:
    if isinstance(one.entry, ev.Annulment) and one.entry.exception is ExceptionId.X13:
        return SOURCES[ob.ReviewDiscounted]
    if known := SOURCES.get(type(one.entry)):
        return known
    if isinstance(one.entry, ev.Approval | ev.Rejection) and one.entry.review:
        return "GitHub, their own review", "GitHub"
    if one.entry.by == CLOCK:
        return "a deadline passed", OURS
    if one.entry.by == SYSTEM:
        return "bot", OURS
    if one.parsed["delivery"]:
        return "Slack, signed request", f"{OURS}, on receipt"
    return "command line", OURS


def _attempted(one: CopiedEntry) -> str:
    return f"Tried, and refused by the procedure: {type(one.entry).__name__.lower()}."
