"""The step that gives access and takes it away, alone: whose access it is, and when its end is proven."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from sandbox.fakes import FakeAccess
from tests.acme import LINUS, PEOPLE, request
from tests.clocks import MONDAY_NIGHT, MovableClock
from tests.paper import RULES
from workflows import events as ev
from workflows import fold
from workflows import observations as ob
from workflows.errors import Declined, Unavailable
from workflows.record import ALLOWANCE, ChangeRecord, Recorded
from workflows.steps import NotYet, OtherHolding
from workflows.steps.access import DRIFT, LANDING, Access
from workflows.vocabulary import ChangeId, Origin, State

TEAM = RULES.access["payments-merge"].where
MERGE, DEPLOY = "payments-merge", "payments-deploy"  # two profiles, one team
ENDS = {ev.Removal: State.IN_REVIEW, ev.GrantFailed: State.IN_REVIEW}


@dataclass
class World:
    """One team, and the changes that want access to it."""

    access: FakeAccess = field(default_factory=FakeAccess)
    clock: MovableClock = field(default_factory=MovableClock)
    stopwatch: MovableClock = field(default_factory=MovableClock)
    tasks: dict = field(default_factory=dict)

    def change(self, profile=MERGE):
        id = ChangeId(f"EC-2026-{len(self.tasks) + 1:04d}")
        task = self.tasks[id] = AccessTask(
            self, fold.opened(id, "", Recorded(1, request(profile), State.ACTIVE))
        )
        return task

    def held_by_linus(self):
        return (TEAM, "linus") in self.access.held

    def hold(self):
        """Somebody gives the access outside this procedure."""
        self.access.held[TEAM, "linus"] = True

    def taken_away(self):
        self.access.held.pop((TEAM, "linus"))


@dataclass
class AccessTask:
    """A claim on one change's access that commits to nothing but memory."""

    world: World
    record: ChangeRecord
    policy = RULES
    wanted: bool = True
    attempted_at: object = None
    attempted_before: object = None
    seen: list = field(default_factory=list)
    ended_meanwhile: bool = False

    def now(self):
        return self.world.clock.now()

    def real_now(self):
        return self.world.stopwatch.now()

    def keep(self):
        """Nobody else is at work here."""

    def answered(self):
        self.attempted_at = self.attempted_before

    def observe(self, *seen, attempting=False):
        if attempting:
            self.attempted_before, self.attempted_at = self.attempted_at, self.real_now()
        state = State.IN_REVIEW if self.ended_meanwhile else self.record.state
        for entry in seen:
            self.seen.append(entry)
            self.record = fold.after(self.record, Recorded(self.record.last + 1, entry, state))

    def offer(self, event):
        self.seen.append(event)
        self.record = fold.after(self.record, Recorded(self.record.last + 1, event, ENDS[type(event)]))

    def person(self, person):
        return PEOPLE[person]

    def others(self):
        """As storage does: pre-looks whose end was not seen, and whether the access is still wanted."""
        return tuple(
            OtherHolding(task.record.id, task.record.grant.origin, task.wanted)
            for task in self.world.tasks.values()
            if task is not self and task.record.grant.origin and not task.record.grant.ended_at
        )

    # --- what the worker does ---

    @property
    def step(self):
        return Access({"github-team": self.world.access})

    def given(self):
        """Give it, and look."""
        if self.step.verify(self) is None:
            self.step.apply(self)
        return self.step.verify(self)

    def ends(self):
        """End the change; then take the access away, and look."""
        self.wanted = False
        self.attempted_at = None
        if self.step.verify(self):
            self.step.undo(self)
            return self.step.verify(self)
        return None

    def kinds(self):
        return [type(entry) for entry in self.seen]


@pytest.fixture
def world():
    return World()


# --- giving ----------------------------------------------------------------------------------------


def test_what_is_held_and_when_it_ends_is_committed_before_anything_is_given(world):
    task = world.change()
    world.access.declines = "No."

    with pytest.raises(Declined):
        task.step.apply(task)

    look, attempt = task.seen
    assert (type(look), look.origin, look.target) == (ob.PreLook, Origin.ABSENT, str(TEAM))
    assert attempt.ends_by == MONDAY_NIGHT + timedelta(hours=1) + ALLOWANCE


