"""When the clock speaks up: every slot, when it moves, and that it fires once."""

from datetime import timedelta

import pytest

from tests.acme import ADA, GRACE, POLICY
from tests.clocks import MONDAY_NIGHT
from tests.paper import Paper
from workflows import events as ev
from workflows import observations as ob
from workflows.policy import load
from workflows.timetable import Slot
from workflows.vocabulary import CLOCK, SYSTEM, Duty, Origin, State

REPORT = {"done": "Rolled back.", "changes": "", "verified": "Orders flow.", "rolled_back": False}
LOOK_BACK = {
    "cause": "A dropped index.",
    "genuine": True,
    "normal_process": "Too slow.",
    "prevention": "A lock.",
}
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EXTENSION = {"window": HOUR, "justification": "More."}


def due(paper, name):
    return paper.slots()[name].due - MONDAY_NIGHT


def names(paper, kind):
    return {name for name, slot in paper.slots().items() if slot.raises is kind}


def test_a_request_that_may_be_overridden_is_called_unanswered_and_lapses_later():
    paper = Paper("ledger-admin")

    assert due(paper, "unanswered/0") == 30 * MINUTE
    assert due(paper, "lapse/0") == 60 * MINUTE


def test_a_request_that_may_not_be_overridden_just_lapses():
    paper = Paper("ledger-read")

    assert "unanswered/0" not in paper.slots()
    assert due(paper, "lapse/0") == 30 * MINUTE


def test_a_lapse_ends_a_request_nobody_answered():
    paper = Paper("ledger-read")

    assert paper.strikes("lapse/0").to is State.LAPSED
    assert paper.slots() == {}


def test_the_end_of_access_is_announced_twice_and_then_comes():
    paper = Paper().confirmed()

    assert due(paper, "10 minutes left/0") == 50 * MINUTE
    assert due(paper, "2 minutes left/0") == 58 * MINUTE
    assert due(paper, "expiry/0") == 60 * MINUTE


def test_a_window_shorter_than_a_warning_has_no_such_warning():
    paper = Paper(window=10 * MINUTE).confirmed()

    assert names(paper, ev.EndsSoon) == {"2 minutes left/0"}


def test_access_that_was_not_confirmed_has_no_expiry_and_is_given_up_in_the_end():
    paper = Paper()

    assert not names(paper, ev.Expiry) | names(paper, ev.EndsSoon)
    assert due(paper, "never confirmed/0") == 75 * MINUTE


def test_a_grant_whose_outcome_is_unknown_is_given_up_when_its_window_would_have_ended():
    paper = Paper()
    paper.seen(ob.GrantAttempted, ends_by=MONDAY_NIGHT + 75 * MINUTE)

    assert due(paper, "never confirmed/0") == HOUR


def test_confirmed_access_is_never_given_up():
    assert not names(Paper().confirmed(), ev.GrantFailed)


def test_what_was_never_confirmed_fails_and_says_why():
    paper = Paper()

    assert paper.strikes("never confirmed/0").to is State.IN_REVIEW
    assert paper.record.grant.failed.because == "The access was never confirmed."
    assert not paper.record.grant.failed.declined


def test_an_extension_moves_the_end_and_announces_it_again():
    paper = Paper().confirmed()
    paper.strikes("10 minutes left/0")
    paper.happens(ev.Extension, **EXTENSION)

    assert due(paper, "expiry/1") == 120 * MINUTE
    assert due(paper, "10 minutes left/1") == 110 * MINUTE
    assert "expiry/0" not in paper.slots()


def test_a_removal_that_is_not_proven_alarms_after_five_minutes():
    paper = Paper().confirmed()
    paper.strikes("expiry/0")

    assert due(paper, "removal overdue/0") == 65 * MINUTE
    assert paper.strikes("removal overdue/0").to is State.IN_REVIEW


def test_a_removal_that_is_proven_alarms_nobody():
    paper = Paper().confirmed()
    paper.strikes("expiry/0")
    paper.seen(ob.AccessEnded)

    assert not names(paper, ev.RemovalOverdue)


def test_a_duty_is_chased_by_reminders_by_its_due_time_and_by_escalations():
    paper = Paper().confirmed()

    chased = {name: paper.slots()[name] for name in paper.slots() if name.startswith("approval")}
    assert {name: slot.due - MONDAY_NIGHT for name, slot in chased.items()} == {
        "approval/0/reminder/1": HOUR,
        "approval/0/reminder/2": 4 * HOUR,
        "approval/0/due": 24 * HOUR,
        "approval/0/escalation/1": 20 * HOUR,
        "approval/0/escalation/2": 48 * HOUR,
    }
    assert chased["approval/0/escalation/2"].to == "security"


