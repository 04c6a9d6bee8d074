"""Access that an approver must allow first: answered, unanswered, overridden, taken back."""

import pytest

from tests.http.night import ADA, GRACE, LINUS
from tests.http.test_departures import leaves
from workflows.vocabulary import State

LEFT = "The requester has left and cannot be given access; reject the request, or let it lapse."
LAPSES = 'if_unanswered = "act"'


def lapsing(text):
    return text.replace('if_unanswered = "act"', 'if_unanswered = "lapse"')


@pytest.fixture
def asked(night):
    night.requests(access="ledger-admin", window="30m")
    return night


def test_approvers_are_told_at_once_and_nobody_has_access(asked):
    assert len(asked.direct(GRACE)) == 1
    assert len(asked.direct(ADA)) == 1
    assert asked.holders("ledger") == set()
    assert asked.buttons() == ["Approve", "Reject", "Withdraw"]


def test_an_approver_can_answer_from_the_direct_message(asked):
    slack = asked.world.slack
    [message] = slack.messages(slack.im_with(GRACE).id)
    slack.click(GRACE, message.channel, message.ts, "change.approve")
    errors = asked.submits(GRACE)

    assert errors == {}
    assert asked.state() is State.ACTIVE
    assert asked.holders("ledger") == {"linus-acme"}


def test_a_request_nobody_answers_lapses_where_the_policy_says_so(nights):
    night = nights(policy=lapsing)
    night.requests(access="ledger-admin", window="30m")
    night.passes(minutes=31)

    assert night.state() is State.LAPSED
    assert night.ticket().status == "Declined"
    assert night.buttons() == []
    assert "*Approval*\\nnot given, and not owed any more" in str(night.card().blocks)
    assert "has lapsed" in night.direct(LINUS)[-1]
    assert "access" not in "".join(night.happened()).replace("access-", "")
    assert night.ends_well()


def test_a_lapsed_request_can_be_raised_anew(nights):
    night = nights(policy=lapsing)
    first = night.requests(access="ledger-admin", window="30m")
    night.passes(minutes=31)
    second = night.requests(access="ledger-admin", window="30m")

    assert first != second
    assert night.state(second) is State.REQUESTED


def test_silence_lets_the_requester_act_with_a_reason_and_the_approval_stays_owed(asked):
    asked.passes(minutes=31)
    offered = asked.buttons()
    asked.overrides(LINUS, reason="Money is being lost.")

    assert "Act now, override" in offered
    assert asked.state() is State.ACTIVE
    assert asked.holders("ledger") == {"linus-acme"}
    assert "approval" in asked.owed()
    assert "Money is being lost." in asked.direct(GRACE)[-1]


def test_an_override_is_shown_wherever_the_change_is(asked):
    change = asked.world.latest()
    before = asked.types(GRACE, "list")
    asked.passes(minutes=31)
    asked.overrides(LINUS)

    assert "without an answer" not in before
    for shown in (
        str(asked.card().blocks),
        asked.looks_at_home(GRACE)[f"asked:{change}"],
        asked.looks_at_home(LINUS)[f"window:{change}"],
        asked.types(GRACE, "list asked"),
        asked.types(GRACE, "list recent"),
        asked.types(LINUS, f"status {change}"),
    ):
        assert "cted without an answer" in shown


def test_an_override_ends_like_any_other_change(asked):
    asked.passes(minutes=31)
    asked.overrides(LINUS)
    asked.reports(LINUS)
    asked.approves(GRACE)
    asked.looks_back(LINUS)
    asked.accepts(ADA)
    asked.passes(minutes=15)

    assert asked.is_closed_well()


def test_nobody_overrides_while_approvers_still_have_time(asked):
    dialog = asked.presses_raw(LINUS, "change.override")

    assert dialog is None
    assert asked.refusals()[-1][1:] == ("overridable", "Approvers still have time to answer.")
    assert asked.told(LINUS)[-1] == "Approvers still have time to answer."
    assert asked.state() is State.REQUESTED


def test_an_unanswered_request_lapses_in_the_end(asked):
    asked.passes(minutes=61)

    assert asked.state() is State.LAPSED
    assert asked.ends_well()


