"""What is kept of a period's review outside: in the evidence repository once and in order, in the tracker as one issue."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.keeping import EvidenceKeeper
from storage.schema import values
from tests.acme import ADA, GRACE
from tests.memories import purge
from tests.stories.world import Voice
from workflows import administration as ad
from workflows.consequences import digest_delivery
from workflows.errors import Declined
from workflows.review_issues import name
from workflows.sentences import announced
from workflows.vocabulary import SYSTEM, StepName

OCTOBER, NOVEMBER = "2026-10", "2026-11"
TESTS = dict.fromkeys(("authorised", "documented", "tested", "approved", "traceable", "access_ended"), "pass")


class Reviewing:
    """A night in which months are reviewed; the digests are small, and as bytes they are what they say."""

    def __init__(self, night):
        self.night, self.memory, self.repository = night, night.memory, night.evidence
        self.keeper = EvidenceKeeper(
            night.to_evidence,
            night.memory,
            night.changes,
            night.clock,
            person_of=lambda email: None,
            hearers=lambda: ["#change-review"],
            count=lambda: None,
        )

    def made(
        self, period=OCTOBER, version=1, text="Two.", changes=("EC-2026-0001", "EC-2026-0002"), due=5, **more
    ):
        data = {"digest.md": text, "digest.json": json.dumps({"changes": changes})}
        now = self.night.clock.now()
        entry = ad.DigestMade(
            at=now,
            by=SYSTEM,
            period=period,
            version=version,
            files=dict.fromkeys(data, "0" * 64),
            contents=json.dumps(data),
            changes=len(changes),
            drills=0,
            alarms=1,
            sample=changes[:1],
            root="",
            reviewers="heads",
            due=now + timedelta(days=due) if due else None,
            **more,
        )
        self.keeps(entry, digest_delivery(period, version))

    def signed(self, by=ADA, period=OCTOBER, version=1, **said):
        words = {"decisions": "Buy a bigger index.", "follow_ups": "Ada, by Friday.", **said}
        entry = ad.ReviewSigned(
            at=self.night.clock.now(), by=by, period=period, version=version, qualified=1, **words
        )
        self.keeps(entry, f"signed:{by}:{period}")

    def tested(self, change="EC-2026-0001", **said):
        results = {**TESTS, **said}
        at = self.night.clock.now()
        entry = ad.SelfTested(at=at, by=GRACE, period=OCTOBER, version=1, change=change, **results)
        self.keeps(entry, f"tested:{change}")

    def keeps(self, entry, delivery):
        self.night.changes.administer(entry, delivery)
        self.night.settles()

    def looks(self):
        """Let a minute's work be done."""
        self.memory.sign_what_is_new()
        self.keeper.keep()
        self.night.settles()

    @property
    def files(self):
        latest = self.repository.latest()
        found = latest.files if latest else {}
        return {path: data.decode() for path, data in found.items() if path.startswith("digests/")}

    def folders(self):
        return list(dict.fromkeys(path.rpartition("/")[0] for path in sorted(self.files)))

    def messages(self):
        """Return what was committed, oldest first."""
        said, head = [], self.repository.heads.get("main")
        while head:
            head, _, message = self.repository.commits[head]
            said.insert(0, message)
        return said

    def entries(self, kind):
        return [one.entry for one in self.memory.entries(limit=5000) if one.entry.kind == kind]

    def issue(self, period=OCTOBER):
        [key] = [key for key, one in self.night.reviews.issues.items() if one.errand.name == name(period)]
        return key

    def comments(self, period=OCTOBER):
        return list(self.night.reviews.comments.get(self.issue(period), {}).values())


@pytest.fixture
def reviewing(night):
    return Reviewing(night)


# --- the evidence repository -----------------------------------------------------------------------


def test_a_digest_is_filed_as_it_was_made_and_the_ledger_says_where(reviewing):
    reviewing.made()
    [filed] = reviewing.entries("papers-filed/1")

    assert reviewing.files["digests/2026-10/v1/digest.md"] == "Two."
    assert (filed.folder, filed.of, filed.where) == (
        "digests/2026-10/v1",
        "digest:2026-10/1",
        "fake/evidence#main",
    )
    assert filed.contents.keys() == set(reviewing.files)


