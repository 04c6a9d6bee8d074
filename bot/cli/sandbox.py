"""``sandbox``: a small world to try everything in, with no account anywhere."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: emergency-change sandbox --play --data ./night"


def sandbox(
    *,
    play: Annotated[bool, typer.Option("--play", help="Play one night in the terminal, and end.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", file_okay=False, help="Leave the database, policy.toml and .env there."
        ),
    ] = None,
    reviews: Annotated[
        bool,
        typer.Option(
            "--reviews", help="Approvals are reviews of a pull request; for a new --data directory."
        ),
    ] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where the page is served.")] = 8642,
) -> None:
    """Start the bot beside stand-ins for Slack, Jira and GitHub, and a page to play every part on."""
    if play:
        from sandbox.play import play as play_night

        raise typer.Exit(play_night(data))
    from sandbox.serve import serve

    serve(data, port, reviews=reviews)
