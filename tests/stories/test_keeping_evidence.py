"""The evidence repository as a whole: checkpoint, tiles and policies agree, and tampering is noticed and mended."""

import json
from contextlib import suppress

import pytest

from bot.keeping import EvidenceKeeper
from storage.tiles import tiles_of, unbundle
from tests.acme import ADA, GRACE, LINUS, POLICY, SAM
from tests.stories.world import Crash, Voice
from workflows import events as ev
from workflows.errors import LedgerCorrupt
from workflows.filed import folder
from workflows.policy import digest
from workflows.sentences import announced
from workflows.vocabulary import StepName

CHANNEL = "#change-review"


class Kept:
    """A night, its repository, and who looks after that."""

    def __init__(self, night):
        self.night, self.repository, self.memory = night, night.evidence, night.memory
        self.counted = []
        self.begins()

    def begins(self):
        """Look after the repository as a process does that has just started."""
        self.keeper = EvidenceKeeper(
            self.night.to_evidence,
            self.memory,
            self.night.changes,
            self.night.clock,
            person_of=self._person,
            hearers=lambda: [CHANNEL, SAM],
            count=lambda: self.counted.append(1),
        )

    def _person(self, email):
        known = self.memory.people.by_email(email)
        return known.id if known else None

    def keeps(self):
        """Let a minute's work be done, and what comes of it."""
        self.memory.sign_what_is_new()
        self.keeper.keep()
        self.night.settles()

    @property
    def files(self):
        return self.repository.latest().files

    @property
    def told(self):
        """Return what was said in the reviewers' channel."""
        said = [announced(entry, Voice()) for entry in self.altered()]
        return said[: self.heard().count(CHANNEL)]

    def heard(self):
        """Return who was told, in order."""
        return [to for to, _, _ in self.night.board.announced]

    def head(self):
        return self.memory.own(self.files["checkpoint"].decode())

    def rewrites(self, **files):
        """Let somebody push over the branch's head, with other files."""
        head = self.repository.heads["main"]
        kept = {path: data for path, data in {**self.files, **files}.items() if data is not None}
        self.repository.push("main", kept, "Nothing to see here", self.repository.commits[head][0])

    def edits(self, path, data):
        """Let somebody edit a file in the browser."""
        head = self.repository.heads["main"]
        kept = {name: d for name, d in {**self.files, path: data}.items() if d is not None}
        self.repository.push("main", kept, "Edit", head)

    def altered(self):
        return [e.entry for e in self.memory.entries(limit=5000) if e.entry.kind == "evidence-altered/1"]

    def findings(self, change):
        return [found.exception.value for found in self.night.record(change).findings]

    def agrees(self):
        """Say whether checkpoint and tiles are one ledger, and every record is at its latest revision."""
        head = self.head()
        leaves = []
        for tile in tiles_of(head.size):
            assert tile.path in self.files
            if tile.level == 0:
                leaves += unbundle(self.files[tile.entries_path])
        assert leaves == [self.memory.leaf(n)[0] for n in range(1, head.size + 1)]
        parts = [path for path in self.files if ".p/" in path]
        assert len(parts) == len({path.partition(".p/")[0] for path in parts}), "an outgrown tile is left"
        for row in self.memory.changes():
            assert self.night.filed(row.id)["revision"] == self.night.record(row.id).last
        return True


class Behind:
    """The memory as a replica sees it whose newest checkpoint is an older one."""

    def __init__(self, memory, older):
        self._memory, self._older = memory, older

    def __getattr__(self, name):
        return getattr(self._memory, name)

    def not_yet(self, kind, whom):
        return self._older


@pytest.fixture
def kept(night):
    return Kept(night)


def record_of(change):
    return f"{folder(change)}/record.json"


# --- what is kept ----------------------------------------------------------------------------------


def test_checkpoint_tiles_and_policy_come_in_one_commit(kept):
    kept.night.opens()
    before = len(kept.repository.commits)
    kept.memory.sign_what_is_new()
    kept.keeper.keep()

    assert len(kept.repository.commits) == before + 1
    assert kept.agrees()
    assert f"policies/{digest(POLICY.encode())}.json" in kept.files


