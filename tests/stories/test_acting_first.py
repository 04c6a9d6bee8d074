"""Access at once, approval owed: the ordinary emergency."""

from datetime import timedelta

import pytest

from tests.acme import ADA, GRACE, LINUS, MARGARET, SAM
from tests.stories.world import REPORT
from workflows import events as ev
from workflows import observations as ob
from workflows.decide import Accepted
from workflows.errors import Declined
from workflows.judged import judged
from workflows.ports import Authorship
from workflows.vocabulary import Duty, ExceptionId, State, StepName


def test_access_is_there_at_once_and_the_approval_is_owed(night):
    change = night.opens()

    assert night.holders() == {"linus"}
    assert night.owes(change) == {Duty.APPROVAL}
    assert night.record(change).grant.confirmed_at is not None


def test_access_ends_with_its_window_though_nobody_lifts_a_finger(night):
    change = night.opens(window=timedelta(minutes=10))
    night.passes(minutes=9, seconds=30)
    before = night.holders()
    night.passes(minutes=1)

    assert before == {"linus"}
    assert night.holders() == set()
    assert night.state(change) is State.IN_REVIEW


def test_an_extension_moves_the_end_and_leaves_the_grant_alone(night):
    change = night.opens(window=timedelta(minutes=10))
    night.happens(change, ev.Extension, window=timedelta(minutes=10), justification="More.")
    night.passes(minutes=19)
    held = night.holders()
    night.passes(minutes=1)

    assert (held, night.holders()) == ({"linus"}, set())
    assert night.calls("grant") == ["linus"]


def test_an_expiry_that_an_extension_overtook_ends_nothing(night):
    """Another replica has seen the slot as due, and comes late."""
    change = night.opens()
    night.clock.advance(hours=1)
    night.desk.happens(change, ev.Extension, window=timedelta(hours=1), justification="More.")

    assert night.changes.fire(change, "expiry/0", night.clock.now()) is None
    assert night.state(change) is State.ACTIVE


def test_saying_done_ends_the_access(night):
    change = night.opens()
    night.is_reported_done(change)

    assert night.holders() == set()
    assert Duty.COMPLETION not in night.owes(change)


@pytest.mark.parametrize("by", [LINUS, ADA, SAM])
def test_requester_approver_or_security_end_access_early(night, by):
    change = night.opens()
    night.happens(change, ev.Revocation, by, reason="Enough.")

    assert night.holders() == set()


def test_an_approver_who_says_no_ends_access_now(night):
    change = night.opens()
    night.happens(change, ev.Rejection, ADA, reason="It could have waited.")

    assert night.holders() == set()
    assert Duty.REMEDIATION in night.owes(change)


def test_whoever_owes_something_is_reminded_at_its_time_and_once(night):
    change = night.opens()
    night.is_reported_done(change)
    night.passes(hours=5)

    assert (
        night.kinds(change).count("reminder/1") == 2
    )  # after one hour and after four: both before the morning
    assert night.board.reminded(ADA) == [[(change, Duty.APPROVAL)]]


def test_what_stays_owed_is_escalated(night):
    night.is_reported_done(night.opens())
    night.passes(hours=54)

    assert [prompts for to, _, _, prompts in night.board.reminders if to == SAM] == [[ev.Escalation]]


def test_a_change_closes_once_everything_is_done_and_a_reviewer_accepts(night):
    change = night.opens()
    night.is_reported_done(change)
    early = night.happens(change, ev.Acceptance, GRACE)
    night.happens(change, ev.Approval, ADA)
    night.is_looked_back_on(change)
    night.happens(change, ev.Acceptance, GRACE)

    assert early.because == "Still owed: approval and retrospective."
    assert night.state(change) is State.CLOSED
    assert night.tickets.tickets["CHG-1"].status == "Closed"
    assert night.memory.verify().size == night.memory.root()[0]


def test_a_rejected_change_closes_after_its_remediation(night):
    change = night.opens()
    night.happens(change, ev.Rejection, ADA, reason="It could have waited.")
    night.is_reported_done(change)
    night.is_looked_back_on(change)
    night.happens(change, ev.Remediation, outcome="reverted", note="Put back.")

    assert isinstance(night.happens(change, ev.Acceptance, GRACE), Accepted)


def test_an_approver_who_wrote_the_commits_does_not_count_and_another_must_answer(night):
    pull = "https://github.com/acme/payments/pull/17"
    night.commits.written[pull] = Authorship(frozenset({"ada"}), 0)
    change = night.opens()
    night.happens(change, ev.Approval, ADA)
    night.is_reported_done(change, changes=f"See {pull}.")
    night.is_looked_back_on(change)

    refused = night.happens(change, ev.Acceptance, GRACE)
    night.happens(change, ev.Approval, GRACE)

    assert refused.because == "Still owed: approval."
    assert [f.exception for f in night.record(change).findings] == [ExceptionId.X02]
    assert night.happens(change, ev.Acceptance, GRACE).to is State.CLOSED


