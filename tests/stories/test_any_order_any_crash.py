"""Whatever people do, in any order, and wherever the process dies: the promises hold in the end."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.acme import ADA, GRACE, LINUS, MALLORY, MARGARET, SAM, request
from tests.memories import dump
from tests.stories.world import LOOK_BACK, REPORT, RULES, Crash
from workflows import events as ev
from workflows.errors import UnknownChange
from workflows.vocabulary import ChangeId, State

MERGE, DEPLOY, ADMIN = "payments-merge", "payments-deploy", "ledger-admin"
TWELVE = timedelta(minutes=12)

EVENTS = {
    "approves": (ev.Approval, {}),
    "rejects": (ev.Rejection, {"reason": "No."}),
    "withdraws": (ev.Withdrawal, {}),
    "overrides": (ev.Override, {"reason": "Now."}),
    "extends": (ev.Extension, {"window": TWELVE, "justification": "More."}),
    "completes": (ev.Completion, {**REPORT, "changes": "https://github.com/acme/payments/pull/1"}),
    "revokes": (ev.Revocation, {"reason": "Enough."}),
    "looks back": (ev.Retrospective, LOOK_BACK),
    "remediates": (ev.Remediation, {"outcome": "reverted", "note": "Put back."}),
    "returns": (ev.Return, {"reason": "Thin."}),
    "accepts": (ev.Acceptance, {}),
    "hands over": (ev.Reassignment, {"to": MARGARET, "reason": "Gone."}),
}
OPENS = st.tuples(st.just("opens"), st.sampled_from([MERGE, DEPLOY, ADMIN]), st.just(LINUS))
DOES = st.tuples(
    st.sampled_from(sorted(EVENTS)), st.integers(1, 2), st.sampled_from([LINUS, ADA, GRACE, SAM, MALLORY])
)
WAITS = st.tuples(st.just("waits"), st.sampled_from([30, 120, 700]), st.none())
BREAKS = st.tuples(
    st.sampled_from(["goes down", "comes back", "loses the answer"]),
    st.sampled_from(["access", "tickets", "board", "evidence"]),
    st.none(),
)
TAKEN = st.tuples(st.just("is taken away"), st.sampled_from([MERGE, ADMIN]), st.none())
FUSES = st.one_of(st.none(), st.integers(0, 40))
HISTORY = st.lists(st.tuples(st.one_of(OPENS, DOES, DOES, WAITS, BREAKS, TAKEN), FUSES), max_size=10)
LOST = {
    "access": {"grant", "remove"},
    "tickets": {"open", "move"},
    "board": {"post_card", "tell", "post_note"},
    "evidence": {"write"},
}


class Told:
    """Lives through one history and remembers what must not be undone."""

    def __init__(self, night):
        self.night = night
        self.taken = {}  #: team → how many grants had been made when confirmed access was taken away

    def goes(self, act, about, by, fuse):
        """Let one thing happen; with a fuse, the process dies somewhere in it and another one starts."""
        self.night.fuse.left = fuse
        with suppress(Crash):
            self._happens(act, about, by)
            self.night.settles()
        self.night.fuse.left = None

    def _happens(self, act, about, by):
        night = self.night
        match act:
            case "opens":
                night.desk.changes.open(self._request(about, by))
            case "waits":
                night.passes(seconds=about)
            case "is taken away":
                self._is_taken(about)
            case "goes down" | "comes back":
                getattr(night, f"to_{about}").down = act == "goes down"
            case "loses the answer":
                getattr(night, f"to_{about}").lost = set(LOST[about])
            case _:
                kind, said = EVENTS[act]
                self._offers(ChangeId(f"EC-2026-{about:04d}"), kind, by, said)

    def _request(self, access, by):
        return request(access, by, at=self.night.clock.now(), window=TWELVE)

    def _offers(self, change, kind, by, said):
        with suppress(UnknownChange):
            self.night.desk.happens(change, kind, by, **said)

    def _is_taken(self, profile):
        confirmed = [
            record
            for record in self.records()
            if record.state is State.ACTIVE and record.request.access == profile and record.grant.confirmed_at
        ]
        if confirmed and self.night.holders(profile):
            self.night.taken(profile)
            self.taken[confirmed[0].id] = self.night.calls("grant").count("linus")

    def took(self, record):
        """Say whether somebody took away what this change, or another on its team, had been given."""
        teams = [RULES.access[self.night.record(id).request.access].where for id in self.taken]
        return record.target(RULES) in teams

    def lost(self, record):
        """Say whether the access was taken away for good: no later request was given it anew."""
        grants = self.night.calls("grant").count("linus")
        return self.taken.get(record.id, -1) == grants

    def records(self):
        return [self.night.record(row.id) for row in self.night.memory.changes()]

    def ends(self):
        """Everything is back, and enough time passes for leases, lags and back-offs."""
        night = self.night
        for line in (night.to_access, night.to_tickets, night.to_board, night.to_evidence):
            line.down, line.lost = False, set()
        self.night.passes(minutes=5)


def needed(records, profiles):
    """Say whether an active change of these profiles has its access."""
    return any(r.state is State.ACTIVE and r.request.access in profiles for r in records)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HISTORY)
@example([(("opens", MERGE, LINUS), 9), (("completes", 1, LINUS), 6), (("opens", DEPLOY, LINUS), None)])
@example(
    [(("loses the answer", "access", None), None), (("opens", MERGE, LINUS), None), (("rejects", 1, ADA), 3)]
)
@example([(("opens", MERGE, LINUS), None), (("is taken away", MERGE, None), 4), (("waits", 700, None), 2)])
@example([(("opens", MERGE, LINUS), None), (("revokes", 1, LINUS), None), (("opens", MERGE, LINUS), None)])
@example([(("opens", ADMIN, LINUS), None), (("approves", 1, ADA), 12), (("goes down", "access", None), None)])
def test_in_any_order_with_any_crash_the_promises_hold(begun, history):
    told = Told(begun())
    night = told.night
    for (act, about, by), fuse in history:
        told.goes(act, about, by, fuse)
    told.ends()

    records = told.records()
    assert bool(night.holders(MERGE)) <= needed(records, {MERGE, DEPLOY}), "access outside ACTIVE"
    assert bool(night.holders(ADMIN)) <= needed(records, {ADMIN}), "access outside ACTIVE"
    for record in records:
        assert record.state is State.ACTIVE or not record.access_unproven
        assert record.state is not State.ACTIVE or not told.lost(record), "taken away and still active"
        assert record.ticket
        assert night.board.shown(record.id) == [record.state]
        assert night.filed(record.id)["revision"] == record.last
        assert night.surviving_tickets(record.id) == [record.ticket.key]
        assert told.took(record) or "removal/1" not in night.kinds(record.id), "taken by ourselves"
    settled = dump(night.memory), dict(night.access.held)
    night._works()
    assert (dump(night.memory), dict(night.access.held)) == settled, "settling again changed something"
    assert night.memory.verify().size == night.memory.root()[0]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([10, 60, 400]), FUSES), max_size=4))
def test_access_that_was_confirmed_and_taken_away_is_never_given_again(begun, later):
    night = begun()
    change = night.opens(window=TWELVE)
    night.taken()
    told = Told(night)
    for seconds, fuse in later:
        told.goes("waits", seconds, None, fuse)
    told.ends()

    assert night.calls("grant") == ["linus"]
    assert night.holders() == set()
    assert night.state(change) is State.IN_REVIEW
