"""Every way in which access ends, and how it is extended until then."""

from datetime import timedelta

import pytest

from bot.cli.roster import Line, Roster
from tests.http.night import ADA, GRACE, LINUS, MAYA, SOL
from workflows import events as ev
from workflows.vocabulary import State

RENAMED = Line(1, "linus@acme.example", github="linus-new")


@pytest.fixture
def active(night):
    night.requests(window="1h")
    return night


@pytest.mark.parametrize("who", [LINUS, GRACE, SOL], ids=["requester", "approver", "security"])
def test_access_ends_now_when_somebody_who_may_says_so(active, who):
    active.ends_access(who, reason="Enough.")

    assert active.holders() == set()
    assert active.state() is State.IN_REVIEW
    assert active.owed() == {"approval", "completion", "retrospective"}
    assert any("Enough." in text for text in active.thread())


def test_a_login_changed_meanwhile_is_no_end_of_the_access(active):
    active.world.github.forge.rename_account("linus-acme", "linus-new")
    active.ends_access(LINUS)
    active.lives_through(minutes=2)
    before = active.record()
    objections = list(Roster(active.memory, "command").objections(RENAMED))
    active.memory.people.link(active.world.person(LINUS).id, "github", "linus-new")
    active.lives_through(minutes=2)

    assert before.access_unproven
    assert objections == []
    assert "access" in {step.value for step in before.stuck}
    assert not active.record().access_unproven
    assert active.holders() == set()


def test_a_team_renamed_meanwhile_is_no_end_of_the_access(active):
    active.world.github.forge.rename_team("acme", "payments-break-glass", "break-glass")
    active.reports(LINUS)
    active.lives_through(minutes=2)

    assert active.record().access_unproven


def test_a_colleague_cannot_end_it(active):
    assert active.presses(MAYA, "change.end") is None
    assert active.told(MAYA) == ["Only the requester, an approver or security can end this access."]
    assert active.holders() == {"linus-acme"}


def test_done_ends_it_with_the_report(active):
    active.reports(LINUS, done="Rolled the index back.")

    assert active.holders() == set()
    assert active.state() is State.IN_REVIEW
    assert active.owed() == {"approval", "retrospective"}


def test_the_report_can_follow_the_expiry(active):
    active.passes(minutes=61)
    before = active.owed()
    active.reports(LINUS)

    assert before == {"approval", "completion", "retrospective"}
    assert active.owed() == {"approval", "retrospective"}


def test_the_requester_extends_what_was_acted_first(active):
    active.extends(LINUS, window="30m")
    active.passes(minutes=80)
    still = active.holders()
    active.passes(minutes=11)

    assert still == {"linus-acme"}
    assert active.holders() == set()


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        ("4h", "The longest window is 4 h; at most 3 h can be added."),
        ("0", "Write a length of time such as 30m, 1h or 1h 30m."),
        ("0m", "An extension must be longer than nothing, such as 30m."),
        ("-30m", "Write a length of time such as 30m, 1h or 1h 30m."),
        ("30 minuts", "Write a length of time such as 30m, 1h or 1h 30m."),
        ("9999d", "The longest window is 4 h; at most 3 h can be added."),
    ],
)
def test_an_extension_that_does_not_fit_is_said_where_it_was_typed(active, window, sentence):
    active.presses(LINUS, "change.extend")
    errors = active.submits(LINUS, window=window, justification="More.")

    assert errors == {"window": sentence}
    assert active.record().extensions == ()


def test_extensions_end_at_the_longest_window(active):
    active.extends(LINUS, window="3h")
    opened = active.presses(LINUS, "change.extend")

    assert opened is None
    assert active.told(LINUS) == ["The longest window is 4 h; nothing can be added."]


def test_who_left_the_dialog_open_until_nothing_could_be_added_is_told_at_the_field(active):
    active.presses(LINUS, "change.extend")
    elsewhere = ev.Extension(
        at=active.world.bot.clock.now(),
        by=active.record().owner,
        window=timedelta(hours=3),
        justification="More.",
    )
    active.world.bot.changes.offer(active.record().id, elsewhere)
    errors = active.submits(LINUS, window="1m", justification="More.")

    assert errors == {"window": "The longest window is 4 h; nothing can be added."}


