"""Python's garbage collector: not at the start, and later in full only while nobody clicks and no step is at work.

A full collection stops every thread, at a few hundred changes for as long as ten clicks take.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.leisure import Leisurely
from bot.traffic import Traffic

NEVER = 1_000_000  #: collections of the younger generations before Python begins a full one by itself
BY_ITSELF = gc.get_threshold()  #: as Python comes
CALM = 0.5  #: seconds without a click after which none is expected just now
PAUSE = 15.0  #: seconds after a full collection until the next, in a moment that suits
LATEST = 60.0  #: and in any


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Start without collecting, and leave what was made out of every collection after it; once per process.

    Looking through it again and again takes an eighth of the start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Garbage:
    """Collects in full in Python's stead, from when it begins to when it ends."""

    def __init__(
        self,
        traffic: Traffic,
        idle: Callable[[], bool],
        collect: Callable[[], object] = gc.collect,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._collection = Leisurely(
            collect, lambda: traffic.calm(CALM) and idle(), every=PAUSE, latest=LATEST, monotonic=monotonic
        )

    def begin(self) -> None:
        """Keep Python from full collections; whoever calls this calls ``collect`` from then on."""
        gc.set_threshold(*BY_ITSELF[:2], NEVER)

    def end(self) -> None:
        """Let Python collect by itself again."""
        gc.set_threshold(*BY_ITSELF)

    def collect(self) -> None:
        """Collect if it is time: call it every second or so."""
        self._collection.look()
