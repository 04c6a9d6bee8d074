"""The same bytes again: the first ruling again, and no new entry."""

from tests.http.night import GRACE, LINUS, MAYA, REQUEST


def again(night, delivered):
    """Send the same once more; returns how many entries that added."""
    before = len(night.entries())
    sent = night.world.slack.redeliver(delivered)
    assert sent.status == 200, sent
    night.settles()
    return len(night.entries()) - before


def test_a_request_form_that_comes_twice_opens_one_change(night):
    night.types(LINUS)
    sent = night.world.slack.submit(LINUS, night.dialog(LINUS).id, {**REQUEST, "access": "payments-merge"})
    night.settles()
    added = again(night, sent)

    assert added == 0
    assert len(night.memory.changes()) == 1
    assert len(night.tickets()) == 1


def test_a_refused_form_that_comes_twice_is_refused_the_same_way(night):
    night.types(GRACE)
    sent = night.world.slack.submit(GRACE, night.dialog(GRACE).id, {**REQUEST, "access": "payments-merge"})
    before = len(night.entries())
    repeated = night.world.slack.redeliver(sent)

    assert repeated.body == sent.body
    assert sent.body["response_action"] == "errors"
    assert len(night.entries()) == before


def test_a_corrected_form_is_not_taken_for_the_refused_one(night):
    night.types(LINUS)
    short = night.submits(LINUS, **{**REQUEST, "access": "payments-merge", "window": "9h"})
    corrected = night.submits(LINUS, window="1h")

    assert list(short) == ["window"]
    assert corrected == {}
    assert len(night.memory.changes()) == 1


def test_an_approval_that_comes_twice_is_one_approval(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    sent = night.world.slack.submit(GRACE, night.dialog(GRACE).id, {})
    night.settles()
    added = again(night, sent)

    assert added == 0
    assert len(night.record().approvals) == 1


def test_a_refused_click_that_comes_twice_is_refused_once(night):
    night.requests()
    card = night.record().card
    sent = night.world.slack.click(MAYA, card.channel, card.ts, "change.approve")
    night.settles()
    added = again(night, sent)

    assert added == 0
    assert len(night.told(MAYA)) == 1


def test_a_click_that_opened_its_dialog_and_comes_twice_opens_nothing_more(night):
    night.requests()
    card = night.record().card
    sent = night.world.slack.click(GRACE, card.channel, card.ts, "change.approve")
    night.settles()
    added = again(night, sent)

    assert added == 0
    assert len(night.world.slack.views(GRACE)) == 1
    assert night.told(GRACE) == []


def test_a_withdrawal_that_comes_twice_is_one(night):
    night.requests(access="ledger-admin", window="30m")
    card = night.record().card
    sent = night.world.slack.click(LINUS, card.channel, card.ts, "change.withdraw")
    night.settles()
    added = again(night, sent)

    assert added == 0
    assert night.refusals() == []


def test_a_command_that_comes_twice_is_one_invocation(night):
    sent = night.world.slack.command(LINUS, "C0PAYMENTS", "list")
    added = again(night, sent)

    assert added == 0
