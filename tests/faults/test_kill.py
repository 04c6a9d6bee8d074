"""kill -9 at every commit and every call of a whole change: whoever comes next finishes it, once."""

import os
from collections import Counter
from datetime import timedelta

import pytest

from sandbox import cast
from tests.faults.conftest import Dead
from tests.http.night import ADA, GRACE, LINUS, LOOK_BACK, MAYA, REPORT, REQUEST

SAMPLE = 40  #: kill points that are tried unless KILL_POINTS=all
LATER = 8  #: of those of the other story
PARTS = 9  #: the points are tried in so many tests, so that a failure says roughly where and none takes long


class Story:
    """One change from form to closed, told by people who try again when nothing came of what they did."""

    def __init__(self, stage, where="") -> None:
        self.stage = stage
        self.where = where
        self.slack = stage.slack

    @property
    def acts(self):
        """Return what happens, each act with how it is seen that it has happened."""
        return (
            (self.requests, lambda seen: seen["changes"] == 1),
            (self.settles, lambda seen: seen["card"] is not None),
            (self.approves, lambda seen: "approval" not in seen["owed"]),
            (self.the_window_passes, lambda seen: seen["state"] == "in_review"),
            (self.minutes_pass, lambda seen: seen["proofs"] == 3),
            (self.reports, lambda seen: "completion" not in seen["owed"]),
            (self.looks_back, lambda seen: "retrospective" not in seen["owed"]),
            (self.accepts, lambda seen: seen["state"] == "closed"),
            (self.settles, lambda seen: True),
        )

    def told(self, fatal=None):
        """Tell the story; returns how it ended."""
        self.stage.begins(fatal)
        for act, has_come in self.acts:
            for _ in range(3):
                if self.lived_through(act) and has_come(self.stage.look()):
                    break
                if self.lived_through(self.settles) and has_come(self.stage.look()):
                    break
            else:
                raise AssertionError(f"{self.where}: nothing came of {act.__name__}: {self.stage.look()}")
        self.stage.does("verify")
        return self.stage.look()

    def lived_through(self, act):
        """Do something; if the bot dies of it, another one is started."""
        try:
            act()
            self.stage.does("settle")
        except Dead:
            self.stage.deaths += 1
            self.stage.begins()
            return False
        return True

    # --- acts --------------------------------------------------------------------------------------

    def settles(self):
        self.stage.does("settle")

    def the_window_passes(self):
        self.stage.does("advance", to=self.stage.ahead(minutes=20))

    def minutes_pass(self):
        self.stage.does("advance", to=self.stage.ahead(minutes=35))

    def requests(self):
        self.closes(LINUS)
        self.slack.command(LINUS, cast.PAYMENTS, "payments checkout is down")
        self.submits(LINUS, **REQUEST | {"access": "payments-merge", "window": "15m"})

    def approves(self):
        self.clicks(GRACE, "change.approve", comment="Go.")

    def reports(self):
        self.clicks(LINUS, "change.done", **REPORT | {"changes": "https://github.com/acme/payments/pull/1"})

    def looks_back(self):
        self.clicks(LINUS, "change.retrospective", **LOOK_BACK)

    def accepts(self):
        self.clicks(ADA, "change.accept")

    def clicks(self, who, action, **values):
        self.closes(who)
        channel, ts = self.stage.look()["card"]
        self.slack.click(who, channel, ts, action)
        self.submits(who, **values)

    def submits(self, who, **values):
        for view in self.slack.views(who)[-1:]:
            self.slack.submit(who, view.id, values)

    def closes(self, who):
        while views := self.slack.views(who):
            self.slack.close(who, views[-1].id)


class Aftermath(Story):
    """A change whose report is late and reminded of, and whose follow-up is opened, chased and done."""

    @property
    def acts(self):
        return (
            (self.requests, lambda seen: seen["changes"] == 1),
            (self.settles, lambda seen: seen["card"] is not None),
            (self.agrees, lambda seen: "approval" not in seen["owed"]),
            (self.settles, lambda seen: "follow-up-opened/1" in observed(seen)),
            (self.the_morning_comes, lambda seen: reminded(self.stage)),
            (self.reports, lambda seen: "completion" not in seen["owed"]),
            (self.the_date_passes, lambda seen: late(self.stage)),
            (self.it_is_done, lambda seen: "follow-up-done/1" in observed(seen)),
            (self.settles, lambda seen: True),
        )

    def agrees(self):
        self.closes(GRACE)
        channel, ts = self.stage.look()["card"]
        self.slack.click(GRACE, channel, ts, "change.approve")
        for view in self.slack.views(GRACE):
            self.slack.click_in_view(GRACE, view.id, "dialog.choice", option="follow_up")
        if not any("follow_up_1" in str(view.view) for view in self.slack.views(GRACE)):
            return  # no dialog came, or it did not ask for a follow-up: they will try again
        day = (self.stage.now() + timedelta(days=2)).date().isoformat()
        self.submits(GRACE, follow_up_1="Lock the index.", owner_1=MAYA, due_1=day)

    def the_morning_comes(self):
        self.stage.does("advance", to=self.stage.ahead(hours=6))

    def the_date_passes(self):
        self.stage.does("advance", to=self.stage.ahead(days=3, hours=6))

    def it_is_done(self):
        [issue] = self.stage.surviving("Task")
        self.stage.jira.tracker.transition(issue.key, "Closed", "Maya")
        self.stage.does("advance", to=self.stage.ahead(days=3, hours=11))


