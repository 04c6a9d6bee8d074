"""Steps fail alone: what is down delays nothing else, and is made good when it is back."""

from datetime import timedelta

import pytest

from tests.acme import ADA, LINUS, POLICY, SAM
from workflows import events as ev
from workflows import observations as ob
from workflows.errors import Unavailable
from workflows.vocabulary import Duty, State, StepName


def test_a_call_inside_a_transaction_would_be_noticed_in_every_story(night):
    with (
        pytest.raises(AssertionError, match="look was called inside a transaction"),
        night.memory.transaction(),
    ):
        night.to_access.look(None, "linus")


# --- the provider of access ------------------------------------------------------------------------


def test_a_provider_that_says_no_ends_the_change_and_tells_the_requester(night):
    night.access.declines = "The seat limit is reached."
    change = night.opens()

    assert night.state(change) is State.IN_REVIEW
    assert night.record(change).grant.failed.because == "The seat limit is reached."
    assert ev.GrantFailed in night.board.told(LINUS)
    assert night.holders() == set()


def test_a_provider_that_is_down_for_a_while_costs_no_window(night):
    night.to_access.down = True
    change = night.opens()
    night.passes(minutes=10)
    night.to_access.down = False
    night.passes(minutes=2)

    record = night.record(change)
    assert night.holders() == {"linus"}
    assert record.access_until - record.grant.confirmed_at == record.window


def test_a_provider_that_stays_down_ends_the_change_as_never_confirmed(night):
    night.to_access.down = True
    change = night.opens(window=timedelta(minutes=5))
    night.passes(minutes=21)
    night.to_access.down = False
    night.passes(minutes=2)

    assert night.state(change) is State.IN_REVIEW
    assert not night.record(change).grant.failed.declined
    assert night.access.calls == []


def test_a_grant_whose_answer_got_lost_is_found_and_not_given_twice(night):
    night.to_access.lost = {"grant"}
    change = night.opens()

    assert night.holders() == {"linus"}
    assert night.record(change).grant.confirmed_at
    assert night.calls("grant") == ["linus"]


@pytest.mark.parametrize("answer", ["lost", "heard"])
def test_a_look_that_is_refused_after_access_may_have_been_given_leaves_everything_owed(night, answer):
    """Whoever may have had the access answers for it, though the provider shows nothing any more."""
    night.to_access.lost = {"grant"} if answer == "lost" else set()
    give = night.access.grant

    def gives_and_hides(target, account):
        give(target, account)
        night.access.targets = frozenset()

    night.access.grant = gives_and_hides
    change = night.opens()

    grant = night.record(change).grant
    assert night.calls("grant") == ["linus"]
    assert (grant.confirmed_at, grant.failed.declined) == (None, False)
    assert grant.failed.because.startswith("The access was never confirmed: The provider does not know")
    assert {Duty.APPROVAL, Duty.COMPLETION, Duty.RETROSPECTIVE} <= night.owes(change)


def test_a_grant_that_is_refused_after_one_whose_answer_got_lost_leaves_everything_owed(night):
    """The first call may land yet, whatever the second one is told."""
    night.to_access.lost = {"grant"}
    change = night.desk.opens()
    night._works()
    night.taken()
    night.access.declines = "The seat limit is reached."
    night.passes(seconds=2)

    assert not night.record(change).grant.failed.declined
    assert Duty.RETROSPECTIVE in night.owes(change)


@pytest.mark.parametrize("refused", ["the look", "the call"])
def test_access_that_was_refused_at_once_was_never_there_to_answer_for(night, refused):
    if refused == "the look":
        night.access.targets = frozenset()
    else:
        night.access.declines = "The seat limit is reached."
    change = night.opens()

    assert night.record(change).never_in_force
    assert night.owes(change) == {Duty.ACCEPTANCE}


def test_access_that_was_asked_for_and_is_slow_to_show_is_asked_for_again(night):
    """Some providers take a while to show what they took."""
    slow = []
    night.access.grant = lambda target, account: slow.append(account)
    change = night.opens()
    del night.access.grant
    night.passes(minutes=1)

    assert slow[0] == "linus"
    assert night.holders() == {"linus"}
    assert night.record(change).grant.confirmed_at


def test_a_removal_that_was_taken_and_did_nothing_is_asked_for_again(night):
    change = night.opens()
    night.access.remove = lambda target, account: None
    night.is_reported_done(change)
    unproven = night.record(change).access_unproven
    del night.access.remove
    night.passes(minutes=1)

    assert unproven
    assert night.holders() == set()
    assert not night.record(change).access_unproven


def test_an_invitation_that_is_never_accepted_ends_and_is_taken_back(night):
    night.access.outsiders = {"linus"}
    change = night.opens(window=timedelta(minutes=3))
    waiting = night.holders()
    night.passes(minutes=4)

    assert (waiting, night.holders()) == ({"linus"}, set())
    assert night.state(change) is State.IN_REVIEW


