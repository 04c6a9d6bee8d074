"""Where a control failed, the record says so: each exception, its neighbour that is none, and what nobody knows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.acme import ADA, GRACE, LEADER, LINUS, MARGARET, POLICY
from tests.clocks import MONDAY_NIGHT
from tests.paper import RULES, Paper
from workflows import events as ev
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.exceptions import (
    OF_A_PERIOD,
    TABLE,
    Context,
    approval_due,
    approved_at,
    examine,
    gist,
)
from workflows.policy import load
from workflows.precedents import Earlier, Precedents
from workflows.prose import ERASED
from workflows.vocabulary import CLOCK, SYSTEM, ExceptionId, Number, State

REPORT = {"done": "Rolled back.", "changes": "", "verified": "Orders go through.", "rolled_back": False}
LOOK = {"cause": "A lock.", "genuine": True, "normal_process": "Nobody was awake.", "prevention": "A lock."}
DAY = timedelta(days=1)


def seen(paper, earlier=None, **known):
    calendar = Calendar(paper.policy.calendar)
    context = Context(None if earlier is None else Precedents(earlier), **known)
    return examine(paper.record, paper.policy, calendar, paper.clock.now(), context)


def found(paper, **known):
    return {one.id.value for one in seen(paper, **known).found}


def the(paper, id, **known):
    [one] = [one for one in seen(paper, **known).found if one.id == id]
    return one


def unjudged(paper, **known):
    return {one.id.value for one in seen(paper, **known).unjudged}


def requested(paper, **said):
    """Return the change as if its request had said something else."""
    paper.record = replace(paper.record, request=paper.record.request.model_copy(update=said))
    return paper


def gone(paper):
    paper.seen(ob.AccessEnded)
    return paper


def done(**said):
    """A change in force for ten minutes, reported, and seen gone."""
    paper = Paper(**said).confirmed().later(minutes=10)
    paper.happens(ev.Completion, **REPORT)
    return gone(paper)


def closed():
    paper = done()
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Retrospective, **LOOK)
    paper.reads_again().happens(ev.Acceptance, ADA)
    assert paper.state is State.CLOSED
    return paper


def test_a_change_that_did_everything_in_time_has_no_exception_for_ever():
    paper = closed().later(days=400)

    assert found(paper, earlier=(), deployments=()) == set()
    assert unjudged(paper, earlier=(), deployments=()) == {"X08", "X10"}


def test_every_exception_has_a_row_or_concerns_a_period():
    assert [id for id, _ in TABLE] == [id for id in ExceptionId if id not in OF_A_PERIOD]


# --- approval ------------------------------------------------------------------------------------------


def test_an_approval_that_is_not_due_yet_is_no_exception():
    assert "X01" not in found(done().later(hours=23))


def test_no_approval_is_an_exception_since_it_was_due_and_stays_one():
    paper = done().later(days=3)

    missing = the(paper, "X01")
    assert missing.open
    assert missing.since == MONDAY_NIGHT + DAY
    assert missing.because == "The approval is missing; it was due."


def test_a_late_approval_says_by_how_much():
    paper = done().later(hours=24)
    paper.happens(ev.Approval, ADA)

    late = the(paper, "X01")
    assert not late.open
    assert late.because == "The approval came 10 min late."


def test_with_two_approvals_needed_the_second_one_counts():
    paper = Paper("payments-twice").confirmed()
    paper.happens(ev.Approval, ADA)
    assert approved_at(paper.record, RULES) is None

    paper.later(hours=25).happens(ev.Approval, GRACE)

    assert approved_at(paper.record, RULES) == MONDAY_NIGHT + timedelta(hours=25)
    assert the(paper, "X01").because == "The approval came 1 h late."


def test_a_rejection_in_time_is_an_answer_and_a_late_one_is_late():
    in_time, late = done(), done().later(hours=30)
    for paper in (in_time, late):
        paper.happens(ev.Rejection, ADA, reason="It could wait.")

    assert "X01" not in found(in_time.later(days=2))
    assert the(late, "X01").because == "The rejection came 6 h 10 min late."


def test_what_never_began_owes_no_approval():
    paper = Paper("ledger-read")
    paper.strikes("lapse/0")
    declined = Paper()
    declined.happens(ev.GrantFailed, by=SYSTEM, declined=True, because="No.")

    assert found(paper.later(days=9)) == set()
    assert "X01" not in found(declined.later(days=9))


def test_a_duty_is_measured_by_the_policy_the_change_is_pinned_to():
    strict = load(POLICY.replace('due = "PT24H"', 'due = "PT1H"').encode())
    paper = Paper(policy=strict).confirmed().later(hours=2)

    assert approval_due(paper.record, strict, Calendar(strict.calendar)) == MONDAY_NIGHT + timedelta(hours=1)
    assert "X01" in found(paper)


# --- who decided ---------------------------------------------------------------------------------------


def test_a_self_approval_that_was_refused_is_a_control_that_worked():
    paper = Paper(by=LEADER).confirmed()
    paper.happens(ev.Approval, LEADER)

    assert "X02" not in found(paper)


def test_an_approver_found_among_the_authors_is_an_exception_and_the_approval_is_missing():
    paper = done()
    paper.happens(ev.Approval, ADA)
    paper.seen(ob.AuthorsSeen, completion=Number(5), authors=(ADA,), unresolved=0)
    paper.seen(ob.Finding, exception=ExceptionId.X02, about=Number(7), because="By an author.")

    assert the(paper, "X02").since == MONDAY_NIGHT + timedelta(minutes=10)
    assert {"X01", "X02"} <= found(paper.later(days=2))


def test_a_verdict_that_was_annulled_is_an_exception_though_another_one_came():
    paper = Paper().confirmed()
    paper.happens(ev.Approval, ADA)
    paper.happens(ev.Annulment, SYSTEM, verdict=paper.record.verdicts[0].number, group="heads")
    paper.happens(ev.Approval, GRACE)

    assert found(paper) == {"X03"}


# --- why -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "thin"),
    [
        ("Every order fails; each minute of waiting loses customers.", False),
        ("urgent urgent urgent urgent urgent urgent urgent", True),
        ("asdf asdf asdf asdf asdf asdf asdf asdf jklö", True),
        ("1234567890 1234567890 1234567890 1234567890 down", True),
        ("Jede Bestellung schlägt fehl, wir verlieren Kundschaft.", False),
    ],
)
def test_a_justification_is_thin_if_it_says_next_to_nothing_in_many_letters(said, thin):
    assert ("X04" in found(Paper(justification=said))) is thin


def an_earlier(paper, days=3, by=MARGARET, **said):
    same = gist(paper.record.request.justification)
    return Earlier("EC-2025-0007", MONDAY_NIGHT - days * DAY, by, said.pop("justification", same), **said)


def test_a_justification_that_was_copied_names_where_it_was_copied_from():
    paper = Paper(justification="EVERY order fails: each minute of waiting loses customers!! (2)")
    before = an_earlier(Paper())

    assert the(paper, "X04", earlier=[before]).because == "The justification repeats that of EC-2025-0007."


@pytest.mark.parametrize(
    "other",
    [{"days": 91}, {"days": -1}, {"justification": "something else altogether"}, {"justification": ""}],
)
def test_a_justification_of_its_own_repeats_nothing(other):
    paper = Paper()

    assert "X04" not in found(paper, earlier=[an_earlier(paper, **other)])


def test_a_change_does_not_repeat_itself():
    paper = Paper()
    itself = Earlier(
        paper.record.id, paper.record.request.at, LINUS, gist(paper.record.request.justification)
    )

    assert found(paper, earlier=[itself]) == set()


def test_where_nobody_looked_it_is_said_so():
    assert {"X04", "X15", "X06"} <= unjudged(Paper().confirmed())


def test_an_erased_justification_cannot_be_judged():
    paper = requested(Paper(), justification=ERASED)

    assert "X04" in unjudged(paper, earlier=())
    assert "X04" not in found(paper, earlier=())


@pytest.mark.parametrize(("genuine", "ids"), [(True, set()), (False, {"X05"})])
def test_whether_it_was_an_emergency_is_what_the_retrospective_says(genuine, ids):
    paper = done()
    assert "X05" in unjudged(paper)

    paper.happens(ev.Retrospective, **LOOK | {"genuine": genuine})

    assert found(paper) == ids
    assert "X05" not in unjudged(paper)


def test_the_third_emergency_of_a_person_in_a_month_is_too_many():
    paper = Paper()
    mine = [an_earlier(paper, days, LINUS, justification="") for days in (2, 20, 40)]

    assert "X15" not in found(paper, earlier=mine[::2])
    assert the(paper, "X15", earlier=mine).because == "It is the requester's emergency number 3 within 30 d."


def test_a_rehearsal_is_nobodys_emergency_and_need_not_qualify_as_one():
    paper = requested(done(), drill=True)
    paper.happens(ev.Retrospective, **LOOK | {"genuine": False})
    mine = [an_earlier(paper, days, LINUS, justification="") for days in (2, 20, 25)]

    assert not {"X05", "X15"} & found(paper, earlier=mine)
    assert not {"X05", "X15"} & unjudged(paper)


def test_the_third_emergency_with_one_cause_in_a_month_is_too_many():
    paper = done()
    paper.happens(ev.Retrospective, **LOOK)
    others = [an_earlier(paper, days, cause=gist("a LOCK"), justification="") for days in (2, 20)]

    assert "X15" not in found(paper, earlier=others[:1])
    assert "same cause" in the(paper, "X15", earlier=others).because


# --- what was done -------------------------------------------------------------------------------------


def test_a_ticket_must_be_there_before_the_first_deployment():
    paper = Paper().confirmed().later(minutes=5)
    deployed = paper.clock.now()
    assert the(paper, "X06", deployments=[deployed]).open

    paper.later(minutes=20).seen(ob.TicketOpened, key="CHG-1", url="http://jira/CHG-1")

    late = the(paper, "X06", deployments=[deployed, deployed + DAY])
    assert late.because == "The ticket came 20 min after the first deployment."
    assert "X06" not in found(paper, deployments=[deployed + DAY])
    assert "X06" not in found(paper, deployments=[])


def test_an_untested_change_without_a_reason_is_an_exception_should_the_form_ever_let_it_through():
    paper = Paper(tested=False, test_waiver="No time.")
    assert "X07" not in found(paper)

    assert "X07" in found(requested(paper, test_waiver=None))


def test_access_that_was_seen_gone_in_time_did_not_outlive_its_window():
    paper = Paper().confirmed()
    paper.strikes("expiry/0")

    assert "X09" not in found(paper.later(minutes=5))
    assert "X09" not in found(gone(paper))


def test_access_that_nobody_saw_gone_is_an_exception_until_it_is_and_after():
    paper = Paper().confirmed()
    paper.strikes("expiry/0")
    ends = paper.clock.now()
    paper.later(minutes=6)
    assert the(paper, "X09").open

    gone(paper.later(hours=1))

    late = the(paper.later(days=30), "X09")
    assert (late.since, late.open) == (ends, False)
    assert late.because == "The access was seen gone 1 h 6 min after its end."


def test_access_that_should_have_ended_while_nothing_ran_is_an_exception_too():
    assert the(Paper().confirmed().later(hours=2), "X09").open


@pytest.mark.parametrize("left", ["held_anyway", "held_through"])
def test_access_that_rightly_stays_outlives_nothing(left):
    paper = Paper().confirmed()
    paper.happens(ev.Completion, **REPORT)
    paper.seen(ob.AccessEnded, left=left)

    assert "X09" not in found(paper.later(days=1))


def test_access_that_came_back_is_an_exception_again():
    paper = done()
    paper.later(minutes=30).seen(ob.AccessBack)

    assert the(paper, "X09").open


# --- what was owed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "late"), [(3, False), (5, True)])
def test_a_completion_report_is_due_after_the_end(hours, late):
    paper = Paper().confirmed()
    paper.strikes("expiry/0")
    gone(paper).later(hours=hours)
    assert ("X16" in found(paper)) is late

    paper.happens(ev.Completion, **REPORT)

    assert ("X16" in found(paper)) is late


@pytest.mark.parametrize(("days", "late"), [(3, False), (4, True)])
def test_a_retrospective_is_due_in_business_days(days, late):
    paper = done().later(days=days)
    assert ("X11" in found(paper)) is late

    paper.happens(ev.Retrospective, **LOOK)

    assert ("X11" in found(paper.later(days=30))) is late


def test_a_late_retrospective_stays_late_though_it_was_returned_and_written_again_in_time():
    paper = done().later(days=10)
    paper.happens(ev.Retrospective, **LOOK)
    paper.happens(ev.Return, ADA, reason="Say why.")
    paper.happens(ev.Retrospective, **LOOK)

    [first] = [one for one in seen(paper).found if one.id == "X11"]
    assert not first.open
    assert len(paper.record.retrospectives) == 2


def test_a_returned_retrospective_is_owed_anew():
    paper = done()
    paper.happens(ev.Retrospective, **LOOK)
    paper.later(days=2).happens(ev.Return, ADA, reason="Say why.")

    assert "X11" not in found(paper.later(days=5))
    assert the(paper.later(days=1), "X11").open


@pytest.mark.parametrize(("days", "late"), [(3, False), (4, True)])
def test_a_remediation_is_due_after_a_rejection(days, late):
    paper = done()
    paper.happens(ev.Rejection, ADA, reason="It could wait.")
    paper.later(days=days)
    assert ("X17" in found(paper)) is late

    paper.happens(ev.Remediation, outcome="reverted", note="Reverted.")

    assert ("X17" in found(paper)) is late


def test_nothing_is_late_that_is_not_owed():
    paper = closed().later(days=30)

    assert not {"X16", "X17", "X11"} & found(paper)


# --- what was seen once --------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["X06", "X08", "X10", "X13"])
def test_what_was_found_when_it_happened_stays_found(id):
    paper = closed()
    paper.seen(ob.Finding, exception=id, because="Seen outside.")

    assert the(paper, id).because == "Seen outside."
    assert id not in unjudged(paper) - {"X06"}


def test_the_ids_are_listed_once_each_in_order():
    paper = done(tested=False, test_waiver="x", justification="urgent " * 9).later(days=9)
    paper.happens(ev.Reminder, CLOCK, duty="approval", slot="x")

    assert seen(paper).ids == ("X01", "X04", "X11")