def test_a_reminder_names_its_duty_and_slot_and_an_escalation_whom_it_is_for():
    paper = Paper().confirmed()

    reminder = paper.slots()["approval/0/due"].event(MONDAY_NIGHT)
    escalation = paper.slots()["approval/0/escalation/1"].event(MONDAY_NIGHT)

    assert (reminder.by, reminder.duty, reminder.slot) == (CLOCK, Duty.APPROVAL, "approval/0/due")
    assert (escalation.to, escalation.duty) == ("heads", Duty.APPROVAL)


def test_a_duty_that_is_fulfilled_is_not_chased():
    paper = Paper().confirmed()
    paper.happens(ev.Approval, ADA)

    assert not [name for name in paper.slots() if name.startswith("approval")]


def test_an_approval_that_is_owed_again_is_chased_in_a_new_round():
    paper = Paper().confirmed()
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Annulment, SYSTEM, verdict=paper.record.last, group="heads")

    assert "approval/1/reminder/1" in paper.slots()
    assert "approval/0/reminder/1" not in paper.slots()


def test_an_approval_by_an_author_is_owed_again_in_a_new_round():
    paper = Paper().confirmed()
    paper.happens(ev.Approval, ADA)
    paper.seen(ob.AuthorsSeen, completion=1, authors=(ADA,), unresolved=0)

    assert "approval/1/reminder/1" in paper.slots()


def test_a_returned_retrospective_is_owed_again_from_the_return_and_in_a_new_round():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    first = paper.slots()["retrospective/0/due"].due
    paper.happens(ev.Retrospective, **LOOK_BACK)
    paper.later(days=7).happens(ev.Return, ADA, reason="Thin.")

    assert paper.slots()["retrospective/1/due"].due == first + timedelta(days=7)


def test_completion_is_due_after_the_access_ended_and_so_is_the_retrospective():
    paper = Paper().confirmed()
    paper.strikes("expiry/0")

    assert due(paper, "completion/0/due") == 5 * HOUR
    assert due(paper, "completion/0/reminder/1") == 3 * HOUR
    assert "acceptance/0/due" not in paper.slots()


def test_remediation_is_due_after_the_rejection():
    paper = Paper().confirmed().later(minutes=10)
    paper.happens(ev.Rejection, ADA, reason="No.")

    [slot] = [slot for name, slot in paper.slots().items() if name.startswith("remediation")]
    assert slot.due.isoformat() == "2026-03-05T17:00:00+00:00"  # three business days, 18:00 in Berlin


def test_acceptance_is_due_once_everything_else_is_done():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    paper.later(days=1).happens(ev.Approval, GRACE)
    paper.later(days=1).happens(ev.Retrospective, **LOOK_BACK)

    assert paper.owes() == {Duty.ACCEPTANCE}
    assert paper.slots()["acceptance/0/due"].due.isoformat() == "2026-03-11T17:00:00+00:00"


def test_nothing_is_owed_and_nothing_ticks_on_a_closed_change():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    paper.seen(ob.AccessEnded)
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Retrospective, **LOOK_BACK)
    paper.reads_again().happens(ev.Acceptance, GRACE)

    assert paper.state is State.CLOSED
    assert paper.slots() == {}
    assert paper.owes() == set()


@pytest.mark.parametrize(("held", "open_"), [(Origin.HELD_ANYWAY, 60 * MINUTE), (Origin.ABSENT, 60 * MINUTE)])
def test_access_that_was_held_before_has_a_window_too(held, open_):
    paper = Paper()
    paper.seen(ob.PreLook, target="t", origin=held)
    paper.seen(ob.GrantConfirmed, seen="member, active")

    assert due(paper, "expiry/0") == open_


def test_the_names_of_all_slots_of_a_change_differ():
    policy = load(
        POLICY.replace('remind_after = ["PT1H", "PT4H"]', 'remind_after = ["PT1H", "PT1H"]').encode()
    )
    paper = Paper(policy=policy).confirmed()

    assert {"approval/0/reminder/1", "approval/0/reminder/2"} <= set(paper.slots())


def test_a_slot_raises_its_event_as_the_clock():
    slot = Slot("lapse/0", MONDAY_NIGHT, ev.Lapse)

    assert slot.event(MONDAY_NIGHT + HOUR) == ev.Lapse(at=MONDAY_NIGHT + HOUR, by=CLOCK)
