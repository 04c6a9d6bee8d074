"""Makes one thing match the procedure, from whatever state it finds it in.

Level-triggered: each pass looks at what is, not at what was last attempted, so a crash between an effect
and its record costs one extra look and nothing else.  Steps fail alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from workflows import events as ev
from workflows import observations as ob
from workflows.changes import PASSED_ON, EmergencyChanges
from workflows.consequences import obliged
from workflows.decide import Ruling
from workflows.errors import Conflict, Declined, Unavailable
from workflows.people import Person
from workflows.policy import Policy
from workflows.ports import Clock, Opening, Stopwatch
from workflows.record import ChangeRecord
from workflows.steps import NotYet, OtherHolding, Step
from workflows.vocabulary import SYSTEM, ChangeId, Number, PersonId, StepName
from workflows.work import Begun, Claimed

KEY_BUSY = timedelta(seconds=0.3)
STANDING = frozenset({StepName.ACCESS, StepName.TICKET, StepName.CARD, StepName.EVIDENCE, StepName.PULL})
ASK_AGAIN = timedelta(minutes=1)  #: real time between two tries of something the other side declined


MENTIONED_AFTER = 2  #: tries that fail before the gap is written into the record
FORGIVEN = frozenset(
    {StepName.ANSWER, StepName.MESSAGE, StepName.TRANSCRIPT}
)  #: what cannot be delivered to one person ends there


class Bench(Protocol):
    """What the memory offers to whoever works on a claim; ``False``: the claim has passed to somebody else.

    With a claim for access goes the right to change what one person holds at one target: it is given back with it.
    """

    def attempting(self, claimed: Claimed) -> bool:
        """Commit that a call is about to leave, with a lease that outlasts it."""

    def keep(self, claimed: Claimed) -> bool:
        """Renew the lease for a call whose outcome cannot get lost."""

    def made(self, claimed: Claimed, reference: str) -> bool:
        """Commit what a call made outside."""

    def settle(self, claimed: Claimed, look_again: datetime | None = None) -> bool:
        """Give the claim back as done."""

    def postpone(self, claimed: Claimed, error: str, wait: timedelta | None = None) -> bool:
        """Give the claim back as not done yet."""

    def set_aside(self, claimed: Claimed) -> bool:
        """Give the claim back as it was, due no more until somebody owes it anew."""

    def free_key(self, holder: str) -> None:
        """Give back the right that went with a claim, where the claim has passed to somebody else."""


class Shelf(Protocol):
    """What the memory knows besides the record."""

    def entry(self, change: ChangeId, number: Number) -> tuple[ev.Entry, str]:
        """Return one entry of a change, and why it was refused."""

    def record_before(self, change: ChangeId, number: Number) -> ChangeRecord:
        """Return a record as it stood just before one of its entries."""

    def person(self, person: PersonId) -> Person:
        """Look somebody up."""

    def openings(self, change: ChangeId) -> tuple[Opening, ...]:
        """Return what opens the commitments of a change's entries."""

    def others(self, record: ChangeRecord, policy: Policy) -> tuple[OtherHolding, ...]:
        """Return what other changes hold at the same target for the same person."""


@dataclass(slots=True)
class ChangeTask:
    """One claim, and all a step may do about it besides calling out."""

    claimed: Claimed
    record: ChangeRecord
    policy: Policy
    wanted: bool
    reference: str
    attempted_at: datetime | None
    _changes: EmergencyChanges
    _bench: Bench
    _shelf: Shelf
    _clock: Clock
    _stopwatch: Stopwatch
    _shown: bool = False
    #: A step goes by one account from look to look, whatever is linked meanwhile.
    _people: dict[PersonId, Person] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.claimed.subject

    @property
    def place(self) -> str:
        return self.claimed.place

    @property
    def shown(self) -> bool:
        return self._shown or self.claimed.settled == self.claimed.revision

    def now(self) -> datetime:
        return self._clock.now()

    def real_now(self) -> datetime:
        return self._stopwatch.now()

    def attempting(self) -> None:
        if not self._bench.attempting(self.claimed):
            raise Conflict(PASSED_ON)
        self.attempted_at = self._stopwatch.now()

    def keep(self) -> None:
        if not self._bench.keep(self.claimed):
            raise Conflict(PASSED_ON)

    def answered(self) -> None:
        self.attempted_at = self.claimed.attempted_at

    def made(self, reference: str) -> None:
        if not self._bench.made(self.claimed, reference):
            raise Conflict(PASSED_ON)
        self.reference = reference

    def showed(self) -> None:
        self._shown = True

    def observe(self, *seen: ev.Entry, delivery: str = "", attempting: bool = False) -> None:
        claimed = self.claimed if attempting else None
        self.record = self._changes.observe(self.record.id, *seen, delivery=delivery, attempting=claimed)
        if attempting:
            self.attempted_at = self._stopwatch.now()

    def offer(self, event: ev.Event, delivery: str = "") -> Ruling:
        ruled = self._changes.offer(self.record.id, event, delivery)
        self.record, self.policy = self._changes.look(self.record.id)
        return ruled.ruling

    def entry(self, number: Number) -> tuple[ev.Entry, str]:
        return self._shelf.entry(self.record.id, number)

    def record_before(self, number: Number) -> ChangeRecord:
        return self._shelf.record_before(self.record.id, number)

    def person(self, person: PersonId) -> Person:
        if person not in self._people:
            self._people[person] = self._shelf.person(person)
        return self._people[person]

    def openings(self) -> tuple[Opening, ...]:
        return self._shelf.openings(self.record.id)

    def others(self) -> tuple[OtherHolding, ...]:
        return self._shelf.others(self.record, self.policy)


