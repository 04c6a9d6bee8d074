"""``ledger``: prove that nobody changed it, sign what it is now, change its key, record a recovery."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import given
from bot.cli.output import AsJson, as_json, busy, counted, remark, say

app = typer.Typer(
    name="ledger",
    help="Verify the ledger, sign its head, change its key.",
    epilog="Example: emergency-change ledger verify",
    no_args_is_help=True,
)

Key = Annotated[
    str, typer.Option("--key", help="The verifier key it must be signed with, as you noted it earlier.")
]
Notes = Annotated[
    list[Path], typer.Option("--checkpoint", help="A checkpoint that was kept elsewhere; may be repeated.")
]
Roots = Annotated[
    Path | None, typer.Option("--roots", help="The timestamp authority's root certificates, PEM.")
]
Witnesses = Annotated[
    list[str], typer.Option("--witness", help="The verifier key of a witness; may be repeated.")
]
Seen = Annotated[
    Path | None, typer.Option("--checkpoint", help="The newest checkpoint that is known elsewhere.")
]
NewKey = Annotated[
    Path | None,
    typer.Option("--new", help="A file with the new key, 32 bytes in base64; it is made if it is not there."),
]
Because = Annotated[str, typer.Option("--because", help="What happened, for the record.")]


@app.command(epilog="Example: emergency-change ledger verify --key 'acme.example/ledger+1a2b3c4d+AbCd…'")
def verify(
    *,
    key: Key = "",
    checkpoint: Notes = [],  # noqa: B006 - Typer copies it
    roots: Roots = None,
    witness: Witnesses = [],  # noqa: B006 - Typer copies it
    json: AsJson = False,
) -> None:
    """Recompute everything the ledger claims; exit 1 and name the first entry that does not hold.

    With --key no secret of the bot is needed, and what the ledger says about its own key is not believed.
    """
    from bot.wiring.opening import brought_along, verify_ledger

    settings = given.database_settings()
    outside = brought_along(settings, key, checkpoint, roots, witness)
    with busy("Recomputing every entry …"):
        found = verify_ledger(settings, outside)
    if json:
        as_json({"ok": True, **asdict(found)})
        return
    size, signed = counted(found.size, "entry"), counted(found.checkpoints, "checkpoint")
    say(f"The ledger holds: {size}, {found.level} ({signed}), {counted(found.erased, 'value')} erased.")
    say(f"Root: {found.root}")
    for one in found.reached:
        say(f"{one.level}: up to entry {one.size}, by {one.says}")
    for line in found.remarks:
        remark(line)
    if found.lost:
        remark(
            f"{counted(found.lost, 'checkpoint')} is about entries that were lost; the recovery is on record."
        )


@app.command(epilog="Example: emergency-change ledger checkpoint > checkpoint.txt")
def checkpoint(*, json: AsJson = False) -> None:
    """Sign the ledger's head and print the signed note; keep it where the bot cannot reach it."""
    with given.memory() as memory:
        signed = memory.checkpoint()
        key = memory.signer.named(signed.origin).verifier_key
    if json:
        root = signed.root.hex()
        said = {"origin": signed.origin, "size": signed.size, "root": root, "note": signed.note, "key": key}
        as_json(said)
    else:
        typer.echo(signed.note, nl=False)


@app.command("rotate-key", epilog="Example: emergency-change ledger rotate-key --new new-key.txt")
def rotate_key(*, new: NewKey = None, json: AsJson = False) -> None:
    """Put a new signing key in force, in an entry that both keys sign; what was signed before stays valid.

    An SQLite database makes and keeps its new key itself.
    """
    from bot.wiring.opening import rotate_ledger_key

    settings = given.database_settings()
    key = rotate_ledger_key(settings, new)
    if json:
        as_json({"key": key})
        return
    say(f"The new key is in force: {key}")
    if new:
        remark(
            f"Set LEDGER_SIGNING_KEY to what is in {new} and restart every replica; nothing is signed until then."
        )
    else:
        remark("Restart the bot if it runs; it signs nothing until then.")


@app.command(
    epilog="Example: emergency-change ledger recover --because 'Disk failed; copy of 02:00 restored.'"
)
def recover(*, because: Because, checkpoint: Seen = None, json: AsJson = False) -> None:
    """Record that the end of the ledger is lost, and go on under a new name; run it after a restore.

    What was given out before stays valid; what was signed over lost entries is marked as lost.
    """
    from bot.files import read_note

    seen = read_note(checkpoint) if checkpoint else ""
    with given.memory() as memory:
        entry = memory.recover(given.said(because, "--because"), seen)
        signed = memory.checkpoint()
    if json:
        as_json({"origin": signed.origin, "kept": entry.kept, "lost": entry.lost, "key": entry.public_key})
        return
    say(
        f"The ledger goes on as {signed.origin}; of what was signed before, {counted(entry.kept, 'entry')} stay."
    )
    say(f"Its key: {entry.public_key}")
    remark("Access that was given in the lost part may still stand: look at `emergency-change access list`.")
