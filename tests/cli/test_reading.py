"""What the database alone can tell, when everything else is gone."""

import hashlib
import json

import pytest

from tests.cli.conftest import REQUEST, asks


def test_changes_are_listed_newest_first(afterwards):
    rows = json.loads(afterwards("changes", "list", "--json").stdout)

    assert [(row["change"][-4:], row["state"], row["requester"]) for row in rows] == [
        ("0002", "requested", "Maya Okafor"),
        ("0001", "active", "Linus Berg"),
    ]


def test_changes_are_chosen_by_state_and_number(afterwards):
    active = json.loads(afterwards("changes", "list", "--json", "--state", "active").stdout)
    newest = json.loads(afterwards("changes", "list", "--json", "--limit", "1").stdout)

    assert [row["state"] for row in active] == ["active"]
    assert [row["state"] for row in newest] == ["requested"]


def test_an_empty_list_is_a_remark_and_no_data(afterwards):
    result = afterwards("changes", "list", "--state", "closed")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "There are no such changes.\n")


def test_a_change_is_shown_with_names_sentences_refusals_and_duties(afterwards):
    change = json.loads(afterwards("changes", "list", "--json").stdout)[1]["change"]

    printed = afterwards("changes", "show", change.lower()).stdout

    assert "Linus Berg asks for “Merge to payments without review” for 1 h" in printed
    assert "Access is in force until" in printed
    assert "Refused (approval): You cannot decide on your own change." in printed
    assert "Owed: approval by heads until" in printed
    assert "was recorded." not in printed


def test_a_change_is_shown_to_programs_whole(afterwards):
    change = json.loads(afterwards("changes", "list", "--json").stdout)[1]["change"]

    shown = json.loads(afterwards("changes", "show", change, "--json").stdout)

    assert shown["justification"] == REQUEST["justification"]
    assert [line["number"] for line in shown["timeline"]] == list(range(1, len(shown["timeline"]) + 1))
    assert [line["refused"] for line in shown["timeline"] if line["kind"] == "approval"] == [
        "You cannot decide on your own change."
    ]


def test_a_change_nobody_knows_is_one_sentence(afterwards):
    result = afterwards("changes", "show", "EC-1999-0001")

    assert (result.exit_code, result.stderr) == (1, "There is no change EC-1999-0001.\n")


def test_what_a_person_typed_obeys_nobody(in_the_world, world):
    change = asks(
        world,
        what="[bold red]Boom[/] \x1b[31mred\x1b[0m\n# heading :fire: [link=https://evil.example]x[/link]",
    )

    printed = in_the_world("changes", "show", change).stdout

    assert "[bold red]Boom[/]" in printed
    assert ":fire: [link=https://evil.example]x[/link]" in printed
    assert "\x1b" not in printed


def test_the_policy_in_force_is_printed_byte_by_byte(afterwards):
    result = afterwards("policy", "show")

    text = (afterwards.directory / "policy.toml").read_bytes()
    assert result.stdout_bytes == text
    assert hashlib.sha256(text).hexdigest() in result.stderr


def test_the_policy_in_force_is_the_one_of_the_database_and_not_the_file(afterwards):
    before = afterwards("policy", "show", "--json").stdout
    (afterwards.directory / "policy.toml").write_text("")

    assert afterwards("policy", "show", "--json").stdout == before


def test_a_policy_that_can_be_used_is_named_by_its_digest(afterwards):
    text = (afterwards.directory / "policy.toml").read_bytes()

    found = json.loads(afterwards("policy", "check", "--json").stdout)

    assert (found["ok"], found["sha256"]) == (True, hashlib.sha256(text).hexdigest())


def test_the_schema_names_every_part_of_the_policy(afterwards):
    schema = json.loads(afterwards("policy", "schema").stdout)

    assert {"access", "calendar", "duties", "groups", "systems", "ticket"} <= set(schema["properties"])


def test_people_are_listed_with_what_keeps_them_out(afterwards):
    notes = {row["email"]: row["note"] for row in json.loads(afterwards("people", "list", "--json").stdout)}

    assert notes["gil@acme.example"] == "guest"
    assert notes["dee@acme.example"] == "deactivated"
    assert notes["linus@acme.example"] == ""


@pytest.mark.parametrize("words", [("changes", "list"), ("people", "list"), ("access", "list")], ids=" ".join)
def test_a_table_has_a_heading_and_a_line_for_each(afterwards, words):
    rows = json.loads(afterwards(*words, "--json").stdout)

    assert len(afterwards(*words).stdout.splitlines()) == len(rows) + 1


def test_the_projections_can_be_made_again_from_the_ledger(afterwards):
    words = [("changes", "list", "--json"), ("access", "list", "--json"), ("policy", "show", "--json")]
    before = [afterwards(*each).stdout for each in words]

    result = afterwards("db", "rebuild")

    assert result.stdout == "All projections were made again, of 2 changes.\n"
    assert [afterwards(*each).stdout for each in words] == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("db", "rebuild"), {"changes": 2}),
        (("db", "guard"), {"put_back": []}),
        (("db", "vacuum"), {"remaining": []}),
        (("db", "upgrade"), {"ok": True}),
    ],
)
def test_what_is_done_to_the_database_is_said_to_programs_too(afterwards, words, said):
    assert json.loads(afterwards(*words, "--json").stdout) == said


def test_a_schema_is_made_where_there_is_none(afterwards, elsewhere):
    url = f"sqlite:///{elsewhere}/new.db"

    assert afterwards("db", "upgrade", DATABASE_URL=url).exit_code == 0
    assert afterwards("changes", "list", DATABASE_URL=url).stderr == "There are no such changes.\n"


def test_the_owners_login_migrates_where_it_is_given(afterwards, elsewhere):
    migrated = f"sqlite:///{elsewhere}/owners.db"

    afterwards(
        "db", "upgrade", DATABASE_URL=f"sqlite:///{elsewhere}/bots.db", DATABASE_MIGRATION_URL=migrated
    )

    assert (elsewhere / "owners.db").exists()
    assert not (elsewhere / "bots.db").exists()
