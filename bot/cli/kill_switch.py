"""Ends access and waits for the proof, whether or not a bot is running.

The decision is the procedure's: a ``Revocation`` is offered, and the guards judge who offers it.  The removal
is then worked on here and now, under the same lease and key a worker would take, so that a running bot and
this command never get in each other's way.
"""

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cli.output import Tell, moment
from bot.wiring.hand import Hand
from workflows.decide import Refused, Ruling
from workflows.errors import ProcedureError
from workflows.events import Revocation
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import ChangeId, Origin, PersonId, State, StepName

PAUSE = 0.2  #: seconds between two looks while somebody else holds the lease, or a back-off lasts
NOT_PROVEN = "The access is NOT proven gone: {} A running bot keeps trying; or run this again."
NOBODY_LOOKED = "Nobody could look yet."
NEVER = frozenset({State.REQUESTED, State.REJECTED, State.WITHDRAWN, State.LAPSED})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change's access."""

    change: ChangeId
    gone: bool  #: somebody looked, after everything, and it was not there
    said: str
    seen_at: datetime | None = None


class KillSwitch:
    """Ends the access of changes on behalf of one person, with one reason."""

    def __init__(self, hand: Hand, by: PersonId, reason: str, tell: Tell, patience: float) -> None:
        self._hand = hand
        self._by = by
        self._reason = reason
        self._tell = tell
        self._patience = patience
        self._refreshed = False

    def end(self, changes: Sequence[ChangeId]) -> Iterator[Outcome]:
        """Decide on all of them first, so that none keeps its access for the sake of another; then remove."""
        refused = {change: self._decide(change) for change in changes}
        for change, because in refused.items():
            yield Outcome(change, gone=False, said=because) if because else self._remove(change)

    # --- deciding ----------------------------------------------------------------------------------

    def _decide(self, change: ChangeId) -> str:
        """Put the end to the procedure; return why it said no, or nothing."""
        try:
            record, _ = self._hand.changes.look(change)
            if record.state in NEVER:
                return f"{change} is {record.state.value} and holds no access; there is nothing to end."
            if record.state is not State.ACTIVE:
                return ""
            return self._refusal(record)
        except ProcedureError as error:
            return str(error)

    def _refusal(self, record: ChangeRecord) -> str:
        if isinstance(self._would(record.id), Refused):
            self._refresh()
        delivery = f"command:{uuid.uuid4().hex}"  # says in the ledger that it was no click
        ruling = self._hand.changes.offer(record.id, self._revocation(), delivery).ruling
        if not isinstance(ruling, Refused):
            return ""
        now, _ = self._hand.changes.look(record.id)
        return ruling.because if now.state is State.ACTIVE else ""  # it ended by itself meanwhile

    def _would(self, change: ChangeId) -> Ruling:
        return self._hand.changes.would(change, self._revocation())

    def _refresh(self) -> None:
        """Without a running bot the mirrors of the groups are too old to answer; bring them up to date once."""
        if not self._refreshed:
            self._refreshed = True
            self._hand.directory.refresh()

    def _revocation(self) -> Revocation:
        return Revocation(at=self._hand.memory.clock.now(), by=self._by, reason=self._reason)

    # --- removing ----------------------------------------------------------------------------------

    def _remove(self, change: ChangeId) -> Outcome:
        """Work on it until it is proven gone or patience ends; a worker that is faster is as good."""
        ends, because, at_once = time.monotonic() + self._patience, "", True
        while True:
            said = self._attempt(change, at_once=at_once)
            if isinstance(said, Outcome):
                return said
            if said and said != because:
                self._tell(f"{change}: {said}")
            because, at_once = said or because, False
            if time.monotonic() > ends:
                return Outcome(change, gone=False, said=NOT_PROVEN.format(because or NOBODY_LOOKED))
            threading.Event().wait(PAUSE)

    def _attempt(self, change: ChangeId, *, at_once: bool) -> Outcome | str:
        """Return the proof, or what stands in its way."""
        memory = self._hand.memory
        try:
            if claimed := memory.outbox.claim_one(change, StepName.ACCESS, at_once=at_once):
                self._hand.reconciler.work(claimed)
            record, policy = self._hand.changes.look(change)
            if memory.outbox.settled(change, StepName.ACCESS) and not record.access_unproven:
                return self._proof(record, policy)
            return memory.outbox.stuck_for(change).get(StepName.ACCESS, "")
        except ProcedureError as error:
            return str(error)

    def _proof(self, record: ChangeRecord, policy: Policy) -> Outcome:
        grant, change = record.grant, record.id
        who = self._hand.memory.person(record.request.by).name or record.request.by
        whose = f"The access of {who} to {record.target(policy)}"
        if grant.ended_at is None:
            return Outcome(change, gone=True, said=f"{whose} was never given.")
        if grant.left is Origin.HELD_ANYWAY:
            return Outcome(
                change, gone=False, said=f"{whose} was held before {change} and STAYS; take it away there."
            )
        if grant.left is Origin.HELD_THROUGH:
            other = grant.through_at_end
            return Outcome(
                change, gone=False, said=f"{whose} STAYS for {other}, which needs it too; revoke that."
            )
        said = f"{whose} is gone; seen at {moment(grant.ended_at)}."
        return Outcome(change, gone=True, said=said, seen_at=grant.ended_at)
