"""``records``: how long they are kept, and what may not go at all."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import given
from bot.cli.output import AsJson, PlainVoice, as_json, busy, counted, moment, remark, say, table
from workflows.errors import Misconfigured

if TYPE_CHECKING:
    from bot.wiring.opening import OpenMemory
    from workflows.vocabulary import ChangeId, PersonId

app = typer.Typer(
    name="records",
    help="Keep records under legal hold, purge what was kept long enough.",
    epilog='Example: emergency-change records hold EC-2026-0042 --as ada@acme.example --reason "Dispute 7"',
    no_args_is_help=True,
)

Subject = Annotated[
    str, typer.Argument(metavar="EC-…|EMAIL|P-…", help="A change, or a person.", show_default=False)
]
As = Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who does this; it is kept.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept.")]


@app.command(
    epilog='Example: emergency-change records hold EC-2026-0042 --as ada@acme.example --reason "Dispute 7"'
)
def hold(subject: Subject, *, as_: As, reason: Reason, json: AsJson = False) -> None:
    """Let nothing of a change, or about a person, be erased or purged until it is released."""
    with given.memory() as memory:
        by, what = given.person(memory, as_), _subject(memory, subject)
        memory.retention.hold(what, by.id, given.said(reason, "--reason"))
    if json:
        as_json({"subject": what, "held": True})
    else:
        say(f"{what} is under legal hold.")


@app.command(
    epilog='Example: emergency-change records release EC-2026-0042 --as ada@acme.example --reason "Settled"'
)
def release(subject: Subject, *, as_: As, reason: Reason, json: AsJson = False) -> None:
    """Lift a legal hold."""
    with given.memory() as memory:
        by, what = given.person(memory, as_), _subject(memory, subject)
        memory.retention.release(what, by.id, given.said(reason, "--reason"))
    if json:
        as_json({"subject": what, "held": False})
    else:
        say(f"{what} is no longer under legal hold.")


@app.command(epilog="Example: emergency-change records holds --json")
def holds(*, json: AsJson = False) -> None:
    """List the legal holds in force."""
    with given.memory() as memory:
        found, voice = memory.retention.holds(), PlainVoice(memory.person)
        rows = [(hold.subject, moment(hold.since), voice.who(hold.by), hold.reason) for hold in found]
    if json:
        as_json([asdict(hold) for hold in found])
        return
    table(("What", "Since", "By", "Why"), rows, "Nothing is under legal hold.")


@app.command(epilog="Example: emergency-change records purge --dry-run")
def purge(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and keep it.")] = False,
    json: AsJson = False,
) -> None:
    """Take away the words of records that were kept for as long as the policy says; their entries stay.

    A running bot does this by itself, every hour; this also writes the database's files anew.
    """
    from bot.wiring.opening import let_go

    settings = given.database_settings()
    with given.memory() as memory, busy("Looking for old records …"):
        found = memory.retention.due() if dry_run else memory.retention.purge_all()
    remaining = [] if dry_run or not found.values else let_go(settings)
    if json:
        as_json({**asdict(found), "purged": not dry_run, "remaining": remaining})
        return
    went = "would go" if dry_run else "are gone"
    values, changes = counted(found.values, "value"), counted(len(found.changes), "change")
    say(f"{values} {went}: {changes} and what belongs to none, from before {moment(found.before)}.")
    if found.held:
        remark(f"Kept under legal hold: {', '.join(found.held)}.")
    for sentence in remaining:
        remark(sentence)


def _subject(memory: "OpenMemory", typed: str) -> "ChangeId | PersonId":
    if typed.upper().startswith("EC-"):
        return given.change(typed)
    if typed.upper().startswith("P-"):
        person = memory.people.by_id(given.pseudonym(typed))
        if person is None:
            raise Misconfigured(f"Nobody has the pseudonym {typed}; see `emergency-change people list`.")
        return person.id
    return given.person(memory, typed).id