def test_a_removal_that_is_late_alarms_approvers_and_security_once(night):
    change = night.opens()
    night.to_access.down = True
    night.is_reported_done(change)
    night.passes(minutes=4)
    early = night.board.told(SAM)
    night.passes(minutes=6)

    assert early == []
    assert night.board.told(SAM) == night.board.told(ADA) == [ev.RemovalOverdue]


def test_a_removal_is_tried_for_ever(night):
    change = night.opens()
    night.to_access.down = True
    night.is_reported_done(change)
    night.passes(minutes=5)
    night.travels(days=2)
    night.to_access.down = False
    night.passes(minutes=2)

    assert night.holders() == set()
    assert not night.record(change).access_unproven


def test_a_removal_that_is_refused_is_tried_for_ever_too(night):
    change = night.opens()
    night.access.declines = "Forbidden."
    night.is_reported_done(change)
    night.passes(minutes=10)
    stuck = night.record(change).stuck
    night.access.declines = ""
    night.passes(minutes=2)

    assert StepName.ACCESS in stuck
    assert night.holders() == set()
    assert StepName.ACCESS not in night.record(change).stuck


def test_a_change_does_not_close_while_its_removal_is_not_proven(night):
    change = night.opens()
    night.happens(change, ev.Approval, ADA)
    night.to_access.down = True
    night.is_reported_done(change)
    night.is_looked_back_on(change)

    assert night.happens(change, ev.Acceptance, ADA).guard == "access_proven_gone"


def test_a_removal_whose_answer_got_lost_is_looked_at_and_done(night):
    change = night.opens()
    night.to_access.lost = {"remove"}
    night.is_reported_done(change)

    assert night.holders() == set()
    assert not night.record(change).access_unproven


def test_an_end_is_not_proven_while_an_earlier_grant_could_still_land(night):
    """The grant call hangs; the change ends; the read-back waits until the call cannot land any more."""
    night.to_access.lost = {"grant"}
    change = night.desk.opens()
    [claimed] = [c for c in night.memory.outbox.claim(9) if c.step is StepName.ACCESS]
    night.reconciler.work(claimed)
    night.taken()
    night.desk.happens(change, ev.Revocation, reason="Enough.")
    night._works()
    too_early = night.record(change).grant.ended_at
    night.settles()

    assert too_early is None
    assert night.record(change).grant.ended_at is not None


def test_an_end_is_not_proven_while_the_first_of_two_grants_could_still_land(night):
    """The first call hangs somewhere and the second one comes through; the first may land after the end."""
    night.to_access.lost = {"grant"}
    change = night.desk.opens()
    night._works()
    night.taken()
    night.passes(seconds=2)
    there, given = night.holders(), len(night.calls("grant"))
    night.desk.happens(change, ev.Revocation, reason="Enough.")
    night._works()
    too_early = night.record(change).grant.ended_at
    night.given()
    night.settles()

    assert (there, given) == ({"linus"}, 2)
    assert too_early is None
    assert night.holders() == set()
    assert night.record(change).grant.ended_at is not None
    assert "access-back/1" not in night.kinds(change)


# --- the tracker -----------------------------------------------------------------------------------


def test_a_ticket_desk_that_is_down_delays_no_access_and_keeps_none_alive(night):
    night.to_tickets.down = True
    change = night.opens()
    given = night.holders()
    night.is_reported_done(change)

    assert (given, night.holders()) == ({"linus"}, set())
    assert night.tickets.tickets == {}


def test_the_gap_is_recorded_once_and_filled_when_the_desk_is_back(night):
    night.to_tickets.down = True
    change = night.opens()
    night.happens(change, ev.Approval, ADA)
    night.passes(minutes=4)  # the search's lag, and then no answer again
    stuck = night.record(change).stuck
    night.to_tickets.down = False
    night.passes(minutes=2)

    record = night.record(change)
    assert stuck == {StepName.TICKET}
    assert (record.stuck, record.ticket.key) == (frozenset(), "CHG-1")
    assert night.kinds(change).count("step-stuck/1") == night.kinds(change).count("step-recovered/1") == 1
    assert len(night.tickets.tickets["CHG-1"].comments) == 2


def test_a_ticket_whose_creation_got_lost_is_adopted_and_not_created_twice(night):
    night.to_tickets.lost = {"open"}
    change = night.opens()
    waiting = night.record(change).ticket
    night.passes(minutes=3)

    assert waiting is None
    assert night.record(change).ticket.adopted
    assert list(night.tickets.tickets) == ["CHG-1"]