def test_a_call_that_is_refused_leaves_no_outcome_open_and_one_that_is_not_answered_does(world):
    refused, unanswered = world.change(), world.change(DEPLOY)
    world.access.declines = "No."
    with pytest.raises(Declined):
        refused.step.apply(refused)
    world.access.down = True
    with pytest.raises(Unavailable):
        unanswered.step.apply(unanswered)

    assert refused.attempted_at is None
    assert unanswered.attempted_at == world.stopwatch.now()


def test_access_that_is_given_is_looked_at_and_again_before_long(world):
    task = world.change()

    evidence = task.given()

    assert task.kinds() == [ob.PreLook, ob.GrantAttempted, ob.GrantConfirmed]
    assert (evidence.seen, evidence.look_again) == ("member, active", MONDAY_NIGHT + DRIFT)


def test_looking_again_at_access_in_force_records_nothing(world):
    task = world.change()
    task.given()
    task.given()

    assert task.kinds().count(ob.GrantConfirmed) == 1
    assert world.access.calls == [("grant", TEAM, "linus")]


def test_giving_twice_is_giving_once(world):
    task = world.change()
    task.step.apply(task)
    task.step.apply(task)

    assert world.held_by_linus()
    assert task.kinds().count(ob.PreLook) == 1


def test_an_invitation_is_waited_for(world):
    world.access.outsiders = {"linus"}
    task = world.change()

    with pytest.raises(NotYet, match=r"member, pending: it must be accepted first\."):
        task.given()


def test_an_invitation_from_before_this_change_is_no_access(world):
    world.access.held[TEAM, "linus"] = False
    task = world.change()

    assert task.step.verify(task) is None


def test_nothing_is_given_to_a_change_that_ended_while_its_attempt_was_committed(world):
    task = world.change()
    task.ended_meanwhile = True

    task.step.apply(task)

    assert not world.access.calls


def test_a_provider_that_says_no_ends_the_change(world):
    task = world.change()
    task.step.declined(task, "No such team.")

    [failed] = task.seen
    assert (type(failed), failed.declined, failed.because) == (ev.GrantFailed, True, "No such team.")


def test_a_provider_that_says_no_to_a_removal_ends_nothing(world):
    task = world.change()
    task.given()
    task.step.declined(task, "Locked.")
    task.wanted = False
    task.step.declined(task, "Locked.")

    assert ev.GrantFailed not in task.kinds()


def test_confirmed_access_found_missing_is_never_given_again(world):
    task = world.change()
    task.given()
    world.taken_away()

    task.given()

    assert not world.held_by_linus()
    assert task.kinds()[-1] is ev.Removal


def test_one_look_that_misses_ends_nobodys_emergency(world):
    task = world.change()
    task.given()

    task.step.apply(task)

    assert ev.Removal not in task.kinds()


# --- taking away -----------------------------------------------------------------------------------


def test_the_end_is_proven_by_a_look_and_looked_at_again_after_one_and_ten_minutes(world):
    task = world.change()
    task.given()
    assert task.ends() is None

    first = task.step.look_again(task)
    task.step.verify(task)
    second = task.step.look_again(task)
    task.step.verify(task)

    assert task.kinds()[-3:] == [ob.AccessEnded, ob.AccessStillGone, ob.AccessStillGone]
    assert [first - MONDAY_NIGHT, second - MONDAY_NIGHT] == [timedelta(minutes=1), timedelta(minutes=10)]
    assert task.step.look_again(task) is None


def test_after_the_last_look_nothing_is_recorded_any_more(world):
    task = world.change()
    task.given()
    task.ends()
    for _ in range(4):
        task.step.verify(task)

    assert [entry.look for entry in task.seen if isinstance(entry, ob.AccessStillGone)] == [2, 3]


def test_a_change_that_never_looked_has_nothing_to_take_away(world):
    world.hold()
    task = world.change()

    assert task.ends() is None
    assert world.held_by_linus()
    assert task.seen == []


