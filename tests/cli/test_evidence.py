"""An auditor's evening: export, check, draw; each failure is one sentence and leaves nothing behind."""

import json
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import memory_of

YEAR = str(datetime.now(UTC).year)  # noqa: TID251 - the nights were played now


def test_a_pack_is_exported_checked_and_drawn_from(afterwards, tmp_path):
    out = tmp_path / "pack.zip"

    made = json.loads(
        afterwards("evidence", "export", "--from", YEAR, "--to", YEAR, "--out", out, "--json").stdout
    )
    found = json.loads(afterwards("evidence", "verify", out, "--json").stdout)
    drawn = json.loads(afterwards("evidence", "sample", "--period", YEAR, "--size", 1, "--json").stdout)

    assert (made["changes"], found["changes"], found["ok"], found["level"]) == (2, 2, True, "SIGNED")
    assert made["checkpoint_root"] == found["root"]
    assert drawn["seed"] == made["seed"]
    assert len(drawn["sample"]) == 1


def test_people_are_told_what_was_made_and_what_to_compare(afterwards, tmp_path):
    said = afterwards("evidence", "export", "--from", YEAR, "--to", YEAR, "--out", tmp_path / "pack").stdout
    checked = afterwards("evidence", "verify", tmp_path / "pack").stdout
    drawn = afterwards("evidence", "sample", "--period", YEAR).stdout

    assert "2 changes" in said
    assert "compare it with the key you were given elsewhere" in checked
    assert "2 of 2, drills left out" in drawn


def test_the_same_checkpoint_gives_the_same_bytes(afterwards, tmp_path):
    for name in ("one.zip", "two.zip"):
        afterwards("evidence", "export", "--from", YEAR, "--to", YEAR, "--out", tmp_path / name)

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_spoilt_pack_is_one_sentence_and_a_failure(afterwards, tmp_path):
    afterwards("evidence", "export", "--from", YEAR, "--to", YEAR, "--out", tmp_path / "pack")
    (tmp_path / "pack/population.csv").write_text("nothing")

    result = afterwards("evidence", "verify", tmp_path / "pack")

    assert result.exit_code == 1
    assert result.stderr.strip() == "population.csv was changed: it does not have the sha256 that was signed."


def test_a_pack_signed_by_somebody_else_is_refused(afterwards, tmp_path):
    with memory_of(afterwards) as memory:
        other = memory.signer.named("else.example").verifier_key
    afterwards("evidence", "export", "--from", YEAR, "--to", YEAR, "--out", tmp_path / "pack")

    result = afterwards("evidence", "verify", tmp_path / "pack", "--key", other)

    assert result.exit_code == 1
    assert "was never signed with the key of else.example" in result.stderr


@pytest.mark.parametrize("period", ["soon", "2026-13", "2026-Q5", "2026-02-30", "2026-03..2026-01"])
def test_a_period_nobody_can_read_is_one_sentence(afterwards, period):
    result = afterwards("evidence", "sample", "--period", period)

    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1


def test_what_is_there_already_is_left_as_it_is(afterwards, tmp_path):
    mine = tmp_path / "mine.zip"
    mine.write_text("mine")

    result = afterwards("evidence", "export", "--from", YEAR, "--to", YEAR, "--out", mine)

    assert result.exit_code == 1
    assert "it is left as it is" in result.stderr
    assert mine.read_text() == "mine"