def test_that_it_is_anchored_is_in_the_ledger(kept):
    kept.night.opens()
    kept.keeps()
    [anchored] = [e.entry for e in kept.memory.entries(limit=500) if e.entry.kind == "anchored/1"]

    assert (anchored.where, anchored.size) == ("fake/evidence#main", kept.head().size)
    assert kept.repository.commits[anchored.reference][1]["checkpoint"] == anchored.checkpoint.encode()


def test_a_quiet_night_writes_nothing(kept):
    kept.night.opens()
    kept.keeps()
    before = len(kept.repository.commits)
    for _ in range(5):
        kept.keeps()

    assert len(kept.repository.commits) == before


def test_the_ledger_grows_there_and_outgrown_tiles_go(kept):
    change = kept.night.opens()
    kept.keeps()
    first = kept.head().size
    kept.night.happens(change, ev.Approval, ADA)
    kept.keeps()

    assert kept.head().size > first
    assert kept.agrees()


def test_people_in_a_policy_are_pseudonyms(kept):
    kept.night.opens()
    kept.keeps()
    rules = json.loads(kept.files[f"policies/{digest(POLICY.encode())}.json"])["rules"]

    assert rules["groups"]["heads"]["people"] == [ADA, GRACE]
    assert not any(b"@acme.example" in data for data in kept.files.values())


def test_a_replica_that_is_behind_writes_no_older_checkpoint(kept):
    change = kept.night.opens()
    kept.memory.sign_what_is_new()
    older = kept.memory.newest_checkpoint()
    kept.night.happens(change, ev.Approval, ADA)
    kept.keeps()
    newer = kept.head().size
    kept.memory, whole = Behind(kept.memory, older), kept.memory
    kept.begins()
    kept.keeper.keep()
    kept.memory = whole

    assert kept.head().size == newer > older.size


def test_a_checkpoint_of_ours_that_contradicts_the_ledger_stops_the_anchoring(kept):
    kept.night.opens()
    kept.keeps()
    forged = kept.memory.signer.sign(kept.head().size + 1000, b"\1" * 32)
    kept.edits("checkpoint", forged.note.encode())
    kept.night.opens(by="P-MARGARET")
    kept.memory.sign_what_is_new()

    with pytest.raises(LedgerCorrupt, match="copy from before"):
        kept.keeper.keep()
    assert kept.files["checkpoint"] == forged.note.encode()


def test_a_repository_that_is_down_is_waited_for(kept):
    kept.night.opens()
    kept.night.to_evidence.down = True
    kept.keeps()
    kept.night.to_evidence.down = False
    kept.keeps()

    assert kept.agrees()
    assert kept.altered() == []


def test_a_crash_between_commit_and_ledger_anchors_once(kept):
    kept.night.opens()
    kept.memory.sign_what_is_new()
    kept.night.to_evidence.lost = {"write"}
    kept.keeper.keep()
    before = len(kept.repository.commits)
    kept.keeper.keep()

    assert len(kept.repository.commits) == before
    assert [e.entry.kind for e in kept.memory.entries(limit=500)].count("anchored/1") == 1


# --- what is noticed -------------------------------------------------------------------------------


@pytest.fixture
def filed(kept):
    """Return a change that is filed and anchored."""
    change = kept.night.opens()
    kept.keeps()
    kept.keeps()
    return change


def test_nothing_is_wrong_while_nobody_meddles(kept, filed):
    kept.night.happens(filed, ev.Approval, ADA)
    kept.keeps()
    kept.begins()
    kept.keeps()

    assert (kept.altered(), kept.told, kept.findings(filed)) == ([], [], [])


def test_a_record_somebody_edited_is_a_finding_and_is_written_again(kept, filed):
    kept.edits(record_of(filed), b"{}\n")
    kept.keeps()
    kept.keeps()

    [altered] = kept.altered()
    assert (altered.lost, altered.changes, altered.checkpoint) == ("", 1, False)
    assert kept.findings(filed) == ["X13"]
    assert kept.night.filed(filed)["findings"][0]["exception"] == "X13"
    assert "records were changed" in kept.told[0]
    assert SAM in kept.heard()
    assert len(kept.counted) == 1
    assert kept.agrees()
    assert any(files.get(record_of(filed)) == b"{}\n" for _, files, _ in kept.repository.commits.values())


def test_a_record_somebody_deleted_is_a_finding_and_is_written_again(kept, filed):
    kept.edits(f"{folder(filed)}/record.md", None)
    kept.keeps()

    assert kept.findings(filed) == ["X13"]
    assert kept.agrees()


