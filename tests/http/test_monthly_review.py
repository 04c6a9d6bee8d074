"""The monthly review, from the first business day to the sign-off, over HTTP."""

import json
import re
from dataclasses import dataclass

import pytest

from tests.http.night import GRACE, MAYA, MINUTE, Night
from workflows import administration as ad
from workflows.period import Period
from workflows.reviews import made_at

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
    mine = night.requests()
    night.approves()
    night.reports()
    theirs = night.requests(MAYA)
    month.ends()

    made, quarter = month.kept(ad.DigestMade)
    [digest] = month.digests()
    [picture] = month.charts()
    assert (quarter.due, quarter.reviewers, quarter.period[-3:]) == (None, "", "-Q1")
    assert (made.changes, made.drills) == (2, 0)
    assert set(made.sample) == {mine, theirs}
    assert "There were 2 emergency changes in March" in month.text_of(digest)
    assert picture.files[0].data.startswith(b"\x89PNG")
    assert "March" in picture.files[0].title

    assert month.presses(GRACE, "review.sign_off") is None
    assert any("Only members of sre can do this." in said for said in night.told(GRACE))

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

    files = month.files()
    assert files[f"digests/{made.period}/v1/digest.html"].startswith(b"<!DOCTYPE html>")
    assert b"Maya" not in b"".join(files.values())
    account = json.loads(files[f"digests/{made.period}/review-v1/review.json"])
    assert list(account["changes"][mine].values()) == ["did not qualify"]
    [issue] = [one for one in night.world.jira.tracker.issues.values() if one.summary.startswith("Review")]
    assert issue.status == "Closed"
    assert "Decisions: Hire." in issue.comments[0].body

    before = len(month.kept(ad.ReviewReminded))
    night.passes(days=20)
    assert len(month.kept(ad.ReviewReminded)) == before
    assert month.kept(ad.ReviewOverdue) == []
    assert len(month.digests()) == 1
    night.memory.verify()
