"""Digests and their reviews on both databases: once each, whoever looks, and wherever it dies."""

from datetime import UTC, datetime

import pytest

from bot.reviewing import Reports, Reviewing
from sandbox.clock import MovableStopwatch
from tests.acme import ADA, GRACE, LINUS, POLICY
from tests.memories import Desk
from tests.storage.test_races import at_once, replica  # noqa: F401 - a fixture
from workflows import administration as ad
from workflows.consequences import digest_delivery
from workflows.digest import Denominator, Digest, Known, digest
from workflows.errors import Declined, Unavailable
from workflows.ports import Posted
from workflows.reviews import ATTRIBUTES, Case
from workflows.signing_off import SigningOff
from workflows.vocabulary import StepName

FEBRUARY_ENDS = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday; the memory began in its night
MARCH_ENDS = datetime(2026, 4, 1, 7, tzinfo=UTC)  # a Wednesday, in summer time

REVIEW = """
[review]
channel = "#change-review"
by = "heads"
"""


class Died(BaseException):
    """The process is gone."""


class Board:
    """Remembers what stands where, and dies or fails where it is told to."""

    def __init__(self):
        self.posts, self.charts, self.updates, self.told = [], [], [], []
        self.dies_after, self.fails = "", {}

    def _happens(self, name):
        if error := self.fails.pop(name, None):
            raise error
        if self.dies_after == name:
            self.dies_after = ""
            raise Died

    def find_digest(self, channel, about):
        return Posted("C1", "1.0") if about.name in self.posts else None

    def post_digest(self, channel, about, review):
        if "before" in self.fails:
            raise self.fails.pop("before")
        self.posts.append(about.name)
        self._happens("post")
        return Posted("C1", "1.0")

    def update_digest(self, at, about, review):
        self.updates.append((about.name, len(review.signed)))

    def has_chart(self, at, about):
        return about.name in self.charts

    def hand_in_chart(self, about):
        self._happens("upload")
        assert about.files["trend.png"] == b"picture"
        return "F1"

    def show_chart(self, at, handed_in, about):
        self.charts.append(about.name)
        self._happens("chart")

    def say_without_chart(self, at, about, because):
        self.told.append(because)

    def find_told(self, at, name, entry):
        return Posted("C1", "2.0") if (name, at) in self.told else None

    def tell(self, at, name, entry, review):
        self.told.append((name, at))
        self._happens("tell")
        return Posted("C1", "2.0")


class Month:
    """A memory whose months are added up by a digest that is given."""

    def __init__(self, desk):
        self.memory, self.clock, self.changes = desk.memory, desk.memory.clock, desk.changes
        self.board = Board()
        self.denominator = Denominator()
        self.stopwatch = MovableStopwatch()
        self.collected = []

    def bot(self):
        """Return what a process that has just started is made of."""
        return Reviewing(
            self.changes,
            self.memory,
            self.clock,
            self.stopwatch,
            collect=self.collect,
            render=lambda made: {"digest.json": b'{"asked": {}, "summary": "S"}', "trend.png": b"picture"},
            default_channel="#incidents",
        )

    def collect(self, period, now) -> Digest:
        self.collected.append(str(period))
        return digest(period, (), Known(self.denominator), 0.1)

    def works(self):
        """Let a worker do what is due, until nothing is."""
        reports = Reports(
            self.changes, self.memory.outbox, self.memory, self.board, self.clock, self.board.told.append
        )
        for _ in range(20):
            due = [one for one in self.memory.outbox.claim(20) if not one.change]
            for claimed in due:
                if claimed.step is StepName.DIGEST:
                    reports.work(claimed)
                elif claimed.step is StepName.REVIEW:
                    reports.tell(claimed)
                else:
                    self.memory.outbox.settle(claimed)
            if not due:
                return

    def crashes(self):
        with pytest.raises(Died):
            self.works()
        self.memory.stopwatch.advance(seconds=11)  # the lease of whoever died runs out

    def kept(self, kind):
        return [
            e.entry
            for e in self.memory.entries(limit=5000)
            if isinstance(e.entry, kind) and not e.leaf["ruling"]
        ]


@pytest.fixture
def month(memory):
    return Month(Desk(memory, POLICY + REVIEW))


@pytest.fixture
def ended(month):
    """A month that has ended, and its digest is made."""
    month.clock.set(MARCH_ENDS)
    month.bot().look()
    return month


def test_a_month_without_emergencies_has_a_digest_too_and_it_is_made_once(month):
    month.clock.set(MARCH_ENDS)
    bot = month.bot()
    for _ in range(3):
        bot.look()
        month.works()
    month.bot().look()

    monthly = [made for made in month.kept(ad.DigestMade) if made.due]
    assert [(made.period, made.changes) for made in monthly] == [("2026-03", 0)]
    assert month.collected == ["2026-03", "2026-Q1"]
    assert sorted(month.board.posts) == sorted(month.board.charts) == ["2026-03/1", "2026-Q1/1"]


def test_nothing_is_made_before_the_morning_of_the_first_business_day(month):
    month.clock.set(FEBRUARY_ENDS)
    bot = month.bot()
    bot.look()
    month.clock.set(MARCH_ENDS.replace(hour=6, minute=59))
    bot.look()

    assert month.kept(ad.DigestMade) == []
    assert bot.next_due(month.clock.now()) == MARCH_ENDS


def test_two_replicas_that_look_at_the_same_second_make_one_digest(month, replica):  # noqa: F811
    other = Month(replica)
    month.clock.set(MARCH_ENDS)

    at_once(month.bot().look, other.bot().look)

    assert sorted(made.period for made in month.kept(ad.DigestMade)) == ["2026-03", "2026-Q1"]
    month.works()
    assert sorted(month.board.posts) == ["2026-03/1", "2026-Q1/1"]


