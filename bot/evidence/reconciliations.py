"""The eight reconciliations of a pack: two lists of the same thing, put side by side.

A ledger cannot prove that something was never written; these can show it.  One that was not run says so.
R1 and R7 follow from the ledger; the others asked other systems, and are what its entries say came of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.evidence.copies import Head, stamp
from bot.evidence.survey import Survey
from bot.wiring.opening import CopiedEntry
from workflows.administration import Reconciled
from workflows.completeness import SIDES
from workflows.vocabulary import ReconciliationId

RUN_BY = frozenset({ReconciliationId.R2, ReconciliationId.R3, ReconciliationId.R8})  #: ``evidence reconcile``


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was compared, and what came of it; no counts where it was not run."""

    id: ReconciliationId
    left: str
    right: str
    run: bool
    matched: int | None = None
    left_only: int | None = None
    right_only: int | None = None
    waived: int | None = None
    notes: tuple[str, ...] = ()
    entry: int | None = None  #: the sequence of the ledger's entry this is taken from
    at: str = ""  #: when it was run
    compared: Mapping[str, str] | None = None  #: from and to; ``None``: all there was, as of then

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "notes": list(self.notes)}


def reconciliations(head: Head, survey: Survey, runs: Sequence[CopiedEntry]) -> tuple[Reconciliation, ...]:
    """Return all of them, and each run of those that can be run; ``head``: its root was recomputed."""
    made: dict[ReconciliationId, list[Reconciliation]] = {id: [] for id in ReconciliationId}
    made[ReconciliationId.R1].append(_sequence(head, survey))
    made[ReconciliationId.R7].append(_invocations(survey))
    for copied in runs:
        if isinstance(copied.entry, Reconciled):
            made[copied.entry.id].append(_run(copied, copied.entry))
    return tuple(one for id, found in made.items() for one in found or [_not_run(id)])


def _not_run(id: ReconciliationId) -> Reconciliation:
    left, right = SIDES[id]
    how = "run `emergency-change evidence reconcile`." if id in RUN_BY else "the bot does not look there yet."
    return Reconciliation(id, left, right, run=False, notes=(f"Not run: {how}",))


def _run(copied: CopiedEntry, entry: Reconciled) -> Reconciliation:
    left, right = SIDES[entry.id]
    return Reconciliation(
        entry.id,
        left,
        right,
        run=True,
        matched=entry.matched,
        left_only=entry.left_only,
        right_only=entry.right_only,
        waived=entry.waived,
        notes=tuple(entry.differences.splitlines()),
        entry=copied.sequence,
        at=stamp(entry.at),
        compared=_span(entry.begin, entry.end),
    )


def _span(begin: datetime | None, end: datetime | None) -> Mapping[str, str] | None:
    return {"from": stamp(begin), "to": stamp(end)} if begin and end else None


def _sequence(head: Head, survey: Survey) -> Reconciliation:
    passed = survey.missing_ids
    notes = [f"The root over {head.size} entries was recomputed and is the one that was signed."]
    notes += [f"Ids without a change: {', '.join(passed)}."] if passed else []
    return Reconciliation(
        ReconciliationId.R1,
        *SIDES[ReconciliationId.R1],
        run=True,
        matched=head.size,
        left_only=0,
        right_only=0,
        waived=0,
        notes=tuple(notes),
    )


def _invocations(survey: Survey) -> Reconciliation:
    matched = survey.requests - survey.uninvited
    silent = [
        f"No sign of life from {stamp(one.since)} to {stamp(one.until)}: nothing could be asked for."
        for one in survey.silences
    ]
    return Reconciliation(
        ReconciliationId.R7,
        *SIDES[ReconciliationId.R7],
        run=True,
        matched=matched,
        left_only=max(0, survey.invocations - matched),
        right_only=survey.uninvited,
        waived=0,
        notes=(
            "Left only: the command was used for something else, or the form was not sent.",
            *silent,
        ),
    )
