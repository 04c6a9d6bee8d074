"""What people read in a pull request: plain text made harmless in GitHub's Markdown, and how to check it.

Nothing a person typed may mention, link, hide or format anything; and every text can be held against the
commitment in the commit, with the salt that stands beside it.
"""

import hashlib
import re

from workflows.ports import Opening, Proposal

LONGEST = 65_000  #: characters; GitHub takes 65,536
CUT = "\n\n(There is more than GitHub can show here; the whole text is in the change's dialog in Slack.)\n"

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:$=])")
_JOINS = re.compile(r"(?<=[@#/])|(?<=\bGH)(?=-)")


def harmless(text: str) -> str:
    """Write plain text so that GitHub shows it as it is: no mention, link, tag or formatting survives."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return _JOINS.sub("\u200b", _MARKS.sub(r"\\\1", safe))


def description(proposal: Proposal) -> str:
    """Return the description of a pull request."""
    parts = [f"> {harmless(line)}" for line in proposal.asks]
    body = "\n>\n".join(parts)
    for heading, text in proposal.sections:
        body += f"\n\n### {harmless(heading)}\n\n{_quoted(text or 'none')}"
    checks = _checks(proposal.openings)
    room = LONGEST - len(checks) - len(CUT)
    return (body if len(body) <= room else body[:room].rstrip("\\") + CUT) + checks


def digest(text: str | None) -> str:
    """Name a description; how a browser ends its lines makes no difference."""
    return hashlib.sha256((text or "").replace("\r\n", "\n").strip().encode()).hexdigest()


def _quoted(text: str) -> str:
    return "\n".join(f"> {harmless(line)}  " if line else ">" for line in text.splitlines()) or ">"


def _checks(openings: tuple[Opening, ...]) -> str:
    if not openings:
        return "\n"
    rows = "\n".join(f"| {o.number} | `{o.field}` | `{o.salt or 'erased'}` |" for o in openings)
    return f"""

<details><summary>How these texts are bound to the commit</summary>

`judged.json` in “Files changed” has the SHA-256 of the canonical JSON (RFC 8785) `[salt, field, text]` of each
text above, by its entry in the ledger. With these salts anybody can compute it again.

| entry | field | salt |
|---|---|---|
{rows}

</details>
"""
