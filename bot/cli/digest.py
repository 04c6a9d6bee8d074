"""``digest``: what a month adds up to, for reading and for handing on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import given
from bot.cli.digest_again import made_again
from bot.cli.output import AsJson, as_json, busy, document, say
from workflows.errors import Misconfigured
from workflows.period import Period

if TYPE_CHECKING:
    from datetime import datetime

    from bot.digest.collecting import Collector
    from bot.digest.pages import Voice
    from bot.wiring.opening import OpenMemory
    from workflows.digest import Digest

EXAMPLE = "Example: emergency-change digest --month 2026-10 --out october/"


def digest(
    *,
    month: Annotated[
        str, typer.Option("--month", metavar="YYYY-MM", help="A month, or a quarter as 2026-Q4.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write Markdown, HTML, CSV and the chart into this new directory."),
    ] = None,
    pseudonyms: Annotated[
        bool, typer.Option("--pseudonyms", help="Name nobody, and leave out what anybody typed.")
    ] = False,
    again: Annotated[
        str,
        typer.Option(
            "--again",
            metavar="WHY",
            help="Make the digest again, as the next version; why is kept, and posted with it, so name nobody.",
        ),
    ] = "",
    as_: Annotated[
        str, typer.Option("--as", metavar="EMAIL", help="Who has it made again; it is kept.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Add up a month that is over: the population, its figures, its exceptions, its alarms.

    Reads the ledger, and signs its head to draw the sample by; all changes are counted at GitHub, and said to be
    unknown where it does not answer. With --again it is kept: the next version is posted, filed and to be signed,
    and says which one it replaces.
    """
    try:
        period = Period.read(month)
    except ValueError as error:
        raise Misconfigured(f"--month: {error}") from None
    from bot.digest.collecting import SIZE, Collector, sampler
    from bot.digest.pages import data, markdown, summary
    from bot.wiring.connections import github_activity

    if bool(again) is not bool(as_) or (again and (out is not None or pseudonyms or json)):
        raise Misconfigured("--again: say why, and with --as who has it made; it goes with no other option.")
    if out is not None and out.exists():
        raise Misconfigured(f"--out: {out} is there already; name a new directory.")
    settings = given.settings()
    with given.memory() as memory:
        with busy("Adding up …"):
            collect = Collector(memory, github_activity(settings), sampler(memory, SIZE))
            made, now = _collected(collect, period, memory)
        if again:
            say(made_again(memory, settings, made, now, again, as_))
            return
        voice = _voice(memory, made, pseudonyms=pseudonyms)
        if out is not None:
            _write(out, made, voice)
            say(f"{summary(made)} Written to {out}.")
        elif json:
            as_json(data(made, voice))
        else:
            document(markdown(made, voice).decode())


def _collected(collect: "Collector", period: Period, memory: "OpenMemory") -> "tuple[Digest, datetime]":
    """Return the digest, and as of when it is."""
    from workflows.period import NotKept, NotOver

    with memory.population() as population:
        as_of = population.as_of()  # in a sandbox, later than it is
    now = memory.clock.now()
    now = max(now, as_of or now)
    try:
        return collect.collect(period, now), now
    except (NotOver, NotKept) as error:
        raise Misconfigured(f"--month: {error}") from None


def _voice(memory: "OpenMemory", made: "Digest", *, pseudonyms: bool) -> "Voice":
    from bot.digest.pages import Voice, lettered

    if pseudonyms:
        return Voice(str, lettered(made))
    return Voice(lambda person: memory.person(person).name or str(person), str)


def _write(out: Path, made: "Digest", voice: "Voice") -> None:
    from bot.digest.pages import files

    out.mkdir(parents=True)
    for name, data in files(made, voice).items():
        (out / name).write_bytes(data)
