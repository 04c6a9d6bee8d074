"""Whom a reminder reaches and when; what one person is told; moments that stand once they were said.

Clock changes as in ``test_calendar``; 2028 is a leap year (Gregorian rule); 1 January and Good Friday, 3 April 2026,
are holidays in all of Germany (the Länder's Feiertagsgesetze).
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.acme import ADA, GRACE, GROUPS, LEADER, LINUS, MARGARET, PEOPLE, SAM
from tests.clocks import MONDAY_NIGHT
from tests.paper import RULES, Paper
from workflows import administration as ad
from workflows import events as ev
from workflows import fold
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.chase import GROUP, Holding, Reader, delivery, holdings, reached, urgent
from workflows.consequences import group_reminders, reminders
from workflows.delegation import Absence
from workflows.duties import Audience
from workflows.gathered import of_duty, of_follow_up, of_review, told_of
from workflows.record import Recorded
from workflows.reviews import reviews
from workflows.timetable import owed, promises, timetable
from workflows.vocabulary import CLOCK, SYSTEM, Duty, State, StepName

HOLIDAYS = {date(2026, 4, 3), date(2026, 4, 6), date(2027, 1, 1)}
BERLIN = Calendar(RULES.calendar, HOLIDAYS.__contains__)
REPORT = {"done": "Rolled back.", "changes": "", "verified": "Orders flow.", "rolled_back": False}
LOOK_BACK = {
    "cause": "A dropped index.",
    "genuine": True,
    "normal_process": "Too slow.",
    "prevention": "A lock.",
}


def utc(*when):
    return datetime(*when, tzinfo=UTC)


def in_review():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    return paper


# --- when --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (utc(2026, 3, 2, 10, 3), utc(2026, 3, 2, 10, 10)),  # in working hours: with what else falls due
        (utc(2026, 3, 2, 10, 10), utc(2026, 3, 2, 10, 20)),  # at a boundary: the next one
        (utc(2026, 3, 2, 3, 10), utc(2026, 3, 2, 8)),  # at night: 09:00 in Berlin, UTC+1
        (utc(2026, 3, 2, 7, 59, 59), utc(2026, 3, 2, 8)),
        (utc(2026, 3, 2, 17), utc(2026, 3, 3, 8)),  # 18:00: the day is over
        (utc(2026, 3, 6, 20), utc(2026, 3, 9, 8)),  # Friday evening
        (utc(2026, 3, 28, 12), utc(2026, 3, 30, 7)),  # across 29 March: 09:00 is UTC+2 then
        (utc(2026, 3, 29, 0, 30), utc(2026, 3, 30, 7)),  # in the night itself
        (utc(2026, 10, 24, 12), utc(2026, 10, 26, 8)),  # across 25 October
        (utc(2026, 10, 25, 1, 30), utc(2026, 10, 26, 8)),  # in the hour that comes twice
        (utc(2026, 4, 2, 20), utc(2026, 4, 7, 7)),  # Good Friday, the weekend, Easter Monday
        (utc(2026, 12, 31, 20), utc(2027, 1, 4, 8)),  # New Year's Day is a Friday
        (utc(2028, 2, 28, 20), utc(2028, 2, 29, 8)),
        (utc(2028, 2, 29, 20), utc(2028, 3, 1, 8)),
        (utc(2026, 2, 27, 20), utc(2026, 3, 2, 8)),  # across the month
    ],
)
def test_what_is_not_urgent_is_told_in_working_hours(at, told):
    assert delivery(at, in_review().record, Duty.APPROVAL, BERLIN) == told


def test_what_is_urgent_is_told_within_a_minute_whatever_hour_it_is():
    active, asking = Paper().confirmed().record, Paper("ledger-admin").record

    assert delivery(utc(2026, 3, 1, 3, 10, 20), active, Duty.APPROVAL, BERLIN) == utc(2026, 3, 1, 3, 11)
    assert delivery(utc(2026, 3, 1, 3, 11), asking, Duty.APPROVAL, BERLIN) == utc(2026, 3, 1, 3, 12)


def test_only_a_verdict_on_access_in_force_or_waited_for_is_urgent():
    active = Paper().confirmed().record

    assert urgent(active, Duty.APPROVAL)
    assert urgent(Paper("ledger-admin").record, Duty.APPROVAL)
    assert not urgent(active, Duty.COMPLETION)
    assert not urgent(in_review().record, Duty.APPROVAL)


def test_a_team_and_its_people_may_be_on_two_sides_of_midnight():
    tokyo = Calendar(RULES.calendar.model_copy(update={"timezone": "Asia/Tokyo"}))

    told = delivery(utc(2026, 3, 1, 23), in_review().record, Duty.APPROVAL, tokyo)  # Monday, 08:00 there

    assert told == utc(2026, 3, 2, 0)


# --- whom --------------------------------------------------------------------------------------------


class Everybody:
    """Resolves groups as the mirrors would."""

    def __init__(self, gone=(), **absences):
        self.gone, self.away = frozenset(gone), absences.get("away", {})

    def members(self, audience):
        named = audience.people.union(*(GROUPS[group] for group in audience.groups)) - audience.without
        return frozenset(named | audience.people) - self.gone

    def absences(self, at):
        return self.away


def prompt(paper, kind=ev.Reminder, duty=Duty.APPROVAL, **said):
    """Let the clock speak up, and return the messages that are owed for it."""
    [owed_now] = [one for one in owed(paper.record, paper.policy, BERLIN) if one.duty is duty]
    entry = kind(at=paper.clock.now(), by=CLOCK, duty=duty, slot=f"{owed_now.name}/x", **said)
    recorded = Recorded(paper.record.last + 1, entry, paper.state)
    paper.record = fold.after(paper.record, recorded)
    return recorded


def told(paper, recorded, everybody=None):
    duties = owed(paper.record, paper.policy, BERLIN)
    debts = reminders(paper.record, paper.policy, recorded, duties, BERLIN, everybody or Everybody())
    assert all(debt.step is StepName.REMINDER for debt in debts)
    return {debt.subject.partition("@")[0] for debt in debts}


def test_approvers_are_reminded_but_not_those_who_made_the_change_or_answered():
    mine = Paper("payments-twice", by=LEADER).confirmed()
    mine.happens(ev.Approval, ADA)

    assert told(mine, prompt(mine)) == {GRACE}


def test_a_colleague_who_left_is_skipped():
    paper = in_review()

    assert told(paper, prompt(paper), Everybody(gone={ADA})) == {GRACE, LEADER}


def test_what_somebody_owes_who_has_left_goes_to_the_reviewers():
    paper = in_review()
    paper.happens(ev.Departure, SYSTEM, person=LINUS)
    recorded = prompt(paper, duty=Duty.RETROSPECTIVE)

    assert told(paper, recorded, Everybody(gone={LINUS})) == {ADA, GRACE, LEADER}


def test_an_escalation_goes_to_the_group_it_names():
    paper = in_review()

    assert told(paper, prompt(paper, ev.Escalation, to="security")) == {SAM}


def test_what_is_no_prompt_reminds_nobody():
    paper = in_review()
    recorded = Recorded(9, ev.Approval(at=MONDAY_NIGHT, by=ADA, shown=""), State.IN_REVIEW)

    assert told(paper, recorded) == set()


def test_everything_for_one_person_at_one_moment_is_one_message():
    first, second = in_review(), in_review()
    second.later(minutes=7)
    debts = [
        debt.subject
        for paper in (first, second)
        for debt in reminders(
            paper.record,
            RULES,
            prompt(paper, duty=Duty.RETROSPECTIVE),
            owed(paper.record, RULES, BERLIN),
            BERLIN,
            Everybody(),
        )
    ]

    assert debts == [f"{LINUS}@2026-03-02T08:00Z"] * 2


def test_an_author_who_is_away_is_told_and_so_is_who_stands_in():
    paper = in_review()
    away = {LINUS: Absence(LINUS, MARGARET, MONDAY_NIGHT + timedelta(days=9))}

    assert told(paper, prompt(paper, duty=Duty.RETROSPECTIVE), Everybody(away=away)) == {LINUS, MARGARET}


def test_an_approver_who_is_away_is_left_to_who_stands_in():
    away = {ADA: Absence(ADA, GRACE, MONDAY_NIGHT + timedelta(days=9))}
    audience = Audience(groups=frozenset({"heads"}))

    assert reached(frozenset({ADA, GRACE, LEADER}), audience, away) == {GRACE, LEADER}


# --- what one person is told ---------------------------------------------------------------------------


def seen_by(paper, reader, duty=Duty.APPROVAL):
    [one] = [one for one in owed(paper.record, RULES, BERLIN) if one.duty is duty]
    return of_duty(paper.record, RULES, one, reader)


def head(person):
    return Reader(person, frozenset({"heads"}))


def test_what_was_told_is_not_new_any_more_and_stays_on_the_list():
    paper = in_review()
    recorded = prompt(paper)
    fresh = seen_by(paper, head(ADA))
    paper.seen(ob.MessageSent, about=recorded.number, to=ADA)

    assert [p.number for p in fresh.prompts] == [recorded.number]
    assert seen_by(paper, head(ADA)).prompts == ()
    assert seen_by(paper, head(GRACE)).prompts != ()


def test_a_prompt_of_an_earlier_round_says_nothing_about_the_next():
    paper = in_review()
    prompt(paper)
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Annulment, SYSTEM, verdict=paper.record.last, group="heads")

    assert seen_by(paper, head(GRACE)).prompts == ()


def test_what_was_escalated_is_not_theirs_to_do():
    paper = in_review()
    prompt(paper, ev.Escalation, to="security")
    found = seen_by(paper, Reader(SAM, frozenset({"security"})))

    assert (found.mine, found.answers, len(found.prompts)) == (False, False, 1)


def test_whoever_stands_in_for_an_author_is_told_and_cannot_do_it():
    paper = in_review()
    found = seen_by(paper, Reader(MARGARET, frozenset({"sre"}), frozenset({LINUS})), Duty.RETROSPECTIVE)

    assert (found.instead_of, found.mine, found.answers) == (LINUS, True, False)


def test_an_approver_who_stands_in_for_the_author_is_asked_for_the_verdict_and_not_for_the_answer():
    paper = in_review()
    paper.happens(ev.Question, GRACE, text="Since when?")
    found = seen_by(paper, Reader(ADA, frozenset({"heads"}), frozenset({LINUS})))
    neither = seen_by(paper, Reader(MARGARET, frozenset({"sre"}), frozenset({LINUS})))

    assert (found.answers, found.asked, found.instead_of) == (True, False, None)
    assert (neither.answers, neither.asked, neither.instead_of) == (False, True, LINUS)


def test_what_concerns_somebody_else_is_nothing():
    paper = in_review()

    assert seen_by(paper, Reader(SAM, frozenset({"security"}))) is None
    assert seen_by(paper, Reader(LINUS, frozenset({"heads"}))) is None  # he made it


def test_lists_hold_what_the_clock_spoke_up_about_for_everybody_it_is_for():
    paper = in_review()
    before = holdings(paper.record, RULES, owed(paper.record, RULES, BERLIN))
    prompt(paper, ev.Escalation, to="security")
    at = paper.clock.now()

    assert before == frozenset()
    assert holdings(paper.record, RULES, owed(paper.record, RULES, BERLIN)) == {
        Holding(Duty.APPROVAL, f"{GROUP}heads", at),
        Holding(Duty.APPROVAL, f"{GROUP}security", at),
    }


# --- follow-ups and reviews, in the same message -------------------------------------------------------

AGREED = {"follow_ups": "Lock it.", "follow_up_owners": (MARGARET,), "follow_up_dates": (date(2026, 3, 4),)}


def late():
    """Return a change with a follow-up of Margaret's that is late."""
    paper = in_review()
    paper.happens(ev.Approval, ADA, {"owners": {MARGARET: PEOPLE[MARGARET]}}, **AGREED)
    return paper


