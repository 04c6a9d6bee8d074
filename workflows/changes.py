"""The front door: everything a driver (Slack, clock, worker, command line, test) may ask for.

One transaction each: lock the change, decide on record and facts, write entry, projections and
obligations, lock the ledger's head last.  Nothing here talks to the outside.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from workflows import events as ev
from workflows import fold, guards
from workflows import observations as ob
from workflows.administration import (
    Administration,
    Delegation,
    DelegationEnded,
    GroupEmpty,
    GroupFilled,
    ReviewReminded,
)
from workflows.audiences import onlookers
from workflows.chase import Holding, holdings, spoken_up
from workflows.consequences import (
    SEEN_AT_HOME,
    UNSEEN_AT_HOME,
    Obligation,
    announcement,
    answer,
    consequences,
    group_reminders,
    of_administration,
    reminders,
    who_reviews,
)
from workflows.decide import Accepted, Refused, Ruling, decide, open_
from workflows.duties import Audience, Owed
from workflows.errors import Conflict
from workflows.facts import Facts
from workflows.policy import Policy
from workflows.prose import gives_away
from workflows.record import ChangeRecord, Promise, Recorded
from workflows.timetable import owed, promises, timetable
from workflows.vocabulary import CLOCK, SYSTEM, ChangeId, Number, PersonId, State, StepName
from workflows.work import Begun, Claimed, Held, Line, Ruled, TakenUp, Work

Settled = TypeVar("Settled")
Told = TypeVar("Told", bound=ev.Entry)
#: A conflict means that somebody opened the same change at the same moment; deciding again settles it.
TRIES = 4
PASSED_ON = "The claim has passed to somebody else."


NO_PROMISES: tuple[Promise, ...] = ()
NO_SECRETS = guards.no_secrets.__name__  #: the guard that has looked through what was typed

#: What can go on once this was seen.
WAITING_FOR: Mapping[type[ev.Entry], frozenset[StepName]] = {
    ob.CardPosted: frozenset({StepName.NOTE}),
    ob.TicketOpened: frozenset({StepName.COMMENT, StepName.FOLLOW_UP}),
}


class Hands(Protocol):
    """Who works on access in this process."""

    @property
    def free(self) -> bool:
        """Nothing else keeps them from it now."""

    def begin(self, begun: Begun) -> None:
        """Go on with what is committed by now."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as an entry leaves it, and what follows from it alone: worked out once for each entry, and handed on."""

    record: ChangeRecord
    duties: tuple[Owed, ...]
    promised: tuple[Promise, ...]  #: the moments of the chase that are new: the entry carries them


