"""Every refused click gets its sentence, is an entry, and changes nothing."""

from datetime import timedelta

import pytest

from sandbox.slack import payloads
from tests.http.night import ADA, DEE, GIL, GRACE, LINUS, MAYA, OSKAR, SOL
from workflows.vocabulary import State

BUTTONS_OF_AN_ACTIVE_CHANGE = [
    "change.approve",
    "change.reject",
    "change.done",
    "change.extend",
    "change.end",
]
GUEST = "Guests cannot take part in an emergency change; ask a colleague."
OUTSIDER = "Only members of this organisation can take part. If you just joined, try again in a minute."
GONE = "This account is deactivated."


@pytest.mark.parametrize(
    ("who", "guard", "sentence"), [(GIL, "by_a_member", GUEST), (OSKAR, "by_a_member", OUTSIDER)]
)
def test_guests_and_other_organisations_are_refused_at_every_button(shared, who, guard, sentence):
    before, seen = shared.picture(), len(shared.refusals())
    opened = [shared.presses(who, action) for action in BUTTONS_OF_AN_ACTIVE_CHANGE]

    refused = shared.refusals()[seen:]
    assert opened == [None] * 5
    assert [one[1:] for one in refused] == [(guard, sentence)] * 5
    assert shared.told(who)[-5:] == [sentence] * 5
    assert shared.picture() == before


def test_somebody_who_left_is_refused(shared):
    before = shared.picture()
    opened = shared.presses_raw(DEE, "change.approve")

    assert opened is None
    assert shared.refusals()[-1] == ("approval", "by_a_member", GONE)
    assert shared.picture() == before


def test_a_bot_is_refused(shared):
    before, slack = shared.picture(), shared.world.slack
    opened = shared.presses_raw(slack.bot_user_id, "change.approve")

    assert opened is None
    assert shared.refusals()[-1] == (
        "approval",
        "by_a_member",
        "Bots cannot take part in an emergency change.",
    )
    assert shared.picture() == before


@pytest.mark.parametrize("action", ["change.approve", "change.reject"])
def test_nobody_decides_on_their_own_change(shared, action):
    before = shared.picture()
    opened = shared.presses(LINUS, action)

    assert opened is None
    assert shared.refusals()[-1][1:] == ("by_someone_else", "You cannot decide on your own change.")
    assert shared.told(LINUS)[-1] == "You cannot decide on your own change."
    assert shared.picture() == before


@pytest.mark.parametrize("who", [MAYA, SOL])
def test_somebody_outside_the_approvers_is_refused(shared, who):
    before = shared.picture()
    opened = shared.presses(who, "change.approve")

    assert opened is None
    assert shared.told(who)[-1] == "Only members of heads can decide on this change."
    assert shared.picture() == before


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"api_app_id": "A0OTHER"}, "another app"),
        ({"team": {"id": "T0EVIL", "domain": "evil"}}, "another workspace"),
    ],
)
def test_what_is_meant_for_another_app_or_workspace_is_turned_away(shared, more, what):
    before, entries = shared.picture(), len(shared.entries())
    sent = shared.sends(shared.forged(GRACE, "change.approve", **more))
    shared.settles()

    new = shared.entries()[entries:]
    assert sent.status == 200, what
    assert [e.entry.kind for e in new] == ["turned-away/1"]
    assert shared.dialog(GRACE) is None
    assert shared.told(GRACE)[-1] == "This request was meant for another app or workspace."
    assert shared.picture() == before


def test_an_event_that_is_not_for_this_app_is_nobodys_doing(night):
    imported = night.memory.people.add("ida@acme.example", "Ida Import")
    known = night.memory.people.everyone()
    slack = night.world.slack
    event = payloads.event_callback(slack, {"type": "subteam_members_changed", "subteam_id": "S1"}, "Ev1")
    sent = slack._deliver("event", event | {"api_app_id": "A0OTHER"})
    night.settles()

    entry = night.entries()[-1].entry
    assert sent.status == 200
    assert (entry.kind, entry.by) == ("turned-away/1", "unknown")
    assert entry.by != imported
    assert night.memory.people.everyone() == known


def test_the_workspace_of_the_person_counts_and_not_only_that_of_the_channel(shared):
    before = shared.picture()
    payload = shared.forged(GRACE, "change.approve")
    payload["user"] = payload["user"] | {"team_id": "T0OTHER"}
    sent = shared.sends(payload)
    shared.settles()

    assert sent.ok
    assert shared.refusals()[-1][1] == "by_a_member"
    assert shared.dialog(GRACE) is None
    assert shared.picture() == before


def test_a_click_on_a_change_nobody_knows_is_answered(shared):
    before, payload = shared.picture(), shared.forged(GRACE, "change.approve")
    payload["actions"][0]["value"] = "EC-1999-0001"
    sent = shared.sends(payload)
    shared.settles()

    assert sent.status == 200
    assert (
        shared.told(GRACE)[-1] == "There is no change EC-1999-0001. The card may be from another deployment."
    )
    assert shared.picture() == before


def test_a_button_without_a_value_is_answered(shared):
    before, payload = shared.picture(), shared.forged(GRACE, "change.done")
    del payload["actions"][0]["value"]
    sent = shared.sends(payload)
    shared.settles()

    assert sent.status == 200
    assert shared.told(GRACE)[-1].startswith("There is no change")
    assert shared.picture() == before


