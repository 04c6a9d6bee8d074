"""Runs every measurement and prints the tables; ``--quick`` for a first impression, names for some of them.

Names are ``sqlite``, ``postgresql``, ``ledger``, ``evidence``, ``digest`` and ``heartbeat``.
"""

import sys
import tempfile
from pathlib import Path

from rich.console import Console

from sandbox.bench import evidence
from sandbox.bench.long_ledger import long_ledger
from sandbox.bench.measure import everything
from sandbox.bench.reviews import digests, heartbeats

NAMES = ("sqlite", "postgresql", "ledger", "evidence", "digest", "heartbeat")

if __name__ == "__main__":
    if set(sys.argv[1:]) - {"--quick", *NAMES}:
        sys.exit(__doc__)
    console, quick = Console(width=150), "--quick" in sys.argv
    named = [argument for argument in sys.argv[1:] if argument[0] != "-"]
    engines = [name for name in named if name in ("sqlite", "postgresql")] or ["sqlite", "postgresql"]
    if set(engines) & set(named) or not named:
        everything(console, quick=quick, engines=engines)
    if not named or "ledger" in named:
        with tempfile.TemporaryDirectory() as directory:
            long_ledger(console, engines, Path(directory), quick=quick)
    if not named or "evidence" in named:
        evidence.measure(console, quick=quick)
    for name, measure in (("digest", digests), ("heartbeat", heartbeats)):
        if not named or name in named:
            with tempfile.TemporaryDirectory() as directory:
                measure(console, engines, Path(directory), quick=quick)
