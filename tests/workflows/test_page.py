"""Properties of the page itself: true of every row, whoever edits it next.  They are the controls."""

from itertools import pairwise
from typing import get_args

import pytest

from workflows import events as ev
from workflows import guards as g
from workflows.procedure import (
    DEADLINES,
    DUTIES,
    FINAL,
    NOTICES,
    OBLIGATIONS,
    OPEN,
    OPENINGS,
    READ_AGAIN,
    TRANSITIONS,
)
from workflows.vocabulary import Duty, State, StepName

EVENTS = set(get_args(get_args(ev.Event)[0]))
BY_THE_BOT = {g.by_the_clock, g.by_the_system, g.by_clock_or_system}
RAISED_BY_THE_CLOCK = {row.raises for row in DEADLINES} | {ev.Reminder, ev.Escalation}
BY_PEOPLE = [row for row in TRANSITIONS if not BY_THE_BOT & set(row.require)]


def spelt(row):
    return f"{row.source.value}-{row.on.__name__}-{row.to.value}"


@pytest.mark.parametrize("state", State)
def test_every_state_says_what_the_system_owes(state):
    assert state in OBLIGATIONS


@pytest.mark.parametrize("state", set(State) - {State.ACTIVE})
def test_access_is_owed_in_the_active_state_alone(state):
    assert StepName.ACCESS not in OBLIGATIONS[state]


def test_access_is_owed_while_active():
    assert StepName.ACCESS in OBLIGATIONS[State.ACTIVE]


@pytest.mark.parametrize("state", State)
def test_the_ticket_the_card_and_the_record_outlive_every_change(state):
    assert {StepName.TICKET, StepName.CARD, StepName.EVIDENCE} <= OBLIGATIONS[state]


@pytest.mark.parametrize("state", FINAL)
def test_nothing_leaves_a_final_state(state):
    assert not [row for row in TRANSITIONS if row.source is state]


def test_a_state_is_final_exactly_if_nothing_leaves_it():
    assert frozenset(State) - {row.source for row in TRANSITIONS} == FINAL


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.to in FINAL], ids=spelt)
def test_a_change_closes_by_acceptance_alone_and_ends_early_only_before_it_began(row):
    assert row.on is ev.Acceptance if row.to is State.CLOSED else row.source is State.REQUESTED


def test_no_change_that_was_in_force_escapes_its_review():
    after_active = {row.to for row in TRANSITIONS if row.source is State.ACTIVE}

    assert after_active == {State.ACTIVE, State.IN_REVIEW}


def test_access_is_never_in_force_a_second_time():
    """The window of a change that has ended cannot be opened again."""
    back = [row for row in TRANSITIONS if row.to is State.ACTIVE and row.source is State.IN_REVIEW]

    assert not back


@pytest.mark.parametrize(
    "row", [row for row in TRANSITIONS if row.to is State.ACTIVE is not row.source], ids=spelt
)
def test_access_begins_with_somebody_elses_yes_or_with_an_override_the_policy_allows(row):
    decides = {g.by_someone_else, g.by_an_approver} <= set(row.require)
    overrides = row.on is ev.Override and g.overridable in row.require

    assert decides or overrides


@pytest.mark.parametrize(
    "row", [row for row in TRANSITIONS if row.source is State.REQUESTED and row.on is ev.Approval], ids=spelt
)
def test_access_is_given_only_to_a_requester_who_is_still_a_member(row):
    assert row.require.index(g.requester_still_here) < row.require.index(g.as_shown)


def test_only_a_policy_that_says_so_opens_a_change_with_access():
    at_once = [row.when for row in OPENINGS if row.to is State.ACTIVE]

    assert at_once == [g.acts_first]


@pytest.mark.parametrize(
    "row",
    [row for row in TRANSITIONS if row.on in (ev.Approval, ev.Rejection, ev.Acceptance, ev.Return)],
    ids=spelt,
)
def test_nobody_decides_on_accepts_or_returns_their_own_change(row):
    assert g.by_someone_else in row.require


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.to is State.CLOSED], ids=spelt)
def test_nobody_closes_their_own_change_or_closes_it_early_or_unguarded(row):
    needed = {g.by_someone_else, g.by_a_reviewer, g.nothing_owed, g.authors_known, g.access_proven_gone}
    needed |= {g.ledger_guarded, g.verdicts_read_again}

    assert needed <= set(row.require)


@pytest.mark.parametrize(
    "row",
    [row for row in TRANSITIONS if row.on in (ev.Approval, ev.Rejection, ev.Acceptance)],
    ids=spelt,
)
def test_an_answer_counts_for_the_text_that_was_shown(row):
    assert g.as_shown in row.require


@pytest.mark.parametrize("row", [r for r in TRANSITIONS if r.on in RAISED_BY_THE_CLOCK], ids=spelt)
def test_nobody_but_the_clock_and_the_bot_raises_what_deadlines_raise(row):
    assert {g.by_the_clock, g.by_clock_or_system} & set(row.require)


@pytest.mark.parametrize("row", [r for r in TRANSITIONS if BY_THE_BOT & set(r.require)], ids=spelt)
def test_what_the_bot_raises_nobody_else_may(row):
    assert row.require[0] in BY_THE_BOT


