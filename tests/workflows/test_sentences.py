"""What happened, said in one sentence, for every kind of entry."""

from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest

from tests.acme import ADA, GRACE, LINUS, MARGARET, request
from tests.clocks import MONDAY_NIGHT
from tests.paper import RULES, Paper
from workflows import events as ev
from workflows import observations as ob
from workflows.follow_ups import FollowUp
from workflows.procedure import NOTICES
from workflows.sentences import sentence
from workflows.vocabulary import CLOCK, SYSTEM, Duty, ExceptionId, Grade, Origin


class Aloud:
    """A medium that shows where it was asked to write for people."""

    def who(self, person):
        return person.removeprefix("P-").title()

    def when(self, at):
        return f"{at:%H:%M} UTC"

    def link(self, url, text):
        return text

    def quote(self, text):
        return f"<{text}>"


def event(kind, by=LINUS, **said):
    return kind(at=MONDAY_NIGHT, by=by, **said)


REVIEW = ev.Review(id=7, pull=1, url="https://github.com/r/1", commit="c0ffee")
DAY = date(2026, 3, 16)
AGREED = {"follow_ups": "Lock it.", "follow_up_owners": (MARGARET,), "follow_up_dates": (DAY,)}
TWICE = {
    "follow_ups": "Lock it.\nTest it.",
    "follow_up_owners": (MARGARET, LINUS),
    "follow_up_dates": (DAY, DAY),
}
LOCK = FollowUp(
    1, 2, MONDAY_NIGHT, ADA, "Lock it.", MARGARET, DAY, key="CHG-7", url="https://t/CHG-7", lost=("CHG-6",)
)