class EmergencyChanges:
    """Opens changes, decides on events, keeps observations."""

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[Work]],
        reading: Callable[[], AbstractContextManager[Work]],
        wake: Callable[[], None] = lambda: None,
        *,
        hands: Hands | None = None,
        without: frozenset[StepName] = frozenset(),
    ) -> None:
        """``wake`` is told that something is due; access goes to ``hands`` without a look for it, if they are free.

        ``without`` names steps that nobody here can take, because what they need is not set up.
        """
        self._without = without
        self._hands = hands
        self._transaction = transaction
        self._reading = reading
        self._wake = wake

    def open(self, request: ev.Request, delivery: str = "", attempt: str = "") -> Ruled:
        """Put a request to the procedure; a refused one is an entry and never a change.

        Idempotent per ``delivery``; where a form stays open after a refusal, ``attempt`` names the one
        submission, so that a corrected one is not taken for a re-delivery.
        """
        ruled = self._until_settled(lambda: self._open(request, delivery, attempt))
        self._tell(ruled)
        return ruled

    def offer(
        self, change: ChangeId, event: ev.Event, delivery: str = "", place: str = "", attempt: str = ""
    ) -> Ruled:
        """Put an event to the procedure and record the ruling either way; idempotent as ``open`` is.

        ``place`` is where a refusal's sentence is owed (``channel:user``); empty if the caller shows it.
        """
        ruled = self._until_settled(lambda: self._offer(change, event, delivery, place, attempt))
        self._tell(ruled)
        return ruled

    def would_open(self, request: ev.Request) -> Ruling:
        """Say how the procedure would rule on a request, and record nothing."""
        with self._reading() as work:
            _, policy = work.in_force()
            return open_(request, policy, work.facts(request, policy))

    def would(self, change: ChangeId, event: ev.Event) -> Ruling:
        """Say how the procedure would rule, and record nothing."""
        with self._reading() as work:
            held = work.lock(change)
            return decide(held.record, event, held.policy, work.facts(event, held.policy))

    def fire(self, change: ChangeId, slot: str, at: datetime) -> Ruled | None:
        """Raise what a slot of the timetable raises, if it is still waiting and due: never twice."""
        with self._transaction() as work:
            held = work.lock(change)
            duties = owed(held.record, held.policy, work.calendar(held.policy))
            slots = timetable(held.record, held.policy, duties)
            row = next((row for row in slots if row.name == slot and row.due <= at), None)
            if row is None or not work.fire(change, slot, at):
                return None
            event = row.event(at)
            facts = work.facts(event, held.policy)
            ruling = decide(held.record, event, held.policy, facts)
            ruled = self._record(work, held, event, ruling, facts, "", "")
        self._tell(ruled)
        return ruled

    def observe(
        self, change: ChangeId, *seen: ev.Entry, delivery: str = "", attempting: Claimed | None = None
    ) -> ChangeRecord:
        """Record what was seen; allowed in every state, and once per ``delivery``.

        With ``attempting`` it is kept in the same moment that a call is about to leave; raises ``Conflict``, and
        records nothing, if that claim has passed to somebody else, or somebody else had the first look.
        """
        with self._transaction() as work:
            held = work.lock(change, delivery, by=SYSTEM)
            if delivery and work.ruled(delivery):
                return held.record
            if attempting and not work.attempting(attempting):
                raise Conflict(PASSED_ON)
            if held.record.grant.origin and any(isinstance(one, ob.PreLook) for one in seen):
                raise Conflict(PASSED_ON)  # what is ours goes by the first look, whoever looks later
            record, number = held.record, held.entries
            lines: list[Line] = []
            debts: list[Obligation] = []
            for observation in seen:
                number += 1
                recorded = Recorded(Number(number), observation, record.state)
                standing = _standing(work, fold.after(record, recorded), held.policy)
                record = standing.record
                debts += self._consequences(work, record.state, standing, held.policy, recorded)
                work.claim(record, held.policy, observation)
                if waiting := WAITING_FOR.get(type(observation)):
                    work.hasten(change, waiting)
                seen_as = "" if lines else delivery
                lines.append(Line(observation, number, delivery=seen_as, promised=standing.promised))
            _settle(work, held.record, standing, held.policy, number, debts, seen)
            work.append(change, record.policy, lines, seen[-1].at)
        self._wake()
        return record

    def open_home(self, person: PersonId, at: datetime) -> None:
        """Let a person's Home tab be drawn now, and kept up to date from here on; looking is no entry."""
        with self._transaction() as work:
            work.open_home(person, at)
        self._wake()

    def administer(self, entry: Administration, delivery: str = "", owed: Sequence[Obligation] = ()) -> bool:
        """Record what concerns no single change; idempotent per ``delivery``: ``False``, it was there already."""
        kept = self._until_settled(lambda: self._administer(entry, delivery, owed))
        if kept:
            self._wake()
        return kept

    def watch(self, group: str, at: datetime) -> bool | None:
        """Alarm people once when nobody is left in a group, and say once when somebody is there again."""
        with self._transaction() as work:
            turned = work.turned(group, at)
            if turned is None:
                return None
            _, policy = work.in_force()
            entry = (GroupEmpty if turned else GroupFilled)(at=at, by=SYSTEM, group=group)
            security = Audience(groups=frozenset({policy.security} if policy.security else ()))
            told = [
                *sorted(work.members(security)),
                *([policy.review.channel] if policy.review.channel else []),
            ]
            delivery = f"{entry.kind}:{group}:{at.isoformat()}"
            work.owe(None, [*(announcement(delivery, to) for to in told), *_reminded(work, entry)], at)
            work.append(None, "", [Line(entry, delivery=delivery)], at)
        self._wake()
        return turned

    def look(self, change: ChangeId) -> tuple[ChangeRecord, Policy]:
        """Return the record and its rules as they are now."""
        with self._reading() as work:
            held = work.lock(change)
            return held.record, held.policy

    def take_up(self, change: ChangeId, holder: str) -> TakenUp | None:
        """Take the right to change what the grantee holds at the target; ``None``: another change is at work there."""
        with self._transaction() as work:
            held = work.lock(change)
            return _taken_up(work, held.record, held.policy, holder)

    # --- inside ------------------------------------------------------------------------------------

    def _tell(self, ruled: Ruled) -> None:
        if self._hands and ruled.begun:
            self._hands.begin(ruled.begun)
        self._wake()

    def _begun(
        self, work: Work, record: ChangeRecord, policy: Policy, debts: Sequence[Obligation], by: PersonId
    ) -> Begun | None:
        """Claim access in the moment somebody owes it, so that nobody has to look for it before it begins.

        Should this process end right then, others wait for the lease, as they do for any claim.  What the clock ends
        is looked for: nobody waits for it, and much may end at once.
        """
        if not self._hands or by == CLOCK or not any(debt.step is StepName.ACCESS for debt in debts):
            return None
        claimed = work.claim_access(record.id) if self._hands.free else None
        return Begun(claimed, _taken_up(work, record, policy, claimed.holder)) if claimed else None

    def _until_settled(self, attempt: Callable[[], Settled]) -> Settled:
        for _ in range(TRIES - 1):
            try:
                return attempt()
            except Conflict:
                continue
        return attempt()

    def _administer(self, entry: Administration, delivery: str, owed: Sequence[Obligation]) -> bool:
        with self._transaction() as work:
            if delivery and work.ruled(delivery):
                return False
            follows = (*of_administration(entry, delivery), *_reminded(work, entry))
            if debts := [debt for debt in (*owed, *follows) if debt.step not in self._without]:
                work.owe(None, debts, entry.at)
            self._show_absence(work, entry)
            if isinstance(entry, SEEN_AT_HOME):
                work.show(who_reviews(work.in_force()[1]), entry.at)
            work.keep(entry)
            work.append(None, "", [Line(entry, delivery=delivery)], entry.at)
            return True

    def _show_absence(self, work: Work, entry: Administration) -> None:
        """Let those see it at home who are away, who stand in, and who did until now."""
        if not isinstance(entry, Delegation | DelegationEnded):
            return
        before = work.absences(entry.at).get(entry.by)
        concerned = {entry.by, *((before.delegate,) if before else ())}
        concerned |= {entry.to} if isinstance(entry, Delegation) else set()
        work.show(Audience(frozenset(concerned)), entry.at)

    def _open(self, request: ev.Request, delivery: str, attempt: str) -> Ruled:
        with self._transaction() as work:
            work.expect(request, delivery, attempt)
            if (delivery or attempt) and (first := work.ruled(delivery, attempt)):
                return first
            digest, policy = work.in_force()
            request = _placed(request, policy)
            facts = work.facts(request, policy)
            ruling = open_(request, policy, facts)
            if isinstance(ruling, Refused) and (first := work.ruled(delivery, attempt)):
                return first  # it was granted between the two questions: the same came twice at once
            evidence = _evidence(ruling, facts)
            seen_as = _seen_as(ruling, delivery, attempt)
            keep = _keeps(request, ruling, facts)
            request = as_whom(work, request)
            line = Line(request, 1, ruling, evidence, seen_as, keep)
            if isinstance(ruling, Refused):
                work.append(None, digest, [line], request.at)
                return Ruled(None, Number(0), ruling)
            change = work.next_id(request.at)
            recorded = Recorded(Number(1), request, ruling.to)
            standing = _standing(work, fold.opened(change, digest, recorded), policy)
            debts = self._consequences(work, None, standing, policy, recorded)
            _settle(work, None, standing, policy, 1, debts, [request])
            begun = self._begun(work, standing.record, policy, debts, request.by)
            work.append(change, digest, [replace(line, promised=standing.promised)], request.at)
            return Ruled(change, Number(1), ruling, policy, begun)

    def _offer(self, change: ChangeId, event: ev.Event, delivery: str, place: str, attempt: str) -> Ruled:
        with self._transaction() as work:
            # first: whoever sends the same again at the same moment waits here
            held = work.lock(change, delivery, attempt, event.by)
            if (delivery or attempt) and (first := work.ruled(delivery, attempt)):
                return first
            facts = work.facts(event, held.policy)
            ruling = decide(held.record, event, held.policy, facts)
            seen_as = _seen_as(ruling, delivery, attempt)
            return self._record(work, held, event, ruling, facts, seen_as, place)

    def _record(
        self,
        work: Work,
        held: Held,
        event: ev.Event,
        ruling: Ruling,
        facts: Facts,
        delivery: str,
        place: str,
    ) -> Ruled:
        record, number, keep = held.record, Number(held.entries + 1), _keeps(event, ruling, facts)
        promised, event, begun = NO_PROMISES, as_whom(work, event), None
        if isinstance(ruling, Accepted):
            recorded = Recorded(number, event, ruling.to)
            standing = _standing(work, fold.after(record, recorded), held.policy)
            debts = self._consequences(work, record.state, standing, held.policy, recorded)
            _settle(work, record, standing, held.policy, number, debts, [event])
            promised = standing.promised
            begun = self._begun(work, standing.record, held.policy, debts, event.by)
        else:
            work.count(record.id, number)
            work.owe(record.id, answer(number, event.by, place), event.at)
        evidence = _evidence(ruling, facts)
        line = Line(event, number, ruling, evidence, delivery, keep, promised)
        work.append(record.id, record.policy, [line], event.at)
        return Ruled(record.id, number, ruling, held.policy, begun)

    def _consequences(
        self, work: Work, before: State | None, standing: Standing, policy: Policy, recorded: Recorded
    ) -> Sequence[Obligation]:
        record, duties, calendar = standing.record, standing.duties, work.calendar(policy)
        told = consequences(before, record, policy, recorded, duties, work.members)
        debts = (*told, *reminders(record, policy, recorded, duties, calendar, work))
        return [debt for debt in debts if debt.step not in self._without]