@pytest.mark.parametrize("moment", ["post", "chart"])
def test_whoever_dies_after_posting_leaves_nothing_that_is_posted_twice(ended, moment):
    ended.board.dies_after = moment

    ended.crashes()
    ended.works()

    assert sorted(ended.board.posts) == sorted(ended.board.charts) == ["2026-03/1", "2026-Q1/1"]
    assert len(ended.kept(ad.DigestPosted)) == 2


def test_a_channel_the_bot_is_not_in_is_tried_again_until_somebody_invites_it(ended):
    ended.board.fails["before"] = Declined("Slack: not_in_channel")

    ended.works()
    assert len(ended.board.posts) == 1
    ended.memory.stopwatch.advance(seconds=61)
    ended.works()

    assert sorted(ended.board.posts) == ["2026-03/1", "2026-Q1/1"]


def test_a_channel_that_stays_closed_is_complained_about_once(ended):
    for _ in range(5):
        ended.board.fails["before"] = Declined("Slack: not_in_channel")
        ended.works()
        ended.memory.stopwatch.advance(seconds=61)
    ended.board.fails.clear()

    assert len([said for said in ended.board.told if "not_in_channel" in said]) == 1


def test_without_the_chart_the_text_stands_all_the_same_and_says_so(ended):
    ended.board.fails["upload"] = Declined("Slack: missing_scope")

    ended.works()

    assert sorted(ended.board.posts) == ["2026-03/1", "2026-Q1/1"]
    assert len(ended.board.charts) == 1
    assert "Slack: missing_scope" in ended.board.told


def test_an_upload_that_does_not_answer_is_made_up_for_later(ended):
    ended.board.fails["upload"] = Unavailable("Slack did not answer.")

    ended.works()
    assert len(ended.board.charts) == 1
    ended.memory.stopwatch.advance(seconds=61)
    ended.works()

    assert sorted(ended.board.charts) == ["2026-03/1", "2026-Q1/1"]
    assert len(ended.board.posts) == 2


def test_while_all_changes_cannot_be_counted_the_digest_waits_but_not_beyond_its_day(month):
    month.denominator = Denominator(where=("acme/payments",))
    month.clock.set(MARCH_ENDS)
    bot = month.bot()
    bot.look()
    bot.look()
    assert month.collected == ["2026-03", "2026-Q1"]

    month.clock.advance(hours=9)
    month.stopwatch.advance(MARCH_ENDS.replace(hour=16) - MARCH_ENDS)
    bot.look()

    assert sorted(made.period for made in month.kept(ad.DigestMade)) == ["2026-03", "2026-Q1"]


# --- signing -------------------------------------------------------------------------------------------


@pytest.fixture
def review(month):
    month.clock.set(MARCH_ENDS)
    month.bot().look()
    month.works()
    return month


def desk_of(month):
    return SigningOff(month.memory.transaction, month.memory.reading)


def signature(month, by=GRACE, **more):
    return ad.ReviewSigned(at=month.clock.now(), by=by, period="2026-03", version=1, **more)


def case(month):
    made = month.memory.administered(digest_delivery("2026-03", 1))
    return Case(made, "heads", {})


def keep(month, by=GRACE, **more):
    act = signature(month, by, **more)
    return desk_of(month).keep(act, case(month), f"review-signed:2026-03/1:{by}", f"try:{by}")


def test_the_same_signature_sent_twice_at_once_is_kept_once_and_told_once(review):
    assert at_once(*[lambda: keep(review, decisions="None.")] * 4) == [""] * 4
    review.works()

    [signed] = review.kept(ad.ReviewSigned)
    assert signed.decisions == "None."
    assert len(review.board.told) == 1
    assert review.board.updates == [("2026-03/1", 1)]


def test_two_people_who_sign_at_once_are_both_kept(review):
    at_once(lambda: keep(review, GRACE), lambda: keep(review, ADA))

    assert {signed.by for signed in review.kept(ad.ReviewSigned)} == {GRACE, ADA}


def test_a_refused_signature_is_an_entry_and_ends_no_chase(review):
    assert keep(review, LINUS) == "Only members of heads can do this."

    assert review.kept(ad.ReviewSigned) == []
    assert review.memory.reviews()["2026-03"].owed


def test_an_overdue_review_is_an_entry_once_and_told_where_the_digest_stands(review):
    review.clock.set(review.memory.reviews()["2026-03"].made.due)
    review.clock.advance(seconds=1)
    for _ in range(3):
        review.bot().look()
    review.board.dies_after = "tell"
    review.crashes()
    review.works()

    [overdue] = review.kept(ad.ReviewOverdue)
    assert [name for name, _ in review.board.told] == ["review:2026-03/1/overdue>digest"]
    assert overdue.due == review.memory.reviews()["2026-03"].made.due
    review.memory.verify()


def test_self_tests_are_kept_and_the_last_of_a_change_counts(review):
    made = case(review).made.model_copy(update={"sample": ("EC-2026-0001",)})
    for number, result in enumerate(("fail", "pass")):
        answers = dict.fromkeys(ATTRIBUTES, result)
        act = ad.SelfTested(
            at=review.clock.now(), by=ADA, period="2026-03", version=1, change="EC-2026-0001", **answers
        )
        assert desk_of(review).keep(act, Case(made, "heads"), f"view:{number}") == ""

    kept = review.memory.reviews()["2026-03"]
    assert len(kept.tested) == 2
    assert kept.results["EC-2026-0001"].authorised == "pass"
