"""How text is written for Slack: escaped, cut deliberately, with times in the reader's own zone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from workflows.vocabulary import CLOCK, SYSTEM, PersonId

SECTION = 3000  #: characters of a section's text, counted after escaping (Slack)
_ELLIPSIS = "…"
_MARK = re.compile(r"[*_~`]")
#: Within a word a mark formats nothing; so there an address may keep it, and still leads where it should.
_AT_AN_EDGE = re.compile(r"(?<![A-Za-z0-9])[*_~`]|[*_~`](?![A-Za-z0-9])|`")
_COMMAND = re.compile(r"(`/?emergency-change(?: [^`\n]*)?`)")
#: An entity, or a mention, a time or a link, that has a beginning and no end; a sign followed by a space is none.
_HALF = re.compile(r"(?:&[a-z]{0,3}|<(?:[@!#h][^<>]*)?)\Z")
_ADDRESS = re.compile(r"(https?://[^\s<>|`]+)")
_POWERLESS = "\u200b\\g<0>"  #: a zero-width space keeps the mark and takes its power
DRILL = "DRILL · "  #: stands before everything that is about a rehearsal


def escaped(text: str) -> str:
    """Make what a person typed harmless in mrkdwn: no mention, link, channel or formatting survives."""
    words, *others = _ADDRESS.split(_literal(text))
    kept = [_MARK.sub(_POWERLESS, words)]
    for address, after in zip(others[::2], others[1::2], strict=True):
        kept += [_AT_AN_EDGE.sub(_POWERLESS, address), _MARK.sub(_POWERLESS, after)]
    return "".join(kept)


def own_words(sentence: str) -> str:
    """Escape a sentence of the bot, but for the commands in it: what is copied must run."""
    words, *others = _COMMAND.split(sentence)
    kept = [escaped(words)]
    for command, after in zip(others[::2], others[1::2], strict=True):
        kept += [_literal(command), escaped(after)]
    return "".join(kept)


def _literal(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, longest: int) -> str:
    """Shorten to ``longest`` characters without leaving half an entity, mention, time or link behind."""
    if len(text) <= longest:
        return text
    return _HALF.sub("", text[: longest - 1]) + _ELLIPSIS


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
