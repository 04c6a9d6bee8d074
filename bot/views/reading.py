"""Headings and texts that are read before a decision: the same in the dialog and in its transcript.

Rich text is literal, so nothing in it can mention or link; people are put in place of their pseudonyms only
under the headings that the procedure itself fills in.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    RichTextBlock,
    RichTextElementParts,
    RichTextSectionElement,
)

from workflows.judged import NAMES, Lines
from workflows.vocabulary import PersonId

SlackId = Callable[[PersonId], str]
PSEUDONYM = re.compile(r"\bP-[A-Z0-9]{3,}\b")
LONGEST_MESSAGE = 11_000  #: characters of one message's blocks together; Slack refuses some 13,000
NONE = "none"


@dataclass(frozen=True, slots=True)
class Piece:
    """A line, or as much of it as fits; only its first piece has the heading."""

    heading: str
    text: str
    names: bool  #: its text names people by their pseudonyms


def pieces(lines: Lines) -> list[Piece]:
    return [Piece(heading, text or NONE, heading in NAMES) for heading, text in lines]


def paged(lines: Lines, longest: int = LONGEST_MESSAGE) -> list[list[Piece]]:
    """Spread the lines over messages, every character of them in one; a line may be cut, but not lost."""
    pages: list[list[Piece]] = [[]]
    left = longest
    for piece in _cut_to(pieces(lines), longest):
        size = len(piece.heading) + len(piece.text) + 2
        if size > left:
            pages.append([])
            left = longest
        pages[-1].append(piece)
        left -= size
    return pages


def _cut_to(whole: list[Piece], longest: int) -> Iterator[Piece]:
    most = longest // 2
    for piece in whole:
        heading, text = piece.heading, piece.text
        while text:
            end = _between_names(text, most) if piece.names else most
            yield Piece(heading, text[:end], piece.names)
            heading, text = "", text[end:]


def _between_names(text: str, most: int) -> int:
    """Return where to cut, at most so far: half a pseudonym would name nobody, or somebody else."""
    return next(
        (found.start() for found in PSEUDONYM.finditer(text) if 0 < found.start() < most < found.end()), most
    )


def read(shown: list[Piece], slack_id: SlackId, most: int, name: str = "") -> list[RichTextBlock]:
    """Show the pieces in at most ``most`` blocks; ``name`` tells them from others of the same surface."""
    each = -(-len(shown) // most) or 1
    return [
        RichTextBlock(
            block_id=f"read:{name}:{start}",
            elements=[_section(p, slack_id) for p in shown[start : start + each]],
        )
        for start in range(0, len(shown), each)
    ]


def _section(piece: Piece, slack_id: SlackId) -> RichTextSectionElement:
    parts = RichTextElementParts
    title = [parts.Text(text=f"{piece.heading}\n", style=parts.TextStyle(bold=True))] if piece.heading else []
    text = _named(piece.text, slack_id) if piece.names else [parts.Text(text=piece.text)]
    return RichTextSectionElement(elements=[*title, *text])


def _named(text: str, slack_id: SlackId) -> list[RichTextElementParts.Text | RichTextElementParts.User]:
    parts = RichTextElementParts
    elements: list[RichTextElementParts.Text | RichTextElementParts.User] = []
    end = 0
    for found in PSEUDONYM.finditer(text):
        if user := slack_id(PersonId(found[0])):
            if found.start() > end:
                elements.append(parts.Text(text=text[end : found.start()]))
            elements.append(parts.User(user_id=user))
            end = found.end()
    return [*elements, parts.Text(text=text[end:])] if text[end:] else elements
