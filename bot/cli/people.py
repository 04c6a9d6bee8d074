"""``people``: who is known, and which accounts are theirs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli import erase as erasing
from bot.cli import given
from bot.cli.output import AsJson, as_json, busy, counted, say, table
from workflows.delegation import Absence
from workflows.errors import Misconfigured
from workflows.people import Person

app = typer.Typer(
    name="people",
    help="List people, link their accounts, erase somebody.",
    epilog="Example: emergency-change people link linus@acme.example --github linus-acme",
    no_args_is_help=True,
)
SHOWN = ("name", "email", "slack_user", "github", "jira", "person", "note")
app.command("erase", epilog=erasing.EXAMPLE)(erasing.erase)


@app.command("list", epilog="Example: emergency-change people list --json")
def list_(*, json: AsJson = False) -> None:
    """List everybody the bot knows: from Slack, and from imports."""
    with given.memory() as memory:
        everyone = memory.people.everyone()
        away = {one.person: _away(one, everyone) for one in memory.absences().values()}
        rows = [_row(person, away.get(person.id, "")) for person in everyone]
    if json:
        as_json(rows)
        return
    headings = ("Name", "E-mail", "Slack", "GitHub", "Jira", "Person", "")
    table(
        headings, ([row[name] for name in SHOWN] for row in rows), "Nobody is known yet; start the bot once."
    )


def _away(absence: Absence, everyone: list[Person]) -> str:
    stands_in = next((one for one in everyone if one.id == absence.delegate), None)
    until = f"{absence.until:%Y-%m-%d %H:%M} UTC"
    return f"away until {until}, {stands_in.name if stands_in else absence.delegate} stands in"


def _row(person: Person, away: str) -> dict[str, Any]:
    flags = [flag for flag in ("bot", "guest", "outsider", "deactivated", "erased") if getattr(person, flag)]
    return {
        "person": person.id,
        "name": person.name,
        "email": person.email,
        "slack_team": person.slack_team,
        "slack_user": person.slack_user,
        "github": person.github,
        "jira": person.jira,
        "note": ", ".join([*flags, away] if away else flags),
    }


@app.command("import", epilog="Example: emergency-change people import people.csv")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns: email, name, github, jira.")],
    *,
    json: AsJson = False,
) -> None:
    """Add people and link their accounts from a CSV file; if any line is wrong, nothing is."""
    from bot.cli.roster import Roster, read

    try:
        lines = read(file.read_bytes(), str(file))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read ({error.strerror}).") from error
    with given.memory() as memory, busy("Linking …"):
        roster = Roster(memory, "import")
        wrong = [f"{file}: line {line.number}: {said}" for line in lines for said in roster.objections(line)]
        if wrong:
            raise Misconfigured("\n".join(wrong))
        links = sum(roster.link(line) for line in lines)
    if json:
        as_json({"people": len(lines), "linked": links})
    else:
        say(f"{counted(len(lines), 'line')} read, {counted(links, 'account')} linked.")


@app.command(epilog="Example: emergency-change people link linus@acme.example --github linus-acme")
def link(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose accounts they are.")],
    *,
    github: Annotated[str, typer.Option("--github", metavar="LOGIN", help="The login at GitHub.")] = "",
    jira: Annotated[str, typer.Option("--jira", metavar="ACCOUNT", help="The account in Jira.")] = "",
    json: AsJson = False,
) -> None:
    """Link somebody's accounts; each link is an entry of the ledger."""
    from bot.cli.roster import Line, Roster, wrong_with

    line = Line(1, email.strip(), github=github.strip(), jira=jira.strip())
    if not line.accounts:
        raise Misconfigured("Name an account with --github or --jira.")
    with given.memory() as memory:
        person = given.person(memory, line.email)
        roster = Roster(memory, "command")
        if wrong := [*wrong_with(line), *roster.objections(line)]:
            raise Misconfigured("\n".join(wrong))
        links = roster.link(line)
    if json:
        as_json({"person": person.id, "linked": links})
        return
    said = f"{counted(links, 'account')} linked" if links else "that was linked before"
    say(f"{person.name or person.email}: {said}.")
