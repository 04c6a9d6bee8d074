"""How text is written for Slack: escaped, cut deliberately, with times in the reader's own zone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from workflows.vocabulary import CLOCK, SYSTEM, PersonId

SECTION = 3000  #: characters of a section's text, counted after escaping (Slack)
_ELLIPSIS = "…"
DRILL = "DRILL · "  #: stands before everything that is about a rehearsal


def escaped(text: str) -> str:
    """Make what a person typed harmless in mrkdwn: no mention, link, channel or formatting survives."""
    harmless = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "*_~`":
        harmless = harmless.replace(
            mark, f"\u200b{mark}"
        )  # a zero-width space keeps the mark and takes its power
    return harmless


def cut(text: str, longest: int) -> str:
    """Shorten to ``longest`` characters without leaving half an entity behind."""
    if len(text) <= longest:
        return text
    kept = text[: longest - 1]
    ampersand = kept.rfind("&")
    if ampersand > len(kept) - 6 and ";" not in kept[ampersand:]:
        kept = kept[:ampersand]
    return kept + _ELLIPSIS


def moment(at: datetime) -> str:
    """Write a time so that Slack shows it in the reader's zone, with UTC for those who cannot."""
    stamp = int(at.timestamp())
    return f"<!date^{stamp}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def countdown(at: datetime) -> str:
    """Write how far away a time is; Slack counts whenever it draws, so it stays right by itself."""
    return f"<!date^{int(at.timestamp())}^{{ago}}|{at:%H:%M} UTC>"


@dataclass(frozen=True, slots=True)
class SlackVoice:
    """The voice of threads and direct messages."""

    slack_id: Callable[[PersonId], str]

    def who(self, person: PersonId) -> str:
        if person in (CLOCK, SYSTEM):
            return "The bot"
        user = self.slack_id(person)
        return f"<@{user}>" if user else str(person)

    def when(self, at: datetime) -> str:
        return moment(at)

    def quote(self, text: str) -> str:
        return cut(escaped(text), 900)

    def link(self, url: str, text: str) -> str:
        return f"<{url}|{escaped(text)}>" if url else escaped(text)