def test_only_the_changes_concerned_are_exceptions(kept, filed):
    other = kept.night.opens("ledger-admin", by="P-MARGARET")
    kept.keeps()
    kept.edits(record_of(filed), b"{}\n")
    kept.keeps()

    assert (kept.findings(filed), kept.findings(other)) == (["X13"], [])


def test_a_rewritten_history_is_reported_with_the_commit_that_is_missing(kept, filed):
    lost = kept.repository.heads["main"]
    kept.rewrites(checkpoint=None)
    kept.keeps()
    kept.keeps()

    altered = kept.altered()[0]
    assert (altered.lost, altered.checkpoint) == (lost, True)
    assert lost[:12] in kept.told[0]
    assert "rewritten" in kept.told[0]
    assert kept.agrees()


def test_it_is_reported_once_however_often_it_is_looked_at(kept, filed):
    kept.rewrites(checkpoint=None)
    for _ in range(4):
        kept.keeps()
    kept.begins()
    kept.keeps()

    assert len(kept.altered()) == len(kept.told) == 1


def test_a_branch_that_was_deleted_is_begun_again_where_it_was(kept, filed):
    head = kept.repository.heads.pop("main")
    kept.keeps()

    assert kept.repository.holds(head)
    assert [altered.head for altered in kept.altered()] == [""]
    assert "deleted" in kept.told[0]
    assert kept.findings(filed) == []
    assert kept.agrees()


def test_a_branch_that_is_deleted_after_it_was_rewritten_is_two_alterations_and_hides_neither(kept, filed):
    kept.rewrites(checkpoint=None)
    kept.keeps()
    rewritten = kept.repository.heads["main"]
    kept.repository.heads.pop("main")
    kept.keeps()

    assert [bool(altered.head) for altered in kept.altered()] == [True, False]
    assert len(kept.told) == 2
    assert kept.repository.holds(rewritten)
    assert any("Nothing to see here" in message for _, _, message in kept.repository.commits.values())
    assert kept.agrees()


def test_what_one_replica_reported_another_does_not_report_again(kept, filed):
    other = Kept(kept.night)
    other.keeps()
    kept.keeps()
    kept.rewrites(checkpoint=None)
    kept.keeps()
    other.keeps()
    kept.keeps()

    assert len(kept.altered()) == len(kept.told) == 1


def test_a_branch_whose_commits_are_gone_too_is_written_anew(kept, filed):
    kept.repository.heads.clear()
    kept.repository.commits.clear()
    kept.keeps()
    kept.keeps()

    assert kept.findings(filed) == ["X13"]
    assert kept.agrees()


def test_a_branch_put_back_to_where_it_was_before_is_noticed(kept, filed):
    before = kept.repository.heads["main"]
    kept.night.happens(filed, ev.Approval, ADA)
    kept.keeps()
    kept.repository.heads["main"] = before
    kept.keeps()
    kept.keeps()

    assert kept.findings(filed) == ["X13"]
    assert kept.agrees()


def test_a_tile_that_was_changed_is_put_right_after_a_restart(kept, filed):
    tile = next(path for path in kept.files if path.startswith("tile/entries/"))
    kept.edits(tile, b"\0\0")
    kept.night.happens(filed, ev.Approval, LINUS)
    kept.begins()
    kept.keeps()

    assert kept.agrees()


def test_what_could_not_be_told_is_told_later(kept, filed):
    kept.night.to_board.down = True
    kept.edits(record_of(filed), b"{}\n")
    kept.keeps()
    kept.night.to_board.down = False
    kept.night.passes(minutes=2)

    assert len(kept.told) == 1


def test_a_record_that_is_being_written_is_no_alteration(kept, filed):
    kept.night.memory.outbox.claim_one(filed, StepName.EVIDENCE, at_once=True)
    kept.edits(record_of(filed), b"{}\n")
    kept.keeper.keep()

    assert kept.altered() == []


def test_wherever_the_process_dies_while_it_reports_nothing_is_forgotten(kept, filed):
    for left in range(14):
        kept.edits(record_of(filed), b"%d" % left)
        kept.night.fuse.left = left
        with suppress(Crash):
            kept.keeper.keep()
        kept.night.fuse.left = None
        kept.begins()
        kept.keeps()

        assert kept.findings(filed) == ["X13"] * (left + 1)
        assert kept.agrees()