def test_a_button_of_an_old_card_is_answered_with_what_is_so_now(night):
    night.requests()
    night.approves(GRACE)
    before = night.picture()
    night.presses(ADA, "change.approve", version=0)

    assert night.dialog(ADA) is None
    assert night.told(ADA) == ["This change has its approvals already."]
    assert night.picture() == before


def test_done_on_an_old_card_is_answered_with_what_is_so_now(night):
    night.requests()
    night.reports(LINUS)
    night.presses(LINUS, "change.extend", version=1)

    assert night.told(LINUS)[-1] == f"{night.world.latest()} is in review; that cannot happen to it now."


def test_one_person_answers_once(nights):
    night = nights(policy=lambda text: text.replace("approvals_required = 1", "approvals_required = 2"))
    night.requests()
    night.approves(GRACE)
    opened = night.presses(GRACE, "change.approve")

    assert opened is None
    assert night.told(GRACE) == ["You have answered already."]
    assert len(night.record().approvals) == 1


def test_two_approvers_with_the_dialog_open_give_one_approval(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.presses(ADA, "change.approve")
    night.submits(GRACE)
    night.submits(ADA)

    assert night.says_no(ADA) == "This change has its approvals already."
    assert len(night.record().approvals) == 1


@pytest.mark.parametrize("action", ["change.approve", "change.reject"])
def test_an_answer_to_a_text_that_was_added_to_shows_the_new_text_first(night, action):
    night.requests()
    view = night.presses(GRACE, action)
    old = str(view.view["blocks"])
    night.reports(LINUS, done="Rolled back twice.")
    said = {"reason": "No."} if action == "change.reject" else {}
    night.submits(GRACE, **said)
    shown = night.dialog(GRACE)
    first = night.record().verdicts
    night.submits(GRACE, **said)

    assert "Rolled back twice." not in old
    assert "Rolled back twice." in str(shown.view["blocks"])
    assert "This change was added to after you opened it." in str(shown.view["blocks"])
    assert first == ()
    assert len(night.record().verdicts) == 1
    assert night.dialog(GRACE) is None


def test_an_extension_makes_an_open_answer_be_read_again(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.extends(LINUS, justification="It takes longer than thought.")
    night.submits(GRACE)

    assert "It takes longer than thought." in str(night.dialog(GRACE).view["blocks"])
    assert night.record().verdicts == ()


def test_an_empty_group_of_approvers_is_nobody(nights):
    night = nights(
        policy=lambda text: text.replace('"grace@acme.example", "ada@acme.example"', '"nobody@acme.example"')
    )
    night.requests()
    opened = night.presses(GRACE, "change.approve")

    assert opened is None
    assert night.refusals()[-1][1] == "by_an_approver"
    assert night.told(GRACE)[-1].startswith("The approver group heads has no members right now")


def test_a_mirror_that_is_too_old_is_no_answer(night):
    night.requests()
    night.world.stopwatch.advance(timedelta(minutes=6))
    opened = night.presses(GRACE, "change.approve")
    refused = night.refusals()[-1]
    night.world.bot.refresh()
    night.approves(GRACE)

    assert opened is None
    assert refused[:2] == ("approval", "by_an_approver")
    assert len(night.record().approvals) == 1


def test_a_mirror_that_grows_old_while_the_dialog_is_open_loses_nothing_that_was_typed(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.world.stopwatch.advance(timedelta(minutes=6))
    errors = night.submits(GRACE, comment="Go on.")
    night.world.bot.refresh()
    again = night.submits(GRACE)

    assert errors == {"comment": "Only members of heads can decide on this change."}
    assert again == {}
    assert [verdict.answer.comment for verdict in night.record().verdicts] == ["Go on."]


def test_the_procedures_clock_makes_no_mirror_old(night):
    night.requests(window="4h")
    night.passes(hours=3)
    night.approves(GRACE)

    assert len(night.record().approvals) == 1


def test_somebody_not_eligible_is_refused_at_the_form(night):
    errors = night.asks(GRACE)

    assert errors == {"access": "Only members of sre may request “Merge to payments without review”."}
    assert night.memory.changes() == []
    assert night.refusals()[-1][:2] == ("request", "eligible")


def test_a_guest_is_refused_at_the_form(night):
    errors = night.asks(GIL)

    assert errors == {"access": GUEST}
    assert night.memory.changes() == []


def test_somebody_without_a_linked_account_is_told_whom_to_ask(night):
    person = night.world.person(LINUS)
    night.memory.people.link(person.id, "github", "")
    errors = night.asks(LINUS)

    assert list(errors) == ["access"]
    assert night.memory.changes() == []


def test_handing_over_is_for_reviewers_and_goes_to_a_member(night):
    night.requests()
    not_a_reviewer = night.presses_raw(MAYA, "change.reassign")
    night.presses_raw(GRACE, "change.reassign")
    to_a_guest = night.submits(GRACE, to=GIL, reason="Linus is ill.")
    to_nobody = night.submits(GRACE, to=OSKAR, reason="Linus is ill.")
    to_maya = night.submits(GRACE, to=MAYA, reason="Linus is ill.")

    assert not_a_reviewer is None
    assert to_a_guest == to_nobody == {"to": "Name an active member of this organisation."}
    assert to_maya == {}
    assert night.record().owner == night.world.person(MAYA).id
    night.reports(MAYA)
    assert night.state() is State.IN_REVIEW