def test_authors_who_cannot_be_found_are_counted(night):
    known, unknown = "https://github.com/acme/payments/pull/17", "https://github.com/acme/payments/pull/18"
    night.commits.written[known] = Authorship(frozenset({"ada", "somebody-else"}), 1)
    change = night.opens()
    night.is_reported_done(change, changes=f"({known}), {unknown}")

    [seen] = [w.entry for w in night.memory.entries(change=change) if w.leaf["kind"] == "authors-seen/1"]
    assert (seen.authors, seen.unresolved) == ((ADA,), 3)


def test_an_address_the_bot_may_not_see_hides_no_other(night):
    seen, hidden = "https://github.com/acme/payments/pull/17", "https://github.com/acme/secret/pull/1"

    def authors(address):
        if address == hidden:
            raise Declined("Not Found")
        return Authorship(frozenset({"ada"}), 0)

    night.commits.authors = authors
    change = night.opens()
    night.is_reported_done(change, changes=f"{hidden}\n{seen}")

    [found] = [w.entry for w in night.memory.entries(change=change) if w.leaf["kind"] == "authors-seen/1"]
    assert (found.authors, found.unresolved) == ((ADA,), 1)


def test_whoever_deployed_it_cannot_have_approved_it(night):
    deployment = "https://github.com/acme/payments/deployments/7"
    night.commits.deployed[deployment] = Authorship(frozenset({"ada", "somebody-else"}), 0)
    change = night.opens()
    night.happens(change, ev.Approval, ADA)
    night.is_reported_done(change, changes=deployment)

    record = night.memory.record(change)[0]
    assert (record.authors, record.deployers, record.authors_unresolved) == (frozenset(), {ADA}, 1)
    assert [finding.exception for finding in record.findings] == [ExceptionId.X02]
    assert record.approvals == ()


def test_a_report_without_addresses_has_no_authors_to_look_for(night):
    change = night.opens()
    night.is_reported_done(change, changes="Changed the switch by hand.")

    [seen] = [w.entry for w in night.memory.entries(change=change) if w.leaf["kind"] == "authors-seen/1"]
    assert (seen.authors, seen.unresolved) == ((), 0)


def test_a_change_does_not_close_while_nobody_knows_who_wrote_its_commits(night):
    change = night.opens()
    night.happens(change, ev.Approval, ADA)
    night.to_commits.down = True
    night.is_reported_done(change, changes="https://github.com/acme/payments/pull/17")
    night.is_looked_back_on(change)
    refused = night.happens(change, ev.Acceptance, GRACE)
    night.to_commits.down = False
    night.passes(minutes=2)

    assert refused.guard == "authors_known"
    assert night.happens(change, ev.Acceptance, GRACE).to is State.CLOSED


def test_a_verdict_by_somebody_who_had_left_the_group_is_annulled(night):
    """The mirror said yes; its source, read after the commit, says no (X03)."""
    night.groups.groups["heads"] = {GRACE}
    change = night.opens()
    night.happens(change, ev.Approval, ADA)

    record = night.record(change)
    assert record.verdicts[0].annulled
    assert [f.exception for f in record.findings] == [ExceptionId.X03]
    assert Duty.APPROVAL in night.owes(change)
    assert night.state(change) is State.ACTIVE


def accepted_too_early(night):
    """Let Grace accept while the group's source cannot be asked about Ada; return the change and the ruling."""
    change = night.opens()
    night.is_reported_done(change)
    night.is_looked_back_on(change)
    night.to_groups.down = True
    night.happens(change, ev.Approval, ADA)
    ruling = night.happens(change, ev.Acceptance, GRACE)
    night.to_groups.down = False
    night.passes(minutes=5)
    return change, ruling


def test_a_change_does_not_close_on_a_verdict_that_turns_out_wrong(night):
    night.groups.groups["heads"] = {GRACE}
    change, ruling = accepted_too_early(night)

    assert ruling.guard == "verdicts_read_again"
    assert night.record(change).verdicts[0].annulled
    assert night.owes(change) == {Duty.APPROVAL}


def test_a_change_closes_once_its_verdict_was_read_again(night):
    change, ruling = accepted_too_early(night)

    assert ruling.guard == "verdicts_read_again"
    assert night.happens(change, ev.Acceptance, GRACE).to is State.CLOSED


