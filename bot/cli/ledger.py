"""``ledger``: prove that nobody changed it, and sign what it is now."""

from dataclasses import asdict

import typer

from bot.cli import given
from bot.cli.output import AsJson, as_json, busy, counted, say

app = typer.Typer(
    name="ledger",
    help="Verify the ledger, sign its head.",
    epilog="Example: emergency-change ledger verify",
    no_args_is_help=True,
)


@app.command(epilog="Example: emergency-change ledger verify --json")
def verify(*, json: AsJson = False) -> None:
    """Recompute everything the ledger claims; exit 1 and name the first entry that does not hold."""
    with given.memory() as memory, busy("Recomputing every entry …"):
        found = memory.verify()
    if json:
        as_json({"ok": True, **asdict(found)})
        return
    size, signed = counted(found.size, "entry"), counted(found.checkpoints, "checkpoint")
    say(f"The ledger holds: {size}, {found.level} ({signed}), {counted(found.erased, 'value')} erased.")
    say(f"Root: {found.root}")


@app.command(epilog="Example: emergency-change ledger checkpoint > checkpoint.txt")
def checkpoint(*, json: AsJson = False) -> None:
    """Sign the ledger's head and print the signed note; keep it where the bot cannot reach it."""
    with given.memory() as memory:
        signed = memory.checkpoint()
    if json:
        root = signed.root.hex()
        as_json({"origin": signed.origin, "size": signed.size, "root": root, "note": signed.note})
    else:
        typer.echo(signed.note, nl=False)
