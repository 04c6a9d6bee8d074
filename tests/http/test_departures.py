"""Somebody leaves the organisation and owes a change something: reviewers hand it over, with a button."""

from tests.http.night import ADA, GRACE, LINUS, LOOK_BACK, MAYA, REPORT


def leaves(night, who):
    """Deactivate an account, and let the bot learn of it."""
    with night.world.slack.change():
        night.world.slack.user(who).deleted = True
    night.world.bot.refresh()
    night.settles()


def test_reviewers_are_told_once_and_hand_the_duties_over_with_the_button(night):
    change = night.requests()
    night.approves(GRACE)
    before = night.buttons()
    leaves(night, LINUS)
    night.world.bot.refresh()
    night.settles()
    noticed = night.buttons()
    night.presses(ADA, "change.reassign")
    errors = night.submits(ADA, to=MAYA, reason="Linus has left.")
    after = night.buttons()
    night.presses(MAYA, "change.done")
    night.submits(MAYA, **REPORT)
    night.presses(MAYA, "change.retrospective")
    night.submits(MAYA, **LOOK_BACK)
    night.accepts(ADA)
    night.passes(minutes=15)

    assert errors == {}
    assert "Hand over" not in before
    assert "Hand over" in noticed
    assert "Hand over" not in after
    assert night.happened(change).count("departure") == 1
    for who in (ADA, GRACE):
        assert sum("has left and owed this change something" in said for said in night.direct(who)) == 1
    assert night.is_closed_well(change)


def test_the_message_in_the_thread_and_to_the_reviewer_has_the_button_too(night):
    night.requests()
    leaves(night, LINUS)
    slack = night.world.slack
    [noted] = [m for m in slack.replies(night.card()) if "has left" in m.text]
    [told] = [m for m in slack.messages(slack.im_with(ADA).id) if "has left" in m.text]

    for message in (noted, told):
        assert [e["action_id"] for e in message.blocks[-1]["elements"]] == ["change.reassign"]


def test_nobody_but_a_reviewer_hands_over_and_only_to_a_member(night):
    night.requests()
    leaves(night, LINUS)
    refused = night.presses(MAYA, "change.reassign")
    night.presses(GRACE, "change.reassign")
    errors = night.submits(GRACE, to=LINUS, reason="He has left.")

    assert refused is None
    assert night.told(MAYA)[-1].startswith("Only members of heads can")
    assert errors == {"to": "Name an active member of this organisation."}


def test_what_somebody_wrote_while_it_was_handed_over_is_still_there_to_be_copied(night):
    night.requests()
    night.reports(LINUS)
    night.presses(LINUS, "change.retrospective")
    night.types(ADA, f"reassign {night.world.latest()}")
    night.submits(ADA, to=MAYA, reason="Linus is ill.")
    errors = night.submits(LINUS, **LOOK_BACK)

    assert [*errors.values()] == ["Only the requester can do this."]
    assert night.dialog(LINUS).view["callback_id"] == "form.retrospective"


def test_an_escalation_to_reviewers_offers_to_hand_over_though_nobody_has_left(night):
    night.requests()
    night.passes(minutes=61)
    night.passes(hours=30)
    slack = night.world.slack
    told = slack.messages(slack.im_with(ADA).id)[-1]
    offered = {
        block["block_id"]: [e["action_id"] for e in block["elements"]]
        for block in told.blocks
        if block["type"] == "actions"
    }

    assert offered[f"actions:{night.world.latest()}:completion"] == ["change.reassign"]
    assert f"Escalated to heads: it is still owed by <@{LINUS}>; see that it is done." in str(told.blocks)


def test_a_change_that_is_over_is_left_alone(night):
    night.requests(access="ledger-admin", window="30m")
    night.passes(minutes=61)
    leaves(night, LINUS)

    assert "departure" not in night.happened()