@pytest.mark.parametrize("fuse", range(8))
def test_a_wrong_verdict_is_found_and_annulled_once_wherever_the_process_dies(night, fuse):
    night.groups.groups["heads"] = {GRACE}
    change = night.opens()
    night.desk.happens(change, ev.Approval, ADA)
    night.dies(fuse)
    night.passes(seconds=30)

    assert [finding.exception for finding in night.record(change).findings] == [ExceptionId.X03]
    assert night.kinds(change).count("annulment/1") == 1


@pytest.mark.parametrize("fuse", range(8))
def test_an_approval_by_an_author_is_found_once_wherever_the_process_dies(night, fuse):
    pull = "https://github.com/acme/payments/pull/17"
    night.commits.written[pull] = Authorship(frozenset({"ada"}), 0)
    change = night.opens()
    night.happens(change, ev.Approval, ADA)
    night.desk.happens(change, ev.Completion, **{**REPORT, "changes": pull})
    night.dies(fuse, StepName.AUTHORS)
    night.passes(seconds=30)

    assert [finding.exception for finding in night.record(change).findings] == [ExceptionId.X02]


@pytest.mark.parametrize("fuse", range(8))
def test_a_message_that_was_sent_is_one_entry_wherever_the_process_dies(night, fuse):
    change = night.opens()
    said = night.kinds(change).count("message-sent/1")
    night.desk.happens(change, ev.Approval, ADA)
    night.dies(fuse, StepName.MESSAGE)
    night.passes(seconds=30)

    assert night.kinds(change).count("message-sent/1") == said + 1


@pytest.mark.parametrize("fuse", range(8))
def test_a_transcript_that_was_sent_is_one_entry_wherever_the_process_dies(night, fuse):
    change = night.opens()
    # Each line is a part of its own: looked for, meant, sent, kept.
    sending = 8 * len(judged(*night.changes.look(change)))
    night.desk.happens(change, ev.Approval, ADA)
    night.dies(sending + fuse, StepName.TRANSCRIPT)
    night.passes(seconds=30)

    assert night.kinds(change).count("transcript-sent/1") == 1


def test_a_verdict_that_was_right_is_read_again_too(night):
    change = night.opens()
    night.happens(change, ev.Approval, ADA)

    assert night.kinds(change).count("membership-read/1") == 1
    assert "annulment/1" not in night.kinds(change)


def test_a_requester_who_has_gone_is_replaced(night):
    change = night.opens()
    night.is_reported_done(change)
    night.happens(change, ev.Reassignment, ADA, to=MARGARET, reason="Linus has left.")
    night.happens(change, ev.Approval, ADA)
    night.is_looked_back_on(change, MARGARET)

    assert ev.Reassignment in night.board.told(MARGARET)
    assert night.happens(change, ev.Acceptance, GRACE).to is State.CLOSED


def test_a_returned_retrospective_is_reminded_of_anew(night):
    change = night.opens()
    night.is_reported_done(change)
    night.is_looked_back_on(change)
    night.happens(change, ev.Return, ADA, reason="Why was it not tested?")
    night.passes(days=5)

    assert Duty.RETROSPECTIVE in night.owes(change)
    slots = [
        w.entry.slot for w in night.memory.entries(change=change, limit=999) if w.leaf["kind"] == "overdue/1"
    ]
    assert "retrospective/1/due" in slots


def test_whoever_is_refused_gets_the_sentence_where_they_clicked(night):
    change = night.opens()
    night.happens(change, ev.Approval, LINUS, place="C1:ULINUS")

    assert night.board.answers == [("C1:ULINUS", "You cannot decide on your own change.")]


def test_everybody_concerned_hears_of_what_happened_once(night):
    change = night.opens()
    night.happens(change, ev.Approval, ADA)

    assert night.board.told(LINUS) == [ob.GrantConfirmed, ev.Approval]
    assert night.board.noted() == [ob.GrantConfirmed, ev.Approval]
    assert night.board.shown(change) == [State.ACTIVE]
    markers = [marker for marker, _ in night.tickets.tickets["CHG-1"].comments]
    assert len(markers) == len(set(markers)) == 2


def test_the_card_and_the_ticket_follow_the_change(night):
    change = night.opens()
    night.is_reported_done(change)

    assert night.board.shown(change) == [State.IN_REVIEW]
    assert night.tickets.tickets["CHG-1"].status == "Review"


def test_the_end_is_proven_at_once_and_after_one_and_ten_minutes(night):
    change = night.opens()
    night.is_reported_done(change)
    night.passes(minutes=11)

    assert [kind for kind in night.kinds(change) if kind.startswith("access-")] == [
        "access-ended/1",
        "access-still-gone/1",
        "access-still-gone/1",
    ]


def test_travelling_in_time_expires_the_window_and_no_lease(night):
    change = night.opens()
    night.travels(hours=3)

    assert night.state(change) is State.IN_REVIEW
    assert night.holders() == set()
