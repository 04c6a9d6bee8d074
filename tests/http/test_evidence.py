"""The evidence repository on GitHub, written by the whole bot: what arrives, what never does, what goes wrong."""

import json
import sqlite3
from contextlib import closing

import pytest

from sandbox import cast
from sandbox.github import Author
from tests.http.night import ADA, GRACE, LINUS, LOOK_BACK, MAYA, REMEDY, REPORT, REQUEST
from workflows.errors import LedgerCorrupt
from workflows.filed import folder
from workflows.vocabulary import State, StepName

REPO = "/repos/acme/evidence"
SOMEBODY = Author("Mallory", "mallory@elsewhere.example")


@pytest.fixture
def evidence(nights):
    return nights(evidence=True)


def repository(night):
    return night.world.github.forge.repositories[cast.EVIDENCE]


def files(night):
    return repository(night).git.files("main")


def filed(night, change=None):
    return json.loads(files(night)[f"{folder(change or night.world.latest())}/record.json"])


def keeps(night):
    """Let the ticker's minute pass for the evidence, and what comes of it."""
    night.world.bot.watch.sign()
    night.world.bot.watch.keep_evidence()
    night.settles()


def everything(night):
    """Return every blob there ever was, and every commit's message, author and committer, as text."""
    git = repository(night).git
    ours = [c for c in git.commits.values() if c.author.login != cast.SOL.github]
    said = [f"{c.message} {c.author.name} {c.author.email} {c.committer.name}" for c in ours]
    return [data.decode(errors="replace") for data in git.blobs.values()] + said


def a_whole_change(night):
    change = night.requests()
    night.approves(GRACE)
    night.reports(LINUS)
    night.looks_back(LINUS)
    night.passes(minutes=15)
    night.world.bot.refresh()
    night.accepts(ADA)
    return change


def test_a_change_is_filed_from_its_form_to_its_end(evidence):
    change = a_whole_change(evidence)
    keeps(evidence)
    record = filed(evidence)

    assert evidence.is_closed_well()
    assert (record["change"], record["state"]) == (change, "closed")
    assert record["revision"] == evidence.record().last
    assert record["ticket"] == evidence.ticket().key
    assert record["verdicts"][0]["grade"] == "D"
    assert {"checkpoint", f"policies/{record['policy']}.json", "tile/0/000.p/", "tile/entries/000.p/"} <= {
        path if ".p/" not in path else path.partition(".p/")[0] + ".p/" for path in files(evidence)
    }
    evidence.memory.compare(files(evidence)["checkpoint"].decode())


def test_nothing_private_is_in_any_blob_or_commit(evidence):
    change = evidence.requests(incident="INC-2041, as Grace Lind said")
    evidence.extends()
    evidence.reports(LINUS)
    evidence.rejects(ADA, reason="Maya Okafor should have been asked.")
    evidence.remediates()
    evidence.looks_back(LINUS)
    evidence.types(cast.GIL.user.id, "status")
    other = evidence.requests(MAYA, "ledger-admin", window="30m")
    evidence.approves(GRACE, other, comment="Linus Berg knows this service best.")
    evidence.passes(minutes=15)
    evidence.returns(GRACE, change)
    keeps(evidence)

    typed = [*REQUEST.values(), *REPORT.values(), *LOOK_BACK.values(), *REMEDY.values()]
    private = [text for text in typed if len(text) > 12]  # the others are choices of a menu
    private += ["INC-2041", "Linus Berg knows", "The index is large", "should have been asked", "Say why"]
    for player in cast.CAST:
        private += [player.user.real_name, player.user.email, player.github, player.user.id]
    kept = everything(evidence)
    assert len(kept) > 30
    assert filed(evidence, change)["revision"] == evidence.record(change).last
    for secret in filter(None, private):
        assert not any(secret in text for text in kept), secret


def test_every_commit_is_the_bots_own_and_none_is_made_twice(evidence):
    a_whole_change(evidence)
    keeps(evidence)
    git = repository(evidence).git
    first, *ours = reversed(git.history(git.refs["heads/main"]))

    assert first.author.login == cast.SOL.github
    assert {commit.author.login for commit in ours} == {"ecbot"}
    assert len({commit.message for commit in ours}) == len(ours)


