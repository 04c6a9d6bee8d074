"""No text from a person becomes a macro, a mention, an image or a link in Jira."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.jira_tickets.markup import SHORTENED, described, escaped, one_line, shortened

NASTY = [
    "{code}rm -rf{code}",
    "{html}<script>alert(1)</script>{html}",
    "{{mono}}",
    "[click|https://evil.example]",
    "[~accountid:5b10a2844c20165700ede21g]",
    "[^secret.pdf]",
    "!https://evil.example/pixel.png!",
    "!image.png|thumbnail!",
    "see https://evil.example and ftp://evil.example",
    "mailto:ceo@acme.example",
    "@channel @linus",
    "h1. Approved",
    "  h3. Approved",
    "bq. said so",
    "* item\n- item\n# item\n-- item",
    "||head||\n|cell|",
    "----",
    "*bold* _italic_ -struck- +under+ ^up^ ~down~ ??cited??",
    r"\{code} \\ \[x|y]",
    r"C:\temp\new",
    "&#123;code&#125; &amp; &lt;b&gt; &lbrace;",
    ":) :( :D ;) (x) (/) (!) (y) (*)",
    "&#x7b;code&#x7d;",
    "first\r\nsecond\rthird",
]


def shown(markup):
    """Read markup as Jira shows it: escapes and entities resolved, everything else as it stands."""
    plain = re.sub(r"\\([-#*_+?^~|%{}\[\]()!@])", r"\1", markup)
    return html.unescape(plain)


def active(markup):
    """Return what is left of markup that could do something, once escapes and entities are taken out."""
    rest = re.sub(r"\\[-#*_+?^~|%{}\[\]()!@]|&[#\w]+;", "\x00", markup)
    return re.findall(
        r"[{}\[\]!*+^~|#@\\]|://|\?\?|[:;][DPp()]|^\s*(?:h[1-6]|bq)\.|(?<!\w)[-_]|[-_](?!\w)",
        rest,
        re.MULTILINE,
    )


@pytest.mark.parametrize("text", NASTY)
def test_what_a_person_wrote_is_shown_and_does_nothing(text):
    assert active(escaped(text)) == []
    assert shown(escaped(text)) == text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(alphabet=st.sampled_from("a1 \n{}[]!*_-+^~?|#@\\&;:()/h.<>\"'DPbqx"), max_size=60))
def test_no_combination_of_signs_gets_through(text):
    assert active(escaped(text)) == []


@given(st.text(max_size=200))
def test_any_text_is_shown_as_it_was_apart_from_control_characters(text):
    without_controls = escaped(text)

    assert active(without_controls) == []
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", without_controls) is None


def test_plain_words_stay_readable():
    text = "Change EC-2026-0042 in snake_case: is it well-known? Yes, 50% (nearly); a & b."

    assert escaped(text) == text.replace("(", r"\(").replace(")", r"\)")


def test_direction_marks_cannot_reverse_what_is_read():
    assert "\u202e" not in escaped("approved \u202ereversed")


@given(st.text(alphabet="{}\\a&#1;", max_size=400), st.integers(min_value=120, max_value=300))
def test_shortening_never_halves_an_escape(text, most):
    short = shortened(text, most)

    assert len(short) <= most
    assert active(short) == []
    if len(escaped(text)) > most:
        assert shown(short).endswith(SHORTENED)
        assert text.startswith(shown(short).removesuffix(SHORTENED)) or "&" in text


def test_headings_are_ours_and_their_text_is_not():
    assert (
        described((("Why {it}", "h1. now"), ("What", "x"))) == "h3. Why \\{it\\}\nh1&#46; now\n\nh3. What\nx"
    )


def test_a_line_is_one_line_and_ends_with_a_mark_where_it_was_cut():
    assert one_line("a\nb\tc", 10) == "a b c"
    assert one_line("abcdefghijk", 5) == "abcd…"
