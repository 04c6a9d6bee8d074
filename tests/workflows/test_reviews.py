"""When a month is added up, who may sign it, and when it is chased: tables, dates checked against the calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.acme import ADA, GRACE, LINUS, MARGARET, PEOPLE
from workflows import administration as ad
from workflows import reviews
from workflows.calendar import Calendar
from workflows.facts import Facts
from workflows.people import Membership
from workflows.period import Period
from workflows.policy import BusinessDays, Rung
from workflows.policy import Calendar as Rules
from workflows.policy import Review as ReviewPolicy
from workflows.prose import ERASED
from workflows.vocabulary import SYSTEM, ChangeId

BERLIN = Rules(timezone="Europe/Berlin", working_hours="09:00-18:00")
GERMAN = {date(2026, 1, 1), date(2026, 5, 1), date(2026, 10, 3), date(2027, 1, 1), date(2028, 5, 1)}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def calendar(zone="Europe/Berlin", holidays=GERMAN):
    return Calendar(Rules(timezone=zone, working_hours="09:00-18:00"), holidays.__contains__)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "zone", "due", "because"),
    [
        ("2026-08", "Europe/Berlin", (2026, 9, 1, 7), "a Tuesday, in summer time"),
        ("2026-10", "Europe/Berlin", (2026, 11, 2, 8), "the first is a Sunday; winter time has begun"),
        ("2026-12", "Europe/Berlin", (2027, 1, 4, 8), "New Year's Day is a Friday"),
        ("2026-04", "Europe/Berlin", (2026, 5, 4, 7), "Labour Day is a Friday"),
        ("2028-04", "Europe/Berlin", (2028, 5, 2, 7), "Labour Day is a Monday"),
        ("2028-02", "Europe/Berlin", (2028, 3, 1, 8), "a leap year's February has 29 days"),
        ("2027-02", "Europe/Berlin", (2027, 3, 1, 8), "and other years' 28"),
        ("2026-02", "America/New_York", (2026, 3, 2, 14), "the first is a Sunday, before the clocks change there"),
        ("2026-10", "America/New_York", (2026, 11, 2, 14), "they changed there the day before"),
        ("2026-10", "Pacific/Kiritimati", (2026, 11, 1, 19), "there it is Monday when it is Sunday in UTC"),
        ("2026-10", "Pacific/Pago_Pago", (2026, 11, 2, 20), "and there it is Monday last of all"),
        ("2026-10", "Asia/Kathmandu", (2026, 11, 2, 3, 15), "a zone that is a quarter of an hour off"),
        ("2026-Q4", "Europe/Berlin", (2027, 1, 4, 8), "a quarter is due with its last month"),
    ],
)  # fmt: skip
def test_a_digest_is_due_when_the_first_business_day_after_it_opens(period, zone, due, because):
    assert reviews.made_at(Period.read(period), calendar(zone)) == utc(*due), because


@pytest.mark.parametrize(
    ("now", "began", "made", "expected"),
    [
        ((2026, 11, 2, 7, 59), LONG_AGO, {"2026-09", "2026-Q3"}, ()),
        ((2026, 11, 2, 8), LONG_AGO, {"2026-09", "2026-Q3"}, ("2026-10",)),
        ((2026, 11, 2, 8), LONG_AGO, {"2026-10", "2026-Q3"}, ()),
        ((2026, 11, 2, 8), LONG_AGO, set(), ("2026-10", "2026-Q3")),
        ((2026, 11, 2, 8), utc(2026, 10, 20), set(), ("2026-10",)),
        ((2026, 11, 2, 8), utc(2026, 11, 1, 0), set(), ()),
        ((2027, 1, 4, 8), utc(2026, 10, 20), {"2026-10", "2026-11"}, ("2026-12", "2026-Q4")),
        ((2027, 2, 1, 8), utc(2026, 1, 1), {"2026-10", "2026-Q3"}, ("2026-11", "2026-12", "2027-01", "2026-Q4")),
    ],
    ids=[
        "not before the day has opened",
        "when it has",
        "once",
        "a bot with a past makes the last month, and no more",
        "a month it was there for in part",
        "no month before it was there: November began in Berlin an hour before",
        "a quarter with its last month",
        "what was missed while it was away",
    ],
)  # fmt: skip
def test_what_is_due_and_was_never_made(now, began, made, expected):
    found = reviews.missing(utc(*now), began, made, calendar())

    assert tuple(map(str, found)) == expected


def test_a_bot_that_was_away_for_years_looks_back_over_twelve_periods():
    found = reviews.missing(utc(2030, 6, 3, 12), LONG_AGO, {"2026-10"}, calendar())

    assert [str(one) for one in found if one.months == 1][0::11] == ["2029-06", "2030-05"]


def test_the_next_digest_is_due_after_every_one_that_is_due():
    now = utc(2026, 11, 2, 8)

    assert reviews.next_made(now, calendar()) == utc(2026, 12, 1, 8)
    assert reviews.next_made(now - timedelta(minutes=1), calendar()) == now


# --- the chase -----------------------------------------------------------------------------------------


class Acme:
    """The part of a policy that reviews look at."""

    review = ReviewPolicy(
        by="heads",
        due=BusinessDays(days=5),
        remind_after=(timedelta(days=2), timedelta(days=5)),
        escalate=(Rung(after=timedelta(days=6), to="security"),),
    )


def made(period="2026-10", at=None, **more):
    at = at or utc(2026, 11, 2, 8)
    chase = reviews.chase(Period.read(period), at, Acme, calendar())
    given = {
        "files": {},
        "contents": ERASED,
        "changes": 2,
        "drills": 0,
        "alarms": 0,
        "sample": (ChangeId("EC-2026-0001"),),
        "root": "",
        "reviewers": "heads",
        "due": chase.due,
        "reminders": chase.reminders,
        "escalation": chase.escalation,
    }
    return ad.DigestMade(at=at, by=SYSTEM, period=period, **(given | more))


def signed(by=GRACE, version=1, **more):
    return ad.ReviewSigned(at=utc(2026, 11, 3, 9), by=by, period="2026-10", version=version, **more)


def chased(*entries, until):
    """Look at every hour until then, as a bot does; returns what was said and when."""
    said, kept = [], list(entries)
    now = entries[0].at
    while now <= until:
        review = reviews.reviews(kept)["2026-10"]
        for prompt in reviews.due(review, now):
            kept.append(prompt)
            said.append((now, getattr(prompt, "slot", "overdue"), getattr(prompt, "to", "")))
        now += timedelta(hours=1)
    return said


def test_a_review_is_chased_in_working_hours_escalated_and_overdue_once():
    assert chased(made(), until=utc(2026, 12, 1)) == [
        (utc(2026, 11, 4, 8), "remind/0", "heads"),
        (utc(2026, 11, 9, 8), "remind/1", "heads"),
        (utc(2026, 11, 9, 8), "escalate/0", "security"),
        (utc(2026, 11, 9, 18), "overdue", ""),
    ]


def test_a_signature_ends_the_chase():
    assert chased(made(), signed(), until=utc(2026, 12, 1)) == []


def test_a_month_is_owed_until_everything_was_judged_by_somebody_who_did_not_ask_for_it():
    one, two = ChangeId("EC-2026-0001"), ChangeId("EC-2026-0002")
    half = [made(), signed(GRACE, recused=(one,))]

    assert len(chased(*half, until=utc(2026, 12, 1))) == 4
    assert reviews.reviews(half)["2026-10"].unjudged == {one}
    assert not reviews.reviews([*half, signed(ADA, recused=(two,))])["2026-10"].owed
    assert reviews.reviews([*half, signed(ADA, recused=(one, two))])["2026-10"].owed


def test_after_an_outage_each_group_is_told_once_and_not_for_every_slot():
    found = reviews.reviews([made()])["2026-10"]

    slots = [getattr(one, "slot", "overdue") for one in reviews.due(found, utc(2026, 12, 1))]
    assert slots == ["remind/1", "escalate/0", "overdue"]


def test_the_chase_is_what_was_said_when_the_digest_was_made():
    quicker = made(reminders=(utc(2026, 11, 2, 9),), escalation=(), due=utc(2026, 11, 2, 10))

    assert [slot for _, slot, _ in chased(quicker, until=utc(2026, 11, 20))] == ["remind/0", "overdue"]


def test_nobody_owes_a_quarter_anything_nor_a_month_that_has_no_reviewers():
    class Nobody:
        review = ReviewPolicy()

    assert reviews.chase(Period.read("2026-Q4"), utc(2027, 1, 4, 8), Acme, calendar()) == reviews.Chase()
    assert reviews.chase(Period.read("2026-10"), utc(2026, 11, 2, 8), Nobody, calendar()) == reviews.Chase()


def test_a_new_version_begins_its_own_review():
    found = reviews.reviews([made(), signed(), made(version=2), signed(ADA, version=1)])

    assert found["2026-10"].made.version == 2
    assert found["2026-10"].owed
    assert [one.name for one in reviews.unsigned(found.values())] == ["October 2026, version 2"]
    assert [one.name for one in found["2026-10"].versions] == ["October 2026", "October 2026, version 2"]


def test_what_was_signed_of_a_version_stays_signed_of_it_and_the_newest_is_owed():
    found = reviews.reviews([made(), signed(), made(version=2), made(version=3), signed(ADA, version=2)])[
        "2026-10"
    ]

    assert [(one.made.version, [sign.by for sign in one.signed], one.replaced) for one in found.versions] == [
        (1, [GRACE], 3),
        (2, [ADA], 3),
        (3, [], 0),
    ]
    assert [one.owed for one in found.versions] == [False, False, True]
    assert found.of(2).signed[0].by == ADA
    assert found.of(4) is None


def test_a_version_that_was_replaced_is_not_signed_any_more():
    case = reviews.Case(made(), "heads", {}, replaced=2)

    assert reviews.objection(signed(), case, facts(GRACE, "heads")) == (
        "of_the_newest",
        "Version 2 took the place of this digest; answer there.",
    )


def test_a_review_that_was_missed_stays_missed_when_its_digest_is_made_again():
    late = overdue(utc(2026, 11, 9, 18))
    again = made(version=2, due=utc(2026, 11, 20))
    signed_again = signed(version=2)
    begin, end = utc(2026, 11, 1), utc(2026, 12, 1)

    [open_] = reviews.missed(reviews.reviews([made(), late, again]).values(), begin, end)
    [closed] = reviews.missed(reviews.reviews([made(), late, again, signed_again]).values(), begin, end)

    assert (open_.due, open_.signed_at) == (late.due, None)
    assert closed.signed_at == signed_again.at


def test_two_signatures_are_both_kept():
    found = reviews.reviews([made(), signed(), signed(ADA)])

    assert [one.by for one in found["2026-10"].signed] == [GRACE, ADA]


# --- X12 -----------------------------------------------------------------------------------------------


def overdue(due):
    return ad.ReviewOverdue(at=due, by=SYSTEM, period="2026-10", version=1, due=due)


@pytest.mark.parametrize(
    ("entries", "month", "seen"),
    [
        ([made(), overdue(utc(2026, 11, 9, 17))], "2026-11", [None]),
        ([made(), overdue(utc(2026, 11, 9, 17))], "2026-12", [None]),
        ([made(), overdue(utc(2026, 11, 9, 17))], "2026-10", []),
        ([made(), overdue(utc(2026, 11, 9, 17)), signed()], "2026-11", [signed().at]),
        ([made(), overdue(utc(2026, 11, 9, 17)), signed()], "2026-12", []),
        ([made(), signed()], "2026-11", []),
        ([made(), overdue(utc(2026, 11, 9, 17)), signed(recused=("EC-2026-0001",))], "2026-12", [None]),
    ],
    ids=["in its month", "owed still", "not before", "signed late", "over", "in time", "judged in part"],
)
def test_a_missed_review_is_in_the_digest_of_the_month_it_was_missed_in(entries, month, seen):
    period, zone = Period.read(month), ZoneInfo("Europe/Berlin")
    found = reviews.missed(reviews.reviews(entries).values(), period.begins(zone), period.ends(zone))

    assert [one.signed_at for one in found] == seen


# --- who may -------------------------------------------------------------------------------------------

ONE, TWO = ChangeId("EC-2026-0001"), ChangeId("EC-2026-0002")
CASE = reviews.Case(made(), "heads", {ONE: LINUS, TWO: GRACE})


def facts(person, *groups, age=1, **who):
    somebody = replace(PEOPLE[person], **who)
    return Facts(somebody, calendar(), {g: Membership(g, True, 2, age) for g in groups})


def a_test(by=ADA, change=ONE):
    answers = dict.fromkeys(reviews.ATTRIBUTES, "pass")
    return ad.SelfTested(at=utc(2026, 11, 3), by=by, period="2026-10", version=1, change=change, **answers)


@pytest.mark.parametrize(
    ("act", "groups", "case", "no"),
    [
        (signed(ADA, did_not=(ONE,)), ("heads",), CASE, None),
        (signed(GRACE, recused=(TWO,)), ("heads",), CASE, None),
        (signed(MARGARET), ("sre",), CASE, "by_a_reviewer"),
        (signed(GRACE, did_not=(TWO,)), ("heads",), CASE, "by_someone_else"),
        (signed(GRACE), ("heads",), reviews.Case(made(), "heads", {TWO: GRACE}), "by_someone_else"),
        (signed(GRACE), ("heads",), reviews.Case(made(), "heads", {}), None),
        (signed(ADA, did_not=(ChangeId("EC-2026-0099"),)), ("heads",), CASE, "of_this_period"),
        (signed(ADA, decisions="password: correct-horse-battery"), ("heads",), CASE, "no_secrets"),
        (a_test(), ("heads",), CASE, None),
        (a_test(LINUS), ("heads",), CASE, "by_someone_else"),
        (a_test(change=TWO), ("heads",), CASE, "of_the_sample"),
        (a_test(), (), CASE, "by_a_reviewer"),
    ],
)
def test_who_may_sign_and_test_what(act, groups, case, no):
    found = reviews.objection(act, case, facts(act.by, *groups))

    assert (found[0] if found else None) == no


@pytest.mark.parametrize("kind", ["guest", "outsider", "bot", "deactivated"])
@pytest.mark.parametrize("act", [signed(ADA), a_test()])
def test_a_group_that_has_somebody_else_in_it_lets_only_members_of_the_organisation_sign(kind, act):
    found = reviews.objection(act, CASE, facts(ADA, "heads", **{kind: True}))

    assert found
    assert found[0] == "by_a_member"


def test_a_mirror_that_is_too_old_answers_for_nobody():
    assert reviews.objection(signed(), CASE, facts(GRACE, "heads", age=301))[0] == "by_a_reviewer"