def test_a_ticket_that_was_never_created_is_created_after_the_searchs_lag(night):
    change = night.desk.opens()
    [claimed] = [c for c in night.memory.outbox.claim(9) if c.step is StepName.TICKET]
    night.memory.outbox.attempting(claimed)  # ... and the process dies before its call leaves
    night.passes(minutes=1)
    early = dict(night.tickets.tickets)
    night.passes(minutes=4)

    assert early == {}
    assert night.record(change).ticket.key == "CHG-1"
    assert not night.record(change).ticket.adopted


def test_a_duplicate_that_the_search_finds_late_is_linked_and_closed(night):
    night.tickets.lags = True
    night.to_tickets.lost = {"open"}
    change = night.opens()
    night.passes(minutes=4)  # the search still does not know the first; a second is created
    night.tickets.index()
    night.passes(minutes=11)

    first, second = night.tickets.tickets.values()
    assert night.record(change).ticket.key == "CHG-2"
    assert (first.duplicate_of, first.status) == ("CHG-2", "Declined")
    assert second.status == "Implementing"
    assert night.record(change).duplicates == {"CHG-1"}


def test_after_the_late_look_for_duplicates_nobody_looks_any_more(night):
    night.to_tickets.lost = {"open"}
    change = night.opens()
    night.passes(minutes=15)
    before = night.memory.outbox.backlog().waiting
    night.is_reported_done(change)
    night.passes(minutes=30)

    assert before == 0
    assert night.kinds(change).count("duplicate-ticket-closed/1") == 0
    assert not [c for c in night.memory.outbox.claim(50) if c.step is StepName.TICKET]


def test_a_ticket_somebody_deleted_is_not_replaced_in_silence(night):
    change = night.opens()
    night.tickets.tickets.clear()
    night.is_reported_done(change)

    assert night.tickets.tickets == {}
    assert "gone from the tracker" in night.memory.outbox.stuck_for(change)[StepName.TICKET]


def test_a_ticket_that_cannot_be_moved_is_recorded_and_holds_up_nothing(night):
    change = night.opens()
    night.tickets._path = ("Open", "Implementing")
    night.is_reported_done(change)

    assert StepName.TICKET in night.record(change).stuck
    assert night.holders() == set()


def test_a_tracker_without_mapped_statuses_is_left_in_whatever_status_it_is(begun):
    lines = [line for line in POLICY.splitlines() if not line.startswith("statuses")]
    night = begun(policy="\n".join(lines))
    night.is_reported_done(night.opens())

    assert night.tickets.tickets["CHG-1"].status == "Open"


def test_the_ticket_says_what_was_declared_in_the_fields_the_policy_names(night):
    change = night.opens(what="Orders\n\tare   failing. " + "x" * 300)

    ticket = night.tickets.tickets["CHG-1"].ticket
    assert ticket.summary.startswith(f"Emergency change {change}: Payments API: Orders are failing.")
    assert len(ticket.summary) == 250
    assert dict(ticket.fields) == {"change_type": "Emergency", "risk": "medium"}
    assert ticket.sections[-1] == ("Requester", "Linus")


# --- Slack -----------------------------------------------------------------------------------------


def test_a_board_that_is_down_delays_no_access(night):
    night.to_board.down = True
    change = night.opens()
    given = night.holders()
    night.to_board.down = False
    night.passes(minutes=2)

    assert given == {"linus"}
    assert night.board.shown(change) == [State.ACTIVE]
    assert night.board.noted() == [ob.GrantConfirmed]


@pytest.mark.parametrize("lost", ["post_card", "post_note", "tell"])
def test_a_message_whose_answer_got_lost_is_found_and_not_posted_twice(night, lost):
    night.to_board.lost = {lost}
    change = night.opens()
    night.passes(minutes=1)

    assert len(night.board.shown(change)) == 1
    assert night.board.noted() == [ob.GrantConfirmed]
    assert night.board.told(LINUS) == [ob.GrantConfirmed]


@pytest.mark.parametrize(("step", "shown"), [(StepName.CARD, 1), (StepName.NOTE, 1), (StepName.MESSAGE, 1)])
def test_a_message_that_never_left_is_posted_after_all(night, step, shown):
    change = night.desk.opens()
    night.given()
    night.desk.confirms(change)
    mine = [c for c in night.memory.outbox.claim(50) if c.step is step]
    for claimed in mine:
        night.memory.outbox.attempting(claimed)  # ... and the process dies before its call leaves
    night.passes(minutes=1)

    count = {
        StepName.CARD: len(night.board.shown(change)),
        StepName.NOTE: len(night.board.noted()),
        StepName.MESSAGE: len(night.board.told(LINUS)),
    }
    assert count[step] == shown


def test_a_message_to_somebody_who_cannot_be_reached_ends_there(night):
    night.board.declines = "The person has blocked the app."
    change = night.opens()

    assert night.board.messages == []
    assert StepName.MESSAGE in night.record(change).stuck
    assert not [c for c in night.memory.outbox.claim(50) if c.step is StepName.MESSAGE]


