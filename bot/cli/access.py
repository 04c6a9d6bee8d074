"""``access``: who holds what, and the kill switch."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import given
from bot.cli.output import AsJson, PlainVoice, as_json, busy, moment, remark, say, table
from workflows.errors import Misconfigured
from workflows.prose import LONGEST
from workflows.vocabulary import ChangeId, Origin, State

if TYPE_CHECKING:
    from bot.cli.kill_switch import Outcome
    from bot.wiring.hand import Hand
    from bot.wiring.opening import OpenMemory
    from workflows.record import ChangeRecord

app = typer.Typer(
    name="access",
    help="List the access that is in force, end it at once.",
    epilog='Example: emergency-change access revoke --all --as sol@acme.example --reason "Token leaked"',
    no_args_is_help=True,
)


@app.command("list", epilog="Example: emergency-change access list --json")
def list_(*, json: AsJson = False) -> None:
    """List the access that is in force, asked for, or not proven gone."""
    with given.memory() as memory:
        rows = [_row(memory, row.id) for row in memory.standing()]
    if json:
        as_json(rows)
        return
    shown = ("change", "person", "target", "standing", "until")
    lines = ([_cell(row[name]) for name in shown] for row in rows)
    table(("Change", "Person", "Target", "Standing", "Until"), lines, "No access is in force or unproven.")


def _cell(value: Any) -> str:
    return moment(value) if isinstance(value, datetime) else str(value)


def _row(memory: "OpenMemory", change: ChangeId) -> dict[str, Any]:
    record, policy = memory.record(change)
    person = memory.person(record.request.by)
    return {
        "change": change,
        "state": record.state.value,
        "person": PlainVoice(memory.person).who(person.id),
        "account": person.account(record.target(policy).provider),
        "access": record.request.access,
        "target": str(record.target(policy)),
        "standing": _standing(record),
        "since": record.grant.confirmed_at,
        "until": record.access_until,
    }


def _standing(record: "ChangeRecord") -> str:
    if record.state is not State.ACTIVE:
        return "NOT PROVEN GONE"
    if record.grant.confirmed_at is None:
        return "asked for"
    return "in force, held anyway" if record.grant.origin is Origin.HELD_ANYWAY else "in force"


@app.command(
    epilog='Example: emergency-change access revoke EC-2026-0042 --as sol@acme.example --reason "Leaked"'
)
def revoke(
    change: Annotated[str, typer.Argument(metavar="[EC-…]", help="The change.", show_default=False)] = "",
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="Every change whose access is in force or unproven.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with the change.")],
    as_: Annotated[
        str,
        typer.Option(
            "--as", metavar="EMAIL", help="Who ends it: requester, approver or security; taken on trust."
        ),
    ],
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to keep trying, for each change.")
    ] = 30,
    json: AsJson = False,
) -> None:
    """End access now and wait for the proof: the kill switch, beside a running bot or without one.

    Needs the database and GitHub; Slack only if nobody has refreshed the groups for five minutes.
    Whoever has the bot's settings can run this, and nobody checks that they are who --as says: the ledger
    has it under that name, with a delivery that begins with `command:`.
    """
    from bot.wiring.hand import take_hand

    if bool(change) == all_:
        raise Misconfigured("Name one change, or say --all.")
    if len(reason) > LONGEST:
        raise Misconfigured(f"The reason is longer than {LONGEST} characters.")
    hand = take_hand(given.settings())
    try:
        chosen = [row.id for row in hand.memory.standing()] if all_ else [ChangeId(change.upper())]
        outcomes = _end(hand, chosen, as_, reason, wait)
    finally:
        hand.memory.database.close()
    if json:
        as_json([asdict(outcome) for outcome in outcomes])
    else:
        _print(outcomes)
    if not all(outcome.gone for outcome in outcomes):
        raise typer.Exit(1)


def _end(hand: "Hand", chosen: list[ChangeId], email: str, reason: str, wait: float) -> "list[Outcome]":
    from bot.cli.kill_switch import KillSwitch

    by = given.person(hand.memory, email)
    with busy("Taking access away …") as tell:
        return [*KillSwitch(hand, by.id, reason, tell, wait).end(chosen)]


def _print(outcomes: "list[Outcome]") -> None:
    for outcome in outcomes:
        (say if outcome.gone else remark)(f"{outcome.change}: {outcome.said}")
    if not outcomes:
        remark("No access is in force or unproven.")
