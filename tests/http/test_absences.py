"""People who are away, and groups in which nobody is left: what Slack is told and what it says."""

import pytest

from sandbox import cast
from tests.http.night import ADA, DEE, GIL, GRACE, LINUS, MAYA, SOL
from workflows.vocabulary import State


def goes(night, *people):
    """Let people leave the workspace, and the bot's mirrors learn of it."""
    for who in people:
        night.world.slack.user(who).deleted = True
    night.world.bot.refresh()
    night.settles()


def comes_back(night, who):
    night.world.slack.user(who).deleted = False
    night.world.bot.refresh()
    night.settles()


def test_an_approver_who_is_away_is_left_in_peace_and_the_delegate_decides_in_their_own_name(night):
    said = night.types(GRACE, "delegate @ada until friday")
    told = night.direct(ADA)[-1]
    night.requests(LINUS)
    night.passes(hours=13)
    night.approves(ADA)
    home = str(night.looks_at_home(GRACE))

    assert said.startswith(f"<@{ADA}> stands in for you until the end of Friday, ")
    assert f"<@{GRACE}>" in told
    assert any("waits for you" in text for text in night.direct(ADA))
    assert not any("waits for you" in text for text in night.direct(GRACE))
    assert night.record().approvals[0].by == night.world.person(ADA).id
    assert "You are away until" in home


def test_on_the_evening_of_the_last_day_it_ends_by_itself(night):
    night.types(GRACE, "delegate @ada until friday")
    night.passes(days=5)
    night.requests(LINUS)
    night.passes(hours=13)

    assert night.types(GRACE, "delegate").startswith("Nobody stands in for you.")
    assert any("waits for you" in text for text in night.direct(GRACE))


def test_an_author_who_is_away_is_told_and_so_is_the_colleague_who_stands_in(night):
    night.types(LINUS, f"delegate <@{MAYA}|maya> until friday")
    night.requests(LINUS)
    night.passes(hours=8)

    for who in (MAYA, LINUS):
        assert any("wait" in text and "completion report" in text for text in night.direct(who))


def test_a_late_follow_up_reaches_who_stands_in_for_its_owner(night):
    night.requests(LINUS)
    night.agrees(GRACE, owner=MAYA, due=night.day(2))
    night.types(MAYA, f"delegate @linus until {night.day(30)}")
    night.passes(days=3, hours=6)

    for who in (MAYA, LINUS):
        assert any("follow-up 1, overdue" in text for text in night.direct(who))


def test_back_early_ends_it_and_the_delegate_is_told(night):
    night.types(GRACE, "delegate @ada until friday")
    said = night.types(GRACE, "delegate stop")

    assert said == f"Welcome back. <@{ADA}> does not stand in for you any more."
    assert len(night.direct(ADA)) == 2
    assert night.types(GRACE, "delegate stop") == "Nobody stands in for you."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("delegate", "Write `/emergency-change delegate @colleague until friday`"),
        ("delegate @ada", "Write `/emergency-change delegate @colleague until friday`"),
        ("delegate @ada until tuesdayish", "is no day."),
        ("delegate @grace until friday", "Name somebody else than yourself."),
        ("delegate @maya until friday", "They could not answer for you: they are not in heads."),
        ("delegate @nobody until friday", "Nobody here is called"),
        (f"delegate <@{GIL}|gil> until friday", "Name an active member of this organisation."),
        (f"delegate <@{DEE}|dee> until friday", "Name an active member of this organisation."),
    ],
)
def test_a_delegation_that_cannot_be_is_answered_with_what_to_do(shared, typed, said):
    assert said in shared.types(GRACE, typed)


def adopts(night, before, after):
    """Let another policy come into force, and the bot learn of it."""
    text = night.world.policy_file.read_text().replace(before, after)
    night.world.policy_file.write_text(text)
    night.memory.adopt_policy(text.encode(), "policy.toml")
    night.world.bot.refresh()
    night.settles()


def test_a_group_that_left_the_policy_while_a_change_needs_it_alarms_and_blames_nobody(night):
    change = night.requests(LINUS)
    adopts(night, "heads", "chiefs")
    dialog = night.presses(GRACE, "change.approve")
    refused = night.told(GRACE)[-1]
    alarmed = [text for text in night.direct(SOL) if "Nobody is left in the group heads" in text]
    adopts(night, "chiefs", "heads")
    night.approves(GRACE)

    assert dialog is None
    assert refused.startswith("The approver group heads has no members right now")
    assert len(alarmed) == 1
    assert "what is open already keeps the group it began with" in alarmed[0]
    assert "There is somebody in the group heads again." in night.direct(SOL)
    assert night.findings(change) == []
    assert "approval" not in night.owed(change)


def test_an_approver_group_that_became_empty_alarms_once_and_again_only_after_somebody_was_there(night):
    goes(night, GRACE, ADA)
    night.passes(hours=1)
    night.world.bot.refresh()
    night.settles()
    once = [text for text in night.direct(SOL) if "Nobody is left in the group" in text]
    refused = night.requests(LINUS)
    comes_back(night, ADA)
    back = night.direct(SOL)[-1]

    assert len(once) == 1
    assert "heads" in once[0]
    assert night.state(refused) is State.ACTIVE  # access may come first; the approval stays owed
    assert back.startswith("There is somebody in the group")
    posted = [message.text for message in night.world.slack.messages(cast.REVIEW)]
    assert len([text for text in posted if "Nobody is left in the group" in text]) == 1
