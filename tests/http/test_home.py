"""The Home tab: what is one's own, with the buttons that help, brought up to date when something changes."""

import json
from datetime import timedelta

import pytest

from sandbox import cast
from tests.acme import request
from tests.http.night import ADA, DEE, GIL, GRACE, LINUS, LOOK_BACK, MAYA, OSKAR, REPORT, REQUEST, SOL
from workflows.administration import Delegation, DelegationEnded
from workflows.vocabulary import State, StepName


def published(night):
    """Return for whom a Home tab was published, in order."""
    calls = night.world.slack.app.calls("POST", "/api/views.publish")
    return [json.loads(call.request_body)["user_id"] for call in calls]


def named(home, part):
    """Return the changes a part of a Home names."""
    return sorted(name.split(":")[1] for name in home if name.startswith(f"{part}:"))


def test_a_whole_change_from_home_without_ever_touching_a_card(anywhere):
    night = anywhere()
    first = night.looks_at_home(LINUS)
    night.looks_at_home(GRACE)
    night.presses_at_home(LINUS, "home.new")
    assert night.submits(LINUS, **REQUEST, access="payments-merge") == {}
    change = night.world.latest()
    open_, waiting = night.home(LINUS), night.home(GRACE)
    night.presses_at_home(GRACE, "change.approve", change)
    assert night.submits(GRACE) == {}
    answered = night.home(GRACE)
    night.presses_at_home(LINUS, "change.extend", change)
    assert night.submits(LINUS, window="30m", justification="The index is large.") == {}
    night.presses_at_home(LINUS, "change.done", change)
    assert night.submits(LINUS, **REPORT) == {}
    owing = night.home(LINUS)
    night.presses_at_home(LINUS, "change.retrospective", change)
    assert night.submits(LINUS, **LOOK_BACK) == {}
    settled = night.home(LINUS)
    night.presses_at_home(GRACE, "change.accept", change)
    assert night.submits(GRACE) == {}
    night.passes(minutes=15)

    assert "nothing" in first
    assert named(open_, "window") == [change]
    assert "{ago}" in open_[f"window:{change}"]
    assert open_[f"window-actions:{change}"] == "Done | Extend"
    assert named(waiting, "asked") == [change]
    assert waiting[f"asked-actions:{change}"] == "Approve | Reject"
    assert named(answered, "asked") == []
    assert (named(owing, "window"), named(owing, "owed")) == ([], [change])
    assert owing[f"owed:{change}:retrospective"].endswith("| Retrospective")
    assert named(settled, "owed") == []
    assert night.is_closed_well(change)


def test_nothing_is_published_for_people_who_never_opened_their_home(night):
    night.requests()
    night.approves(GRACE)
    night.passes(hours=30)

    assert published(night) == []


def test_only_the_home_tab_counts_as_opening_it(night):
    slack = night.world.slack
    user, im = slack.user(LINUS), slack.im_with(LINUS)
    stamp = slack.next_ts()
    opened = {"type": "app_home_opened", "user": user.id, "channel": im.id, "tab": "messages"}
    assert slack.event({**opened, "event_ts": stamp}).ok
    night.settles()

    assert published(night) == []


def test_those_who_see_the_change_see_it_change_and_nobody_else_is_bothered(night):
    for who in (LINUS, MAYA, GRACE, SOL):
        night.looks_at_home(who)
    before = len(published(night))
    change = night.requests()

    assert set(published(night)[before:]) == {LINUS, MAYA, GRACE}
    assert named(night.home(MAYA), "window") == []
    assert change in night.home(MAYA)["recent:0"]
    assert change not in str(night.home(SOL))


def test_many_changes_at_once_are_one_drawing(night):
    night.looks_at_home(GRACE)
    before = len(published(night))
    world = night.world
    for who in (LINUS, MAYA):
        for access in ("payments-merge", "ledger-admin"):
            ruled = world.bot.changes.open(request(access, world.person(who).id, at=world.now()))
            assert ruled.change, ruled
    claims = [claim for claim in world.bot.memory.outbox.claim(50) if claim.step is StepName.HOME]
    world.stopwatch.advance(timedelta(seconds=2))
    [claimed] = [claim for claim in world.bot.memory.outbox.claim(50) if claim.step is StepName.HOME]
    world.bot.work(claimed)

    assert claims == [], "what changes within a second joins one drawing"
    assert len(named(night.home(GRACE), "asked")) == 4
    assert len(published(night)) - before == 1


def test_what_becomes_overdue_says_so_though_nobody_did_anything(night):
    change = night.requests()
    before = night.looks_at_home(GRACE)
    night.passes(hours=25)
    after = night.home(GRACE)

    assert "overdue*" not in before[f"asked:{change}"]
    assert "*overdue*" in after[f"asked:{change}"]
    assert after["counts"].split(" | ")[1] == "*With something overdue*\n1"


def test_a_reviewer_hands_overdue_duties_over_from_home(night):
    change = night.requests(window="30m")
    night.passes(hours=6)
    night.looks_at_home(ADA)
    night.presses_at_home(ADA, "change.reassign", change)
    errors = night.submits(ADA, to=MAYA, reason="Linus is ill.")

    assert errors == {}
    assert night.record(change).owner == night.world.person(MAYA).id
    assert f"owed:{change}:completion" in night.looks_at_home(MAYA)
    assert named(night.looks_at_home(LINUS), "owed") == []