def speaks_of_it(paper, **said):
    kind = ob.FollowUpEscalation if said else ob.FollowUpReminder
    paper.later(days=4).seen(kind, follow_up=1, slot=f"slot {paper.record.last}", **said)
    prompt = paper.record.follow_ups[0].prompts[-1]
    entry = kind(at=prompt.at, by=SYSTEM, follow_up=1, slot=prompt.slot, **said)
    return Recorded(prompt.number, entry, paper.state)


def follow_up_seen_by(paper, reader):
    return of_follow_up(paper.record, RULES, paper.record.follow_ups[0], MONDAY_NIGHT, reader)


def test_of_a_late_follow_up_its_owner_is_told_and_who_stands_in_for_them():
    paper = late()
    away = {MARGARET: Absence(MARGARET, LINUS, MONDAY_NIGHT + timedelta(days=30))}
    recorded = speaks_of_it(paper)

    assert told(paper, recorded) == {MARGARET}
    assert told(paper, recorded, Everybody(away=away)) == {MARGARET, LINUS}
    assert told(paper, speaks_of_it(paper, to="security")) == {SAM}


def test_a_follow_up_is_told_of_until_it_is_done_and_each_reminder_is_new_once():
    paper = late()
    before = follow_up_seen_by(paper, Reader(MARGARET, frozenset()))
    recorded = speaks_of_it(paper)
    fresh = follow_up_seen_by(paper, Reader(MARGARET, frozenset()))
    paper.seen(ob.MessageSent, about=recorded.number, to=MARGARET)
    known = follow_up_seen_by(paper, Reader(MARGARET, frozenset()))
    standing_in = follow_up_seen_by(paper, Reader(LINUS, frozenset(), frozenset({MARGARET})))
    listed = {one for one in holdings(paper.record, RULES, ()) if one.about == "follow-up/1"}
    paper.seen(ob.FollowUpDone, follow_up=1, key="CHG-2", status="Done")

    assert before is None  # it was not late
    assert (len(fresh.prompts), known.prompts, fresh.mine) == (1, (), True)
    assert standing_in.instead_of == MARGARET
    assert listed == {Holding("follow-up/1", MARGARET, recorded.entry.at)}
    assert follow_up_seen_by(paper, Reader(MARGARET, frozenset())) is None
    assert holdings(paper.record, RULES, ()) == frozenset()


