"""The monthly review, from the first business day to the sign-off, over HTTP."""

import json
import re
from dataclasses import dataclass

import pytest

from tests.http.night import GRACE, LINUS, MAYA, MINUTE, SOL, Night
from workflows import administration as ad
from workflows.period import Period
from workflows.reviews import ATTRIBUTES, made_at

CHANNEL = "change-review"
MONTHLY = re.compile(r"note:digest:\d{4}-\d\d/1$")


@dataclass
class Month:
    """A night, and what became of its month."""

    night: Night

    @property
    def channel(self):
        slack = self.night.world.slack
        return next(c.id for c in slack.channels.values() if c.name == CHANNEL)

    def ends(self):
        """Let time pass until the digest of this month is due; returns its name."""
        now, memory = self.night.world.now(), self.night.memory
        period = Period.month_of(now.date())
        self.night.world.advance(made_at(period, memory.calendar(memory.policy())) - now + MINUTE)
        return str(period)

    def closed(self, who):
        """Let a change be over with, so that nothing is owed but the review."""
        night = self.night
        change = night.requests(who)
        night.approves(GRACE, change)
        night.reports(who, change)
        night.looks_back(who, change)
        night.accepts(GRACE, change)
        return change

    def is_tested_by(self, who, change):
        """Record a self-test in which one attribute failed."""
        view = self.presses(who, "review.self_test")
        answers = {
            block["block_id"]: "pass" for block in view.view["blocks"] if block["block_id"] in ATTRIBUTES
        }
        errors = self.night.submits(who, change=change, **answers | {"traceable": "fail"}, note="No commit.")
        assert errors == {}
        [tested] = self.kept(ad.SelfTested)
        assert (tested.change, tested.authorised, tested.traceable) == (change, "pass", "fail")
        assert any("tested" in said and "No commit." in said for said in self.replies())
        assert f"{change} (failed: traceable)" in self.text_of(self.digests()[-1])

    def is_not_signed_twice_by(self, who):
        """Refuse who has signed before they have typed anything."""
        assert self.presses(who, "review.sign_off") is None
        assert any(said.startswith("You have signed off March ") for said in self.night.told(who))

    def messages(self):
        return [m for m in self.night.world.slack.messages(self.channel) if not m.thread_ts]

    def digests(self):
        """Return the messages of months' digests; those of quarters are not signed."""
        return [m for m in self.messages() if m.blocks and MONTHLY.match(m.blocks[0]["block_id"])]

    def charts(self):
        return [m for m in self.messages() if m.files and "quarter" not in m.files[0].title]

    def text_of(self, message):
        return json.dumps(message.blocks, ensure_ascii=False)

    def replies(self):
        return [m.text for m in self.night.world.slack.replies(self.digests()[-1])]

    def presses(self, who, action):
        message = self.digests()[-1]
        pressed = self.night.world.slack.click(who, message.channel, message.ts, action)
        assert pressed.ok, pressed
        self.night.settles()
        return self.night.dialog(who)

    def kept(self, kind):
        return [e.entry for e in self.night.entries() if isinstance(e.entry, kind) and not e.leaf["ruling"]]

    def files(self):
        """Return what the evidence repository has of reviews."""
        kept = self.night.world.github.forge.repositories["acme/evidence"].git.files("main")
        return {path: data for path, data in kept.items() if path.startswith("digests/")}

    def review(self, period):
        return self.night.memory.reviews()[period]


def reviewed_by_engineers(policy):
    """Let those who ask for changes be those who review them too."""
    before, section, after = policy.partition("[review]")
    return before + section + after.replace('by = "heads"', 'by = "sre"', 1)


@pytest.fixture
def month(tmp_path):
    night = Night(tmp_path, policy=reviewed_by_engineers, evidence=True)
    yield Month(night)
    night.ends()