def test_another_making_is_another_version_and_the_same_bytes_are_none(reviewing):
    reviewing.made()
    reviewing.made(version=2, text="Three.")
    reviewing.made(version=3, text="Three.")

    assert reviewing.folders() == ["digests/2026-10/v1", "digests/2026-10/v2"]
    assert reviewing.files["digests/2026-10/v1/digest.md"] == "Two."
    assert reviewing.files["digests/2026-10/v2/digest.md"] == "Three."


def test_what_another_ledger_left_there_is_not_written_over(reviewing):
    reviewing.repository.write(lambda _: {"digests/2026-10/v1/digest.md": b"Not ours."}, "Before")
    reviewing.made()

    assert reviewing.files["digests/2026-10/v1/digest.md"] == "Not ours."
    assert reviewing.files["digests/2026-10/v2/digest.md"] == "Two."


def test_a_review_is_filed_with_who_when_and_what_about_each_change_and_without_a_word(reviewing):
    reviewing.made()
    reviewing.signed(did_not=("EC-2026-0002",))
    account = json.loads(reviewing.files["digests/2026-10/review-v1/review.json"])
    [signed] = account["signed"]

    assert account["digest"]["version"] == 1
    assert account["changes"] == {
        "EC-2026-0001": {ADA: "qualified"},
        "EC-2026-0002": {ADA: "did not qualify"},
    }
    assert (signed["by"], signed["qualified"]) == (ADA, 1)
    assert signed["commitments"].keys() >= {"decisions", "follow_ups"}
    assert signed["hash"] == reviewing.memory.leaf(signed["index"] + 1)[1].hex()
    assert "Friday" not in str(reviewing.files)


def test_each_sign_off_and_each_test_is_a_version_that_holds_all_before_it(reviewing):
    reviewing.made()
    reviewing.tested(documented="fail", note="The plan was empty.")
    reviewing.signed(ADA)
    reviewing.signed(GRACE, recused=("EC-2026-0001",))
    accounts = [json.loads(reviewing.files[f"digests/2026-10/review-v{n}/review.json"]) for n in (1, 2, 3)]

    assert [len(one["signed"]) for one in accounts] == [0, 1, 2]
    assert accounts[0]["tested"][0]["documented"] == "fail"
    assert accounts[2]["tested"] == accounts[0]["tested"]
    assert accounts[2]["changes"]["EC-2026-0001"] == {ADA: "qualified", GRACE: "not judged: their own"}


def test_a_repository_that_was_away_for_a_day_gets_everything_in_order_and_nothing_twice(reviewing):
    night = reviewing.night
    night.to_evidence.down = True
    reviewing.made()
    night.passes(minutes=10)  # long enough for the longest pause between two tries
    night.leaps(hours=20)
    reviewing.signed()
    reviewing.made(NOVEMBER, text="None.", changes=())
    night.leaps(hours=4)
    night.to_evidence.down = False
    night.passes(minutes=5)
    said = [message for message in reviewing.messages() if " of " in message]

    assert said == ["Digest of October 2026", "Review of October 2026", "Digest of November 2026"]
    assert len(reviewing.entries("papers-filed/1")) == 3


@pytest.mark.parametrize("fuse", range(8))
def test_whenever_the_process_dies_it_is_filed_once(reviewing, fuse):
    night = reviewing.night
    night.to_evidence.down = True
    reviewing.made()
    night.to_evidence.down = False
    night.stopwatch.advance(minutes=2)
    night.dies(fuse, StepName.PAPERS)
    night.passes(minutes=2)

    assert reviewing.folders() == ["digests/2026-10/v1"]
    assert len(reviewing.entries("papers-filed/1")) == 1
    assert reviewing.messages().count("Digest of October 2026") == 1


def test_a_call_whose_answer_got_lost_is_not_made_twice(reviewing):
    reviewing.night.to_evidence.lost.add("write")
    reviewing.made()
    reviewing.night.passes(minutes=2)

    assert reviewing.folders() == ["digests/2026-10/v1"]
    assert reviewing.messages().count("Digest of October 2026") == 1