def test_a_follow_up_that_was_escalated_is_told_of_once_to_those_it_was_escalated_to():
    paper = late()
    recorded = speaks_of_it(paper, to="security")
    fresh = follow_up_seen_by(paper, Reader(SAM, frozenset({"security"})))
    paper.seen(ob.MessageSent, about=recorded.number, to=SAM)

    assert (fresh.mine, len(fresh.prompts)) == (False, 1)
    assert follow_up_seen_by(paper, Reader(SAM, frozenset({"security"}))) is None
    assert follow_up_seen_by(paper, head(ADA)) is None


MONTH_DUE = utc(2026, 3, 9, 17)


def month(*entries, due=MONTH_DUE):
    made = ad.DigestMade(
        at=MONDAY_NIGHT, by=SYSTEM, period="2026-02", files={}, contents="", changes=0, drills=0, alarms=0,
        sample=(), root="", reviewers="heads", due=due,
    )  # fmt: skip
    return reviews([made, *entries])["2026-02"]


def reminded(to="heads", slot="remind/0"):
    return ad.ReviewReminded(at=utc(2026, 3, 4, 8), by=CLOCK, period="2026-02", version=1, slot=slot, to=to)


def test_a_review_is_told_of_in_the_message_in_which_duties_are():
    paper = in_review().later(days=2, hours=5, minutes=1)
    away = {ADA: Absence(ADA, GRACE, MONDAY_NIGHT + timedelta(days=30))}
    of_the_review = group_reminders(reminded(), BERLIN, Everybody(away=away))
    spoken = prompt(paper)
    spoken = Recorded(
        spoken.number, spoken.entry.model_copy(update={"at": utc(2026, 3, 4, 8, 1)}), spoken.state
    )
    duties = owed(paper.record, RULES, BERLIN)
    of_the_duty = reminders(paper.record, RULES, spoken, duties, BERLIN, Everybody(away=away))

    assert {debt.subject for debt in of_the_review} == {debt.subject for debt in of_the_duty}
    assert {debt.subject.partition("@")[0] for debt in of_the_review} == {GRACE, LEADER}  # Ada is away


