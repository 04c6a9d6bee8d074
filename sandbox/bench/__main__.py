"""Runs every measurement and prints the tables; ``--quick`` for a first impression, names for some of them."""

import sys

from rich.console import Console

from sandbox.bench import evidence
from sandbox.bench.measure import everything

if __name__ == "__main__":
    console, quick = Console(width=150), "--quick" in sys.argv
    named = [argument for argument in sys.argv[1:] if argument[0] != "-"]
    if engines := [name for name in named if name != "evidence"] or (
        [] if named else ["sqlite", "postgresql"]
    ):
        everything(console, quick=quick, engines=engines)
    if not named or "evidence" in named:
        evidence.measure(console, quick=quick)
