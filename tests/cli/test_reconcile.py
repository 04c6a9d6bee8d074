"""The ledger is put beside Jira, the teams and the evidence repository; what differs is found, kept and told."""

import json
from datetime import UTC, datetime

import pytest

from sandbox import cast
from sandbox.github import Author
from tests.cli.conftest import asks, memory_of

YEAR = str(datetime.now(UTC).year)  # noqa: TID251 - a world begins now
MALLORY = Author("Mallory", "mallory@elsewhere.example")


def reconciled(terminal, code=0):
    result = terminal("evidence", "reconcile", "--period", YEAR, "--json")
    assert result.exit_code == code, result.output
    return {one["id"]: one for one in json.loads(result.stdout)}


def told(world):
    """Return what the reviewers' channel was told of differences."""
    return [m for m in world.slack.messages(cast.REVIEW) if "found differences" in m.text]


@pytest.fixture
def change(world):
    """One change in force, filed and kept."""
    return asks(world)


def test_where_nothing_differs_all_is_on_both_sides(world, in_the_world, change):
    found = reconciled(in_the_world)

    assert {id: (one["matched"], one["left_only"], one["right_only"]) for id, one in found.items()} == {
        "R2": (1, 0, 0),
        "R3": (1, 0, 0),
        "R8": (1, 0, 0),
    }
    world.settle()
    assert not told(world)


def test_what_was_done_past_the_bot_is_found_kept_and_told(world, in_the_world, change, tmp_path):
    key = world.jira.tracker.tickets()[0].key
    stray = world.jira.tracker.clone(key)
    stray.fields["labels"] = ["ecbot-EC-2026-9999"]
    world.jira.tracker.delete(key)
    world.github.forge.add_account("mallory")
    world.github.forge.add_member("acme", "payments-break-glass", "mallory")
    evidence = world.github.forge.repositories[cast.EVIDENCE]
    forged = f"changes/{YEAR}/EC-{YEAR}-0777/record.json"
    world.github.forge.push(evidence, {forged: b"{}"}, "Nothing to see here", MALLORY)

    found = reconciled(in_the_world)
    again = reconciled(in_the_world)
    world.settle()

    assert len(told(world)) == 6
    assert f"{change}: its ticket {key} is gone from the tracker." in found["R2"]["differences"]
    assert f"{stray.key} is labelled EC-2026-9999" in found["R2"]["differences"]
    assert "the account mallory, which belongs to nobody known, is in" in found["R3"]["differences"]
    assert f"{forged} belongs to no change of the ledger." in found["R8"]["differences"]
    assert {id: one["right_only"] for id, one in again.items()} == {"R2": 1, "R3": 1, "R8": 1}
    with memory_of(in_the_world) as memory:
        findings = [(f.exception.value, f.because) for f in memory.record(change)[0].findings]
        leaves = [leaf["body"] for leaf in memory.leaves_of_kind("reconciled/1")]
    assert findings == [("X13", f"The ticket {key} is gone from the tracker.")]
    assert len(leaves) == 6
    assert "mallory" not in json.dumps(leaves)

    out = tmp_path / "pack"
    assert in_the_world("evidence", "export", "--from", YEAR, "--to", YEAR, "--out", out).exit_code == 0
    assert in_the_world("evidence", "verify", out).exit_code == 0
    packed = json.loads((out / "reconciliations.json").read_text())["reconciliations"]
    assert [one["right_only"] for one in packed if one["id"] == "R3"] == [1, 1]
    assert "mallory" in (out / "index.html").read_text()
    assert "The ticket" in (out / f"changes/{change}/dossier.html").read_text()


def test_a_system_that_does_not_answer_costs_its_own_comparison_only(world, in_the_world, change):
    world.jira.fail("*", "/", "status", status=503, times=99)

    found = reconciled(in_the_world, code=1)

    assert [one["made"] for one in found.values()] == [False, True, True]
    assert "Jira answered 503" in found["R2"]["because"]