SAID = [
    (request(), "Linus asks for “<Merge to payments>” for 1 h: <Every order fails; each minute of waiting loses customers.>"),
    (event(ev.Approval, ADA, shown=""), "Ada approved (grade D, a click in Slack)."),
    (event(ev.Approval, ADA, shown="", comment="Go."), "Ada approved (grade D, a click in Slack). <Go.>"),
    (event(ev.Approval, ADA, shown="", assurance=Grade.A, review=REVIEW), "Ada approved (grade A, their own review on GitHub)."),
    (event(ev.Rejection, ADA, shown="", reason="No."), "Ada rejected this change (grade D, a click in Slack): <No.>"),
    (event(ev.Intent, ADA), "Ada went to GitHub to answer there."),
    (event(ev.Question, ADA, text="Why?"), "Ada asks: <Why?>"),
    (event(ev.Question, ADA, text="Why?", review=REVIEW), "Ada asks: <Why?> Answer with a comment on the pull request: https://github.com/r/1"),
    (event(ev.Withdrawal), "Linus took the request back."),
    (event(ev.Unanswered, CLOCK), "Nobody has answered. If it cannot wait, override with a reason; otherwise the request lapses."),
    (event(ev.Override, reason="Now."), "Linus acted first because nobody answered: <Now.>"),
    (event(ev.Lapse, CLOCK), "Nobody answered in time; the request has lapsed and nothing was given."),
    (event(ev.Extension, window=timedelta(minutes=30), justification="More."), "Linus extended the window by 30 min: <More.>"),
    (event(ev.Completion, done="Done.", changes="", verified="v", rolled_back=False), "Linus reported completion: <Done.>"),
    (event(ev.Completion, done="Done.", changes="", verified="v", rolled_back=True), "Linus reported completion: <Done.> It was rolled back."),
    (event(ev.Revocation, GRACE, reason="Enough."), "Grace ended the access early: <Enough.>"),
    (event(ev.Expiry, CLOCK), "The window ended; the access is being removed."),
    (event(ev.EndsSoon, CLOCK, slot="s"), "Access ends 04:10 UTC. Say Done, or extend it."),
    (event(ev.GrantFailed, SYSTEM, declined=True, because="No team."), "Access was not given: <No team.>"),
    (event(ev.Removal, SYSTEM), "The access was taken away outside this procedure. It will not be given again; request anew if needed."),
    (event(ev.RemovalOverdue, CLOCK), "Access should be gone and nobody has seen it gone. The bot keeps trying; somebody must look."),
    (event(ev.Annulment, SYSTEM, verdict=2, group="heads"), "A verdict does not count: its author was not in heads (X03). The approval is owed again."),
    (event(ev.Annulment, SYSTEM, verdict=2, exception=ExceptionId.X13), "A verdict does not count: the review was altered afterwards (X13). The approval is owed again."),
    (event(ob.ReviewDiscounted, SYSTEM, review=REVIEW, reviewer=ADA, account="ada", because="No."), "The review by Ada does not count; they were told: “No.”"),
    (event(ob.ReviewDiscounted, SYSTEM, review=REVIEW, reviewer=None, account="ada", because="No."), "The review by the GitHub account “<ada>” does not count; they were told: “No.”"),
    (event(ob.QuestionAnswered, SYSTEM, question=2, who=LINUS, url="https://github.com/c/1", text="Because."), "Linus answered: <Because.>"),
    (event(ev.Reminder, CLOCK, duty=Duty.APPROVAL, slot="s"), "The approval is owed."),
    (event(ev.Overdue, CLOCK, duty=Duty.RETROSPECTIVE, slot="s"), "The retrospective is overdue (X11)."),
    (event(ev.Overdue, CLOCK, duty=Duty.ACCEPTANCE, slot="s"), "The acceptance is overdue."),
    (event(ev.Escalation, CLOCK, duty=Duty.APPROVAL, slot="s", to="heads"), "The approval is still owed; it is escalated to heads."),
    (event(ev.Remediation, outcome="reverted", note="n"), "Linus recorded the remediation (reverted): <n>"),
    (event(ev.Remediation, outcome="accepted", note="n", risk_owner="Ada"), "Linus recorded the remediation (accepted): <n> Risk owner: <Ada>."),
    (event(ev.Retrospective, cause="c", genuine=True, normal_process="n", prevention="p"), "Linus wrote the retrospective (a genuine emergency): <c>"),
    (event(ev.Retrospective, cause="c", genuine=False, normal_process="n", prevention="p"), "Linus wrote the retrospective (not a genuine emergency): <c>"),
    (event(ev.Return, ADA, reason="Thin."), "Ada returned the retrospective: <Thin.>"),
    (event(ev.Acceptance, ADA, shown=""), "Ada accepted; the change is closed."),
    (event(ev.Acceptance, ADA, shown="", comment="Thanks."), "Ada accepted; the change is closed. <Thanks.>"),
    (event(ev.Departure, SYSTEM, person=LINUS), "Linus has left and owed this change something; a reviewer must hand it to a colleague."),
    (event(ev.Reassignment, ADA, to=MARGARET, reason="Gone."), "Ada handed the duties of this change to Margaret: <Gone.>"),
    (event(ob.GrantConfirmed, SYSTEM, seen="member"), "Access is in force until 04:10 UTC."),
    (event(ob.AccessEnded, SYSTEM), "Access is gone, as seen 03:10 UTC."),
    (event(ob.AccessEnded, SYSTEM, left=Origin.HELD_ANYWAY), "The emergency ended. The access was held before it and stays."),
    (event(ob.AccessEnded, SYSTEM, left=Origin.HELD_THROUGH, through="EC-2026-0009"), "The access stays for EC-2026-0009, which needs it too, and ends with it."),
    (event(ob.AccessBack, SYSTEM), "Access that was seen gone is there again. It is being removed; somebody must look."),
    (event(ob.Finding, SYSTEM, exception=ExceptionId.X02, because="An author."), "Exception X02: <An author.>"),
    (event(ev.Approval, ADA, shown="", **AGREED), "Ada approved, with 1 follow-up (grade D, a click in Slack)."),
    (event(ev.Retrospective, cause="c", genuine=True, normal_process="n", **TWICE), "Linus wrote the retrospective (a genuine emergency), with 2 follow-ups: <c>"),
    (event(ev.Answer, question=9, text="Because."), "Linus answered: <Because.>"),
    (event(ob.FollowUpOpened, SYSTEM, follow_up=1, key="CHG-7", url="https://t"), "Follow-up 1 (<Lock it.>) is CHG-7: Margaret, until 2026-03-16."),
    (event(ob.FollowUpMoved, SYSTEM, follow_up=1, key="CHG-7", status="Doing", assigned=True), "Follow-up 1 (<Lock it.>), CHG-7, is in “<Doing>”."),
    (event(ob.FollowUpDone, SYSTEM, follow_up=1, key="CHG-7", status="Closed"), "Follow-up 1 (<Lock it.>) is done: CHG-7 is in “<Closed>”."),
    (event(ob.FollowUpLost, SYSTEM, follow_up=1, key="CHG-6"), "Follow-up 1 (<Lock it.>) is not done, and its issue CHG-6 is gone from the tracker. It is opened again."),
    (event(ob.FollowUpReminder, SYSTEM, follow_up=1, slot="due"), "Follow-up 1 (<Lock it.>) was due on 2026-03-16, and CHG-7 does not say that it is done."),
    (event(ob.FollowUpEscalation, SYSTEM, follow_up=1, slot="s", to="heads"), "Follow-up 1 (<Lock it.>) of Margaret was due on 2026-03-16 and is not done; it is escalated to heads."),
    (event(ob.MessageSent, SYSTEM, about=1, to=LINUS), "MessageSent was recorded."),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "said"), SAID)
