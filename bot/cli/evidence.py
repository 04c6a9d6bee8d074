"""``evidence``: what an auditor is given, and how it is checked."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import given
from bot.cli.ledger import Key, Notes, Roots, Witnesses
from bot.cli.output import AsJson, Tell, as_json, busy, counted, remark, say, table

if TYPE_CHECKING:
    from bot.evidence.reconciling import Outcome

app = typer.Typer(
    name="evidence",
    help="Export an evidence pack, check one, draw a sample, compare with other systems.",
    epilog="Example: emergency-change evidence export --from 2026-01 --to 2026-12 --out pack.zip",
    no_args_is_help=True,
)
First = Annotated[
    str, typer.Option("--from", help="A day, month, quarter or year: 2026-03-01, 2026-03, 2026-Q1, 2026.")
]
Last = Annotated[str, typer.Option("--to", help="The same; it is included. Times are UTC.")]
Size = Annotated[
    int | None,
    typer.Option("--checkpoint", min=1, help="Export as of this checkpoint again; default: sign one now."),
]


@app.command(epilog="Example: emergency-change evidence export --from 2026-Q1 --to 2026-Q1 --out pack.zip")
def export(
    first: First,
    last: Last,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A folder, or a file that ends in .zip. Default: named after the period."),
    ] = None,
    checkpoint: Size = None,
    *,
    json: AsJson = False,
) -> None:
    """Write everything about the changes of a period: for whoever must check them without us."""
    from bot.evidence.pack import export as export_pack
    from workflows.period import Span

    span = Span.between(first, last)
    out = out or Path(f"evidence-{first}-{last}")
    with given.memory() as memory, busy("Copying changes out of the ledger …") as tell:
        if checkpoint is None:
            memory.checkpoint()
        made = export_pack(memory, span, out, size=checkpoint, progress=_milestones(tell))
    if json:
        as_json({"out": str(made.out), "changes": made.changes, "entries": made.entries,
                 "checkpoint_size": made.size, "checkpoint_root": made.root, "seed": made.seed})  # fmt: skip
        return
    say(
        f"{made.out}: {counted(made.changes, 'change')}, {counted(made.entries, 'entry')}, as of {made.size} in the ledger."
    )
    say(f"Root: {made.root}")


def _milestones(tell: Tell) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done % 500 == 0:
            tell(f"{done} of {total} changes")

    return progress


@app.command(epilog="Example: emergency-change evidence verify pack.zip --key 'example.com/ledger+1a2b+AbC…'")
def verify(
    place: Annotated[Path, typer.Argument(metavar="DIR|ZIP", help="An evidence pack.")],
    *,
    key: Key = "",
    checkpoint: Notes = [],  # noqa: B006 - Typer copies it
    roots: Roots = None,
    witness: Witnesses = [],  # noqa: B006 - Typer copies it
    json: AsJson = False,
) -> None:
    """Recompute everything in a pack, offline; exit 1 and name the first thing that does not hold."""
    from bot.evidence.check import check
    from bot.wiring.opening import outside

    with busy("Checking the pack …"):
        found = check(place, outside(key, checkpoint, roots, witness))
    if json:
        as_json({"ok": True, **asdict(found)})
        return
    counts = (counted(found.changes, "change"), counted(found.entries, "entry"), counted(found.files, "file"))
    say(f"{place} holds: {', '.join(counts)}; {counted(found.erased, 'value')} erased.")
    say(f"{found.level}: {found.size} entries of {found.origin}, root {found.root}")
    for one in found.reached:
        say(f"{one.level}: up to entry {one.size}, by {one.says}")
    for line in found.remarks:
        remark(line)
    if not found.key_was_given:
        say(
            f"Signed with {found.key}; compare it with the key you were given elsewhere, or pass it with --key."
        )


@app.command(epilog="Example: emergency-change evidence sample --period 2026-Q1 --size 25")
def sample(
    period: Annotated[str, typer.Option("--period", help="2026, 2026-Q1, 2026-03, or 2026-01..2026-06.")],
    size: Annotated[int, typer.Option("--size", min=1, help="How many changes.")] = 25,
    checkpoint: Size = None,
    *,
    json: AsJson = False,
) -> None:
    """Draw changes of a period so that nobody could have chosen them, and anybody can draw them again."""
    from bot.evidence.drawing import drawn
    from workflows.period import Span

    with given.memory() as memory:
        found = drawn(memory, Span.read(period), size, checkpoint)
    if json:
        as_json(found.data())
        return
    table(
        ("Change", "Figure"),
        ((one.change, one.figure) for one in found.sample),
        "There are no changes to draw from.",
    )
    say(
        f"{len(found.sample)} of {found.population}, drills left out. Seed {found.seed}: the SHA-256 of the root at {found.size} entries."
    )
    say("Figure: printf '%s %s' SEED CHANGE | sha256sum. The smallest are the sample.")


@app.command(epilog="Example: emergency-change evidence reconcile --period 2026-Q1")
def reconcile(
    period: Annotated[str, typer.Option("--period", help="2026, 2026-Q1, 2026-03, or 2026-01..2026-06.")],
    *,
    json: AsJson = False,
) -> None:
    """Compare the ledger with Jira, the break-glass teams and the evidence repository; keep what came of it.

    Each comparison becomes an entry of the ledger, and is in every pack of that period. Exit 1 if one could
    not be made; a difference is a result.
    """
    from bot.evidence.reconciling import Reconciliations
    from bot.wiring.others import other_systems
    from workflows.period import Span

    span, settings = Span.read(period), given.settings()
    with given.memory() as memory, busy("Asking the other systems …") as tell:
        outcomes = []
        for outcome in Reconciliations(memory, other_systems(settings, memory)).run(span):
            tell(f"{outcome.id.value} is done.")
            outcomes.append(outcome)
    if json:
        as_json([outcome.data() for outcome in outcomes])
    else:
        _print_reconciled(outcomes)
    if any(outcome.entry is None for outcome in outcomes):
        raise typer.Exit(1)


def _print_reconciled(outcomes: "list[Outcome]") -> None:
    from workflows.completeness import SIDES

    for outcome in outcomes:
        left, right = SIDES[outcome.id]
        say(f"{outcome.id.value}: {left} | {right}")
        if found := outcome.entry:
            say(
                f"  both {found.matched}, left only {found.left_only}, right only {found.right_only}, "
                f"waived {found.waived}"
            )
            for line in found.differences.splitlines():
                say(f"  {line}")
        else:
            remark(f"  not made: {outcome.because}")
