"""However much was written, the card and the status say what went wrong and what is still owed."""

import pytest

from bot.views.card import card
from bot.views.lists import LONGEST, change_status
from bot.views.text import SlackVoice, moment
from tests.acme import PEOPLE
from tests.clocks import MONDAY_NIGHT
from tests.paper import Paper
from workflows import events as ev
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.timetable import owed
from workflows.vocabulary import ExceptionId, StepName

AT_LENGTH = "The & of <it>. " * 200  #: as much as a form takes, and it grows when it is escaped


def slack_id(person):
    return PEOPLE[person].slack_user


@pytest.fixture
def acted():
    """Return a change begun without an answer, whose requester explained everything at length."""
    change = Paper("ledger-admin", incident=AT_LENGTH)
    change.strikes("unanswered/0")
    change.happens(ev.Override, reason=AT_LENGTH)
    change.seen(ob.StepStuck, step=StepName.TICKET, because="Jira does not answer.")
    change.seen(ob.Finding, exception=ExceptionId.X01, because="Nobody approved it in time.")
    return change


def owes(change):
    return tuple(owed(change.record, change.policy, Calendar(change.policy.calendar)))


def notes_of(change):
    blocks = card(change.record, change.policy, owes(change), SlackVoice(slack_id))
    return next(b.to_dict() for b in blocks if b.block_id == "notes")["elements"][0]["text"]


def test_a_long_reason_leaves_what_went_wrong_on_the_card(acted):
    notes = notes_of(acted)

    assert "X01: Nobody approved it in time." in notes
    assert "Waiting for: ticket" in notes
    assert "Acted without an answer: The &amp; of" in notes
    assert "Incident: The &amp; of" in notes


def test_what_went_wrong_stands_before_what_was_written_at_length(acted):
    notes = notes_of(acted)

    order = ("Waiting for", "X01", "Acted without an answer", "Incident")
    assert sorted(order, key=notes.index) == list(order)


def test_a_long_reason_leaves_what_is_owed_in_the_status(acted):
    status = change_status(acted.record, acted.policy, owes(acted), slack_id)

    assert "Acted without an answer: The &amp; of" in status
    assert "Still owed:\n• Approval" in status


@pytest.mark.parametrize("more", range(0, 90, 21))
def test_a_status_that_is_too_long_ends_with_no_half_of_a_mention_or_a_time(acted, more):
    away = ["." * more, *(f"<@U0GRACE> is away until {moment(MONDAY_NIGHT)}." for _ in range(60))]

    status = change_status(acted.record, acted.policy, owes(acted), slack_id, away)

    assert len(status) <= LONGEST
    assert status.endswith("…")
    assert status.count("<") == status.count(">")