def test_the_length_proposed_is_never_more_than_can_be_added(active):
    def proposed():
        blocks = active.presses(LINUS, "change.extend").view["blocks"]
        return next(block["element"]["initial_value"] for block in blocks if block["block_id"] == "window")

    usual = proposed()
    active.extends(LINUS, window="2h 40m")

    assert (usual, proposed()) == ("30 min", "20 min")


def test_the_requester_is_warned_ten_and_two_minutes_before_and_again_after_an_extension(active):
    active.passes(minutes=51)
    ten = [text for text in active.direct(LINUS) if "Say Done, or extend it" in text]
    active.passes(minutes=8)
    two = [text for text in active.direct(LINUS) if "Say Done, or extend it" in text]
    active.extends(LINUS, window="30m")
    active.passes(minutes=31)

    assert (len(ten), len(two)) == (1, 2)
    assert len([text for text in active.direct(LINUS) if "Say Done, or extend it" in text]) == 4


def test_access_taken_away_outside_is_not_given_again(active):
    active.world.github.forge.remove_member("acme", "payments-break-glass", "linus-acme")
    active.passes(minutes=4)

    assert active.holders() == set()
    assert active.state() is State.IN_REVIEW
    for who in (LINUS, SOL):
        assert any("taken away outside this procedure" in text for text in active.direct(who))
    active.passes(hours=2)
    assert active.ends_well()


def test_access_held_before_is_left_as_it_was(night):
    night.world.github.forge.add_member("acme", "payments-break-glass", "linus-acme")
    night.requests(window="30m")
    night.passes(minutes=45)

    assert night.holders() == {"linus-acme"}
    assert night.state() is State.IN_REVIEW
    assert any("held before it and stays" in text for text in night.thread())


def test_access_given_back_behind_our_back_is_removed_and_somebody_is_told(active):
    active.reports(LINUS)
    active.world.github.forge.add_member("acme", "payments-break-glass", "linus-acme")
    active.passes(minutes=2)

    assert active.holders() == set()
    assert any("is there again" in text for text in active.direct(SOL))
    active.passes(minutes=15)
    assert active.ends_well()


def test_two_people_have_the_same_access_and_each_loses_their_own(night):
    first = night.requests(LINUS, window="30m")
    second = night.requests(MAYA, window="1h")
    both = night.holders()
    night.passes(minutes=31)

    assert both == {"linus-acme", "maya-acme"}
    assert night.holders() == {"maya-acme"}
    assert (night.state(first), night.state(second)) == (State.IN_REVIEW, State.ACTIVE)


def test_one_person_has_two_profiles_at_once(night):
    night.requests(LINUS, "payments-merge")
    ledger = night.requests(LINUS, "ledger-admin", window="30m")
    night.approves(GRACE, ledger)

    assert night.holders("payments") == {"linus-acme"}
    assert night.holders("ledger") == {"linus-acme"}
    assert {t.status for t in night.tickets()} == {"Implementing"}


def test_a_second_request_for_the_same_access_is_answered_with_a_link_to_the_open_one(active):
    active.asks(LINUS, "payments-merge")

    change = active.world.latest()
    card = active.record(change).card
    form, answer = active.world.slack.views(LINUS)
    said = str(answer.view["blocks"])
    assert form.view["callback_id"] == "form.request"  # what was typed is still there, underneath
    assert f"You already have {change} open for this access" in said
    assert f"/archives/{card.channel}/p{card.ts.replace('.', '')}|{change}>" in said
    assert len(active.world.bot.memory.changes()) == 1


def test_two_profiles_that_lead_to_one_team_share_it_until_the_last_ends(nights):
    def twice(text):
        again = text[text.index("[access.payments-merge]") : text.index("[access.ledger-admin]")]
        return text + again.replace("payments-merge", "payments-deploy").replace("Merge to", "Deploy")

    night = nights(policy=twice)
    first = night.requests(LINUS, "payments-merge", window="30m")
    second = night.requests(LINUS, "payments-deploy", window="1h")
    night.passes(minutes=31)
    shared = night.holders()
    night.passes(minutes=45)

    assert shared == {"linus-acme"}
    assert any(f"stays for {second}" in text for text in night.thread(first))
    assert night.ends_well()


def test_the_approver_may_answer_while_access_is_in_force_or_later(active):
    active.passes(hours=3)
    active.approves(ADA)

    assert "approval" not in active.owed()
    assert "Approve" not in active.buttons()
