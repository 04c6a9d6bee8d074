"""What a month adds up to: counted by hand in small months, and never changed by order or drills."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.acme import ADA, LEADER, LINUS, PEOPLE
from tests.paper import Paper
from workflows import events as ev
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.digest import Denominator, Known, Line, Outage, digest, line, outages, said
from workflows.exceptions import Context
from workflows.period import Period
from workflows.record import Verdict
from workflows.vocabulary import ChangeId, Duty, ExceptionId, PersonId, State

OCTOBER = Period(2026, 10)
BEGIN = datetime(2026, 10, 5, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a(n, **said):
    return Line(
        **{
            "change": ChangeId(f"EC-2026-{n:04d}"),
            "state": State.CLOSED,
            "requested_at": BEGIN + timedelta(hours=n),
            "requester": PersonId(f"P-{n}"),
            "system": "payments",
            "criterion": "service down",
            **said,
        }
    )


def of(*lines, ratio=0.1, **known):
    return digest(OCTOBER, lines, Known(**known), ratio)


def test_a_month_without_any_is_a_digest_too():
    made = of(denominator=Denominator(pull_requests=40))

    assert (made.counted, made.share, made.alarms) == ((), 0.0, ())
    assert made.to_access is None
    assert said(made.to_access) == "–"
    assert [str(month) for month, _ in made.trend] == [f"2026-{m:02d}" for m in range(5, 11)]


def test_a_share_is_of_what_was_counted_at_the_source_and_of_enough():
    two = (a(1), a(2))

    assert of(*two, denominator=Denominator(pull_requests=40, deployments=25)).share == 0.05
    assert of(*two, denominator=Denominator(deployments=20)).share == 0.1
    assert of(*two, denominator=Denominator(pull_requests=19)).share is None
    assert of(*two).share is None


def test_drills_are_counted_apart_and_change_no_figure():
    plain = of(a(1), a(2), denominator=Denominator(pull_requests=100))
    drilled = of(a(1), a(3, drill=True, system="ledger"), a(2), denominator=Denominator(pull_requests=100))

    assert [one.change for one in drilled.drills] == ["EC-2026-0003"]
    assert replace(drilled, lines=plain.lines) == plain


def test_figures_are_counted_by_hand():
    made = of(
        a(1, to_access=4 * MINUTE, to_approval=60 * MINUTE, off_hours=True, exceptions=(ExceptionId.X01,)),
        a(2, to_access=2 * MINUTE, to_approval=30 * MINUTE, system="ledger", cause="a lock"),
        a(3, to_access=6 * MINUTE, cause="a lock", exceptions=(ExceptionId.X01, ExceptionId.X11)),
    )

    assert made.by_system == (("payments", 2), ("ledger", 1))
    assert made.by_criterion == (("service down", 3),)
    assert made.by_cause == (("a lock", 2),)
    assert made.off_hours == 1
    assert made.to_access.median == 4 * MINUTE
    assert made.to_access.p95 == timedelta(minutes=5, seconds=48)
    assert (made.to_approval.median, made.to_approval.count) == (45 * MINUTE, 2)
    assert made.by_exception == (
        (ExceptionId.X01, ("EC-2026-0001", "EC-2026-0003")),
        (ExceptionId.X11, ("EC-2026-0003",)),
    )


def test_one_value_is_its_own_median():
    made = of(a(1, to_access=MINUTE))

    assert (made.to_access.median, made.to_access.p95) == (MINUTE, MINUTE)


@given(st.permutations([a(n, cause="same" if n % 2 else "", drill=n == 4) for n in range(1, 8)]))
def test_the_order_of_the_lines_does_not_matter(lines):
    assert of(*lines) == of(*sorted(lines, key=lambda one: one.change))


def test_more_than_the_policys_share_is_an_alarm():
    enough = Denominator(pull_requests=20)

    assert not of(a(1), a(2), denominator=enough).alarms
    [alarm] = of(a(1), a(2), a(3), denominator=enough).alarms
    assert alarm.kind == "ratio"
    assert alarm.because == "15.0% of all changes were emergencies, more than the policy's limit of 10.0%."


def test_a_share_just_above_the_limit_is_not_said_to_be_the_limit():
    [alarm] = of(*(a(n) for n in range(13)), denominator=Denominator(pull_requests=125), ratio=0.1).alarms

    assert alarm.because.startswith("10.4% of all changes were emergencies, more than")


def test_more_than_the_months_before_is_an_alarm():
    before = {Period(2026, month): count for month, count in zip(range(5, 10), (2, 1, 2, 1, 2), strict=True)}
    lines = [a(n) for n in range(1, 4)]

    assert not of(*lines[:2], earlier=before).alarms
    [alarm] = of(*lines, earlier=before).alarms
    assert alarm.kind == "trend"
    assert alarm.because.startswith("3 emergencies are more than the mean of the months before")
    assert "(2.70)" in alarm.because


def test_one_emergency_after_quarters_without_any_is_said_as_one_and_by_quarters():
    third = Period(2026, 7, 3)
    before = {third.before: 0, third.before.before: 0, third.before.before.before: 0}

    [alarm] = digest(third, [a(1)], Known(earlier=before), 0.1).alarms

    assert alarm.because.startswith("1 emergency is more than the mean of the quarters before")


def test_the_first_months_of_all_alarm_nobody_by_their_trend():
    two_before = {Period(2026, 8): 0, Period(2026, 9): 0}

    made = of(a(1), a(2), earlier=two_before)
    assert (made.limit, made.alarms) == (None, ())
    assert [count for _, count in made.trend] == [None, None, None, 0, 0, 2]


def test_one_person_or_one_cause_again_and_again_is_an_alarm():
    one = PersonId("P-1")
    made = of(*(a(n, requester=one, cause="a lock") for n in range(1, 4)), a(9))
    theirs = ("EC-2026-0001", "EC-2026-0002", "EC-2026-0003")

    assert [(alarm.kind, alarm.changes, alarm.person) for alarm in made.alarms] == [
        ("person", theirs, one),
        ("cause", theirs, None),
    ]


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ([], [Outage(BEGIN, BEGIN + 60 * MINUTE)]),
        ([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55], []),
        ([5, 10, 40, 45, 50, 55], [Outage(BEGIN + 10 * MINUTE, BEGIN + 40 * MINUTE)]),
        ([-5, 5, 10, 20, 30, 40, 50, 65], []),
    ],
)
def test_an_outage_is_when_no_replica_showed_a_sign_of_life(signs, expected):
    moments = [BEGIN + n * MINUTE for n in signs]

    assert list(outages(moments, BEGIN, BEGIN + 60 * MINUTE, 15 * MINUTE)) == expected


def test_a_line_says_what_the_record_says():
    paper = Paper().later(minutes=3).confirmed().later(minutes=10)
    paper.happens(ev.Completion, done="Rolled back.", changes="", verified="Orders.", rolled_back=False)
    paper.seen(ob.AccessEnded)
    calendar = Calendar(paper.policy.calendar)

    made = line(paper.record, paper.policy, calendar, paper.clock.now(), Context(), [Duty.APPROVAL])

    assert (made.change, made.state, made.drill) == (paper.record.id, State.IN_REVIEW, False)
    assert made.to_access == paper.record.grant.confirmed_at - paper.record.request.at
    assert made.to_approval is None
    assert made.off_hours
    assert (made.overdue, made.follow_ups, made.genuine) == ((Duty.APPROVAL,), 0, None)
    assert not made.overridden


def test_an_override_is_counted():
    paper = Paper()
    acted = replace(paper.record, override=ev.Override(at=paper.clock.now(), by=LINUS, reason="Money."))

    made = line(acted, paper.policy, Calendar(paper.policy.calendar), paper.clock.now(), Context())

    assert made.overridden


def test_follow_ups_are_counted_until_they_are_done_and_late_after_their_day():
    paper = Paper().confirmed()
    day = paper.clock.now().date()
    agreed = {"follow_ups": "One.\nTwo.\nThree.", "follow_up_owners": (LINUS,) * 3}
    dates = (day, day, day + timedelta(days=30))
    known = {"owners": {LINUS: PEOPLE[LINUS]}}
    paper.happens(ev.Approval, ADA, known, shown=paper.shown, follow_up_dates=dates, **agreed)
    paper.seen(ob.FollowUpDone, follow_up=1, key="CHG-2", status="Closed")
    paper.later(hours=48)
    calendar = Calendar(paper.policy.calendar)

    made = line(paper.record, paper.policy, calendar, paper.clock.now(), Context())

    assert (made.follow_ups, made.follow_ups_late) == (2, 1)


def test_an_author_who_rejects_their_own_change_has_not_approved_it():
    paper = Paper("payments-merge", LEADER).confirmed()
    rejected = Verdict(9, ev.Rejection(at=paper.clock.now(), by=LEADER, shown="", reason="No."))
    approved = Verdict(9, ev.Approval(at=paper.clock.now(), by=LEADER, shown=""))

    said = [
        line(
            replace(paper.record, verdicts=(one,)),
            paper.policy,
            Calendar(paper.policy.calendar),
            paper.clock.now(),
            Context(),
        )
        for one in (rejected, approved)
    ]

    assert [one.self_approved for one in said] == [False, True]
