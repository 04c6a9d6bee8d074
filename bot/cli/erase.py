"""``people erase``: what would go is shown first, then asked for, then gone; what it does not reach is said."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import given
from bot.cli.output import AsJson, as_json, busy, counted, remark, say
from workflows.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.wiring.opening import OpenMemory, WhatIsGone, WhatIsKnown
    from workflows.people import Person

EXAMPLE = (
    "Example: emergency-change people erase linus@acme.example --as ada@acme.example "
    '--reason "Left; asked for it in PRIV-12"'
)


def erase(
    who: Annotated[str, typer.Argument(metavar="EMAIL|P-…", help="Whom: an e-mail address or a pseudonym.")],
    *,
    as_: Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who does this; it is kept.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept, so leave the name out of it.")],
    also_text: Annotated[
        bool, typer.Option("--also-text", help="Also what others wrote and mentions them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: AsJson = False,
) -> None:
    """Erase a person: accounts, and every value about or by them. Entries and proofs stay as they are."""
    from bot.wiring.opening import let_go

    reason = given.said(reason, "--reason")
    if json and not yes:
        raise Misconfigured("--json asks nothing; say --yes as well.")
    settings = given.database_settings()
    with given.memory() as memory:
        by, person = given.person(memory, as_), _person(memory, who)
        with busy("Reading the whole ledger …"):
            known = memory.erasing.look(person)
        if not yes:
            _ask(memory, known, also_text=also_text)
        with busy("Erasing …"):
            gone = memory.erasing.erase(person, by.id, reason, also_text=also_text)
    with busy("Writing the files anew …"):
        remaining = [*let_go(settings), *_unreached(person, gone)]
    if json:
        as_json({**asdict(gone), "remaining": remaining})
        return
    say(f"{gone.person} is erased: {counted(gone.values, 'value')} and all accounts. The ledger says so.")
    for sentence in remaining:
        remark(sentence)


def _person(memory: "OpenMemory", who: str) -> "Person":
    if who.upper().startswith("P-"):
        person = memory.people.by_id(given.pseudonym(who))
        if person is None:
            raise Misconfigured(f"Nobody has the pseudonym {who}; see `emergency-change people list`.")
        return person
    email = who.strip().lower()
    same = [person for person in memory.people.everyone() if person.email == email]
    if len(same) > 1:
        names = ", ".join(person.id for person in same)
        raise Misconfigured(
            f"Several accounts have the address {email}; erase each by its pseudonym: {names}."
        )
    return given.person(memory, who)


def _ask(memory: "OpenMemory", known: "WhatIsKnown", *, also_text: bool) -> None:
    person = known.person
    said = ", ".join(filter(None, (person.name, person.email, person.github, person.jira, person.slack_user)))
    remark(f"{person.id} ({said or 'no accounts left'}): {counted(known.values, 'value')} about or by them.")
    for one in known.mentioned:
        where = f"{one.change}, entry {one.number}" if one.change else f"entry {one.sequence}"
        remark(f"{'Also' if also_text else 'Stays'}: {where}, {one.field.replace('_', ' ')} mentions them.")
    if not sys.stdin.isatty():
        raise Misconfigured("This cannot be undone; say --yes to go ahead.")
    typer.confirm("Erase? It cannot be undone.", abort=True, err=True)


def _unreached(person: "Person", gone: "WhatIsGone") -> "Iterator[str]":
    """Say what is left for somebody to do by hand, and where."""
    if gone.mentions_left:
        yield f"{counted(gone.mentions_left, 'text')} of others still mention them; --also-text takes these too."
    if person.slack_user and not person.deactivated:
        yield "Their Slack account is active: within a minute the bot knows it again, as somebody else."
    if gone.copies:
        yield "Not reached, to be done by hand: the copies in Slack and Jira, logs, exports and backups."
    yield from _places(gone.copies)


def _places(copies: "Mapping[Any, Any]") -> "Iterator[str]":
    for change, there in copies.items():
        tickets = f"in Jira {', '.join(there.tickets)}" if there.tickets else ""
        channels = f"in Slack {', '.join(there.channels)}, and direct messages" if there.channels else ""
        pulls = f"the edit history and the comments of {', '.join(there.pulls)}" if there.pulls else ""
        if places := "; ".join(filter(None, (tickets, channels, pulls))):
            yield f"{change}: {places}"