def test_an_entry_is_said_in_one_sentence(entry, said):
    record = replace(Paper().confirmed().record, follow_ups=(LOCK,))

    assert sentence(entry, record, RULES, Aloud()) == said


def test_as_long_as_a_request_waits_it_is_said_when_it_lapses():
    record = Paper(access="ledger-admin").record

    said = sentence(event(ev.Unanswered, CLOCK), record, RULES, Aloud())

    assert said.endswith("otherwise the request lapses 04:10 UTC.")


def test_who_asked_first_reads_that_only_an_approver_can_extend():
    paper = Paper(access="ledger-admin")
    paper.happens(ev.Approval, ADA)
    record = paper.confirmed().record

    said = sentence(event(ev.EndsSoon, CLOCK, slot="s"), record, RULES, Aloud())

    assert said.endswith(
        f"Say Done; only an approver can extend it: `/emergency-change extend 30m {record.id}`."
    )


def test_a_follow_up_that_was_lost_twice_is_left_to_people():
    lost = event(ob.FollowUpLost, SYSTEM, follow_up=1, key="CHG-9")
    reminder = event(ob.FollowUpReminder, SYSTEM, follow_up=1, slot="due")
    record = replace(Paper().record, follow_ups=(replace(LOCK, key=None, lost=("CHG-6", "CHG-9")),))

    assert sentence(lost, record, RULES, Aloud()).endswith("Somebody must look.")
    assert "the tracker does not say" in sentence(reminder, record, RULES, Aloud())


def test_access_that_was_held_before_is_said_to_be():
    paper = Paper()
    paper.seen(ob.PreLook, target="t", origin=Origin.HELD_ANYWAY)
    confirmed = event(ob.GrantConfirmed, SYSTEM, seen="member")

    said = sentence(confirmed, paper.record, RULES, Aloud())

    assert said == "Access is in force (held before this change) until 04:10 UTC."


@pytest.mark.parametrize(
    "kind",
    {*get_args(get_args(ev.Event)[0]), *(notice.of for notice in NOTICES)},
    ids=lambda kind: kind.__name__,
)
def test_whatever_people_hear_of_has_words_of_its_own(kind):
    said = [words for entry, words in SAID if type(entry) is kind]

    assert said
    assert f"{kind.__name__} was recorded." not in said