def _taken_up(work: Work, record: ChangeRecord, policy: Policy, holder: str) -> TakenUp | None:
    if not work.take_key(record.access_key(policy), holder):
        return None
    return TakenUp(record, policy, work.person(record.request.by))


def _reminded(work: Work, entry: ev.Entry) -> tuple[Obligation, ...]:
    """Return the messages in which a group is told of what waits for it."""
    if not isinstance(entry, ReviewReminded | GroupFilled):
        return ()
    return group_reminders(entry, work.calendar(work.in_force()[1]), work)


def _standing(work: Work, record: ChangeRecord, policy: Policy) -> Standing:
    """Let the moments of the chase that are new stand; what is owed is the same with them."""
    duties = owed(record, policy, work.calendar(policy))
    new = promises(record, duties)
    return Standing(fold.promised(record, new), duties, new)


def _settle(
    work: Work,
    before: ChangeRecord | None,
    standing: Standing,
    policy: Policy,
    entries: int,
    debts: Sequence[Obligation],
    entered: Sequence[ev.Entry],
) -> None:
    at, record, duties = entered[-1].at, standing.record, standing.duties
    work.project(record, policy, duties, entries)
    work.owe(record.id, debts, at)
    work.schedule(record.id, timetable(record, policy, duties))
    held: frozenset[Holding] = frozenset()
    if before and spoken_up(before):
        held = holdings(before, policy, owed(before, policy, work.calendar(policy)))
    if held != (holds := holdings(record, policy, duties)):
        work.hold(record.id, holds)
    if not all(isinstance(entry, UNSEEN_AT_HOME) for entry in entered):
        work.assign(record, duties)
        work.show(onlookers(record, policy), at)