def accepted(seen):
    return Counter(kind for kind, answer in seen["kinds"] if answer == "accepted")


def observed(seen):
    return Counter(kind for kind, answer in seen["kinds"] if answer == "seen")


def reminded(stage):
    """Return the messages that told Linus of the report he owes."""
    told = [m.text for m in stage.slack.messages(stage.slack.im_with(LINUS).id)]
    return [text for text in told if "wait" in text and "completion report" in text]


def late(stage):
    """Return the messages that told Maya of the follow-up that is late."""
    told = [m.text for m in stage.slack.messages(stage.slack.im_with(MAYA).id)]
    return [text for text in told if "follow-up 1, overdue" in text]


def nothing_was_said_twice(stage):
    for channel in stage.slack.channels:
        said = [m for m in stage.slack.messages(channel) if m.blocks]
        assert set(Counter(m.blocks[0]["block_id"] for m in said).values()) <= {1}, [m.text for m in said]
    return True


def was_followed_up(stage, seen):
    """Say what must be so of transcripts, reminders and follow-ups however often somebody died on the way."""
    kinds = observed(seen)
    for kind in ("transcript-sent/1", "follow-up-opened/1", "follow-up-done/1"):
        assert kinds[kind] == 1, kind
    assert (seen["stuck"], seen["findings"]) == ([], [])
    [issue], [ticket] = stage.surviving("Task"), stage.surviving("Change")
    linked = [link for link in stage.jira.tracker.links if link.type == "Relates"]
    assert [(link.source, link.destination) for link in linked] == [(issue.key, ticket.key)]
    assert len(late(stage)) == kinds["follow-up-reminder/1"] == 1
    assert reminded(stage)
    return nothing_was_said_twice(stage)


def ended_well(stage, seen):
    """Say what must be so however often somebody died on the way."""
    decided, noticed = accepted(seen), observed(seen)
    assert (seen["state"], seen["owed"], seen["stuck"], seen["findings"]) == ("closed", [], [], [])
    assert stage.members("payments-break-glass") == set()
    for kind in ("request/1", "approval/1", "expiry/1", "completion/1", "retrospective/1", "acceptance/1"):
        assert decided[kind] == 1, kind
    for kind in ("grant-confirmed/1", "access-ended/1", "ticket-opened/1", "card-posted/1"):
        assert noticed[kind] == 1, kind
    assert noticed["access-still-gone/1"] == 2
    assert noticed["authors-seen/1"] >= 1
    surviving = stage.surviving("Change")
    assert [(ticket.key, ticket.status) for ticket in surviving] == [(seen["ticket"], "Closed")]
    comments = Counter(comment.body for comment in surviving[0].comments)
    assert set(comments.values()) == {1}
    nothing_was_said_twice(stage)
    filed, written = stage.filed(seen["id"])
    assert (filed["state"], filed["revision"]) == ("closed", seen["last"])
    assert len(written) == len(set(written))
    card = stage.slack.message(*seen["card"])
    assert "Closed" in str(card.blocks)
    assert not any(block["type"] == "actions" for block in card.blocks)
    return True


def settling_again_changes_nothing(stage, seen):
    stage.does("settle")
    assert stage.look()["kinds"] == seen["kinds"]
    return True


@pytest.fixture(scope="session")
def seams():
    """Remember the names of all seams of each story, found by telling it once without a death."""
    return {}


def found(story, well, seams, stages):
    """Return the names of the seams of a story."""
    if story not in seams:
        stage = stages()
        seen = story(stage).told()
        seams[story] = stage.does("passed")
        assert well(stage, seen)
        assert stage.deaths == 0
    return seams[story]


@pytest.fixture
def points(seams, stages):
    return found(Story, ended_well, seams, stages)


@pytest.fixture
def later_points(seams, stages):
    return found(Aftermath, was_followed_up, seams, stages)


def test_the_story_passes_commits_and_calls_to_everybody(points):
    named = {" ".join(point.split()[:3]) for point in points}

    assert {"before a commit", "after a commit"} <= named
    for call in (
        "slack chat.postMessage",
        "slack chat.update",
        "slack views.open",
        "jira POST",
        "github PUT",
        "github DELETE",
        "github PATCH",
    ):
        assert {f"before {call}", f"after {call}"} <= named


def sampled(points, size, part):
    """Return one part of the seams that are tried, by their numbers."""
    every = range(1, len(points) + 1)
    sample = every if os.environ.get("KILL_POINTS") == "all" else every[:: max(1, len(points) // size)]
    return sample[part::PARTS]


def survives(story, well, stage, fatal, points):
    """Tell a story with one death in it, and say what must be so afterwards."""
    where = f"killed at {fatal} of {len(points)}: {points[fatal - 1]}"
    seen = story(stage, where).told(fatal)

    assert stage.deaths == 1, where
    assert well(stage, seen), where
    assert settling_again_changes_nothing(stage, seen), where
    stage.stop()
    return True


@pytest.mark.parametrize("part", range(PARTS))
def test_whoever_comes_after_a_kill_finishes_the_change_once(points, stages, part):
    for fatal in sampled(points, SAMPLE, part):
        assert survives(Story, ended_well, stages(), fatal, points)


@pytest.mark.parametrize("part", range(PARTS))
def test_whoever_comes_after_a_kill_reminds_and_follows_up_once(later_points, stages, part):
    for fatal in sampled(later_points, LATER, part):
        assert survives(Aftermath, was_followed_up, stages(), fatal, later_points)
