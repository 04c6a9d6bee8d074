"""What is read before a decision, spread over messages: every character, and every name whole."""

import pytest

from bot.views.reading import paged, read
from workflows.judged import NAMES

PERSON = "P-ABCDEFGH23"
HEADING = min(NAMES)


@pytest.mark.parametrize("before", range(90, 110))
def test_a_line_is_cut_where_it_names_nobody(before):
    text = "x " * (before // 2) + f"{PERSON} decides. " + "y " * 200
    pages = paged([(HEADING, text)], longest=220)
    shown = [block for page in pages for block in read(page, lambda person: "U0ADA", 50)]
    users = [
        part.user_id
        for block in shown
        for section in block.elements
        for part in section.elements
        if part.type == "user"
    ]

    assert "".join(piece.text for page in pages for piece in page) == text
    assert users == ["U0ADA"]


def test_a_line_that_names_nobody_is_cut_anywhere():
    text = PERSON * 100
    pages = paged([("What is broken", text)], longest=220)

    assert [piece.text for page in pages for piece in page] == [
        text[at : at + 110] for at in range(0, len(text), 110)
    ]
