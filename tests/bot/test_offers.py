"""Buttons offer exactly what the procedure has a row for."""

import pytest

from bot.dialogue import ACTION_OF, BEHIND, MENDED_BY_TYPING
from bot.ids import Action, Form
from bot.mending import FINAL_NO, OF_FOLLOW_UPS
from bot.views.card import MARK, SHOWN
from bot.views.offers import OFFERS
from tests.acme import LINUS
from tests.clocks import MONDAY_NIGHT
from workflows import events as ev
from workflows import guards
from workflows.procedure import FINAL, TRANSITIONS
from workflows.vocabulary import State


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: f"{offer.label}")
def test_no_button_leads_nowhere(offer):
    for state in offer.states:
        assert any(row.source is state and row.on is offer.event for row in TRANSITIONS), state


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_final_card_has_no_buttons(state):
    assert not [offer for offer in OFFERS if state in offer.states]


def test_every_event_of_a_person_has_a_button_or_a_dialog():
    by_people = {
        row.on
        for row in TRANSITIONS
        if not {guards.by_the_clock, guards.by_the_system, guards.by_clock_or_system} & set(row.require)
    }

    offered = {offer.event for offer in OFFERS}

    assert by_people - offered == {ev.Question}  # from inside the dialogs, or in a review on GitHub


def test_every_button_on_a_change_but_withdraw_and_the_ticket_opens_its_dialog():
    assert set(Action) - set(BEHIND) == {
        Action.WITHDRAW,
        Action.REVIEW,
        Action.TICKET,
        Action.CHOICE,
        Action.MORE,
        Action.NEW,
        Action.NEW_DRILL,
        Action.SIGN_OFF,
        Action.SELF_TEST,
    }


def test_every_dialog_belongs_to_a_button_but_the_requests_and_the_plain_sentence():
    assert set(Form) - set(ACTION_OF) == {
        *(Form.REQUEST, Form.DRILL, Form.NOTICE),
        *(Form.SIGN_OFF, Form.SELF_TEST),  # about a month, and no change
    }


def test_what_typing_can_mend_are_guards_of_the_page():
    names = {guard.__name__ for row in TRANSITIONS for guard in row.require}

    assert names >= MENDED_BY_TYPING | FINAL_NO - {"procedure"}


@pytest.mark.parametrize("behind", BEHIND.values(), ids=lambda behind: behind.form.value)
def test_a_dialog_opens_only_once_nothing_but_typing_stands_in_the_way(behind):
    """A guard that typing mends ends the question of the click; what came after it would be asked too late."""
    event = type(behind.probe(MONDAY_NIGHT, LINUS))
    for row in (row for row in TRANSITIONS if row.on is event):
        names = [guard.__name__ for guard in row.require]
        first = min((names.index(name) for name in MENDED_BY_TYPING & {*names}), default=len(names))
        assert {*names[first:]} <= MENDED_BY_TYPING | {*OF_FOLLOW_UPS}


def test_every_state_has_its_words_on_the_card():
    assert set(SHOWN) == set(MARK) == set(State)
