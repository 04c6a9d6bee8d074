"""One change on paper: decided and folded by the procedure, with no storage behind it."""

from datetime import timedelta

from tests.acme import GROUPS, LINUS, PEOPLE, POLICY, request
from tests.clocks import MovableClock
from workflows import fold
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.decide import Accepted, decide, open_
from workflows.facts import Facts
from workflows.judged import judged, shown_digest
from workflows.people import Membership, unknown
from workflows.policy import load
from workflows.record import ALLOWANCE, Recorded
from workflows.timetable import owed, timetable
from workflows.vocabulary import CLOCK, SYSTEM, Origin

RULES = load(POLICY.encode())


def facts(by=LINUS, policy=RULES, groups=GROUPS, age=0, **said):
    """Answer what the guards may ask about ``by``; ``said`` changes what differs."""
    answers = {
        name: Membership(name, member=by in members, size=len(members), age=age)
        for name, members in groups.items()
    }
    who = PEOPLE.get(by) or unknown(by)
    return Facts(**{"actor": who, "calendar": Calendar(policy.calendar), "groups": answers, **said})


def would_open(request, policy=RULES, **said):
    return open_(request, policy, facts(request.by, policy, **said))


class Paper:
    """A change and the people around it."""

    def __init__(self, access="payments-merge", by=LINUS, policy=RULES, overdue=(), **said):
        self.clock, self.policy, self.groups = MovableClock(), policy, GROUPS
        first = request(access, by, at=self.clock.now(), **said)
        self.opening = would_open(first, policy, overdue=overdue)
        assert isinstance(self.opening, Accepted), self.opening
        self.record = fold.opened("EC-2026-0001", "0" * 64, Recorded(1, first, self.opening.to))

    @property
    def state(self):
        return self.record.state

    @property
    def shown(self):
        return shown_digest(judged(self.record, self.policy))

    def offer(self, kind, by=LINUS, facts_said=None, **fields):
        """Ask for a ruling and let nothing come of it."""
        return self._decided(self._event(kind, by, fields), facts_said or {})

    def happens(self, kind, by=LINUS, facts_said=None, **fields):
        """Offer an event and let come of it what the procedure says."""
        event = self._event(kind, by, fields)
        ruling = self._decided(event, facts_said or {})
        if isinstance(ruling, Accepted):
            self._fold(event, ruling.to)
        return ruling

    def _decided(self, event, said):
        who = self.record.request.by
        known = facts(
            event.by, self.policy, self.groups, **{"grantee": PEOPLE.get(who) or unknown(who), **said}
        )
        return decide(self.record, event, self.policy, known)

    def seen(self, kind, **fields):
        """Record an observation."""
        self._fold(kind(at=self.clock.now(), by=SYSTEM, **fields), self.state)

    def confirmed(self):
        """Give the access, as the worker would."""
        self.seen(ob.PreLook, target="github-team:acme/x", origin=Origin.ABSENT)
        ends_by = self.clock.now() + self.record.window + ALLOWANCE
        self.seen(ob.GrantAttempted, ends_by=ends_by)
        self.seen(ob.GrantConfirmed, seen="member, active")
        return self

    def reads_again(self):
        """Let the group's source confirm every verdict, as the worker would."""
        for verdict in self.record.verdicts_unread:
            self.seen(ob.MembershipRead, verdict=verdict.number, group="heads", member=True)
        return self

    def _event(self, kind, by, fields):
        if "shown" in kind.model_fields:
            fields.setdefault("shown", self.shown)
        return kind(at=self.clock.now(), by=by, **fields)

    def _fold(self, entry, state):
        self.record = fold.after(self.record, Recorded(self.record.last + 1, entry, state))

    def owes(self):
        return {duty.duty for duty in owed(self.record, self.policy, Calendar(self.policy.calendar))}

    def slots(self):
        duties = owed(self.record, self.policy, Calendar(self.policy.calendar))
        rows = timetable(self.record, self.policy, duties)
        return {slot.name: slot for slot in rows}

    def strikes(self, name):
        """Let the clock raise what the slot of this name raises."""
        slot = self.slots()[name]
        self.clock.set(max(slot.due, self.clock.now()))
        event = slot.event(self.clock.now())
        assert event.by == CLOCK
        return self.happens(type(event), CLOCK, **event.model_dump(exclude={"at", "by", "kind"}))

    def later(self, **by):
        self.clock.advance(**by)
        return self

    @property
    def hours_left(self):
        return (self.record.access_until - self.clock.now()) / timedelta(hours=1)
