"""Whatever is wrong on purpose is one sentence on standard error, and never a trace."""

import sqlite3

import pytest

ONLY_DATABASE = (
    ("policy", "show"),
    ("changes", "list"),
    ("changes", "show", "EC-2026-0001"),
    ("access", "list"),
    ("ledger", "verify"),
    ("ledger", "checkpoint"),
    ("people", "list"),
    ("db", "rebuild"),
)

KEYS = {
    "LEDGER_ORIGIN": "acme.example/ledger",
    "LEDGER_SIGNING_KEY": "c2FuZGJveCBzaWduaW5nIGtleTogMzIgYnl0ZXMuLi4=",
    "VALUES_KEY": "c2FuZGJveCB2YWx1ZXMga2V5LCAzMiBieXRlcyBsbmc=",
}


def complaint(result):
    """Return the sentences of a failure."""
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr.splitlines()


@pytest.mark.parametrize("words", ONLY_DATABASE, ids=" ".join)
def test_a_database_that_is_not_there_is_not_made(afterwards, elsewhere, words):
    missing = elsewhere / "missing.db"

    [sentence] = complaint(afterwards(*words, DATABASE_URL=f"sqlite:///{missing}"))

    assert "there is no database at" in sentence
    assert not missing.exists()


@pytest.mark.parametrize("words", ONLY_DATABASE, ids=" ".join)
def test_a_database_without_a_schema_names_the_remedy(afterwards, elsewhere, words):
    sqlite3.connect(elsewhere / "empty.db").close()
    (elsewhere / "empty.db").touch()

    [sentence] = complaint(afterwards(*words, DATABASE_URL=f"sqlite:///{elsewhere}/empty.db"))

    assert "emergency-change db upgrade" in sentence


@pytest.mark.parametrize("words", [*ONLY_DATABASE, ("db", "upgrade")], ids=" ".join)
def test_a_file_that_is_no_database_is_said_to_be_none(afterwards, elsewhere, words):
    (elsewhere / "letter.db").write_text("Dear auditor, " * 100)

    [sentence] = complaint(afterwards(*words, DATABASE_URL=f"sqlite:///{elsewhere}/letter.db"))

    assert "file is not a database" in sentence


@pytest.mark.parametrize(
    "url",
    ["letter", "postgres://user:hunter22@host/db", "mysql://user:hunter22@host/db", "postgresql://:x:/"],
)
def test_an_address_that_names_no_database_is_not_repeated(afterwards, url):
    [sentence] = complaint(afterwards("ledger", "verify", DATABASE_URL=url, **KEYS))

    assert sentence.startswith("DATABASE_URL: ")
    assert "hunter22" not in sentence


def test_an_unreachable_server_is_one_sentence(afterwards):
    [sentence] = complaint(
        afterwards("ledger", "verify", DATABASE_URL="postgresql://ec:hunter22@127.0.0.1:1/ec", **KEYS)
    )

    assert sentence.startswith("The database did not answer")
    assert "hunter22" not in sentence


def test_every_missing_setting_is_named(afterwards):
    said = complaint(afterwards("run", SLACK_BOT_TOKEN=None, JIRA_TOKEN=None))

    assert [line.partition(":")[0] for line in said] == ["SLACK_BOT_TOKEN", "JIRA_TOKEN"]


def test_a_malformed_setting_is_named_and_its_value_is_not_shown(afterwards):
    said = complaint(afterwards("run", JIRA_URL="hunter22", PORT="hunter22"))

    assert [line.partition(":")[0] for line in said] == ["JIRA_URL", "PORT"]
    assert "hunter22" not in "".join(said)


def test_a_policy_is_refused_line_by_line(afterwards, elsewhere):
    good = (afterwards.directory / "policy.toml").read_text()
    (elsewhere / "bad.toml").write_text(good.replace("shortest = 40", "shortest = 0\nlongest = 1"))

    said = complaint(afterwards("policy", "check", elsewhere / "bad.toml"))

    assert [line.split(": ")[1] for line in said] == ["justification.shortest", "justification.longest"]


@pytest.mark.parametrize(
    ("found", "written", "sentence"),
    [
        ('provider = "github-team"', 'provider = "gitlab"', "access.payments-merge.provider: found 'gitlab'"),
        (
            'team = "payments-break-glass"',
            'slug = "x"',
            "access.payments-merge.target: name exactly organization, team",
        ),
        (
            'holidays = "DE"',
            'holidays = "ATLANTIS"',
            "calendar.holidays: no holidays are known for 'ATLANTIS'",
        ),
        ("[calendar]", "[calendar", "this is not TOML"),
    ],
)
def test_a_policy_that_names_what_is_not_there_is_refused(afterwards, elsewhere, found, written, sentence):
    good = (afterwards.directory / "policy.toml").read_text()
    (elsewhere / "bad.toml").write_text(good.replace(found, written, 1))

    [said] = complaint(afterwards("policy", "check", elsewhere / "bad.toml"))

    assert sentence in said


def test_a_missing_policy_file_is_named(afterwards):
    [sentence] = complaint(afterwards("policy", "check", "nowhere.toml"))

    assert sentence.startswith("POLICY_FILE: nowhere.toml cannot be read")


def test_a_policy_that_cannot_be_used_stops_the_start_and_never_comes_into_force(afterwards, elsewhere):
    good = (afterwards.directory / "policy.toml").read_text()
    (elsewhere / "bad.toml").write_text(good.replace('team = "payments-break-glass"', 'slug = "x"'))
    before = afterwards("policy", "show").stdout

    [sentence] = complaint(afterwards("run", POLICY_FILE="bad.toml"))

    assert "access.payments-merge.target" in sentence
    assert afterwards("policy", "show").stdout == before


def test_secrets_may_come_from_a_directory(afterwards, elsewhere):
    (elsewhere / "secrets").mkdir()
    (elsewhere / "secrets" / "jira_url").write_text("not an address")

    said = complaint(afterwards("run", JIRA_URL=None, CREDENTIALS_DIRECTORY=str(elsewhere / "secrets")))

    assert [line.partition(":")[0] for line in said] == ["JIRA_URL"]


def test_a_secrets_directory_that_is_not_there_is_named(afterwards):
    [sentence] = complaint(afterwards("ledger", "verify", CREDENTIALS_DIRECTORY="nowhere"))

    assert sentence == "CREDENTIALS_DIRECTORY: nowhere is not a directory."


@pytest.mark.parametrize(
    "words",
    [
        ("records", "hold", "EC-2026-0001", "--as", "ada@acme.example", "--reason"),
        ("people", "erase", "maya@acme.example", "--yes", "--as", "ada@acme.example", "--reason"),
        ("ledger", "recover", "--because"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_what_is_typed_to_be_kept_may_give_no_secret_away(afterwards, words):
    leaked = "npm_" + "0123456789abcdefghijABCDEFGHIJ456789"

    [sentence] = complaint(afterwards(*words, f"Somebody posted {leaked}."))

    assert "this looks like an npm token; say it without" in sentence
    assert leaked not in sentence