def test_a_review_waits_for_reviewers_until_somebody_signs_and_is_told_of_once():
    said, escalated = reminded(), reminded("security", "escalate/0")
    fresh = of_review(month(said), head(ADA), ())
    known = of_review(month(said), head(ADA), {told_of(said, ADA)})
    calm = of_review(month(), head(ADA), ())
    told_sam = of_review(month(said, escalated), Reader(SAM, frozenset({"security"})), ())
    signature = ad.ReviewSigned(at=MONDAY_NIGHT, by=GRACE, period="2026-02", version=1)

    assert (fresh.mine, fresh.prompts, known.prompts, calm.prompts) == (True, (said,), (), ())
    assert (told_sam.mine, told_sam.prompts) == (False, (escalated,))
    assert of_review(month(said, signature), head(ADA), ()) is None
    assert of_review(month(said), Reader(LINUS, frozenset({"sre"})), ()) is None
    theirs = signature.model_copy(update={"recused": ("EC-2026-0001",)})
    assert (
        of_review(month(said, theirs), head(GRACE), ()) is None
    )  # she has signed; somebody else has to judge hers
    assert of_review(month(said, theirs), head(ADA), ()).mine
    assert of_review(month(due=None), head(ADA), ()) is None  # nobody has to sign it


def test_whoever_has_signed_a_month_in_part_is_not_asked_to_sign_it_again():
    said = reminded()
    part = ad.ReviewSigned(at=MONDAY_NIGHT, by=ADA, period="2026-02", version=1, recused=("EC-2026-0001",))

    assert of_review(month(said, part), head(ADA), ()) is None
    assert of_review(month(said, part), head(GRACE), ()).prompts == (said,)


