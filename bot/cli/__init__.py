"""``emergency-change``: one command line for whoever runs the bot, answers for it, or must stop it.

A command imports what it needs when it runs, so that asking for help is quick; what goes wrong on purpose
is one sentence on standard error, and exit code 1.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bot import __version__
from bot.cli import (
    access,
    changes,
    db,
    digest,
    doctor,
    evidence,
    ledger,
    people,
    policy,
    records,
    run,
    sandbox,
)
from workflows.errors import ProcedureError


class Sentences(TyperGroup):
    """Turns a failure that the product raises on purpose into its sentence."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ProcedureError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Sentences,
    name="emergency-change",
    help="Emergency changes from Slack: time-boxed access, and a ledger that can be verified.",
    epilog="Example: emergency-change sandbox",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run", epilog=run.EXAMPLE)(run.run)
app.command("sandbox", epilog=sandbox.EXAMPLE)(sandbox.sandbox)
app.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)
app.command("digest", epilog=digest.EXAMPLE)(digest.digest)
for group in (policy, changes, access, ledger, evidence, people, records, db):
    app.add_typer(group.app)


def _version(asked: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag
    if asked:
        typer.echo(f"emergency-change {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    app(prog_name="emergency-change")
