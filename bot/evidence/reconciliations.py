"""The seven reconciliations: two lists of the same thing, put side by side.

A ledger cannot prove that something was never written; these can show it.  One that was not run says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.evidence.copies import Head, stamp
from bot.evidence.survey import Survey

NOT_RUN: Mapping[str, tuple[str, str]] = {
    "R2": ("changes in the ledger", "change tickets in the tracker, by label"),
    "R3": ("grants in the ledger", "grants in the target systems"),
    "R4": ("production deployments", "merged, reviewed pull requests, or a change"),
    "R5": ("bypasses, direct pushes and unreviewed merges", "changes"),
    "R6": ("incidents with deployments", "changes"),
}


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was compared, and what came of it; no counts where it was not run."""

    id: str
    left: str
    right: str
    run: bool
    matched: int | None = None
    left_only: int | None = None
    right_only: int | None = None
    waived: int | None = None
    notes: tuple[str, ...] = ()

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "notes": list(self.notes)}


def reconciliations(head: Head, survey: Survey) -> tuple[Reconciliation, ...]:
    """Return all seven; ``head`` is one whose root was recomputed from the entries."""
    others = (
        Reconciliation(id, left, right, run=False, notes=("Not run: the bot does not look there yet.",))
        for id, (left, right) in NOT_RUN.items()
    )
    return (_sequence(head, survey), *others, _invocations(survey))


def _sequence(head: Head, survey: Survey) -> Reconciliation:
    passed = survey.missing_ids
    notes = [f"The root over {head.size} entries was recomputed and is the one that was signed."]
    notes += [f"Ids without a change: {', '.join(passed)}."] if passed else []
    return Reconciliation(
        "R1",
        "entries in the ledger, 1 to the last, without gaps",
        "entries under the signed head",
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
        "R7",
        "uses of the command in Slack",
        "requests, refused ones included",
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
