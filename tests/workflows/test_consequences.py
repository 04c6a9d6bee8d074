"""What an entry obliges the system to, and who hears of it."""

from datetime import timedelta

import pytest

from tests.acme import ADA, GRACE, GROUPS, LEADER, LINUS, PEOPLE, SAM
from tests.paper import RULES, Paper
from workflows import duties as d
from workflows import events as ev
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.consequences import UNSEEN, answer, consequences
from workflows.record import Recorded
from workflows.timetable import owed
from workflows.vocabulary import CLOCK, SYSTEM, Duty, State, StepName

REPORT = {"done": "d", "verified": "v", "rolled_back": False}
FIELDS = {
    ob.PreLook: {"target": "t", "origin": "absent"},
    ob.MessageSent: {"about": 1, "to": LINUS},
    ob.CardPosted: {"channel": "C1", "ts": "1.2"},
    ob.TicketMoved: {"key": "CHG-1", "status": "Open"},
    ob.MembershipRead: {"verdict": 2, "group": "heads", "member": True},
    ob.AccessStillGone: {"look": 2},
    ob.PullClosed: {"pull": 1},
    ob.TranscriptSent: {"about": 2, "shown": "f" * 64, "to": LINUS},
    ob.FollowUpReminder: {"follow_up": 1, "slot": "due"},
    ob.FollowUpEscalation: {"follow_up": 1, "slot": "s", "to": "heads"},
    ob.ReviewAnnounced: {"pull": 1, "action": "submitted"},
    ev.Reminder: {"duty": Duty.APPROVAL, "slot": "s"},
    ev.EndsSoon: {"slot": "s"},
}


def members(audience):
    return audience.people.union(*(GROUPS[group] for group in audience.groups))


def obliged(paper, kind, by, before=None, state=None, **said):
    """Return what one entry obliges to, as (step, subject, wanted)."""
    entry = kind(at=paper.clock.now(), by=by, **said)
    recorded = Recorded(9, entry, state or paper.state)
    duties = owed(paper.record, RULES, Calendar(RULES.calendar))
    debts = consequences(before or paper.state, paper.record, RULES, recorded, duties, members)
    assert all(debt.revision == 9 for debt in debts)
    return {(debt.step, debt.subject, debt.wanted) for debt in debts}


def told(debts):
    return {subject.removeprefix("9:") for step, subject, _ in debts if step is StepName.MESSAGE}


def steps(debts):
    return {step for step, _, _ in debts}


@pytest.fixture
def paper():
    return Paper().confirmed()


def test_a_request_that_acts_first_owes_its_record_and_access_and_wakes_no_approver():
    paper = Paper()
    recorded = Recorded(1, paper.record.request, State.ACTIVE)

    debts = consequences(None, paper.record, RULES, recorded, (), members)

    assert {(d.step, d.subject, d.wanted) for d in debts} == {
        (StepName.CARD, "", True),
        (StepName.TICKET, "", True),
        (StepName.ACCESS, "", True),
        (StepName.EVIDENCE, "", True),
    }


def test_a_request_that_asks_first_owes_no_access_and_asks_the_approvers():
    paper = Paper("ledger-admin")
    recorded = Recorded(1, paper.record.request, State.REQUESTED)

    debts = consequences(None, paper.record, RULES, recorded, (), members)

    assert {d.subject for d in debts if d.step is StepName.MESSAGE} == {
        f"1:{p}" for p in (ADA, GRACE, LEADER)
    }
    assert StepName.ACCESS not in {d.step for d in debts}


def test_leaving_the_active_state_owes_the_removal(paper):
    paper.happens(ev.Completion, changes="", **REPORT)

    debts = obliged(paper, ev.Expiry, CLOCK, before=State.ACTIVE)

    assert (StepName.ACCESS, "", False) in debts


def test_what_moves_nothing_owes_no_access_and_no_ticket_again(paper):
    debts = obliged(paper, ev.Extension, LINUS, window=timedelta(hours=1), justification="More.")

    assert debts == {
        (StepName.CARD, "", True),
        (StepName.EVIDENCE, "", True),
        (StepName.NOTE, "9", True),
        (StepName.COMMENT, "9", True),
    }


@pytest.mark.parametrize("kind", UNSEEN, ids=lambda kind: kind.__name__)
def test_what_nobody_would_see_on_the_card_is_filed_all_the_same(paper, kind):
    said = FIELDS[kind] if kind is not ob.GrantAttempted else {"ends_by": paper.clock.now()}

    assert StepName.EVIDENCE in steps(obliged(paper, kind, SYSTEM, **said))


def test_that_filing_is_stuck_is_not_filed_at_once_and_that_it_went_on_is(paper):
    stuck = obliged(paper, ob.StepStuck, SYSTEM, step=StepName.EVIDENCE, because="503")
    on = obliged(paper, ob.StepRecovered, SYSTEM, step=StepName.EVIDENCE)

    assert StepName.EVIDENCE not in steps(stuck)
    assert StepName.EVIDENCE in steps(on)


@pytest.mark.parametrize("kind", UNSEEN, ids=lambda kind: kind.__name__)
def test_what_nobody_would_see_on_the_card_does_not_touch_it(paper, kind):
    said = FIELDS[kind] if kind is not ob.GrantAttempted else {"ends_by": paper.clock.now()}

    assert StepName.CARD not in steps(obliged(paper, kind, SYSTEM, **said))


