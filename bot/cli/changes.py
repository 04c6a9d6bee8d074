"""``changes``: which there are, and everything about one."""

from datetime import datetime
from typing import Annotated, Any

import typer

from bot.cli import given
from bot.cli.output import AsJson, PlainVoice, as_json, moment, table
from workflows.vocabulary import ChangeId, State

app = typer.Typer(
    name="changes",
    help="List emergency changes, show one.",
    epilog="Example: emergency-change changes show EC-2026-0042",
    no_args_is_help=True,
)
States = Annotated[
    list[State] | None, typer.Option("--state", help="Only these; may be given more than once.")
]


@app.command("list", epilog="Example: emergency-change changes list --state active --state in_review")
def list_(
    *,
    state: States = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    json: AsJson = False,
) -> None:
    """List changes, newest first."""
    with given.memory() as memory:
        voice = PlainVoice(memory.person)
        rows = [
            {
                "change": row.id,
                "state": row.state.value,
                "requester": voice.who(row.requester),
                "system": row.system,
                "access": row.access,
                "target": row.target,
                "opened_at": row.opened_at,
                "access_until": row.access_until,
                "drill": row.drill,
            }
            for row in memory.changes(states=state or (), limit=limit)
        ]
    if json:
        as_json(rows)
        return
    shown = ("change", "state", "requester", "access", "opened_at", "access_until")
    headings = ("Change", "State", "Requester", "Access", "Opened", "Access until")
    marked = (
        {**row, "change": f"{row['change']} (drill)" if row["drill"] else row["change"]} for row in rows
    )
    table(headings, ([_cell(row[name]) for name in shown] for row in marked), "There are no such changes.")


def _cell(value: Any) -> str:
    return moment(value) if isinstance(value, datetime) or value is None else str(value)


@app.command(epilog="Example: emergency-change changes show EC-2026-0042")
def show(
    change: Annotated[str, typer.Argument(metavar="EC-…", help="The change.")], *, json: AsJson = False
) -> None:
    """Show one change: what was asked, everything that happened, what is owed, what failed."""
    from bot.cli.account import account

    with given.memory() as memory:
        found = account(memory, ChangeId(change.upper()))
    if json:
        as_json(found.data())
    else:
        found.print()
