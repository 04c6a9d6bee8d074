"""Only what was absent before a change is its to take; what is shared ends with the last who needs it."""

from datetime import timedelta

from tests.acme import ADA, LINUS, MARGARET
from workflows import events as ev
from workflows import observations as ob
from workflows.vocabulary import Origin, State

MERGE, DEPLOY = "payments-merge", "payments-deploy"  # two profiles, one team
TEN_MINUTES = timedelta(minutes=10)


def test_access_two_changes_need_ends_with_the_last_of_them(night):
    first, second = night.opens(MERGE), night.opens(DEPLOY)
    night.is_reported_done(first)
    between = night.holders()
    night.is_reported_done(second)

    assert (between, night.holders()) == ({"linus"}, set())
    assert night.record(first).grant.left is Origin.HELD_THROUGH
    assert night.record(second).grant.left is None


def test_access_two_changes_need_ends_with_the_last_though_the_other_gave_it(night):
    first, second = night.opens(MERGE), night.opens(DEPLOY)
    night.is_reported_done(second)
    between = night.holders()
    night.is_reported_done(first)

    assert (between, night.holders()) == ({"linus"}, set())
    assert night.calls("grant") == ["linus"]


def test_both_windows_end_at_the_same_moment_and_so_does_the_access(night):
    night.opens(MERGE, window=TEN_MINUTES)
    night.opens(DEPLOY, window=TEN_MINUTES)
    night.passes(minutes=11)

    assert night.holders() == set()


def test_access_that_is_asked_for_again_minutes_after_it_ended_stays_for_its_window(night):
    """The later looks at the first end find the access of the second change, and leave it alone."""
    first = night.opens()
    night.is_reported_done(first)
    night.passes(seconds=30)
    second = night.opens()
    night.passes(minutes=10)

    assert night.holders() == {"linus"}
    assert night.state(second) is State.ACTIVE
    assert "access-back/1" not in night.kinds(first)


def test_what_was_held_before_is_not_taken(night):
    night.given()
    change = night.opens()
    night.is_reported_done(change)
    night.passes(minutes=15)

    assert night.holders() == {"linus"}
    assert night.access.calls == []
    assert night.record(change).grant.left is Origin.HELD_ANYWAY


def test_the_access_of_colleagues_on_the_same_team_is_their_own(night):
    night.given(account="ada")
    mine, hers = night.opens(by=LINUS), night.opens(by=MARGARET)
    night.is_reported_done(mine)

    assert night.holders() == {"ada", "margaret"}
    assert night.state(hers) is State.ACTIVE


def test_access_taken_away_outside_the_procedure_is_never_given_again(night):
    change = night.opens()
    night.taken()
    night.passes(minutes=4)

    assert night.state(change) is State.IN_REVIEW
    assert night.holders() == set()
    assert night.calls("grant") == ["linus"]
    assert ev.Removal in night.board.told(LINUS)


def test_access_given_again_outside_the_procedure_after_its_end_is_taken_and_alarms(night):
    change = night.opens()
    night.is_reported_done(change)
    night.given()
    night.passes(minutes=2)

    assert night.holders() == set()
    assert ob.AccessBack in night.board.told(ADA)
    assert not night.record(change).access_unproven


def test_grants_and_removals_of_one_person_at_one_target_are_done_one_after_the_other(night):
    change = night.opens()
    night.changes.take_up(change, "somebody else")
    night.desk.happens(change, ev.Revocation, reason="Enough.")
    night._works()
    before = night.holders()
    night.settles()

    assert (before, night.holders()) == ({"linus"}, set())


def test_duties_handed_over_leave_the_access_with_the_requester(night):
    change = night.opens()
    night.happens(change, ev.Reassignment, ADA, to=MARGARET, reason="Linus is ill.")
    night.passes(minutes=4)
    before = night.holders()
    night.is_reported_done(change, MARGARET)

    assert (before, night.holders()) == ({"linus"}, set())
