"""The sample: drawn so that nobody could have chosen it, and so that anybody can draw it again.

The seed is the SHA-256 of the root that was signed last in the period, which nobody knows before.  Each
change gets the SHA-256 of ``seed``, a space and its id; the smallest are taken.  ``sha256sum`` is enough.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drawn:
    """One change of the sample, and the figure it was drawn by."""

    change: str
    figure: str


def seed_of(root: bytes) -> str:
    return hashlib.sha256(root).hexdigest()


def draw(changes: Iterable[str], seed: str, size: int) -> tuple[Drawn, ...]:
    """Return the sample, in the order of its figures."""
    figures = (Drawn(one, hashlib.sha256(f"{seed} {one}".encode()).hexdigest()) for one in changes)
    return tuple(sorted(figures, key=lambda one: one.figure)[:size])
