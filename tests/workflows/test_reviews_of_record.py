"""Approvals that count only as the approver's own review on GitHub."""

from dataclasses import replace

import pytest

from tests.acme import ADA, GRACE, LEADER, LINUS, PEOPLE, POLICY
from tests.paper import Paper
from workflows import events as ev
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.consequences import obliged
from workflows.decide import Accepted
from workflows.policy import load
from workflows.timetable import owed
from workflows.vocabulary import SYSTEM, Duty, ExceptionId, Grade, State, StepName

BY_REVIEW = load(POLICY.replace("[duties.approval]", '[duties.approval]\nof_record = "review"').encode())
URL = "https://github.com/acme/evidence/pull/1"
HEAD = "c0ffee"


def paper_for(access="payments-merge"):
    paper = Paper(access, policy=BY_REVIEW)
    paper.seen(ob.PullRequested, pull=1, url=URL, branch="b", commit=HEAD, shown=paper.shown, description="d")
    return paper


@pytest.fixture
def paper():
    return paper_for().confirmed()


def review(commit=HEAD, **seen):
    return ev.Review(id=7, pull=1, url=f"{URL}#7", commit=commit, **seen)


def reviewed(paper, by=ADA, commit=HEAD, **seen):
    return paper.happens(ev.Approval, by, assurance=Grade.A, review=review(commit, **seen))


def because(ruling):
    return ruling.guard, ruling.because


def test_a_review_of_the_head_commit_settles_the_approval(paper):
    ruling = reviewed(paper)

    assert isinstance(ruling, Accepted)
    assert Duty.APPROVAL not in paper.owes()


def test_a_click_settles_nothing_and_says_where_to_review(paper):
    assert because(paper.happens(ev.Approval, ADA)) == (
        "of_record",
        f"A click does not approve this change; review it on GitHub: {URL}",
    )
    assert Duty.APPROVAL in paper.owes()


def test_a_click_lets_access_begin_and_the_review_of_the_same_person_settles_the_duty():
    paper = paper_for("ledger-admin")
    click = paper.happens(ev.Approval, ADA)
    after_the_click = (paper.state, Duty.APPROVAL in paper.owes())
    ruling = reviewed(paper)

    assert (click.to, after_the_click) == (State.ACTIVE, (State.ACTIVE, True))
    assert isinstance(ruling, Accepted)
    assert Duty.APPROVAL not in paper.owes()


def test_a_review_alone_lets_access_begin_too():
    paper = paper_for("ledger-admin")

    assert reviewed(paper).to is State.ACTIVE
    assert Duty.APPROVAL not in paper.owes()


def test_a_click_and_a_review_of_one_person_are_not_two_approvals():
    paper = paper_for("ledger-twice")
    paper.happens(ev.Approval, ADA)
    again = reviewed(paper)
    still_waits = paper.state
    second = reviewed(paper, GRACE)

    assert (again.to, still_waits) == (State.REQUESTED, State.REQUESTED)
    assert second.to is State.ACTIVE
    assert [v.by for v in paper.record.of_record(BY_REVIEW)] == [ADA, GRACE]


def test_nobody_reviews_twice():
    paper = paper_for("ledger-twice")
    reviewed(paper)

    assert because(reviewed(paper)) == ("not_answered_already", "You have answered already.")


@pytest.mark.parametrize(
    ("by", "seen", "guard"),
    [
        (LINUS, {}, "by_someone_else"),
        (LEADER, {"commit": "0ld"}, "as_shown"),
        (ADA, {"commit": "0ld"}, "as_shown"),
        (ADA, {"edited": True}, "unedited"),
        (ADA, {"disturbed": True}, "as_shown"),
    ],
)
def test_a_review_that_is_not_of_the_record_does_not_count(paper, by, seen, guard):
    assert reviewed(paper, by, **seen).guard == guard
    assert Duty.APPROVAL in paper.owes()


