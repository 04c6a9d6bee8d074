"""Follow-ups that came into a period from earlier ones and were open at its end: the figure, the oldest, the table."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.evidence.population import csv_line
from workflows.carried import Carried
from workflows.vocabulary import PersonId

OLDEST = 5  #: that are named; the table has them all
COLUMNS = ("follow_up", "owner", "due", "late")
Who = Callable[[PersonId], str]


def figure(carried: Sequence[Carried]) -> str:
    """Say how many there are."""
    return f"{len(carried)}, {_late(carried) or 'none'} of them late" if carried else "0"


def data(carried: Sequence[Carried], who: Who) -> dict[str, Any]:
    """Return them for programs: how many, and the oldest."""
    oldest = [
        {"follow_up": one.name, "owner": who(one.owner), "due": one.due.isoformat(), "late": one.late}
        for one in carried[:OLDEST]
    ]
    return {"count": len(carried), "late": _late(carried), "oldest": oldest}


def table(carried: Sequence[Carried], who: Who) -> bytes:
    """Write one line for each as CSV (RFC 4180)."""
    lines = (
        (one.name, who(one.owner), one.due.isoformat(), "true" if one.late else "false") for one in carried
    )
    return b"".join(csv_line(cells) for cells in (COLUMNS, *lines))


def _late(carried: Sequence[Carried]) -> int:
    return sum(one.late for one in carried)