def test_a_digest_whose_words_are_gone_is_complained_about_once(reviewing):
    class Gone:
        def __call__(self, made):
            raise Declined("The digest's files are not kept any more.")

    reviewing.night.papers._pages = Gone()
    reviewing.made()
    reviewing.night.passes(minutes=10)

    [complaint] = reviewing.night.complaints
    assert "not kept any more" in complaint


# --- tampering -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "data"), [("v1/digest.md", b"None."), ("review-v1/review.json", None)])
def test_a_digest_or_review_that_was_changed_is_noticed_told_and_mended(reviewing, path, data):
    reviewing.made()
    reviewing.signed()
    reviewing.looks()
    before, path = reviewing.files, f"digests/2026-10/{path}"
    head = reviewing.repository.heads["main"]
    edited = {
        name: d for name, d in {**reviewing.repository.latest().files, path: data}.items() if d is not None
    }
    reviewing.repository.push("main", edited, "Edit", head)
    reviewing.looks()
    [altered] = reviewing.entries("evidence-altered/1")

    assert altered.papers == (path.rpartition("/")[0],)
    assert reviewing.files == before
    assert f"concerned: {altered.papers[0]} (X13)" in announced(altered, Voice())
    reviewing.looks()
    assert len(reviewing.entries("evidence-altered/1")) == 1


def test_a_deleted_branch_is_written_anew_with_every_digest(reviewing):
    reviewing.made()
    reviewing.made(version=2, text="Three.")
    reviewing.looks()
    before = reviewing.files
    del reviewing.repository.heads["main"]
    reviewing.repository.commits.clear()
    reviewing.looks()

    assert reviewing.files == before


def test_a_repository_that_came_later_gets_what_was_made_before(reviewing):
    night = reviewing.night
    reviewing.made()
    reviewing.signed()
    night.evidence.heads.clear()
    night.evidence.branch = "elsewhere"
    reviewing.keeper.begin()
    night.settles()

    assert reviewing.folders() == ["digests/2026-10/review-v1", "digests/2026-10/v1"]
    assert [one.where[-9:] for one in reviewing.entries("papers-filed/1")][2:] == ["elsewhere"] * 2


def test_a_digest_that_was_kept_long_enough_holds_up_no_later_one(reviewing):
    night, memory = reviewing.night, reviewing.memory
    reviewing.made()
    reviewing.signed()
    last = memory.root()[0]
    night.changes.administer(purge(memory, until=last))
    with memory.database.write() as connection:
        connection.execute(sa.delete(values).where(values.c.sequence <= last, values.c.field != "text"))
    night.evidence.heads.clear()
    night.evidence.branch = "elsewhere"
    reviewing.keeper.begin()
    reviewing.made(NOVEMBER)
    night.passes(minutes=5)

    assert reviewing.folders() == ["digests/2026-11/v1"]
    assert [one for one in night.complaints if "kept any more" in one]


def test_a_digest_that_was_kept_long_enough_and_is_altered_alarms_once(reviewing):
    night, memory = reviewing.night, reviewing.memory
    reviewing.made()
    reviewing.looks()
    last = memory.root()[0]
    night.changes.administer(purge(memory, until=last))
    with memory.database.write() as connection:
        connection.execute(sa.delete(values).where(values.c.sequence <= last, values.c.field == "contents"))
    head = reviewing.repository.heads["main"]
    files = {path: d for path, d in reviewing.repository.latest().files.items() if "digest.md" not in path}
    reviewing.repository.push("main", files, "Tidy up", head)
    for _ in range(5):
        reviewing.looks()
        night.passes(minutes=2)

    assert len(reviewing.entries("evidence-altered/1")) == 1


# --- the tracker -----------------------------------------------------------------------------------


def test_a_review_is_one_issue_told_of_the_sign_off_and_closed(reviewing):
    reviewing.made()
    opened = reviewing.night.reviews.look(reviewing.issue())
    reviewing.signed(did_not=("EC-2026-0002",))
    [said] = reviewing.comments()

    assert not opened.done
    assert said.startswith("Ada signed this review on ")
    assert (
        "Did not qualify: EC-2026-0002.\nDecisions: Buy a bigger index.\nFollow-ups: Ada, by Friday." in said
    )
    assert reviewing.night.reviews.look(reviewing.issue()).status == "Closed"
    assert [one.status for one in reviewing.entries("review-issue-closed/1")] == ["Closed"]


