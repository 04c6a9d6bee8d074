"""What people owe afterwards: chased, escalated, overdue, done."""

import pytest

from tests.http.night import ADA, GRACE, LINUS, MAYA, SOL
from workflows.vocabulary import State


@pytest.fixture
def reviewed(night):
    """Return a change in review of which the approval and both reports are there."""
    night.requests()
    night.approves(GRACE)
    night.reports(LINUS)
    night.looks_back(LINUS)
    return night


def test_a_returned_retrospective_is_written_and_returned_again(reviewed):
    reviewed.returns(GRACE, reason="Say why.")
    after_one = reviewed.owed()
    reviewed.looks_back(LINUS, cause="The lock was left out.")
    reviewed.returns(ADA, reason="Say who.")
    reviewed.looks_back(LINUS, cause="The lock was left out by the generator.")
    reviewed.accepts(GRACE)
    reviewed.passes(minutes=15)

    assert after_one == {"retrospective"}
    assert "Say why." in "".join(reviewed.direct(LINUS))
    assert reviewed.is_closed_well()


def test_nothing_is_accepted_while_something_is_owed(night):
    change = night.requests()
    night.reports(LINUS)
    night.looks_back(LINUS)
    said = night.types(GRACE, f"accept {change}")

    assert night.dialog(GRACE) is None
    assert said == "Still owed: approval."
    assert night.state() is State.IN_REVIEW
    assert night.refusals()[-1][:2] == ("acceptance", "nothing_owed")


def test_nobody_accepts_their_own_change(nights):
    night = nights(
        policy=lambda text: text.replace(
            '["grace@acme.example"', '["linus@acme.example", "grace@acme.example"'
        )
    )
    change = night.requests()
    night.approves(GRACE)
    night.reports(LINUS)
    night.looks_back(LINUS)
    said = night.types(LINUS, f"accept {change}")

    assert said == "You cannot decide on your own change."
    assert night.state() is State.IN_REVIEW


def test_an_approval_is_reminded_of_then_escalated_then_overdue(night):
    night.requests()
    night.passes(hours=13)
    reminded = night.direct(GRACE)
    night.passes(hours=17)
    card, escalated = str(night.card().blocks), night.direct(ADA)
    night.passes(days=2)

    assert len(reminded) == 3  # at once while access is in force, at nine for the night, in the afternoon
    assert all("1 thing waits for you" in text and "approval" in text for text in reminded)
    assert "*overdue* (X01)" in card
    assert "overdue" in escalated[-1]
    assert "1 thing is escalated to you" in night.direct(SOL)[-1]
    assert any("it is escalated to heads" in text for text in night.thread())
    assert any("The approval is overdue (X01)" in text for text in night.thread())


def test_the_next_emergency_of_somebody_with_overdue_duties_asks_first(night):
    night.requests(LINUS)
    night.passes(hours=6)
    second = night.requests(LINUS)

    assert night.state(second) is State.REQUESTED
    assert night.holders() == set()


def test_somebody_elses_overdue_duties_are_not_held_against_one(night):
    night.requests(LINUS)
    night.passes(hours=6)
    second = night.requests(MAYA)

    assert night.state(second) is State.ACTIVE


def test_overdue_duties_can_be_made_a_refusal(nights):
    night = nights(policy=lambda text: text.replace('overdue_then = "ask first"', 'overdue_then = "refuse"'))
    first = night.requests(LINUS)
    night.passes(hours=6)
    night.asks(LINUS)
    said, links = night.dialog(LINUS).view["blocks"]

    assert (
        said["text"]["text"]
        == f"Overdue: the completion report of {first}. Settle that first; then ask again."
    )
    assert first in links["text"]["text"]


def test_slots_fire_once_each_however_often_the_clock_looks(night):
    night.requests()
    night.passes(hours=13)
    before = len(night.entries())
    for _ in range(3):
        night.world.bot.fire_what_is_due()
    night.settles()

    assert len(night.entries()) == before


def test_a_rejected_change_needs_a_name_for_an_accepted_risk(night):
    night.requests()
    night.rejects(GRACE)
    night.presses(LINUS, "change.remediate")
    errors = night.submits(LINUS, outcome="accepted", note="We live with it.")
    then = night.submits(LINUS, outcome="accepted", note="We live with it.", risk_owner="Ada Novak")

    assert errors == {"risk_owner": "Name the person who owns the accepted risk."}
    assert then == {}
    assert "remediation" not in night.owed()


def test_a_verdict_is_final_once_it_was_a_rejection(night):
    change = night.requests()
    night.rejects(GRACE)
    refused = night.presses_raw(ADA, "change.approve")

    assert refused is None
    assert night.told(ADA)[-1] == "This change was rejected; a verdict is final."
    assert night.record(change).approvals == ()


def test_a_change_that_was_closed_takes_nothing_more(reviewed):
    reviewed.accepts(GRACE)
    refused = reviewed.presses_raw(LINUS, "change.done")

    assert refused is None
    assert "is closed; that cannot happen to it now." in reviewed.told(LINUS)[-1]
    assert reviewed.state() is State.CLOSED
