"""What each entry adds to the record, and that nothing else changes it."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import get_args

import pytest

from tests.acme import ADA, GRACE, LINUS, MARGARET, request
from tests.clocks import MONDAY_NIGHT
from tests.paper import RULES
from workflows import administration as ad
from workflows import events as ev
from workflows import fold
from workflows import observations as ob
from workflows.follow_ups import Chased, FollowUp
from workflows.prose import ERASED
from workflows.record import ALLOWANCE, Asked, ChangeRecord, Grant, Prompt, Recorded, Verdict
from workflows.vocabulary import CLOCK, SYSTEM, Duty, ExceptionId, Origin, State, StepName

CHANGE, OTHER = "EC-2026-0001", "EC-2026-0002"
LATER = MONDAY_NIGHT + timedelta(minutes=5)
FIRST = Recorded(1, request(), State.ACTIVE)
QUESTION = ev.Question(at=MONDAY_NIGHT, by=ADA, text="Why?")
DAY = date(2026, 3, 16)
LOCK = FollowUp(
    1,
    2,
    MONDAY_NIGHT,
    ADA,
    "Lock the index.",
    MARGARET,
    DAY,
    key="CHG-7",
    url="https://t/CHG-7",
    status="Open",
)
BEFORE = replace(
    fold.opened(CHANGE, "0" * 64, FIRST),
    verdicts=(Verdict(2, ev.Approval(at=MONDAY_NIGHT, by=ADA, shown="")),),
    retrospective=ev.Retrospective(
        at=MONDAY_NIGHT, by=LINUS, cause="c", genuine=True, normal_process="n", prevention="p"
    ),
    stuck=frozenset({StepName.CARD}),
    ticket_status="Open",
    authors_awaited=frozenset({9}),
    questions=(Asked(4, QUESTION),),
    pull_closed=True,
    grant=Grant(confirmed_at=MONDAY_NIGHT, ended_at=MONDAY_NIGHT, looks=2, seen_gone=(MONDAY_NIGHT,)),
    follow_ups=(LOCK,),
)


def changed(entry, state=State.ACTIVE, before=BEFORE):
    """Fold one entry and return what it changed, besides the position."""
    record = fold.after(before, Recorded(before.last + 1, entry, state))
    assert record.last == before.last + 1
    names = [field.name for field in fields(ChangeRecord) if field.name != "last"]
    return {name: getattr(record, name) for name in names if getattr(record, name) != getattr(before, name)}


def event(kind, by=LINUS, **said):
    return kind(at=LATER, by=by, **said)


def lock(**said):
    return {"follow_ups": (replace(LOCK, **said),)}


def grant(**said):
    return {"grant": replace(BEFORE.grant, **said)}


APPROVAL = event(ev.Approval, ADA, shown="")
AGREEING = event(
    ev.Approval,
    ADA,
    shown="",
    follow_ups="Test it.\nWatch it.",
    follow_up_owners=(LINUS, GRACE),
    follow_up_dates=(DAY, DAY),
)
ANSWER = event(ev.Answer, question=4, text="Since 03:01.")
REJECTION = event(ev.Rejection, ADA, shown="", reason="No.")
OVERRIDE = event(ev.Override, reason="Now.")
EXTENSION = event(ev.Extension, window=timedelta(minutes=30), justification="More.")
REVOCATION = event(ev.Revocation, reason="Enough.")
REPORT = event(ev.Completion, done="d", changes="", verified="v", rolled_back=False)
NAMING = event(ev.Completion, done="d", changes="https://x/1", verified="v", rolled_back=False)
REMEDY = event(ev.Remediation, outcome="reverted", note="n")
LOOK_BACK = event(ev.Retrospective, cause="x", genuine=False, normal_process="y", prevention="p")
RETURN = event(ev.Return, ADA, reason="Thin.")
ANSWERED = event(ob.QuestionAnswered, SYSTEM, question=4, who=LINUS, url="https://g/c", text="t")
ACCEPTANCE = event(ev.Acceptance, ADA, shown="")
HANDED = event(ev.Reassignment, ADA, to=MARGARET, reason="Gone.")
FAILED = event(ev.GrantFailed, SYSTEM, declined=True, because="No.")
TICKET = event(ob.TicketOpened, SYSTEM, key="CHG-1", url="https://t/CHG-1")
CARD = event(ob.CardPosted, SYSTEM, channel="C1", ts="1.2")
FINDING = event(ob.Finding, SYSTEM, exception=ExceptionId.X02, because="x")

REVIEW = ev.Review(id=7, pull=1, url="https://g/r", commit="c0ffee")
PULL = event(
    ob.PullRequested,
    SYSTEM,
    pull=1,
    url="https://g/1",
    branch="b",
    commit="c0ffee",
    shown="s",
    description="d",
)
REMINDER = event(ev.Reminder, CLOCK, duty=Duty.APPROVAL, slot="s")
OVERDUE = event(ev.Overdue, CLOCK, duty=Duty.APPROVAL, slot="s")
ESCALATION = event(ev.Escalation, CLOCK, duty=Duty.APPROVAL, slot="s", to="heads")

FOLDS = [
    (APPROVAL, {"verdicts": (*BEFORE.verdicts, Verdict(2, APPROVAL))}),
    (REJECTION, {"verdicts": (*BEFORE.verdicts, Verdict(2, REJECTION))}),
    (event(ev.Annulment, SYSTEM, verdict=2, group="heads"), {"verdicts": (replace(BEFORE.verdicts[0], annulled=True, annulled_for=ExceptionId.X03),), "reopened_at": LATER}),
    (event(ev.Unanswered, CLOCK), {"unanswered_at": LATER}),
    (OVERRIDE, {"override": OVERRIDE}),
    (EXTENSION, {"extensions": (EXTENSION,)}),
    (REVOCATION, {"revocation": REVOCATION}),
    (REPORT, {"completions": (REPORT,)}),
    (NAMING, {"completions": (NAMING,), "authors_awaited": frozenset({2, 9})}),
    (REMEDY, {"remediation": REMEDY}),
    (LOOK_BACK, {"retrospective": LOOK_BACK, "retrospectives": (LOOK_BACK,)}),
    (RETURN, {"retrospective": None, "returns": (RETURN,)}),
    (ACCEPTANCE, {"acceptance": ACCEPTANCE}),
    (event(ev.Departure, SYSTEM, person=LINUS), {"departed": frozenset({LINUS})}),
    (AGREEING, {
        "verdicts": (*BEFORE.verdicts, Verdict(2, AGREEING)),
        "follow_ups": (
            LOCK, FollowUp(2, 2, LATER, ADA, "Test it.", LINUS, DAY), FollowUp(3, 2, LATER, ADA, "Watch it.", GRACE, DAY)
        ),
    }),
    (ANSWER, {"questions": (Asked(4, QUESTION, (ANSWER,)),)}),
    (event(ob.FollowUpOpened, SYSTEM, follow_up=1, key="CHG-8", url="https://t/CHG-8"), lock(key="CHG-8", url="https://t/CHG-8", opened_at=LATER)),
    (event(ob.FollowUpMoved, SYSTEM, follow_up=1, key="OPS-1", status="Doing", assigned=True), lock(key="OPS-1", status="Doing", assigned=True)),
    (event(ob.FollowUpDone, SYSTEM, follow_up=1, key="CHG-7", status="Closed"), lock(status="Closed", done_at=LATER)),
    (event(ob.FollowUpLost, SYSTEM, follow_up=1, key="CHG-7"), lock(key=None, url="", status="", lost=("CHG-7",))),
    (event(ob.FollowUpReminder, SYSTEM, follow_up=1, slot="due"), lock(prompts=(Chased(2, LATER, "due"),))),
    (event(ob.FollowUpEscalation, SYSTEM, follow_up=1, slot="escalation/1", to="heads"), lock(prompts=(Chased(2, LATER, "escalation/1", "heads"),))),
    (HANDED, {"owner": MARGARET, "reassignments": (HANDED,)}),
    (FAILED, grant(failed=FAILED)),
    (event(ob.PreLook, SYSTEM, target="t", origin=Origin.HELD_THROUGH, through=OTHER), grant(origin=Origin.HELD_THROUGH, through=OTHER)),
    (event(ob.GrantAttempted, SYSTEM, ends_by=LATER + ALLOWANCE), grant(attempted_at=LATER, ends_by=LATER + ALLOWANCE)),
    (event(ob.GrantConfirmed, SYSTEM, seen="member"), grant(seen="member")),  # the first confirmation counts
    (event(ob.AccessEnded, SYSTEM, left=Origin.HELD_ANYWAY), grant(left=Origin.HELD_ANYWAY, looks=1, seen_gone=(LATER,))),  # as does the first proof
    (event(ob.AccessStillGone, SYSTEM, look=3), grant(looks=3, seen_gone=(MONDAY_NIGHT, LATER))),
    (event(ob.AccessBack, SYSTEM), grant(ended_at=None, looks=0, seen_gone=())),
    (TICKET, {"ticket": TICKET, "ticket_status": ""}),
    (event(ob.TicketMoved, SYSTEM, key="CHG-1", status="Review"), {"ticket_status": "Review"}),
    (event(ob.DuplicateTicketClosed, SYSTEM, key="CHG-2", survivor="CHG-1"), {"duplicates": frozenset({"CHG-2"})}),
    (CARD, {"card": CARD}),
    (event(ob.StepStuck, SYSTEM, step=StepName.TICKET, because="503"), {"stuck": frozenset({StepName.CARD, StepName.TICKET})}),
    (event(ob.StepRecovered, SYSTEM, step=StepName.CARD), {"stuck": frozenset()}),
    (event(ob.AuthorsSeen, SYSTEM, completion=9, authors=(ADA, GRACE), unresolved=1), {"authors": frozenset({ADA, GRACE}), "authors_awaited": frozenset(), "authors_unresolved": 1, "reopened_at": LATER}),
    (event(ob.MembershipRead, SYSTEM, verdict=2, group="heads", member=True), {"read_again": frozenset({2})}),
    (FINDING, {"findings": (FINDING,)}),
    (event(ev.Intent, ADA), {"intents": frozenset({ADA})}),
    (QUESTION, {"questions": (*BEFORE.questions, Asked(2, QUESTION))}),
    (PULL, {"pull": PULL, "pull_closed": False}),
    (event(ob.ReviewAnnounced, SYSTEM, pull=1, action="submitted"), {}),
    (event(ob.PullClosed, SYSTEM, pull=1), {}),  # it is closed already
    (event(ob.ReviewDiscounted, SYSTEM, review=REVIEW, reviewer=None, account="ada", because="No."), {"discounted": frozenset({(7, "No.")})}),
    (ANSWERED, {"questions": (Asked(4, QUESTION, (ANSWERED,)),)}),
    (REMINDER, {"prompts": (Prompt(2, REMINDER),)}),
    (OVERDUE, {"prompts": (Prompt(2, OVERDUE),)}),
    (ESCALATION, {"prompts": (Prompt(2, ESCALATION),)}),
    (event(ob.MessageSent, SYSTEM, about=1, to=LINUS), {"told": frozenset({(1, LINUS)})}),
    # Entries that are evidence and move nothing.
    (request(at=LATER), {}),
    (event(ev.Withdrawal), {}),
    (event(ev.Lapse, CLOCK), {}),
    (event(ev.Expiry, CLOCK), {}),
    (event(ev.EndsSoon, CLOCK, slot="2 minutes left/0"), {}),
    (event(ev.Removal, SYSTEM), {}),
    (event(ev.RemovalOverdue, CLOCK), {}),
    (event(ob.TranscriptSent, SYSTEM, about=2, shown="f" * 64, to=ADA), {}),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "changes"), FOLDS, ids=lambda thing: type(thing).__name__)
def test_an_entry_changes_what_it_says_and_nothing_else(entry, changes):
    assert changed(entry) == changes


def test_every_kind_of_entry_is_in_the_table_above():
    kinds = {*get_args(get_args(ev.Event)[0]), *get_args(get_args(ob.Observation)[0])}

    assert {type(entry) for entry, _ in FOLDS} == kinds


def test_an_entry_this_version_does_not_know_changes_nothing_but_the_position():
    assert changed(ad.Heartbeat(at=LATER, by=SYSTEM, replica="r")) == {}


def test_a_follow_up_of_which_the_words_were_erased_keeps_its_owner_and_its_date():
    erased = AGREEING.model_copy(update={"follow_ups": ERASED})

    agreed = changed(erased)["follow_ups"][1:]
    assert [(one.what, one.owner, one.due) for one in agreed] == [(ERASED, LINUS, DAY), (ERASED, GRACE, DAY)]


def test_a_verdict_of_somebody_who_had_left_is_unread_until_it_is_annulled():
    left = event(ob.MembershipRead, SYSTEM, verdict=2, group="heads", member=False)
    annulled = event(ev.Annulment, SYSTEM, verdict=2, group="heads")

    assert changed(left) == {}
    assert [verdict.number for verdict in BEFORE.verdicts_unread] == [2]
    assert fold.after(BEFORE, Recorded(2, annulled, State.ACTIVE)).verdicts_unread == ()


def test_authors_that_were_looked_up_twice_are_counted_once():
    seen = event(ob.AuthorsSeen, SYSTEM, completion=8, authors=(ADA,), unresolved=1)

    assert changed(seen) == {"authors": frozenset({ADA}), "reopened_at": LATER}


def test_entering_a_state_is_remembered_with_its_time():
    moved = changed(event(ev.Expiry, CLOCK), State.IN_REVIEW)

    assert moved == {"state": State.IN_REVIEW, "entered_at": LATER, "ended_at": LATER}


def test_only_leaving_the_active_state_ends_a_change():
    before = replace(BEFORE, state=State.REQUESTED)

    assert changed(event(ev.Lapse, CLOCK), State.LAPSED, before) == {
        "state": State.LAPSED,
        "entered_at": LATER,
    }


def test_the_first_confirmation_starts_the_window():
    before = replace(BEFORE, grant=Grant())

    assert changed(event(ob.GrantConfirmed, SYSTEM, seen="member"), before=before) == {
        "grant": Grant(confirmed_at=LATER, seen="member")
    }


@pytest.mark.parametrize(("state", "asked_first"), [(State.REQUESTED, True), (State.ACTIVE, False)])
def test_a_record_begins_with_its_request(state, asked_first):
    record = fold.opened(CHANGE, "f" * 64, Recorded(1, request(), state))

    assert (record.owner, record.state, record.asked_first) == (LINUS, state, asked_first)
    assert (record.entered_at, record.last, record.policy) == (MONDAY_NIGHT, 1, "f" * 64)


def test_nothing_else_begins_a_record():
    with pytest.raises(TypeError, match="EC-2026-0001 begins with Withdrawal, not with a request"):
        fold.opened(CHANGE, "", Recorded(1, event(ev.Withdrawal), State.WITHDRAWN))


def test_approvals_that_do_not_count_are_left_out():
    by_author = fold.after(
        BEFORE,
        Recorded(2, event(ob.AuthorsSeen, SYSTEM, completion=1, authors=(ADA,), unresolved=0), State.ACTIVE),
    )
    annulled = fold.after(
        BEFORE, Recorded(2, event(ev.Annulment, SYSTEM, verdict=2, group="heads"), State.ACTIVE)
    )

    assert len(BEFORE.approvals) == 1
    assert by_author.approvals == annulled.approvals == ()


def test_an_annulled_rejection_is_none():
    rejected = fold.after(BEFORE, Recorded(3, REJECTION, State.IN_REVIEW))
    annulled = fold.after(
        rejected, Recorded(4, event(ev.Annulment, SYSTEM, verdict=3, group="heads"), State.IN_REVIEW)
    )

    assert rejected.rejection.answer is REJECTION
    assert annulled.rejection is None


def test_the_last_completion_report_is_the_one_that_counts():
    assert BEFORE.completion is None
    assert fold.after(BEFORE, Recorded(3, REPORT, State.IN_REVIEW)).completion is REPORT


def test_grants_and_removals_are_serialised_on_target_and_grantee():
    handed = fold.after(BEFORE, Recorded(3, HANDED, State.ACTIVE))

    assert handed.access_key(RULES) == "github-team:acme/payments-break-glass|P-LINUS"


# --- when access ends (the end is committed before access begins) ------------------------------------

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def until(extended=timedelta(), **known):
    """Say after how long access ends, for a window of an hour requested at nought."""
    moments = {name: MONDAY_NIGHT + after for name, after in known.items()}
    more = (event(ev.Extension, window=extended, justification="x"),) if extended else ()
    record = replace(BEFORE, grant=Grant(**moments), extensions=more)
    return record.access_until - MONDAY_NIGHT


@pytest.mark.parametrize(
    ("known", "end"),
    [
        ({}, HOUR),  # nothing attempted: counted from the request
        ({"attempted_at": 2 * MINUTE, "ends_by": 77 * MINUTE}, 62 * MINUTE),  # outcome unknown: from the attempt
        ({"attempted_at": 2 * MINUTE, "ends_by": 77 * MINUTE, "confirmed_at": 3 * MINUTE}, 63 * MINUTE),
        ({"attempted_at": 2 * MINUTE, "ends_by": 77 * MINUTE, "confirmed_at": 17 * MINUTE}, 77 * MINUTE),
        ({"attempted_at": 2 * MINUTE, "ends_by": 77 * MINUTE, "confirmed_at": 50 * MINUTE}, 77 * MINUTE),  # never later
        ({"confirmed_at": 3 * MINUTE}, 63 * MINUTE),  # held anyway: nothing was given
        ({"extended": HOUR}, 2 * HOUR),
        ({"extended": HOUR, "attempted_at": 0 * MINUTE, "ends_by": 75 * MINUTE}, 2 * HOUR),
        ({"extended": HOUR, "attempted_at": 0 * MINUTE, "ends_by": 75 * MINUTE, "confirmed_at": MINUTE}, 121 * MINUTE),
        ({"extended": HOUR, "attempted_at": 0 * MINUTE, "ends_by": 75 * MINUTE, "confirmed_at": 50 * MINUTE}, 135 * MINUTE),
    ],
)  # fmt: skip
def test_access_ends_a_window_after_its_confirmation_and_never_past_what_was_committed_before(known, end):
    assert until(**known) == end


def test_an_extension_before_an_attempt_is_in_its_end_already_and_one_after_it_is_added():
    before, after = (event(ev.Extension, window=minutes * MINUTE, justification="x") for minutes in (30, 10))
    attempt = event(ob.GrantAttempted, SYSTEM, ends_by=MONDAY_NIGHT + 105 * MINUTE)  # 60 + 30 + the allowance
    confirmed = event(ob.GrantConfirmed, SYSTEM, seen="member").model_copy(
        update={"at": MONDAY_NIGHT + 80 * MINUTE}
    )
    record = replace(BEFORE, grant=Grant(), extensions=())
    for entry in (before, attempt, confirmed):
        record = fold.after(record, Recorded(record.last + 1, entry, record.state))
    ends = record.access_until
    record = fold.after(record, Recorded(record.last + 1, after, record.state))

    assert ends - MONDAY_NIGHT == 105 * MINUTE
    assert record.access_until - MONDAY_NIGHT == 115 * MINUTE


def test_the_allowance_is_what_confirming_may_take_without_costing_the_grantee():
    assert ALLOWANCE == 15 * MINUTE