@pytest.mark.parametrize(
    ("kind", "by", "said", "people"),
    [
        (ev.Approval, ADA, {"shown": ""}, {LINUS}),
        (ev.Revocation, LINUS, {"reason": "x"}, set()),  # nobody is told what they did themselves
        (ev.Revocation, SAM, {"reason": "x"}, {LINUS}),
        (ev.Removal, SYSTEM, {}, {LINUS, SAM}),
        (ev.RemovalOverdue, CLOCK, {}, {ADA, GRACE, LEADER, SAM}),
        (ev.Annulment, SYSTEM, {"verdict": 2, "group": "heads"}, {ADA, GRACE, LEADER}),
        (ev.Reminder, CLOCK, {"duty": Duty.APPROVAL, "slot": "s"}, set()),  # gathered: see test_chase
        (ev.Overdue, CLOCK, {"duty": Duty.APPROVAL, "slot": "s"}, set()),
        (ev.Escalation, CLOCK, {"duty": Duty.APPROVAL, "slot": "s", "to": "security"}, set()),
        (ev.EndsSoon, CLOCK, {"slot": "s"}, {LINUS}),
        (ob.AccessBack, SYSTEM, {}, {ADA, GRACE, LEADER, SAM}),
        (ob.Finding, SYSTEM, {"exception": "X02", "because": "x"}, set()),
        (ob.StepStuck, SYSTEM, {"step": StepName.TICKET, "because": "503"}, set()),
    ],
)
def test_those_are_told_whom_it_concerns(paper, kind, by, said, people):
    assert told(obliged(paper, kind, by, **said)) == people


def test_who_alone_may_extend_is_told_that_the_end_is_near():
    paper = Paper(access="ledger-admin")
    paper.happens(ev.Approval, ADA)

    soon = obliged(paper.confirmed(), ev.EndsSoon, CLOCK, slot="s")

    assert told(soon) == {LINUS, ADA, GRACE, LEADER}


def test_a_reminder_is_no_milestone_and_an_escalation_is(paper):
    reminder = obliged(paper, ev.Reminder, CLOCK, duty=Duty.APPROVAL, slot="s")
    escalation = obliged(paper, ev.Escalation, CLOCK, duty=Duty.APPROVAL, slot="s", to="heads")

    assert StepName.NOTE not in steps(reminder)
    assert {StepName.NOTE, StepName.COMMENT} <= steps(escalation)


@pytest.mark.parametrize("kind", [ev.Approval, ev.Rejection])
def test_the_group_of_a_verdict_is_read_again(paper, kind):
    said = {"reason": "No."} if kind is ev.Rejection else {}

    assert (StepName.MEMBERSHIP, "9", True) in obliged(paper, kind, ADA, shown="", **said)


@pytest.mark.parametrize("kind", [ev.Approval, ev.Rejection, ev.Acceptance])
def test_whoever_decides_is_owed_a_transcript(paper, kind):
    said = {"reason": "No."} if kind is ev.Rejection else {}

    assert (StepName.TRANSCRIPT, "9", True) in obliged(paper, kind, ADA, shown="", **said)


def test_each_follow_up_that_is_agreed_is_owed_once_and_by_that_entry_alone():
    paper = Paper().confirmed()
    owners = {person: PEOPLE[person] for person in (LINUS, SAM)}
    dates = (paper.clock.now().date(),) * 2
    agreed = {"follow_ups": "Lock it.\nTest it.", "follow_up_owners": (LINUS, SAM), "follow_up_dates": dates}
    paper.happens(ev.Approval, ADA, facts_said={"owners": owners}, **agreed)
    recorded = Recorded(paper.record.last, paper.record.verdicts[0].answer, paper.state)

    debts = consequences(paper.state, paper.record, RULES, recorded, (), members)
    later = obliged(paper, ev.Extension, LINUS, window=timedelta(hours=1), justification="More.")

    assert [d.subject for d in debts if d.step is StepName.FOLLOW_UP] == ["1", "2"]
    assert StepName.FOLLOW_UP not in steps(later)


def test_the_owner_of_a_follow_up_is_told_and_whoever_asked_is_answered():
    paper = Paper().confirmed()
    owners = {SAM: PEOPLE[SAM]}
    agreed = {
        "follow_ups": "Lock it.",
        "follow_up_owners": (SAM,),
        "follow_up_dates": (paper.clock.now().date(),),
    }
    paper.happens(ev.Approval, ADA, facts_said={"owners": owners}, **agreed)
    paper.happens(ev.Question, GRACE, text="Since when?")
    asked = paper.record.last
    opened = obliged(paper, ob.FollowUpOpened, SYSTEM, follow_up=1, key="CHG-7", url="https://t")
    question = obliged(paper, ev.Question, GRACE, text="Since when?")
    reply = obliged(paper, ev.Answer, LINUS, question=asked, text="Since 03:01.")

    assert (told(opened), told(question), told(reply)) == ({SAM}, {LINUS}, {GRACE})


@pytest.mark.parametrize(
    ("changes", "asked"), [("https://github.com/acme/payments/pull/1", True), ("", False)]
)
def test_the_authors_are_asked_for_where_changes_are_named(paper, changes, asked):
    debts = obliged(paper, ev.Completion, LINUS, changes=changes, **REPORT)

    assert ((StepName.AUTHORS, "9", True) in debts) is asked


def test_without_a_group_called_security_nobody_of_it_is_told(paper):
    lonely = RULES.model_copy(update={"groups": {"heads": RULES.groups["heads"]}})

    assert not d.security(paper.record, lonely).groups


def test_the_sentence_of_a_refusal_is_owed_where_the_person_clicked():
    [debt] = answer(7, LINUS, "C1:U1")

    assert (debt.step, debt.subject, debt.place) == (StepName.ANSWER, "7", "C1:U1")


@pytest.mark.parametrize(("by", "place"), [(LINUS, ""), (CLOCK, "C1:U1"), (SYSTEM, "C1:U1")])
def test_nobody_to_answer_or_nowhere_to_answer_owes_nothing(by, place):
    assert answer(7, by, place) == ()