@pytest.mark.parametrize("row", BY_PEOPLE, ids=spelt)
def test_whatever_people_do_needs_membership_an_entitlement_and_gives_away_no_secret(row):
    entitled = {g.by_the_author, g.by_an_approver, g.by_a_reviewer}
    entitled |= {g.by_author_or_approver, g.by_somebody_who_may_end_it, g.by_somebody_who_judges}

    assert row.require[:2] == (g.by_a_member, g.no_secrets)
    assert entitled & set(row.require)


@pytest.mark.parametrize("row", OPENINGS, ids=lambda row: row.to.value)
def test_only_an_eligible_member_opens_a_change_and_no_two_on_the_same_access(row):
    assert {g.by_a_member, g.no_secrets, g.eligible, g.nothing_open, g.account_linked} <= set(row.require)


@pytest.mark.parametrize("row", OPENINGS, ids=lambda row: row.to.value)
def test_known_access_is_asked_before_anything_that_looks_it_up(row):
    looks_up = [g.eligible, g.window_allowed, g.account_linked]

    assert all(row.require.index(g.known_access) < row.require.index(guard) for guard in looks_up)


@pytest.mark.parametrize("state", set(State) - FINAL)
def test_no_state_waits_for_ever(state):
    """Either the clock ends it by itself, or somebody owes something for as long as it lasts."""
    ends = {
        row.on
        for row in TRANSITIONS
        if row.source is state and row.to is not state and row.on in RAISED_BY_THE_CLOCK
    }
    deadline = {row.raises for row in DEADLINES if row.state is state} & ends
    duty = state is State.IN_REVIEW and {row.duty for row in DUTIES} >= {Duty.ACCEPTANCE}

    assert deadline or duty


@pytest.mark.parametrize("deadline", DEADLINES, ids=lambda row: row.slot)
def test_what_a_deadline_raises_can_happen_where_it_is_watched(deadline):
    assert [row for row in TRANSITIONS if (row.source, row.on) == (deadline.state, deadline.raises)]


@pytest.mark.parametrize("state", set(State) - FINAL)
@pytest.mark.parametrize("event", [ev.Reminder, ev.Escalation])
def test_whoever_owes_something_can_be_reminded_in_every_state_that_waits(state, event):
    assert [row for row in TRANSITIONS if (row.source, row.on, row.to) == (state, event, state)]


def test_every_state_can_be_reached():
    reached = {row.to for row in OPENINGS}
    for _ in State:
        reached |= {row.to for row in TRANSITIONS if row.source in reached}

    assert reached == set(State)


@pytest.mark.parametrize("state", set(State) - FINAL)
def test_every_state_that_is_not_final_leads_to_one_that_is(state):
    reached = {state}
    for _ in State:
        reached |= {row.to for row in TRANSITIONS if row.source in reached}

    assert reached & FINAL


def test_no_two_rows_answer_the_same_question():
    """Rows are read top to bottom, so an unconditional row is the last of its kind and there is one."""
    settled, conditions = set(), set()
    for row in TRANSITIONS:
        assert (row.source, row.on) not in settled
        assert (row.source, row.on, row.when) not in conditions
        conditions.add((row.source, row.on, row.when))
        if row.when is None:
            settled.add((row.source, row.on))

    assert settled == {(row.source, row.on) for row in TRANSITIONS}


def test_every_request_is_answered_by_exactly_one_opening():
    assert [row.when is None for row in OPENINGS] == [False] * (len(OPENINGS) - 1) + [True]


@pytest.mark.parametrize("event", EVENTS - {ev.Request}, ids=lambda event: event.__name__)
def test_every_event_has_a_row(event):
    assert [row for row in TRANSITIONS if row.on is event]


def test_a_request_opens_and_never_moves_a_change():
    assert not [row for row in TRANSITIONS if row.on is ev.Request]


@pytest.mark.parametrize("row", TRANSITIONS, ids=spelt)
def test_every_row_is_about_an_event(row):
    assert row.on in EVENTS


@pytest.mark.parametrize("duty", Duty)
def test_every_duty_has_one_row(duty):
    assert [row.duty for row in DUTIES].count(duty) == 1


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_says_who_hears_of_it(event):
    assert [notice.of for notice in NOTICES].count(event) == 1


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.of.__name__)
def test_every_notice_reaches_somebody(notice):
    assert notice.milestone or notice.tell


def test_both_verdicts_are_read_again_after_the_commit():
    assert {ev.Approval, ev.Rejection} == READ_AGAIN


def test_open_states_are_those_in_which_access_may_still_come_or_is_there():
    can_come = {row.source for row in TRANSITIONS if row.to is State.ACTIVE}

    assert can_come == OPEN


@pytest.mark.parametrize("state", set(State))
def test_rows_of_one_state_stand_together(state):
    """A page is read, not searched."""
    blocks = [row.source for row in TRANSITIONS]
    starts = [new for old, new in pairwise([None, *blocks]) if new is not old]

    assert starts.count(state) <= 1
