"""Draws the sample of a period from the ledger itself."""

from dataclasses import asdict, dataclass
from typing import Any

from bot.evidence.sample import Drawn, draw, seed_of
from bot.evidence.survey import Survey
from bot.wiring.opening import OpenMemory
from workflows.period import Span


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, and everything needed to draw it again."""

    sample: tuple[Drawn, ...]
    population: int
    seed: str
    size: int  #: of the checkpoint whose root is the seed
    root: str

    def data(self) -> dict[str, Any]:
        return asdict(self)


def drawn(memory: OpenMemory, span: Span, size: int, checkpoint: int | None) -> Sample:
    """Draw from the changes of a period; raises ``Misconfigured`` if nothing was ever signed."""
    with memory.snapshot(checkpoint) as snapshot:
        survey = Survey(span).read(snapshot.walk())
        last = snapshot.checkpoint_before(survey.last_before_end) or snapshot.point
        real = [one.change for one in survey.opened if one.at in span and not one.drill]
    seed = seed_of(last.root)
    return Sample(draw(real, seed, size), len(real), seed, last.size, last.root.hex())