def test_a_second_version_of_the_digest_opens_no_second_issue(reviewing):
    reviewing.made()
    reviewing.made(version=2, text="Three.")
    reviewing.tested()

    assert len(reviewing.night.reviews.issues) == 1
    assert "tested EC-2026-0001. authorised: pass; documented: pass;" in reviewing.comments()[0]


def test_a_digest_made_again_is_told_in_the_issue_which_waits_for_the_newest_to_be_signed(reviewing):
    reviewing.made()
    reviewing.made(version=2, text="Three.", because="Facts came late.", asked_by=GRACE)
    reviewing.signed()
    after_the_old_one = reviewing.night.reviews.look(reviewing.issue()).done
    reviewing.signed(GRACE, version=2)

    assert "Grace had the digest made again: version 2 takes the place of version 1, because: Facts" in str(
        reviewing.comments()
    )
    assert not after_the_old_one
    assert reviewing.night.reviews.look(reviewing.issue()).done
    assert reviewing.comments()[-1].startswith("Grace signed version 2 of this review on ")


def test_a_quarter_that_nobody_owes_a_review_has_no_issue(reviewing):
    reviewing.made("2026-Q4", due=None)

    assert reviewing.night.reviews.issues == {}
    assert reviewing.folders() == ["digests/2026-Q4/v1"]


def test_a_tracker_that_was_down_hears_of_everything_afterwards(reviewing):
    night = reviewing.night
    night.to_reviews.down = True
    reviewing.made()
    reviewing.signed()
    night.to_reviews.down = False
    night.passes(minutes=5)

    assert len(reviewing.comments()) == 1
    assert night.reviews.look(reviewing.issue()).done


def test_an_issue_whose_answer_got_lost_is_found_again_and_not_opened_twice(reviewing):
    night = reviewing.night
    night.to_reviews.lost.add("open")
    reviewing.made()
    night.passes(minutes=20)
    [opened] = reviewing.entries("review-issue-opened/1")

    assert opened.adopted
    assert opened.key == reviewing.issue()


def test_a_second_issue_that_turns_up_is_closed(reviewing):
    night = reviewing.night
    night.reviews.lags = True
    night.to_reviews.lost.add("open")
    reviewing.made()
    night.passes(minutes=4)
    night.reviews.index()
    night.passes(minutes=20)

    alive = [key for key, one in night.reviews.issues.items() if one.duplicate_of is None]
    assert len(night.reviews.issues) == 2
    assert len(alive) == 1
    assert [one.survivor for one in reviewing.entries("duplicate-review-closed/1")] == alive


def test_a_deleted_issue_is_opened_again_when_there_is_something_to_tell(reviewing):
    reviewing.made()
    del reviewing.night.reviews.issues[reviewing.issue()]
    reviewing.signed()

    assert len(reviewing.comments()) == 1
    assert len(reviewing.entries("review-issue-opened/1")) == 2


def test_a_review_that_is_late_says_so_in_its_issue(reviewing):
    reviewing.made()
    at = reviewing.night.clock.now()
    late = ad.ReviewOverdue(at=at, by=SYSTEM, period=OCTOBER, version=1, due=at)
    reviewing.keeps(late, "review:2026-10/1/overdue")

    assert reviewing.comments()[0].endswith("when it was due (X12).")


@pytest.mark.parametrize("fuse", range(10))
def test_whenever_the_process_dies_there_is_one_issue_and_one_comment(reviewing, fuse):
    night = reviewing.night
    night.to_reviews.down = True
    reviewing.made()
    reviewing.signed()
    night.to_reviews.down = False
    night.stopwatch.advance(minutes=2)
    night.dies(fuse, StepName.REVIEW_ISSUE)
    night.passes(minutes=20)

    assert len(reviewing.comments()) == 1
    assert night.reviews.look(reviewing.issue()).done