class Reconciler:
    """Works on one claim at a time; safe to share between threads."""

    def __init__(
        self,
        changes: EmergencyChanges,
        bench: Bench,
        shelf: Shelf,
        steps: Mapping[StepName, Step],
        clock: Clock,
        stopwatch: Stopwatch,
        complain: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._changes = changes
        self._bench = bench
        self._shelf = shelf
        self._steps = steps
        self._clock = clock
        self._stopwatch = stopwatch
        self._complain = complain
        self._missed: set[StepName] = set()

    def work(self, claimed: Claimed) -> None:
        """Look, make it so, and give the claim back; a failure is recorded and comes back later."""
        if claimed.step not in self._steps:
            self._set_aside(claimed)
            return
        if claimed.step is not StepName.ACCESS:
            self._try(self._task(claimed, *self._changes.look(claimed.change)))
            return
        self.go_on(Begun(claimed, self._changes.take_up(claimed.change, claimed.holder)))

    def go_on(self, begun: Begun) -> None:
        """Work likewise on access that was taken up with its claim."""
        claimed, taken_up = begun.claimed, begun.taken_up
        if taken_up is None:
            self._bench.postpone(claimed, "Another change is at work on the same access.", KEY_BUSY)
        else:
            self._try(self._task(claimed, taken_up.record, taken_up.policy, taken_up.grantee))

    def _set_aside(self, claimed: Claimed) -> None:
        """Leave alone what nobody here can do any more, and say so once."""
        self._bench.set_aside(claimed)
        if claimed.step not in self._missed:
            self._missed.add(claimed.step)
            self._complain(
                f"{claimed.change} owes {claimed.step.value}, which is not set up here any more; such steps are "
                "left as they are until it is set up again."
            )

    def _task(self, claimed: Claimed, record: ChangeRecord, policy: Policy, *known: Person) -> ChangeTask:
        owed = obliged(record.state, policy)
        wanted = claimed.step in owed if claimed.step in STANDING else claimed.wanted
        return ChangeTask(
            claimed=claimed,
            record=record,
            policy=policy,
            wanted=wanted,
            reference=claimed.reference,
            attempted_at=claimed.attempted_at,
            _changes=self._changes,
            _bench=self._bench,
            _shelf=self._shelf,
            _clock=self._clock,
            _stopwatch=self._stopwatch,
            _people={person.id: person for person in known},
        )

    def _try(self, task: ChangeTask) -> None:
        step = self._steps[task.claimed.step]
        try:
            look_again = _settled(task, step)
        except NotYet as waiting:
            self._bench.postpone(task.claimed, str(waiting), waiting.wait)
        except Unavailable as error:
            self._mention(task, str(error), mention=task.claimed.attempts >= MENTIONED_AFTER)
            wait = timedelta(seconds=error.retry_after) if error.retry_after else None
            self._bench.postpone(task.claimed, str(error), wait)
        except Declined as error:
            self._declined(task, step, str(error))
        except Conflict:
            self._bench.free_key(task.claimed.holder)
        else:
            if task.claimed.step in task.record.stuck:
                task.observe(ob.StepRecovered(at=task.now(), by=SYSTEM, step=task.claimed.step))
            self._bench.settle(task.claimed, look_again)

    def _declined(self, task: ChangeTask, step: Step, because: str) -> None:
        state = task.record.state
        step.declined(task, because)
        self._mention(task, because, mention=True)
        if task.claimed.step in FORGIVEN or task.record.state is not state:
            self._bench.settle(task.claimed)
        else:
            self._bench.postpone(task.claimed, because, ASK_AGAIN)

    def _mention(self, task: ChangeTask, because: str, *, mention: bool) -> None:
        if mention and task.claimed.step not in task.record.stuck:
            task.observe(ob.StepStuck(at=task.now(), by=SYSTEM, step=task.claimed.step, because=because))


def _settled(task: ChangeTask, step: Step) -> datetime | None:
    """Bring about what is wanted; return when to look again, or raise why it cannot be done yet."""
    state = task.record.state
    found = step.verify(task)
    if task.wanted and found is None:
        step.apply(task)
        found = step.verify(task) if task.record.state is state else None
        if found is None and task.record.state is state:
            raise NotYet("It was asked for and is not there yet.")
    elif not task.wanted and found is not None:
        step.undo(task)
        if step.verify(task) is not None:
            raise Unavailable("It was asked to go and is still there.")
    return found.look_again if task.wanted and found else step.look_again(task)
