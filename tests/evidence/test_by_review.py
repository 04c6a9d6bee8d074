"""A pack in which an approval is the approver's own review, and a policy that named somebody who was erased."""

import csv
import io
import json

import pytest

from bot.evidence.check import check
from bot.evidence.pack import export
from sandbox.cast import EVIDENCE
from sandbox.world import reviews_of_record
from tests.http.night import ADA, GRACE, LINUS, Night
from workflows.period import Span


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """One change, approved on GitHub and closed; then Ada leaves the policy, and is erased."""
    night = Night(tmp_path_factory.mktemp("by-review"), evidence=True, policy=reviews_of_record)
    night.change = night.requests(LINUS)
    pull = night.record().pull.pull
    night.review = night.world.github.reviewing.submit(EVIDENCE, pull, "grace-acme", body="Go.")
    night.settles()
    night.reports(LINUS)
    night.passes(minutes=15)
    night.looks_back(LINUS)
    night.accepts(GRACE)
    text = night.world.policy_file.read_bytes()
    night.memory.adopt_policy(text.replace(b', "ada@acme.example"', b""), "policy.toml")
    ada, grace = night.world.person(ADA), night.world.person(GRACE)
    night.memory.erasing.erase(ada, by=grace.id, reason="They asked for it.", also_text=False)
    yield night
    night.ends()


@pytest.fixture(scope="module")
def pack(night, tmp_path_factory):
    place = tmp_path_factory.mktemp("packs") / "pack"
    night.memory.checkpoint()
    export(night.memory, Span.read(str(night.world.now().year)), place)
    return place


def test_grade_a_stands_in_the_population_with_the_review_it_rests_on(night, pack):
    [row] = csv.DictReader(io.StringIO((pack / "population.csv").read_text(), newline=""))

    assert (row["approval_assurance"], row["approval_status"], row["approver_github"]) == (
        "A", "approved", "grace-acme",
    )  # fmt: skip
    assert row["approval_url"].endswith(f"#pullrequestreview-{night.review.id}")
    assert row["approval_url"] in (pack / f"changes/{night.change}/dossier.html").read_text()


def test_the_timeline_has_words_for_everything_that_happened(night, pack):
    page = (pack / f"changes/{night.change}/dossier.html").read_text()

    assert "asks for reviews of commit" in page
    assert "GitHub announced a review of pull request" in page
    assert "was closed with the change" in page
    assert "was recorded." not in page


def test_what_was_decided_on_is_there_word_for_word_and_bound(night, pack):
    record = json.loads((pack / f"changes/{night.change}/record.json").read_text())
    approval, acceptance = record["decided"]

    assert ["Requested by", f"Linus Berg ({night.world.person(LINUS).id})"] in approval["text"]
    assert any(heading == "Why it cannot wait" for heading, _ in acceptance["text"])
    leaf = json.loads(next(one["leaf"] for one in record["entries"] if one["sequence"] == approval["entry"]))
    assert set(leaf["body"]["shown"]) == {"commitment"}


def test_a_redacted_policy_lies_in_the_pack_under_its_own_name_and_the_pack_holds(night, pack):
    sha256 = night.record().policy
    text = (pack / f"policies/{sha256}.redacted.toml").read_bytes()

    assert b"ada@" not in text
    assert not (pack / f"policies/{sha256}.toml").exists()
    assert check(pack).changes == 1


def test_a_review_is_transcripted_and_nothing_stays_undone(night):
    told = [m.text for m in night.world.slack.messages("D0GRACE") if "transcript" in m.text]

    assert len(told) == 2
    assert night.record().stuck == frozenset()


def test_a_verdict_that_was_annulled_says_why_and_nothing_that_is_no_longer_so(tmp_path):
    """Grace was authorised, and her review was edited: the page must not say it the other way round."""
    (tmp_path / "world").mkdir()
    night = Night(tmp_path / "world", evidence=True, policy=reviews_of_record)
    change = night.requests(LINUS)
    reviewing, pull = night.world.github.reviewing, night.record().pull.pull
    review = reviewing.submit(EVIDENCE, pull, "grace-acme", body="Go.")
    night.settles()
    reviewing.edit(EVIDENCE, pull, review, "I never said so.")
    night.settles()
    reviewing.submit(EVIDENCE, pull, "ada-acme", "COMMENT", "Rejected: it breaks billing.")
    night.settles()
    night.memory.checkpoint()
    export(night.memory, Span.read(str(night.world.now().year)), tmp_path / "pack")
    night.ends()

    page = " ".join((tmp_path / f"pack/changes/{change}/dossier.html").read_text().split())
    assert "Does not count: it was annulled, because the review was altered afterwards (X13)." in page
    assert "X03" not in page
    assert "Assurance when it was given: grade A" in page
    assert "authorised it" not in page
