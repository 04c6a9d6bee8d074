r"""People's text, made harmless in Jira's wiki markup: no macro, mention, image, link or list of theirs.

A backslash escapes a character, but two of them are a line break: so a backslash itself becomes an entity.
"""

import re

LONGEST = 32_000  #: characters after escaping; Jira takes 32,767
SHORTENED = "… (shortened: the change record has the whole text)"

_SIGN = re.compile(
    r"""
    (?P<entity> &(?=\#?\w+;) | \\ | (?<=:)/(?=/) | [:;](?=[DPp]) )   # and what no backslash helps against
    | [{}\[\]()!*+^~|\#@]
    | (?<![^\W_])[-_] | [-_](?![^\W_])                               # inside a word they mean nothing
    | \?(?=\?) | (?<=\?)\?
    """,
    re.VERBOSE,
)
_BLOCK = re.compile(r"^(\s*(?:h[1-6]|bq))\.", re.IGNORECASE | re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escaped(text: str) -> str:
    """Return markup that shows exactly ``text``."""
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _BLOCK.sub(r"\1&#46;", _SIGN.sub(_harmless, text))


def _harmless(sign: re.Match[str]) -> str:
    if sign["entity"] is None:
        return f"\\{sign[0]}"
    return "&amp;" if sign[0] == "&" else f"&#{ord(sign[0])};"


def shortened(text: str, most: int = LONGEST) -> str:
    """Return ``text`` escaped, cut before escaping so that no escape is ever halved."""
    if len(escaped(text)) <= most:
        return escaped(text)
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(escaped(text[:middle])) + len(escaped(SHORTENED)) <= most:
            low = middle
        else:
            high = middle - 1
    return escaped(text[:low]) + escaped(SHORTENED)


def one_line(text: str, most: int) -> str:
    """Return ``text`` as a single plain line, for fields that are not markup."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def described(sections: tuple[tuple[str, str], ...]) -> str:
    """Return the description: a heading and a text for each section, all of them kept if any is cut."""
    share = LONGEST // max(len(sections), 1)
    whole = "\n\n".join(f"h3. {escaped(one_line(head, 200))}\n{escaped(text)}" for head, text in sections)
    if len(whole) <= LONGEST:
        return whole
    return "\n\n".join(
        f"h3. {escaped(one_line(head, 200))}\n{shortened(text, share - 500)}" for head, text in sections
    )