# --- moments that stand --------------------------------------------------------------------------------


def test_moments_of_the_chase_are_said_when_a_duty_begins():
    paper = Paper()
    said = {
        promise.slot: promise.due - MONDAY_NIGHT
        for promise in promises(paper.record, owed(paper.record, RULES, BERLIN))
    }

    assert said["approval/0/reminder/1"] == timedelta(hours=1)
    assert said["approval/0/due"] == timedelta(hours=24)
    assert not [slot for slot in said if slot.startswith("completion")]


def test_a_moment_that_was_said_is_moved_by_no_newer_calendar():
    paper = in_review()
    paper.record = fold.promised(paper.record, promises(paper.record, owed(paper.record, RULES, BERLIN)))
    with_more = Calendar(RULES.calendar, {date(2026, 3, 4), date(2026, 3, 5)}.__contains__)
    [before] = [one for one in owed(paper.record, RULES, BERLIN) if one.duty is Duty.RETROSPECTIVE]
    [after] = [one for one in owed(paper.record, RULES, with_more) if one.duty is Duty.RETROSPECTIVE]

    assert after.due == before.due == utc(2026, 3, 5, 17)
    assert timetable(paper.record, RULES, owed(paper.record, RULES, with_more)) == timetable(
        paper.record, RULES, owed(paper.record, RULES, BERLIN)
    )
    assert promises(paper.record, owed(paper.record, RULES, with_more)) == ()


def test_an_approval_that_is_owed_again_is_counted_from_when_the_other_turned_out_not_to_count():
    paper = Paper().confirmed()
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Completion, **REPORT)
    paper.later(days=3).happens(ev.Annulment, SYSTEM, verdict=paper.record.verdicts[0].number, group="heads")
    [again] = [one for one in owed(paper.record, RULES, BERLIN) if one.duty is Duty.APPROVAL]

    assert again.since == paper.clock.now()
    assert again.due == paper.clock.now() + timedelta(hours=24)
    assert not again.overdue


def test_an_approval_by_an_author_is_counted_from_when_that_was_seen():
    paper = in_review()
    paper.happens(ev.Approval, ADA)
    paper.later(days=2).seen(ob.AuthorsSeen, completion=1, authors=(ADA,), unresolved=0)
    [again] = [one for one in owed(paper.record, RULES, BERLIN) if one.duty is Duty.APPROVAL]

    assert again.since == paper.clock.now()


def test_an_acceptance_that_was_put_off_by_an_annulment_begins_anew():
    paper = in_review()
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Retrospective, **LOOK_BACK)
    paper.record = fold.promised(paper.record, promises(paper.record, owed(paper.record, RULES, BERLIN)))
    paper.later(days=9).happens(ev.Annulment, SYSTEM, verdict=paper.record.verdicts[0].number, group="heads")
    paper.happens(ev.Approval, GRACE)
    [acceptance] = owed(paper.record, RULES, BERLIN)

    assert acceptance.name == "acceptance/1"
    assert acceptance.due > paper.clock.now()


def test_whoever_takes_a_change_over_has_the_time_anybody_has():
    paper = in_review().later(days=9)
    paper.happens(ev.Reassignment, ADA, {"assignee": PEOPLE[MARGARET]}, to=MARGARET, reason="Gone.")
    [look_back] = [one for one in owed(paper.record, RULES, BERLIN) if one.duty is Duty.RETROSPECTIVE]

    assert look_back.by.people == {MARGARET}
    assert look_back.since == paper.clock.now()
    assert look_back.name == "retrospective/1"


def test_overdue_is_said_once_and_seen_on_what_is_owed():
    paper = Paper().confirmed()
    before = {one.duty: one.overdue for one in owed(paper.record, RULES, BERLIN)}
    paper.strikes("approval/0/due")

    assert before == {Duty.APPROVAL: False}
    assert {one.duty: one.overdue for one in owed(paper.record, RULES, BERLIN)}[Duty.APPROVAL]
