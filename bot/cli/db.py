"""``db``: the schema, and the projections that can always be made again."""

import typer

from bot.cli import given
from bot.cli.output import AsJson, as_json, busy, counted, remark, say

app = typer.Typer(
    name="db",
    help="Bring the schema up to date, rebuild what is projected, put guards back.",
    epilog="Example: emergency-change db upgrade",
    no_args_is_help=True,
)


@app.command(epilog="Example: DATABASE_MIGRATION_URL=postgresql://owner@db/ec emergency-change db upgrade")
def upgrade(*, json: AsJson = False) -> None:
    """Bring the schema up to date; DATABASE_MIGRATION_URL is used where it is set."""
    from bot.wiring.opening import upgrade_database

    settings = given.database_settings()
    with busy("Migrating …"):
        upgrade_database(settings)
    if json:
        as_json({"ok": True})
    else:
        say("The schema is up to date.")


@app.command(epilog="Example: emergency-change db rebuild")
def rebuild(*, json: AsJson = False) -> None:
    """Make every projection again from the ledger; entries, values and people are not touched.

    DATABASE_MIGRATION_URL is used where it is set: the bot's own login may not empty tables.
    """
    with given.memory(owner=True) as memory, busy("Reading the whole ledger …"):
        count = memory.rebuild()
    if json:
        as_json({"changes": count})
    else:
        say(f"All projections were made again, of {counted(count, 'change')}.")


@app.command(epilog="Example: emergency-change db guard")
def guard(*, json: AsJson = False) -> None:
    """Put the ledger's guards back where one is missing or was weakened; DATABASE_MIGRATION_URL is used where it is set.

    Find out first who took them away. A running bot notices within a minute.
    """
    from bot.wiring.opening import put_guards_back

    wrong, still = put_guards_back(given.database_settings())
    for name in still:
        remark(f"Not mended by this, look at it yourself: {name}.")
    if still:
        raise typer.Exit(1)
    if json:
        as_json({"put_back": wrong})
    elif wrong:
        say(f"Put back: {', '.join(wrong)}. Now run `emergency-change ledger verify`.")
    else:
        say("All guards are as they were made.")


@app.command(epilog="Example: emergency-change db vacuum")
def vacuum(*, json: AsJson = False) -> None:
    """Write the files anew without what was deleted; DATABASE_MIGRATION_URL is used where it is set."""
    from bot.wiring.opening import let_go

    settings = given.database_settings()
    with busy("Writing the files anew …"):
        remaining = let_go(settings)
    if json:
        as_json({"remaining": remaining})
        return
    for sentence in remaining:
        remark(sentence)
    say("What was deleted is gone from the tables' files.")
