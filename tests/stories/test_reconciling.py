"""What a comparison with the other systems finds, misses nothing of, and does not call a difference."""

from datetime import timedelta

import pytest

from bot.evidence.reconciling import Reconciliations
from bot.wiring.others import OtherSystems
from tests.acme import LINUS, PEOPLE, POLICY
from tests.stories.world import REPORT
from workflows import events as ev
from workflows.filed import folder
from workflows.period import Span


class Comparing:
    """A night whose ledger is put beside the fakes."""

    def __init__(self, night):
        self.night = night
        systems = OtherSystems(night.changes, night.tickets, {"github-team": night.access}, night.evidence)
        self.all = Reconciliations(night.memory, systems)

    def __getitem__(self, id):
        now = self.night.clock.now()
        span = Span(now - timedelta(days=40), now + timedelta(days=1))
        return next(one.entry for one in self.all.run(span) if one.id == id)


@pytest.fixture
def compared(night):
    return Comparing(night)


def counts(entry):
    return entry.matched, entry.left_only, entry.right_only, entry.waived


def test_access_that_nobody_could_take_away_is_no_match(night, compared):
    change = night.opens()
    in_force = counts(compared["R3"])
    night.access.declines = "GitHub forbids this."
    night.is_reported_done(change)
    lately = counts(compared["R3"])
    night.passes(hours=1)
    found = compared["R3"]

    assert (in_force, lately) == ((1, 0, 0, 0), (0, 0, 0, 1))
    assert counts(found) == (0, 0, 1, 0)
    assert f"still, though the access of {change} has ended" in found.differences


def test_access_that_is_gone_and_not_proven_gone_is_no_difference(night, compared):
    change = night.opens()
    night.desk.happens(change, ev.Completion, LINUS, **REPORT)
    night.access.held.clear()

    assert counts(compared["R3"]) == (0, 0, 0, 0)


def test_access_through_a_team_the_policy_names_no_more_is_looked_at(night, compared):
    night.opens()
    other = POLICY.replace("payments-break-glass", "payments-emergency")
    night.memory.adopt_policy(other.encode(), "policy.toml")

    assert counts(compared["R3"]) == (1, 0, 0, 0)


def test_somebody_is_known_by_the_account_their_kind_of_access_goes_by(night):
    other = POLICY.replace('provider = "github-team"', 'provider = "cloud-role"')
    night.memory.adopt_policy(other.encode(), "policy.toml")
    target = night.memory.policy().access["payments-merge"].where
    night.access.held[target, PEOPLE[LINUS].email] = True
    systems = OtherSystems(night.changes, night.tickets, {"cloud-role": night.access}, None)
    now = night.clock.now()
    runs = Reconciliations(night.memory, systems).run(Span(now - timedelta(days=1), now + timedelta(days=1)))
    [found] = [one.entry for one in runs if one.id == "R3"]

    assert found.differences == f"{LINUS} is in {target}, and no change gave them that."


def test_a_record_that_never_arrives_is_missing_and_not_on_its_way(night, compared):
    night.evidence.declines = "GitHub forbids this."
    night.opens()
    lately = counts(compared["R8"])
    night.passes(hours=1)
    found = compared["R8"]

    assert lately == (0, 0, 0, 1)
    assert counts(found)[:2] == (0, 1)


def test_a_record_is_missing_though_something_else_of_the_change_is_there(night, compared):
    change = night.opens()
    night.passes(minutes=20)
    evidence = night.evidence
    judged = {f"{folder(change)}/judged.json": b"{}"}
    evidence.push("main", judged, "Tidy up", evidence.heads["main"])

    assert counts(compared["R8"]) == (0, 1, 0, 0)