def _placed(request: ev.Request, policy: Policy) -> ev.Request:
    """Let the rules in force say which system a request is about, and not those the form was drawn under."""
    profile = policy.access.get(request.access)
    return request.model_copy(update={"system": profile.system if profile else ""})


def as_whom(work: Work, event: Told) -> Told:
    """Keep with what a person does which accounts were theirs when they did it."""
    if not isinstance(event, ev.Act) or event.accounts:
        return event
    return event.model_copy(update={"accounts": work.as_whom(event.by)})


def _keeps(event: ev.Entry, ruling: Ruling, facts: Facts) -> bool:
    """Say whether the words of an event may be kept: no secret is in them, and their author was not erased."""
    looked_through = isinstance(ruling, Accepted) and NO_SECRETS in ruling.asked
    return not facts.actor.erased and (looked_through or not gives_away(event))


def _seen_as(ruling: Ruling, delivery: str, attempt: str) -> str:
    return attempt if attempt and isinstance(ruling, Refused) else delivery


def _evidence(ruling: Ruling, facts: Facts) -> Mapping[str, object]:
    return facts.evidence() if any(name in CONSULTS for name in ruling.asked) else {}


#: The guards that look into a group's mirror.
CONSULTS = frozenset(
    guard.__name__
    for guard in (
        guards.eligible,
        guards.by_an_approver,
        guards.by_a_reviewer,
        guards.by_author_or_approver,
        guards.by_somebody_who_judges,
        guards.by_somebody_who_may_end_it,
    )
)
