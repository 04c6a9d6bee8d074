"""Emergency access: present while the change is active, absent otherwise.

Teams and roles cannot carry a change id, so whose access it is follows from the pre-look alone, which is
committed, with the end, before the first call that gives anything.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from workflows import events as ev
from workflows import observations as ob
from workflows.errors import Declined, Unavailable
from workflows.ports import AccessProvider, Standing, Target
from workflows.procedure import OBLIGATIONS
from workflows.record import ALLOWANCE
from workflows.steps import Evidence, NotYet, Task
from workflows.vocabulary import SYSTEM, ChangeId, Origin, StepName

DRIFT = timedelta(minutes=3)  #: between two looks at access in force
LATER_LOOKS = (timedelta(minutes=1), timedelta(minutes=10))  #: after the first proof of the end
LANDING = timedelta(seconds=10)  #: real time in which a grant call with an unknown outcome may still land


class Access:
    """Gives access, looks at it, takes it away; the worker serialises this per (target, person)."""

    name: ClassVar[StepName] = StepName.ACCESS

    def __init__(self, providers: Mapping[str, AccessProvider]) -> None:
        self._providers = providers

    # --- the three verbs ---------------------------------------------------------------------------

    def verify(self, task: Task) -> Evidence | None:
        """Look; while wanted, evidence says *in force*; while not, evidence says *still there*."""
        return self._in_force(task) if task.wanted else self._still_there(task)

    def apply(self, task: Task) -> None:
        """Give it, unless it was confirmed before: then somebody took it away, and it stays away."""
        if task.record.grant.confirmed_at:
            if self._look(task) is None:  # one read-back alone ends nobody's emergency
                task.offer(ev.Removal(at=task.now(), by=SYSTEM))
            return
        begins = task.now()
        attempt = ob.GrantAttempted(at=begins, by=SYSTEM, ends_by=begins + task.record.window + ALLOWANCE)
        task.observe(*self._pre_look(task, None), attempt, attempting=True)
        if self.name not in OBLIGATIONS[task.record.state]:
            return  # it ended meanwhile, and its removal is owed by now
        provider, target, account = self._where(task)
        try:
            provider.grant(target, account)
        except Declined:
            task.answered()  # this call gave nothing; an earlier one may have
            raise

    def undo(self, task: Task) -> None:
        """Take it away, unless another worker may have given it anew since it was looked at."""
        provider, target, account = self._where(task)
        task.keep()
        provider.remove(target, account)

    def declined(self, task: Task, because: str) -> None:
        """End a change whose access the provider will not give; a refused removal is only recorded.

        After a call that may have given it, a refusal does not prove that nobody had it.
        """
        if task.wanted and task.record.grant.confirmed_at is None:
            never_given = task.attempted_at is None
            why = because if never_given else f"The access was never confirmed: {because}"
            task.offer(ev.GrantFailed(at=task.now(), by=SYSTEM, declined=never_given, because=why))

    # --- while it is owed --------------------------------------------------------------------------

    def _in_force(self, task: Task) -> Evidence | None:
        grant, standing = task.record.grant, self._look(task)
        if standing is None:
            return None
        if not standing.active:
            if grant.attempted_at is None:
                return None
            raise NotYet(f"{standing.seen}: it must be accepted first.", timedelta(seconds=5))
        if grant.confirmed_at is None:
            confirmed = ob.GrantConfirmed(at=task.now(), by=SYSTEM, seen=standing.seen)
            task.observe(*self._pre_look(task, standing), confirmed)
        return Evidence(standing.seen, task.now() + DRIFT)

    def _pre_look(self, task: Task, standing: Standing | None) -> tuple[ob.PreLook, ...]:
        """Return what the first look found, once per change."""
        if task.record.grant.origin is not None:
            return ()
        origin, through = _origin(task, standing)
        target = str(task.record.target(task.policy))
        return (ob.PreLook(at=task.now(), by=SYSTEM, target=target, origin=origin, through=through),)

    # --- while it is not ---------------------------------------------------------------------------

    def look_again(self, task: Task) -> datetime | None:
        """Return when the end is looked at once more (the procedure's clock); ``None`` after the last time."""
        grant = task.record.grant
        if task.wanted or grant.ended_at is None or grant.left is not None or grant.looks > len(LATER_LOOKS):
            return None
        return grant.ended_at + LATER_LOOKS[grant.looks - 1]

    def _still_there(self, task: Task) -> Evidence | None:
        grant = task.record.grant
        if grant.origin is None or grant.left is not None:
            return None
        if left := self._rightly_left(task):
            task.observe(left)
            return None
        standing = self._look(task)
        if standing is not None:
            if grant.ended_at is not None:
                task.observe(ob.AccessBack(at=task.now(), by=SYSTEM))
            return Evidence(standing.seen)
        self._landed(task)
        if grant.ended_at is None:
            task.observe(ob.AccessEnded(at=task.now(), by=SYSTEM))
        elif grant.looks <= len(LATER_LOOKS):
            task.observe(ob.AccessStillGone(at=task.now(), by=SYSTEM, look=grant.looks + 1))
        return None

    def _rightly_left(self, task: Task) -> ob.AccessEnded | None:
        """Access held anyway, or needed by another change, is not ours to take.

        What is there after it was seen gone came with another change, even if that one is ending too.
        """
        grant, at = task.record.grant, task.now()
        if grant.origin is Origin.HELD_ANYWAY:
            return ob.AccessEnded(at=at, by=SYSTEM, left=Origin.HELD_ANYWAY)
        gone = grant.ended_at is not None
        other = next((other.change for other in task.others() if other.wanted or gone), None)
        return ob.AccessEnded(at=at, by=SYSTEM, left=Origin.HELD_THROUGH, through=other) if other else None

    def _landed(self, task: Task) -> None:
        """Wait while an earlier grant call could still land: until then a read-back proves nothing."""
        if task.attempted_at is None:
            return
        left = task.attempted_at + LANDING - task.real_now()
        if left > timedelta():
            raise NotYet("An earlier grant call could still land; looking again then.", left)

    # --- calling out -------------------------------------------------------------------------------

    def _look(self, task: Task) -> Standing | None:
        provider, target, account = self._where(task)
        given = task.record.grant.attempted_at is not None or not task.wanted
        return provider.look(target, account, sure=given)

    def _where(self, task: Task) -> tuple[AccessProvider, Target, str]:
        target = task.record.target(task.policy)
        provider = self._providers.get(target.provider)
        account = task.person(task.record.request.by).account(target.provider)
        if provider is None or not account:
            raise Unavailable(f"There is no {target.provider} account or connection to work with.")
        return provider, target, account


def _origin(task: Task, standing: Standing | None) -> tuple[Origin, ChangeId | None]:
    """Say what the look means: nothing there, held anyway, or held through another change."""
    if standing is None or not standing.active:
        return Origin.ABSENT, None
    ours = [other for other in task.others() if other.origin is not Origin.HELD_ANYWAY]
    return (Origin.HELD_THROUGH, ours[0].change) if ours else (Origin.HELD_ANYWAY, None)
