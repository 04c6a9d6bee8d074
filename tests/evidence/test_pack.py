"""A pack is whole or not there, the same every time, and says what the ledger says."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from bot.evidence.check import check
from bot.evidence.pack import export
from tests.evidence.year import COMMIT, PULL
from workflows.errors import Misconfigured
from workflows.period import Span


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


@pytest.fixture(scope="module")
def files(nights):
    return contents(nights.folder)


@pytest.fixture(scope="module")
def population(files):
    return {row["change_id"][-4:]: row for row in rows(files["population.csv"])}


def test_a_pack_that_is_made_again_is_the_same_to_the_byte(nights, tmp_path):
    export(nights.memory, nights.year, tmp_path / "again")
    export(nights.memory, nights.year, tmp_path / "again.zip")

    assert contents(tmp_path / "again") == contents(nights.folder)
    assert (tmp_path / "again.zip").read_bytes() == nights.zip.read_bytes()


def test_folder_and_zip_hold_the_same_files(nights):
    with zipfile.ZipFile(nights.zip) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == contents(nights.folder)
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_older_checkpoint_gives_what_was_known_then(nights, tmp_path):
    size = nights.night.first_head.size

    made = export(nights.memory, nights.year, tmp_path / "old", size=size)

    assert (made.size, made.changes) == (size, 0)
    assert check(tmp_path / "old").changes == 0


def test_a_checkpoint_that_was_never_signed_is_refused(nights, tmp_path):
    with pytest.raises(Misconfigured, match="no checkpoint at 2 entries"):
        export(nights.memory, nights.year, tmp_path / "old", size=2)

    assert not (tmp_path / "old").exists()


@pytest.mark.parametrize("name", ["there", "there.zip"])
def test_what_is_no_pack_is_never_replaced(nights, tmp_path, name):
    there = tmp_path / name
    if there.suffix:
        there.write_text("mine")
    else:
        there.mkdir()
        (there / "mine.txt").write_text("mine")

    with pytest.raises(Misconfigured, match="is there already and is no evidence pack"):
        export(nights.memory, nights.year, there)

    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["there", "there.zip"])
def test_an_earlier_pack_is_replaced_whole(nights, tmp_path, name):
    export(nights.memory, Span.read("2001"), tmp_path / name)

    export(nights.memory, nights.year, tmp_path / name)

    assert check(tmp_path / name).changes == 6
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["there", "there.zip"])
def test_a_pack_that_could_not_be_finished_leaves_nothing_behind(nights, tmp_path, name):
    def interrupted(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(nights.memory, nights.year, tmp_path / name, progress=interrupted)

    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_sentence(nights, tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(Misconfigured, match="cannot be written"):
        export(nights.memory, nights.year, tmp_path / "file" / "pack")


# --- the population ------------------------------------------------------------------------------------


def test_the_population_has_exactly_the_columns_that_were_agreed(files):
    agreed = (Path(__file__).parent / "columns.txt").read_text().split()

    assert files["population.csv"].split(b"\r\n")[0].decode().split(",") == agreed


def test_every_column_is_explained_and_what_is_not_collected_is_empty(files, population):
    explained = {row["column"]: row["meaning"] for row in rows(files["columns.csv"])}
    missing = [name for name, meaning in explained.items() if meaning.startswith("not collected")]

    assert [*explained] == files["population.csv"].split(b"\r\n")[0].decode().split(",")
    assert missing == ["incident_severity", "ci_result", "deploy_sha", "deployed_at"]
    assert {row[name] for row in population.values() for name in missing} == {""}


def test_every_change_of_the_period_has_one_row_and_nothing_else_has(nights, population):
    assert sorted(population) == ["0001", "0002", "0003", "0004", "0005", "0006"]
    assert {row["state"] for row in population.values()} == {"closed", "lapsed", "rejected", "active"}


def test_a_period_begins_with_its_first_moment_and_ends_before_the_next(nights, tmp_path):
    at = nights.memory.record(nights.memory.changes(limit=50)[-1].id)[0].request.at
    for name in (f"{at:%Y-%m-%d}", f"{at:%Y-%m}"):
        export(nights.memory, Span.read(name), tmp_path / name)

    assert [
        len(rows(contents(tmp_path / n)["population.csv"])) for n in (f"{at:%Y-%m-%d}", f"{at:%Y-%m}")
    ] == [1, 6]


def test_no_cell_is_taken_for_a_formula(population):
    assert population["0001"]["justification"].startswith("'=Every order")
    assert population["0002"]["justification"].startswith("'@SUM(A1)")


def test_a_change_by_the_book_is_told_whole(population):
    row = population["0001"]

    told = {
        "incident_id": "INC-2041", "risk": "low", "authorisation_basis": "after", "approval_status": "approved",
        "approval_assurance": "D", "approval_late_minutes": "0", "self_approved": "false", "extensions": "30 min",
        "approver_role": "heads", "approver_github": "grace-acme", "requester_github": "linus-acme",
        "grant_scope": "github-team:acme/payments-break-glass", "pr_urls": PULL, "commit_shas": COMMIT[-40:],
        "retrospective_outcome": "genuine", "reviewed_in_period": "true", "exceptions": "", "drill": "false",
    }  # fmt: skip
    assert {name: row[name] for name in told} == told
    assert row["approver"].startswith("Grace Lind (P-")
    for name in ("requested_at", "granted_at", "withdrawal_confirmed_at", "approved_at", "completed_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[name]), name


def test_what_failed_is_listed_with_its_change(population, files):
    assert population["0002"]["exceptions"] == "X05"
    assert population["0003"]["exceptions"] == "X01;X11;X16"
    assert int(population["0003"]["approval_late_minutes"]) == 8 * 24 * 60
    listed = {(row["change_id"][-4:], row["exception"]) for row in rows(files["exceptions.csv"])}
    assert {("0003", "X01"), ("0002", "X05")} <= listed


def test_what_never_began_owes_nothing(population):
    for change in ("0004", "0005"):
        row = population[change]
        assert (row["grant_id"], row["granted_at"], row["retrospective_due_at"]) == ("", "", "")
    assert population["0004"]["approval_status"] == "not needed"
    assert population["0005"]["approval_status"] == "rejected"


def test_refusals_are_told_with_the_guard_and_its_sentence(files):
    found = {(row["what"], row["guard"]) for row in rows(files["refusals.csv"])}

    assert {("approval", "by_someone_else"), ("request", "eligible")} <= found


def test_what_was_compared_and_what_was_not_is_said(nights, files):
    found = {one["id"]: one for one in json.loads(files["reconciliations.json"])["reconciliations"]}

    assert {id for id, one in found.items() if one["run"]} == {"R1", "R2", "R3", "R7"}
    assert (found["R1"]["matched"], found["R1"]["left_only"]) == (nights.made.size, 0)
    assert (found["R7"]["matched"], found["R7"]["right_only"]) == (7, 0)
    assert found["R5"]["matched"] is None


def test_what_other_systems_said_is_taken_from_the_ledger(nights, files):
    found = {one["id"]: one for one in json.loads(files["reconciliations.json"])["reconciliations"]}

    assert (found["R2"]["matched"], found["R2"]["left_only"], found["R2"]["right_only"]) == (6, 0, 0)
    assert found["R2"]["compared"]["from"] == f"{nights.year.begin:%Y-%m-%d}T00:00:00Z"
    assert (found["R3"]["matched"], found["R3"]["right_only"], found["R8"]["run"]) == (1, 0, False)
    assert b"members of the teams that give access, read now" in files["index.html"]


def test_a_pack_of_nothing_says_so(nights, tmp_path):
    export(nights.memory, Span.read("2001"), tmp_path / "none")

    assert b"There was none." in (tmp_path / "none/index.html").read_bytes()
    assert check(tmp_path / "none").changes == 0


# --- the dossier ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dossiers(files):
    return {name[-17:-13]: data.decode() for name, data in files.items() if name.endswith("dossier.html")}


def test_a_dossier_needs_nothing_but_itself(dossiers, files):
    for page in (*dossiers.values(), files["index.html"].decode()):
        assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\ssrc=|\son\w+=", page)
        assert "default-src 'none'" in page


def test_what_people_typed_is_shown_and_never_obeyed(dossiers):
    assert "&lt;script&gt;alert(&#39;cause&#39;)&lt;/script&gt; &amp; nothing else" in dossiers["0002"]


def test_a_dossier_says_who_decided_and_whether_they_may_have(dossiers):
    for role in ("Requester", "Grantee", "Commit authors", "Deployer", "Approver", "Reviewer"):
        assert f"<td>{role}</td>" in dossiers["0001"]
    assert "2 people behind the named commits and deployments could not be told" in dossiers["0001"]
    assert '<span class="yes">kept.</span>' in dossiers["0003"]
    assert "grade D" in dossiers["0001"]


def test_a_dossier_tells_what_was_refused_too(dossiers):
    assert "You cannot decide on your own change." in dossiers["0001"]


def test_a_returned_retrospective_is_shown_beside_the_one_that_was_accepted(dossiers):
    assert "Say why the lock was missing." in dossiers["0003"]
    assert dossiers["0003"].count("<dt>Cause</dt>") == 2