def test_somebody_without_slack_is_not_told_and_nothing_waits_for_it(night):
    change = night.opens("ledger-read")
    night.memory.people.keep(
        [{"slack_team": "T1", "slack_user": "ULINUS", "name": "Linus", "email": "", "deactivated": True}]
    )
    night.passes(minutes=31)

    assert night.state(change) is State.LAPSED
    assert night.board.told(LINUS) == []
    assert night.memory.outbox.backlog().waiting == 0


# --- the worker itself -----------------------------------------------------------------------------


def test_a_worker_that_lost_its_claim_does_nothing_more(night):
    change = night.desk.opens()
    late = [c for c in night.memory.outbox.claim(9) if c.step is not StepName.ACCESS]
    night.stopwatch.advance(seconds=11)
    night.clock.advance(seconds=11)
    night.memory.outbox.claim(9)
    for claimed in late:
        night.reconciler.work(claimed)

    assert night.board.cards == {}
    assert night.tickets.tickets == {}
    assert night.state(change) is State.ACTIVE


def test_a_worker_whose_call_took_longer_than_its_lease_keeps_nothing_of_it(night):
    """The note is there; whoever has the claim now looks for it, and finds it."""
    night.desk.opens()
    post = night.board.post_note

    def slowly(*said):
        posted = post(*said)
        night.clock.advance(seconds=11)
        night.stopwatch.advance(seconds=11)
        night.memory.outbox.claim(20)
        return posted

    night.board.post_note = slowly
    night.passes(seconds=5)
    del night.board.post_note
    night.passes(seconds=30)

    assert night.board.noted() == [ob.GrantConfirmed]


def test_a_worker_that_lost_its_claim_gives_no_access(night):
    night.desk.opens()
    [late] = [c for c in night.memory.outbox.claim(9) if c.step is StepName.ACCESS]
    night.stopwatch.advance(seconds=11)
    night.memory.outbox.claim(9)
    night.reconciler.work(late)

    assert night.access.calls == []


def looks_slowly(night, meanwhile):
    """Let the next look at the access take longer than a lease, and something happen in the meantime."""
    look = night.access.look

    def slowly(*where, **how):
        night.access.look = look
        standing = look(*where, **how)
        night.stopwatch.advance(seconds=11)
        meanwhile()
        return standing

    night.access.look = slowly


def works_on_access(night):
    for claimed in night.memory.outbox.claim(20, access=True):
        night.works_on(claimed)


def test_a_worker_that_looked_for_too_long_takes_nothing_that_was_given_anew(night):
    """Whoever has the claim now took it, and then another change got it: the look was about neither."""
    first = night.opens("payments-merge")
    night.desk.happens(first, ev.Revocation, ADA, reason="Enough.")

    def given_anew():
        night.desk.opens("payments-deploy")
        works_on_access(night)

    looks_slowly(night, given_anew)
    [late] = night.memory.outbox.claim(1, access=True)
    night.works_on(late)

    assert night.calls("remove") == ["linus"]
    assert night.holders() == {"linus"}


def test_a_worker_whose_claim_is_its_own_but_not_the_access_any_more_takes_nothing(night):
    first = night.opens("payments-merge")
    night.desk.happens(first, ev.Revocation, ADA, reason="Enough.")

    def another_change_was_at_work():
        other = night.desk.opens("payments-deploy")
        night.changes.take_up(other, "another")
        night.memory.outbox.free_key("another")

    looks_slowly(night, another_change_was_at_work)
    [late] = night.memory.outbox.claim(1, access=True)
    night.works_on(late)

    assert night.calls("remove") == []


def test_a_worker_that_looked_for_too_long_gives_nothing_while_another_is_at_work(night):
    change = night.desk.opens("payments-merge")
    looks_slowly(night, lambda: night.changes.take_up(change, "another"))
    [late] = night.memory.outbox.claim(1, access=True)
    night.works_on(late)

    assert night.calls("grant") == []
    assert night.record(change).grant.attempted_at is None
    night.passes(minutes=1)
    assert night.holders() == {"linus"}


def test_an_outage_that_asks_for_patience_gets_it(night):
    def patient(*_):
        raise Unavailable("429", retry_after=90)

    night.tickets.open = patient
    change = night.opens()
    del night.tickets.open
    night.passes(seconds=60)
    early = night.record(change).ticket
    night.passes(minutes=4)

    assert early is None
    assert night.record(change).ticket is not None


def test_a_person_without_an_account_any_more_leaves_the_removal_owed_and_alarms(night):
    change = night.opens()
    night.memory.people.link(LINUS, "github", "")
    night.is_reported_done(change)
    night.passes(minutes=6)

    assert night.record(change).access_unproven
    assert ev.RemovalOverdue in night.board.told(SAM)
