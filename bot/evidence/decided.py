"""The texts approvers and reviewers decided on, word for word, so that anybody can hold the digest against them.

Each is folded again from the entries before the answer.  Where something in it was erased, or a name is another
one by now, the digest is of a text that is not known any more, and none is given.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.evidence.copies import CopiedChange, Names
from bot.wiring.opening import OpenSnapshot
from workflows import events as ev
from workflows.judged import Lines, shown_digest
from workflows.proposal import decided_on


@dataclass(frozen=True, slots=True)
class Decided:
    """One answer, and its text."""

    sequence: int
    text: Lines | None


def decided(snapshot: OpenSnapshot, change: CopiedChange, names: Names) -> Iterator[Decided]:
    """Yield every accepted approval, rejection and acceptance of a change."""
    for at, one in enumerate(change.entries):
        answer = one.entry
        if one.refused or not isinstance(answer, ev.Approval | ev.Rejection | ev.Acceptance):
            continue
        before, policy, _ = snapshot.record(change.id, change.entries[:at])
        lines = decided_on(before, policy, names.person(before.request.by).name, answer)
        yield Decided(one.sequence, lines if shown_digest(lines) == answer.shown else None)