OUTAGES = {
    "500": {"kind": "status", "status": 500},
    "429": {"kind": "status", "status": 429, "headers": {"retry-after": "30"}},
    "a broken connection": {"kind": "drop"},
    "half an answer": {"kind": "malformed"},
    "answers that get lost": {"kind": "drop", "after": True},
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_of_the_repository_delays_nothing_and_loses_nothing(evidence, outage):
    github = evidence.world.github
    github.fail("*", REPO, times=5, **OUTAGES[outage])
    evidence.requests()
    held = evidence.holders()
    a_while = 0
    while github._faults and any(f.times for f in github._faults) and a_while < 10:
        evidence.lives_through(minutes=1)
        a_while += 1
    github.heal()
    evidence.lives_through(minutes=3)

    assert held == {"linus-acme"}
    assert filed(evidence)["revision"] == evidence.record().last
    assert StepName.EVIDENCE not in evidence.record().stuck


def test_a_day_without_the_repository_and_everything_arrives_once(evidence):
    evidence.world.github.fail("*", REPO, "status", status=503, times=10_000)
    change = a_whole_change(evidence)
    keeps(evidence)
    evidence.passes(days=1)
    closed, stuck = evidence.state(), evidence.record().stuck
    evidence.world.github.heal()
    evidence.lives_through(minutes=3)
    keeps(evidence)
    messages = [c.message for c in repository(evidence).git.commits.values()]

    assert closed is State.CLOSED
    assert stuck == {StepName.EVIDENCE}
    assert filed(evidence, change)["revision"] == evidence.record().last
    assert len(messages) == len(set(messages))


def test_a_token_that_may_not_write_is_said_and_stops_nothing_else(evidence):
    evidence.world.github.scopes = "admin:org"
    evidence.requests()
    evidence.lives_through(minutes=2)
    errors = evidence.memory.outbox.stuck_for(evidence.world.latest())

    assert evidence.holders() == {"linus-acme"}
    assert "403" in errors[StepName.EVIDENCE]
    evidence.world.github.scopes = "admin:org, repo"
    evidence.lives_through(minutes=2)
    assert filed(evidence)["revision"] == evidence.record().last


def test_somebody_else_who_writes_there_is_in_nobodys_way(evidence):
    forge = evidence.world.github.forge
    evidence.requests()
    forge.push(repository(evidence), {"NOTES.md": b"Hello.\n"}, "Leave a note", SOMEBODY)
    evidence.approves(GRACE)

    assert files(evidence)["NOTES.md"] == b"Hello.\n"
    assert filed(evidence)["revision"] == evidence.record().last


def test_a_forced_push_is_an_exception_on_the_changes_it_hit_and_is_mended(evidence):
    forge = evidence.world.github.forge
    begin = repository(evidence).git.refs["heads/main"]
    evidence.requests()
    keeps(evidence)
    forge.push(
        repository(evidence), {"changes/2026/EC-2026-9999/record.md": b"x"}, "Tidy up", SOMEBODY, onto=begin
    )
    keeps(evidence)
    keeps(evidence)
    review = [m.text for m in evidence.world.slack.messages(cast.REVIEW)]

    assert evidence.findings() == ["X13"]
    assert any("X13" in text for text in evidence.thread())
    assert len([text for text in review if "history was rewritten" in text]) == 1
    assert filed(evidence)["revision"] == evidence.record().last
    assert [found["exception"] for found in filed(evidence)["findings"]] == ["X13"]
    evidence.memory.compare(files(evidence)["checkpoint"].decode())


def test_a_deleted_branch_is_begun_again_where_it_was(evidence):
    evidence.requests()
    keeps(evidence)
    before = repository(evidence).git.refs["heads/main"]
    evidence.world.github.forge.force(repository(evidence), "main", None)
    keeps(evidence)
    git = repository(evidence).git

    assert before in {commit.sha for commit in git.history(git.refs["heads/main"])}
    assert "evidence-altered/1" in [e.entry.kind for e in evidence.entries()]
    assert evidence.findings() == []


def test_a_database_older_than_what_was_anchored_closes_nothing(evidence):
    evidence.requests()
    keeps(evidence)
    signer = evidence.memory.signer
    later = signer.sign(10_000, b"\2" * 32)
    evidence.world.github.forge.push(
        repository(evidence), {"checkpoint": later.note.encode()}, "From another copy", SOMEBODY
    )
    evidence.approves(GRACE)
    keeps(evidence)

    assert "copy from before" in evidence.memory.doubts["evidence"]
    with pytest.raises(LedgerCorrupt):
        evidence.memory.compare(later.note)


def test_a_copy_from_before_signs_nothing_though_it_is_started_by_mistake(evidence):
    """What it would sign could contradict what was signed at the same size; after the recovery it goes on."""
    evidence.requests()
    keeps(evidence)
    place = evidence.world.directory / "emergency-change.db"
    copy = sqlite_copy(place)
    evidence.approves(GRACE)
    keeps(evidence)
    evidence.world.halt()
    put_back(copy, place)
    evidence.world.boot()
    watch, memory = evidence.world.bot.watch, evidence.world.bot.memory
    before = memory.newest_checkpoint()
    watch.keep_evidence()
    watch.sign()
    nothing = memory.newest_checkpoint()
    memory.recover("The copy of 02:00 was put back.", files(evidence)["checkpoint"].decode())
    keeps(evidence)
    watch.sign()

    assert nothing == before
    assert memory.doubts == {}
    assert memory.newest_checkpoint().origin != before.origin
    assert memory.verify().level == "ANCHORED"


def sqlite_copy(place):
    copy = place.with_name("copy.db")
    with closing(sqlite3.connect(place)) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other)
    return copy


def put_back(copy, place):
    for more in ("", "-wal", "-shm"):
        place.with_name(place.name + more).unlink(missing_ok=True)
    copy.rename(place)


def test_without_a_repository_nothing_is_owed_and_later_everything_is(nights):
    night = nights()
    change = night.requests()
    owed = night.memory.filing.at_rest(), repository(night).git.files("main")
    night.world.halt()
    night.world._evidence = cast.EVIDENCE
    night.world.boot()
    night.world.bot.keeper.begin()
    night.settles()

    assert owed == ({}, {".github/CODEOWNERS": b"* @acme/security\n"})
    assert filed(night, change)["revision"] == night.record(change).last