def test_a_month_is_made_posted_with_its_chart_signed_off_and_not_chased_any_more(month):
    night = month.night
    mine, theirs = month.closed(LINUS), month.closed(MAYA)
    month.ends()

    made, quarter = month.kept(ad.DigestMade)
    [digest] = month.digests()
    [picture] = month.charts()
    assert (quarter.due, quarter.reviewers, quarter.period[-3:]) == (None, "", "-Q1")
    assert (made.changes, made.drills) == (2, 0)
    assert set(made.sample) == {mine, theirs}
    assert "There were 2 emergency changes in March" in month.text_of(digest)
    assert picture.files[0].data.startswith(b"\x89PNG")
    assert picture.files[0].title.startswith("Emergency changes per month, to March")
    [other] = [m for m in month.messages() if m.files and m is not picture]
    assert other.files[0].title.startswith("Emergency changes per quarter, to quarter 1")

    assert month.presses(GRACE, "review.sign_off") is None
    assert any("Only members of sre can do this." in said for said in night.told(GRACE))

    month.is_tested_by(MAYA, mine)
    assert month.presses(LINUS, "review.self_test")
    assert f"{theirs} · " in json.dumps(night.dialog(LINUS).view, ensure_ascii=False)
    assert mine not in json.dumps(night.dialog(LINUS).view)

    view = month.presses(MAYA, "review.sign_off")
    asked = {b["block_id"] for b in view.view["blocks"] if b["type"] == "input"}
    assert asked == {"decisions", "follow_ups", f"change:{mine}"}
    assert f"You asked for {theirs} yourself" in json.dumps(view.view)
    assert night.submits(MAYA, decisions="Hire.", **{f"change:{mine}": "did_not"}) == {}

    [signed] = month.kept(ad.ReviewSigned)
    assert (signed.qualified, signed.did_not, signed.recused) == (0, (mine,), (theirs,))
    assert signed.decisions == "Hire."
    assert any(
        "signed off the emergency changes of March" in said and "Hire." in said for said in month.replies()
    )
    assert "Signed off by" in month.text_of(month.digests()[-1])
    assert f"For another reviewer, because whoever signed had asked for them: {theirs}." in month.text_of(
        month.digests()[-1]
    )
    assert month.review(made.period).owed
    month.is_not_signed_twice_by(MAYA)

    month.presses(LINUS, "review.sign_off")
    assert night.submits(LINUS, decisions="Agreed.", **{f"change:{theirs}": "qualified"}) == {}
    assert not month.review(made.period).owed

    files = month.files()
    assert files[f"digests/{made.period}/v1/digest.html"].startswith(b"<!DOCTYPE html>")
    assert b"Maya" not in b"".join(files.values())
    account = json.loads(files[f"digests/{made.period}/review-v2/review.json"])
    assert list(account["changes"][mine].values()) == ["did not qualify"]
    [issue] = [one for one in night.world.jira.tracker.issues.values() if one.summary.startswith("Review")]
    assert issue.status == "Closed"
    assert [("traceable: fail" in c.body, "Decisions: Hire." in c.body) for c in issue.comments] == [
        (True, False),
        (False, True),
        (False, False),
    ]

    before = len(month.kept(ad.ReviewReminded))
    night.passes(days=20)
    assert len(month.kept(ad.ReviewReminded)) == before
    assert month.kept(ad.ReviewOverdue) == []
    assert len(month.digests()) == 1
    night.memory.verify()


def test_a_month_with_none_is_reviewed_too_chased_overdue_and_signed_late(month):
    night = month.night
    night.world.slack.scopes.discard("files:write")
    assert not [name for name in night.looks_at_home(MAYA) if name.startswith("review:")]
    period = month.ends()
    assert "to be signed off until" in night.home(MAYA)[f"review:{period}/1"]

    [digest] = month.digests()
    assert "There was no emergency change" in month.text_of(digest)
    assert month.charts() == []
    assert any("The chart could not be shown here (Slack: missing_scope)" in said for said in month.replies())

    night.passes(days=20)

    owed = month.review(period)
    [overdue] = month.kept(ad.ReviewOverdue)
    assert overdue.due == owed.made.due
    assert [said.to for said in month.kept(ad.ReviewReminded)] == ["sre", "sre", "security"]
    assert "*overdue* since" in night.home(MAYA)[f"review:{period}/1"]
    assert "*overdue* since" in night.types(MAYA, "list overview")
    name = Period.read(period).name
    asked = [said for said in night.direct(MAYA) if f"review of {name}" in said]
    assert len(asked) == 2
    assert [said for said in night.direct(SOL) if f"escalated to you: review of {name}" in said] != []
    reached = [(one.slot, one.to) for one in month.kept(ad.ReviewTold)]
    assert {slot for slot, _ in reached} == {"remind/0", "remind/1", "escalate/0"}
    assert len(reached) == len(set(reached))
    assert any(m.text.startswith(":warning: Nobody has signed off") for m in month.messages())

    slack = night.world.slack
    reminder = next(m for m in slack.messages(slack.im_with(MAYA).id) if asked[0] in m.text)
    assert slack.click(MAYA, reminder.channel, reminder.ts, "review.sign_off").ok
    sent = night.sends_form(MAYA, decisions="None.")
    assert sent.ok
    slack.redeliver(sent)
    night.settles()

    assert [signed.decisions for signed in month.kept(ad.ReviewSigned)] == ["None."]
    assert len([said for said in month.replies() if "signed off" in said]) == 1
    assert f"review:{period}/1" not in night.home(MAYA)
    assert "It was overdue (X12)" in month.text_of(month.digests()[-1])

    slack.scopes.add("files:write")
    following = month.ends()
    assert f"the review of {period} was missed; signed later" in month.text_of(month.digests()[-1])
    assert month.review(following).owed
