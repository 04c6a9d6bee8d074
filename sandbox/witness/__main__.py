"""``python -m sandbox.witness``: run a witness; ``--help`` says what it needs."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from bot.files import seed_in
from sandbox.witness.service import Witness
from storage.notes import Cosigner, VerifierKey
from workflows.clock import RealTime
from workflows.errors import Misconfigured


def main(
    name: Annotated[str, typer.Option(help="The witness' name, such as witness.example/w1.")],
    ledger: Annotated[
        list[str], typer.Option(help="The verifier key of a ledger to cosign; may be repeated.")
    ],
    directory: Annotated[Path, typer.Option(help="Where its key and what it has seen are kept.")],
    host: str = "127.0.0.1",
    port: int = 3100,
) -> None:
    """Cosign the checkpoints of the ledgers that are named, and nothing that does not continue them."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        cosigner = Cosigner(name, seed_in(directory / "key"))
        keys = [VerifierKey.read(key) for key in ledger]
    except Misconfigured as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"WITNESS_KEY={cosigner.key}")
    app = Witness(cosigner, keys, directory / "seen", RealTime().now).app
    uvicorn.run(app, host=host, port=port, log_level="warning")


if __name__ == "__main__":
    typer.run(main)