def test_the_overview_is_for_reviewers_and_leaves_drills_out(night):
    night.requests()
    night.types(MAYA, "drill")
    night.submits(MAYA, **REQUEST, access="payments-merge")
    reviewer, engineer = night.looks_at_home(GRACE), night.looks_at_home(LINUS)

    assert reviewer["counts"].replace("\n", " ").split(" | ") == [
        "*Open* 1",
        "*With something overdue* 0",
        "*This month* 1",
        "*Drills this month* 1",
    ]
    assert "counts" not in engineer


def test_a_drill_is_marked_at_home(night):
    night.types(LINUS, "drill")
    night.submits(LINUS, **REQUEST, access="payments-merge")
    home = night.looks_at_home(LINUS)
    [change] = named(home, "window")

    assert "DRILL · " in home[f"window:{change}"]
    assert "DRILL · " in home["recent:0"]


def test_a_drill_begins_at_home(night):
    night.looks_at_home(LINUS)
    dialog = night.presses_at_home(LINUS, "home.drill")

    assert dialog.view["callback_id"] == "form.drill"


def test_ones_own_change_never_waits_for_ones_own_approval(nights):
    night = nights(policy=lambda text: text.replace('eligible = "sre"', 'eligible = "heads"'))
    night.world.bot.memory.people.link(night.world.person(GRACE).id, "github", "grace-acme")
    night.requests(GRACE)

    assert named(night.looks_at_home(GRACE), "asked") == []
    assert len(named(night.looks_at_home(ADA), "asked")) == 1


def test_a_request_that_waits_can_be_taken_back_at_home(night):
    change = night.requests(access="ledger-admin", window="30m")
    home = night.looks_at_home(LINUS)
    night.presses_at_home(LINUS, "change.withdraw", change)

    assert "waiting for an approver" in home[f"window:{change}"]
    assert night.state(change) is State.WITHDRAWN
    assert named(night.home(LINUS), "window") == []


def test_a_press_on_a_home_that_is_out_of_date_is_answered_in_a_direct_message(night):
    change = night.requests()
    night.looks_at_home(GRACE)
    night.looks_at_home(ADA)
    old = night.world.slack.home(ADA).view
    night.approves(GRACE)
    night.world.slack.home(ADA).view = old
    dialog = night.presses_at_home(ADA, "change.approve", change)

    assert dialog is None
    assert night.direct(ADA)[-1] == "This change has its approvals already."


@pytest.mark.parametrize(
    ("who", "sentence"),
    [(GIL, "Guests cannot take part in an emergency change; ask a colleague.")],
)
def test_who_may_not_take_part_is_told_so_and_has_no_buttons(shared, who, sentence):
    assert shared.looks_at_home(who) == {"because": sentence}


@pytest.mark.parametrize("who", [OSKAR, DEE])
def test_nothing_is_published_for_outsiders_and_people_who_left(shared, who):
    before = published(shared)
    assert shared.looks_at_home(who) is None

    assert published(shared) == before


def test_somebody_who_joined_a_moment_ago_has_a_home_when_they_look_again(night):
    night.world.slack.add_user(cast._user("U0NEW", "nia", "Nia New"))
    first = night.looks_at_home("U0NEW")
    night.world.bot.refresh()
    second = night.looks_at_home("U0NEW")

    assert first is None
    assert "nothing" in second


def test_somebody_who_joins_a_group_sees_what_waits_for_it(night):
    change = night.requests()
    night.looks_at_home(SOL)
    memory = night.memory
    memory.people.replace_group("heads", {night.world.person(who).id for who in (GRACE, ADA, SOL)})
    night.settles()

    assert named(night.home(SOL), "asked") == [change]


def test_who_is_away_and_who_stands_in_see_it_at_home(night):
    for who in (GRACE, ADA, LINUS):
        night.looks_at_home(who)
    grace, ada = (night.world.person(who).id for who in (GRACE, ADA))
    until, changes = night.world.now() + timedelta(days=2), night.world.bot.changes
    changes.administer(Delegation(at=night.world.now(), by=grace, to=ada, until=until))
    night.settles()
    away, stands_in, nobody = (night.home(who).get("away") for who in (GRACE, ADA, LINUS))
    changes.administer(DelegationEnded(at=night.world.now(), by=grace))
    night.settles()

    assert "<@U0ADA> stands in" in away
    assert "You stand in for <@U0GRACE>" in stands_in
    assert nobody is None
    assert [night.home(who).get("away") for who in (GRACE, ADA)] == [None, None]


def test_slack_that_asks_for_patience_gets_it_and_the_home_comes_later(night):
    night.world.slack.rate_limit("views.publish", seconds=20)
    home = night.looks_at_home(LINUS)

    assert home is not None
    assert len(published(night)) == 2


def test_a_home_whose_answer_got_lost_is_drawn_anew_over_what_is_there(night):
    night.looks_at_home(LINUS)
    night.world.slack.app.fail("POST", r"/api/views\.publish$", "drop", after=True)
    change = night.requests()

    assert named(night.home(LINUS), "window") == [change]


def test_a_person_whose_home_slack_refuses_is_left_alone_until_they_look_again(night):
    night.looks_at_home(LINUS)
    with night.world.slack.change():
        user = night.world.slack.users.pop(LINUS)
    night.requests(MAYA)
    refused = len(published(night))
    night.requests(MAYA, access="ledger-admin", window="30m")
    still = len(published(night))
    with night.world.slack.change():
        night.world.slack.users[LINUS] = user

    assert still == refused
    assert len(night.looks_at_home(LINUS)["recent:0"].splitlines()) == 2
