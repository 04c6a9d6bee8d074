"""The pages of a pack that concern the whole period: its index, and how to check it without us."""

from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

from bot.evidence.dossier import page
from bot.evidence.population import Row
from workflows.exceptions import MEANS

#: Markdown is no place for HTML's escapes; nothing a person typed is put into it.
TEXT = jinja2.Environment(
    loader=jinja2.PackageLoader("bot.evidence"),
    autoescape=False,  # noqa: S701 - the result is Markdown
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


def index(rows: Sequence[Row], told: Mapping[str, Any], reconciled: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the page that leads to all dossiers."""
    counted: dict[str, int] = {}
    for found in rows:
        for id in filter(None, found["exceptions"].split(";")):
            counted[id] = counted.get(id, 0) + 1
    return page(
        "index.html",
        rows=rows,
        told=told,
        counted=sorted(counted.items()),
        means=MEANS,
        reconciled=reconciled,
    )


def instructions(told: Mapping[str, Any], key: str, rows: Sequence[Row]) -> bytes:
    """Return ``VERIFY.md``."""
    example = rows[0]["change_id"] if rows else ""
    return TEXT.get_template("VERIFY.md").render(told=told, key=key, example=example).encode()
