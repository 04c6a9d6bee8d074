"""Runs every measurement and prints the tables; ``--quick`` for a first impression, ``--ledger`` for that alone."""

import sys
import tempfile
from pathlib import Path

from rich.console import Console

from sandbox.bench.long_ledger import long_ledger
from sandbox.bench.measure import everything

if __name__ == "__main__":
    console, quick = Console(width=150), "--quick" in sys.argv
    engines = [a for a in sys.argv[1:] if a[0] != "-"] or ["sqlite", "postgresql"]
    if "--ledger" not in sys.argv:
        everything(console, quick=quick, engines=engines)
    with tempfile.TemporaryDirectory() as directory:
        long_ledger(console, engines, Path(directory), quick=quick)
