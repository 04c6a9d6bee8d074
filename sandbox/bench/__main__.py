"""Runs every measurement and prints the table; ``--quick`` for a first impression."""

import sys

from rich.console import Console

from sandbox.bench.measure import everything

if __name__ == "__main__":
    everything(
        Console(width=150), quick="--quick" in sys.argv, engines=[a for a in sys.argv[1:] if a[0] != "-"]
    )
