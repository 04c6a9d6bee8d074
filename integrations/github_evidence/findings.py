"""What the doctor is told of the evidence repository: one line for each thing that was looked at."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One line of the doctor's report; the remedy is empty where all is well."""

    ok: bool
    what: str
    remedy: str
    seen: bool = True  #: ``False``: nobody could look, and the remedy says where a person can


def found(what: str, remedy: str) -> Finding:
    """Say that something holds, or else the remedy."""
    return Finding(not remedy, what, remedy)