def test_a_rejection_before_the_act_is_the_end(asked):
    asked.rejects(GRACE, reason="Use the read replica.")

    assert asked.state() is State.REJECTED
    assert asked.owed() == set()
    assert asked.ticket().status == "Declined"
    assert "Use the read replica." in asked.direct(LINUS)[-1]
    assert asked.ends_well()


def test_nothing_is_given_to_a_requester_who_has_left(asked):
    leaves(asked, LINUS)
    dialog = asked.presses(GRACE, "change.approve")

    assert dialog is None
    assert asked.told(GRACE)[-1] == LEFT
    assert asked.refusals()[-1][:2] == ("approval", "requester_still_here")
    assert asked.state() is State.REQUESTED
    assert asked.holders("ledger") == set()
    asked.rejects(GRACE)
    assert asked.state() is State.REJECTED
    assert asked.ends_well()


def test_whoever_is_about_to_approve_when_the_requester_leaves_can_reject_instead(asked):
    asked.presses(GRACE, "change.approve")
    leaves(asked, LINUS)
    errors = asked.submits(GRACE, comment="It could have waited.")
    asked.chooses(GRACE, "dialog.choice", "reject")
    asked.submits(GRACE)

    assert errors == {"answer": LEFT}
    assert asked.state() is State.REJECTED
    assert asked.record().rejection.answer.reason == "It could have waited."


def test_a_request_is_taken_back_with_the_button(asked):
    asked.presses(LINUS, "change.withdraw")

    assert asked.state() is State.WITHDRAWN
    assert asked.ticket().status == "Declined"
    assert asked.ends_well()


def test_a_request_is_taken_back_with_the_word(asked):
    said = asked.types(LINUS, "withdraw")

    assert said == f"{asked.world.latest()} is withdrawn."
    assert asked.state() is State.WITHDRAWN


def test_only_the_requester_takes_a_request_back(asked):
    asked.presses(ADA, "change.withdraw")

    assert asked.state() is State.REQUESTED
    assert asked.told(ADA) == ["Only the requester can do this."]


def test_two_approvals_are_needed_where_the_policy_says_two(nights):
    night = nights(policy=lambda text: text.replace("approvals_required = 1", "approvals_required = 2"))
    night.requests(access="ledger-admin", window="30m")
    night.approves(GRACE)
    after_one = night.state()
    night.approves(ADA)

    assert after_one is State.REQUESTED
    assert night.state() is State.ACTIVE
    assert night.holders("ledger") == {"linus-acme"}


def test_access_asked_for_first_is_extended_by_an_approver_alone(asked):
    asked.approves(GRACE)
    refused = asked.presses(LINUS, "change.extend")
    asked.extends(ADA, window="30m")

    assert refused is None
    assert asked.told(LINUS)[-1] == (
        "This change was to be approved first, so only an approver with no part in it can extend it; ask one."
    )
    assert asked.record().window.total_seconds() == 3600
    asked.passes(minutes=45)
    assert asked.holders("ledger") == {"linus-acme"}
    asked.passes(minutes=20)
    assert asked.ends_well()


def test_only_who_may_extend_is_offered_it_and_is_told_when_the_end_is_near(asked):
    change = asked.world.latest()
    asked.approves(GRACE)
    in_force = asked.offered_in_private(LINUS)
    home = asked.looks_at_home(LINUS)[f"window-actions:{change}"]
    asked.passes(minutes=21)
    requester, approver = asked.direct(LINUS)[-1], asked.direct(ADA)[-1]

    assert (in_force, home) == (["Done"], "Done")
    assert f"only an approver can extend it: `/emergency-change extend 30m {change}`" in requester
    assert approver == requester
    assert asked.offered_in_private(LINUS) == ["Done"]
    assert asked.offered_in_private(ADA) == ["Extend"]
    asked.presses_in_private(ADA, "change.extend")
    assert asked.submits(ADA, window="30m", justification="The index is large.") == {}
    assert asked.record().window.total_seconds() == 3600


def test_whoever_acted_without_an_answer_is_not_offered_to_extend_either(asked):
    change = asked.world.latest()
    asked.passes(minutes=31)
    asked.overrides(LINUS)

    assert asked.offered_in_private(LINUS) == ["Done"]
    assert asked.looks_at_home(LINUS)[f"window-actions:{change}"] == "Done"