def test_a_review_of_another_pull_request_does_not_count(paper):
    elsewhere = ev.Review(id=7, pull=2, url=URL, commit=HEAD)

    ruling = paper.happens(ev.Approval, ADA, assurance=Grade.A, review=elsewhere)

    assert ruling.guard == "as_shown"


def test_a_rejection_is_a_review_or_the_dialog():
    in_slack, on_github = paper_for().confirmed(), paper_for().confirmed()
    clicked = in_slack.happens(ev.Rejection, ADA, reason="No.")
    written = on_github.happens(ev.Rejection, ADA, reason="No.", assurance=Grade.A, review=review())

    assert clicked.to is written.to is State.IN_REVIEW


def test_whoever_let_it_begin_may_still_reject_it_until_they_have_reviewed():
    paper = paper_for("ledger-admin")
    paper.happens(ev.Approval, ADA)
    rejected = paper.happens(ev.Rejection, ADA, reason="I looked again.")

    assert rejected.to is State.IN_REVIEW


def test_a_review_that_was_altered_afterwards_is_owed_again_and_access_stands_on_the_click():
    paper = paper_for("ledger-admin")
    paper.happens(ev.Approval, ADA)
    reviewed(paper)
    number = paper.record.last
    paper.happens(ev.Annulment, SYSTEM, verdict=number, exception=ExceptionId.X13)

    assert paper.state is State.ACTIVE
    assert Duty.APPROVAL in paper.owes()
    assert paper.slots()["approval/1/due"]


def test_access_that_stood_on_an_altered_review_alone_ends():
    paper = paper_for("ledger-admin")
    reviewed(paper)
    paper.happens(ev.Annulment, SYSTEM, verdict=paper.record.last, exception=ExceptionId.X13)

    assert paper.state is State.IN_REVIEW


def test_going_to_github_is_written_down_once_and_decides_nothing(paper):
    first = paper.happens(ev.Intent, ADA)
    second = paper.happens(ev.Intent, ADA)

    assert isinstance(first, Accepted)
    assert because(second) == ("not_on_their_way", f"You are on your way already: {URL}")
    assert Duty.APPROVAL in paper.owes()


def test_whoever_has_no_account_hears_it_before_they_write_a_review(paper):
    stranger = replace(PEOPLE[ADA], github="")
    ruling = paper.happens(ev.Intent, ADA, facts_said={"actor": stranger})

    assert ruling.guard == "reviewer_linked"


def test_where_a_click_is_enough_nobody_is_sent_to_github():
    paper = Paper().confirmed()

    assert paper.happens(ev.Intent, ADA).guard == "by_review"


def test_a_question_is_open_until_it_is_answered_or_its_author_decides(paper):
    paper.happens(ev.Question, ADA, text="Which index?")
    asked = paper.record.last
    open_at_first = len(paper.record.open_questions)
    paper.seen(ob.QuestionAnswered, question=asked, who=LINUS, url=URL, text="The one on orders.")
    after_the_answer = len(paper.record.open_questions)
    paper.happens(ev.Question, GRACE, text="Why now?")
    reviewed(paper, GRACE)

    assert (open_at_first, after_the_answer, len(paper.record.open_questions)) == (1, 0, 0)


def test_whoever_was_asked_is_chased_with_the_approvers(paper):
    before = owed_by(paper)
    paper.happens(ev.Question, ADA, text="Which index?")

    assert LINUS not in before.people
    assert LINUS in owed_by(paper).people
    assert owed_by(paper).groups == {"heads"}


def owed_by(paper):
    duties = owed(paper.record, BY_REVIEW, Calendar(BY_REVIEW.calendar))
    return next(duty.by for duty in duties if duty.duty is Duty.APPROVAL)


def test_nobody_asks_about_their_own_change(paper):
    assert paper.happens(ev.Question, LINUS, text="Is it fine?").guard == "by_someone_else"


@pytest.mark.parametrize("state", State)
def test_a_pull_request_is_owed_only_where_reviews_are_the_approvals_of_record(state):
    assert StepName.PULL in obliged(state, BY_REVIEW)
    assert StepName.PULL not in obliged(state, load(POLICY.encode()))