def test_a_look_proves_nothing_while_an_earlier_call_could_still_land(world):
    task = world.change()
    task.step.apply(task)
    task.wanted = False
    world.taken_away()

    with pytest.raises(NotYet) as caught:
        task.step.verify(task)
    assert caught.value.wait == LANDING
    world.stopwatch.advance(seconds=10)

    assert task.step.verify(task) is None
    assert task.kinds()[-1] is ob.AccessEnded


def test_not_knowing_is_no_proof_of_the_end(world):
    task = world.change()
    task.given()
    world.access.down = True

    with pytest.raises(Unavailable):
        task.ends()
    assert ob.AccessEnded not in task.kinds()


def test_access_that_is_back_is_recorded_and_taken_away_again(world):
    task = world.change()
    task.given()
    task.ends()
    world.hold()

    task.ends()

    assert not world.held_by_linus()
    assert task.kinds()[-2:] == [ob.AccessBack, ob.AccessEnded]


def test_access_that_is_back_is_recorded_once_however_long_it_stays(world):
    task = world.change()
    task.given()
    task.ends()
    world.hold()
    task.step.verify(task)
    task.step.verify(task)

    assert task.kinds().count(ob.AccessBack) == 1


def test_a_provider_nobody_connected_and_an_account_nobody_linked_are_not_absence(world):
    task = world.change()

    with pytest.raises(Unavailable, match="no github-team account or connection"):
        Access({}).verify(task)


# --- whose access it is ----------------------------------------------------------------------------


def test_access_that_was_held_anyway_is_confirmed_and_never_given_or_taken(world):
    world.hold()
    task = world.change()
    task.given()
    task.ends()

    assert world.held_by_linus()
    assert world.access.calls == []
    assert [entry.origin for entry in task.seen if isinstance(entry, ob.PreLook)] == [Origin.HELD_ANYWAY]
    assert (task.record.grant.left, task.record.access_unproven) == (Origin.HELD_ANYWAY, False)
    assert task.step.look_again(task) is None


def test_held_anyway_stays_held_anyway_for_the_next_change(world):
    world.hold()
    first, second = world.change(MERGE), world.change(DEPLOY)
    first.given()
    second.given()

    assert second.record.grant.origin is Origin.HELD_ANYWAY


def test_access_two_changes_need_ends_with_the_last_of_them(world):
    first, second = world.change(MERGE), world.change(DEPLOY)
    first.given()
    second.given()

    first.ends()
    assert world.held_by_linus()
    assert (first.record.grant.left, first.record.grant.through_at_end) == (
        Origin.HELD_THROUGH,
        second.record.id,
    )
    second.ends()
    assert not world.held_by_linus()


def test_it_does_not_matter_which_of_two_changes_ends_last(world):
    first, second = world.change(MERGE), world.change(DEPLOY)
    first.given()
    second.given()
    second.ends()
    first.ends()

    assert (second.record.grant.origin, second.record.grant.through) == (Origin.HELD_THROUGH, first.record.id)
    assert not world.held_by_linus()


def test_two_changes_that_end_at_the_same_moment_do_not_leave_it_to_each_other(world):
    first, second = world.change(MERGE), world.change(DEPLOY)
    first.given()
    second.given()
    first.wanted = second.wanted = False
    first.ends()
    second.ends()

    assert not world.held_by_linus()


def test_a_later_look_at_access_that_is_gone_leaves_alone_what_the_next_change_was_given(world):
    first = world.change(MERGE)
    first.given()
    first.ends()
    second = world.change(MERGE)
    second.given()
    world.clock.advance(minutes=1)

    first.ends()

    assert world.held_by_linus()
    assert ob.AccessBack not in first.kinds()
    assert first.record.grant.left is Origin.HELD_THROUGH
    assert first.record.grant.ended_at == MONDAY_NIGHT


def test_a_later_look_does_not_take_for_its_own_what_the_next_change_is_about_to_lose(world):
    first = world.change(MERGE)
    first.given()
    first.ends()
    second = world.change(MERGE)
    second.given()
    second.wanted = False

    first.ends()

    assert ob.AccessBack not in first.kinds()


def test_access_of_somebody_else_on_the_same_team_is_left_alone(world):
    world.access.held[TEAM, "margaret"] = True
    task = world.change()
    task.given()
    task.ends()

    assert set(world.access.held) == {(TEAM, "margaret")}
    assert task.record.request.by == LINUS
