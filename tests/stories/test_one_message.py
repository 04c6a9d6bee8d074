"""One message with all that waits for a person: duties, late follow-ups and unsigned months, whatever dies on the way."""

from datetime import date, timedelta

import pytest

from tests.acme import ADA, GRACE, LEADER, MARGARET
from tests.stories.test_chase import goes, leaves
from workflows import administration as ad
from workflows import events as ev
from workflows import observations as ob
from workflows.vocabulary import CLOCK, SYSTEM, Duty, StepName

DAY = date(2026, 3, 3)  #: a Tuesday; the night begins on Monday at ten past three
EVENING = timedelta(hours=41)  #: until Tuesday, after working hours
MORNING = timedelta(hours=13)  #: from then until Wednesday, when all of it is told
REVIEW = ("2026-02/1", "review")


def jumps(night, time):
    """Let time pass at one stride, so that the night is short."""
    night.clock.advance(seconds=time.total_seconds())
    night.stopwatch.advance(seconds=time.total_seconds())
    night.settles()


def with_a_late_follow_up(night, owner=ADA):
    """Let a follow-up fall due; the clock says so at the end of the day, and nobody is told before the morning."""
    change = night.opens()
    agreed = {"follow_ups": "Lock it.", "follow_up_owners": (owner,), "follow_up_dates": (DAY,)}
    night.happens(change, ev.Approval, GRACE, **agreed)
    jumps(night, EVENING)
    return change


def a_month_waits(night, reviewers="heads"):
    now = night.clock.now()
    said = {"period": "2026-02", "version": 1, "by": CLOCK, "at": now}
    made = ad.DigestMade(
        at=now, by=SYSTEM, period="2026-02", files={}, contents='{"digest.json": "{\\"changes\\": []}"}', changes=0, drills=0, alarms=0, sample=(),
        root="", reviewers=reviewers, due=now + timedelta(days=5),
    )  # fmt: skip
    night.changes.administer(made, "digest:2026-02/1")
    night.changes.administer(ad.ReviewReminded(**said, slot="remind/0", to=reviewers), "reminded")


def told_of_reviews(night):
    entries = night.memory.entries(limit=999)
    return [one.entry.to for one in entries if isinstance(one.entry, ad.ReviewTold)]


@pytest.fixture
def evening(night):
    """Come to an evening on which all three are owed and nobody was told of any."""
    night.late = with_a_late_follow_up(night)
    night.calm = night.opens()
    night.is_reported_done(night.calm)
    a_month_waits(night)
    assert night.board.reminders == []
    return night


def test_a_duty_a_late_follow_up_and_a_month_to_sign_are_one_message(evening):
    jumps(evening, MORNING)

    assert [set(listed) for listed in evening.board.reminded(ADA)] == [
        {(evening.calm, Duty.APPROVAL), (evening.late, 1), REVIEW}
    ]
    assert [set(listed) for listed in evening.board.reminded(GRACE)] == [
        {(evening.calm, Duty.APPROVAL), REVIEW}
    ]
    assert not [sent for sent in evening.board.messages if sent[2] is ob.FollowUpReminder]


def test_who_was_told_of_what_is_in_the_ledger(evening):
    jumps(evening, MORNING)
    [said] = evening.record(evening.late).follow_ups[0].prompts

    assert (said.number, ADA) in evening.record(evening.late).told
    assert sorted(told_of_reviews(evening)) == sorted([ADA, GRACE, LEADER])


def test_either_of_them_is_reason_enough_and_the_rest_comes_along(night):
    late = with_a_late_follow_up(night)
    jumps(night, MORNING)
    a_month_waits(night)
    night.passes(minutes=20)

    assert night.board.reminded(ADA) == [[(late, 1)], [(late, 1), REVIEW]]
    assert night.board.reminded(GRACE) == [[REVIEW]]


@pytest.mark.parametrize("fuse", [0, 1, 3, 5, 7, 9, 11])
def test_it_is_sent_once_wherever_the_process_dies(evening, fuse):
    evening.clock.advance(seconds=MORNING.total_seconds())
    evening.stopwatch.advance(seconds=MORNING.total_seconds())
    evening.desk.fires_what_is_due()
    evening.dies(fuse, StepName.REMINDER)
    evening.passes(minutes=30)

    assert len(evening.board.reminded(ADA)) == len(evening.board.reminded(GRACE)) == 1
    assert sorted(told_of_reviews(evening)) == sorted([ADA, GRACE, LEADER])
    [said] = evening.record(evening.late).follow_ups[0].prompts
    assert (said.number, ADA) in evening.record(evening.late).told


def test_what_was_done_in_the_tracker_overnight_and_signed_in_the_morning_is_not_asked_for(evening):
    evening.happens(evening.calm, ev.Approval, GRACE)
    jumps(evening, MORNING - timedelta(hours=2))
    [issue] = evening.follow_ups.issues.values()
    issue.status = "Closed"
    at = evening.clock.now()
    evening.changes.administer(
        ad.ReviewSigned(at=at, by=GRACE, period="2026-02", version=1, decisions="None."), "signed"
    )
    evening.passes(hours=3)

    listed = [one for _, _, items, _ in evening.board.reminders for one in items]
    assert not {(evening.late, 1), (evening.calm, Duty.APPROVAL), REVIEW}.intersection(listed)
    assert not evening.record(evening.late).follow_ups[0].open


def test_whoever_stands_in_for_an_owner_or_a_reviewer_is_told(evening):
    goes(evening, ADA, MARGARET, days=12)
    with_late = evening.late
    jumps(evening, timedelta(days=8))
    jumps(evening, timedelta(days=1))  # the follow-up is reminded of again

    assert [(with_late, 1)] in evening.board.reminded(MARGARET)
    assert all(REVIEW not in listed for listed in evening.board.reminded(MARGARET))  # no reviewer


def test_a_late_follow_up_of_somebody_who_left_goes_to_the_reviewers(night):
    change = night.opens()
    agreed = {"follow_ups": "Lock it.", "follow_up_owners": (MARGARET,), "follow_up_dates": (DAY,)}
    night.happens(change, ev.Approval, GRACE, **agreed)
    leaves(night, MARGARET)
    jumps(night, EVENING)
    jumps(night, MORNING)
    [said] = night.record(change).follow_ups[0].prompts

    assert (said.slot, said.to) == ("due", "heads")
    assert [(change, 1)] in night.board.reminded(ADA)
    assert night.board.reminded(MARGARET) == []
