"""One line for each thing that has to hold, with a remedy where it does not."""

import json
import sqlite3

import pytest

from bot.doctor import SCOPES, drift
from sandbox import cast
from sandbox.github import Author
from sandbox.world import World
from tests.cli.conftest import SECRETS, Terminal, environment


@pytest.fixture(scope="module")
def well(tmp_path_factory):
    """A world that nobody changes, for whatever is said in the environment alone."""
    with World(tmp_path_factory.mktemp("well"), live=False) as world:
        yield world


@pytest.fixture
def visit(well, elsewhere):
    terminal = Terminal(environment(well.settings()))
    yield terminal
    assert not [secret for secret in (*SECRETS, well.signing_secret) if secret in terminal.printed]


@pytest.fixture
def policy(well, elsewhere):
    """Write another policy; return the environment that names it."""

    def write(found, written):
        text = well.policy_file.read_text()
        assert found in text
        (elsewhere / "other.toml").write_text(text.replace(found, written))
        return {"POLICY_FILE": "other.toml"}

    return write


def wrong(terminal, **env):
    """Return what the doctor finds wrong: remedies by what was looked at."""
    result = terminal("doctor", "--json", **env)
    found = [check for check in json.loads(result.stdout) if not check["ok"]]
    assert result.exit_code == (1 if found else 0)
    assert all(check["remedy"] for check in found)
    return {check["what"]: check["remedy"] for check in found}


def test_a_world_that_is_well_is_well(visit):
    result = visit("doctor")

    assert result.exit_code == 0
    assert all(line.startswith("✓ ") for line in result.stdout.splitlines())


def test_only_what_is_wrong_is_printed_where_that_is_asked(visit):
    assert visit("doctor", "--quiet").stdout == ""


def test_a_visit_changes_nothing(visit, well):
    before = well.bot.memory.root(), well.bot.memory.people.mirrors()

    visit("doctor")

    assert (well.bot.memory.root(), well.bot.memory.people.mirrors()) == before


def test_missing_settings_are_named_and_the_rest_is_still_looked_at(visit):
    result = visit("doctor", SLACK_BOT_TOKEN=None, JIRA_TOKEN=None)

    assert result.exit_code == 1
    assert [line[:2] for line in result.stdout.splitlines()] == ["✗ ", "✗ ", "✓ ", "✓ ", "✓ "]
    assert "SLACK_BOT_TOKEN: this setting is missing" in result.stdout


def test_a_policy_that_cannot_be_used_is_named(visit):
    assert (
        "POLICY_FILE: gone.toml cannot be read"
        in wrong(visit, POLICY_FILE="gone.toml")["the policy can be used"]
    )


def test_a_database_that_is_not_there_is_named_and_not_made(visit, elsewhere):
    remedy = wrong(visit, DATABASE_URL="sqlite:///new.db")["the database answers and its schema is current"]

    assert "there is no database at new.db" in remedy
    assert not (elsewhere / "new.db").exists()


def test_missing_guards_are_named(in_the_world, world):
    with sqlite3.connect(world.directory / "emergency-change.db") as connection:
        connection.execute("DROP TRIGGER ledger_refuses_update")
    connection.close()

    assert "ledger_refuses_update" in wrong(in_the_world)["the ledger's guards are in the database"]


def test_a_token_slack_does_not_know_is_named(visit):
    assert "invalid_auth" in wrong(visit, SLACK_BOT_TOKEN="xoxb-other")["Slack accepts the bot's token"]


def test_a_missing_scope_is_named(in_the_world, world):
    missing = SCOPES - {"users:read", "channels:read", "groups:read"}
    world.slack.scopes -= missing

    assert f"Add {', '.join(sorted(missing))} " in wrong(in_the_world)["the app has the scopes it needs"]


def test_a_clock_that_is_off_is_named():
    [check] = drift("Mon, 02 Mar 2020 03:10:00 GMT")

    assert not check.ok
    assert "seconds off Slack's" in check.remedy


def test_a_token_of_another_workspace_is_named(visit):
    found = wrong(visit, SLACK_TEAM_IDS=cast.ELSEWHERE)

    assert f"belongs to {cast.TEAM}" in found["the token belongs to our workspace"]


def test_channels_the_bot_is_not_in_are_named(in_the_world, world):
    world.slack.channels[cast.PAYMENTS].members.discard(world.slack.bot_user_id)

    found = wrong(in_the_world, SLACK_CHANNEL="#nowhere")

    assert "/invite" in found["the bot is in #payments-incidents"]
    assert "cannot see the channel #nowhere" in found["the bot is in #nowhere"]


def test_groups_that_resolve_to_nobody_are_named(in_the_world, world, elsewhere):
    world.slack.add_usergroup("S0SECURITY", "security", [])
    text = world.policy_file.read_text().replace("ada@acme.example", "adda@acme.example")
    (elsewhere / "other.toml").write_text(text.replace("acme/sre", "acme/nobody"))

    found = wrong(in_the_world, POLICY_FILE="other.toml")

    assert "resolves to nobody" in found["the group security has members"]
    assert "Nobody has the address adda@acme.example" in found["the group heads has members"]
    assert "acme/nobody" in found["the group sre has members"]


def test_accounts_that_belong_to_nobody_are_named(in_the_world, world):
    world.github.forge.add_account("mallory")
    world.github.forge.add_member("acme", "sre", "mallory")

    assert "Link mallory" in wrong(in_the_world)["every account in acme/sre belongs to somebody"]


def test_people_who_could_not_be_given_access_are_named(visit, policy):
    named = 'people = ["linus@acme.example", "gil@acme.example"]'

    found = wrong(visit, **policy('github_team = "acme/sre"', named))

    assert "Link gil@acme.example" in found["everybody in sre has a GitHub account linked"]


def test_a_team_the_bot_may_not_change_is_named(visit, policy):
    found = wrong(visit, **policy("ledger-break-glass", "ledger-glass"))

    assert list(found) == ["the bot can change github-team:acme/ledger-glass"]


def test_jira_says_what_it_lacks(visit, policy):
    found = wrong(visit, **policy('closed = "Closed"', 'closed = "Archived"'))

    assert "Archived" in found["the workflow has the policy's statuses"]


def test_everything_may_be_down(afterwards):
    found = wrong(afterwards)

    assert any("Slack did not answer" in remedy for remedy in found.values())
    assert any("GitHub did not answer" in remedy for remedy in found.values())
    assert any("Jira did not answer" in remedy for remedy in found.values())
    for setting in ("SLACK_API_URL", "GITHUB_API_URL", "JIRA_URL"):
        assert any(f"{setting}" in remedy for remedy in found.values()), setting


# --- the evidence repository -----------------------------------------------------------------------


@pytest.fixture
def evidence(well):
    """Return the repository as somebody changes it; it is put back."""
    repository = well.github.forge.repositories[cast.EVIDENCE]
    before = dict(repository.rules), repository.private, repository.hidden
    yield repository
    repository.rules, repository.private, repository.hidden = before


def test_a_repository_that_is_set_up_well_is_well(visit):
    found = json.loads(visit("doctor", "--json").stdout)

    assert [check["ok"] for check in found if cast.EVIDENCE in check["what"]] == [True] * 7


def test_a_repository_that_could_be_rewritten_has_a_remedy(visit, evidence):
    evidence.rules, evidence.private = {"main": {"deletion"}}, False

    assert set(wrong(visit).values()) >= {
        "Everybody can read it; make it private in the repository's settings.",
        "Add a ruleset for main with Block force pushes, and nobody in its bypass list.",
    }


def test_what_the_bot_may_not_see_is_no_fault_and_has_a_mark_of_its_own(visit, well):
    before, well.github.scopes = well.github.scopes, "admin:org, public_repo"
    try:
        said = visit("doctor").stdout.splitlines()
    finally:
        well.github.scopes = before

    assert [line for line in said if line.startswith("? ")]


def test_owners_that_own_nothing_have_a_remedy(visit, well, evidence):
    head = evidence.git.refs["heads/main"]
    well.github.forge.push(
        evidence,
        {".github/CODEOWNERS": b"# * @acme/security\n"},
        "x",
        Author("Sol Reyes", "sol@acme.example", "sol-acme"),
    )

    found = wrong(visit)
    well.github.forge.force(evidence, "main", head)

    assert [remedy for what, remedy in found.items() if "who must review" in what] == [
        ".github/CODEOWNERS gives nobody every file; add the line: * @your-organisation/security."
    ]


def test_a_webhook_nobody_could_trust_has_a_remedy(visit, policy):
    by_review = policy('of_record = "click"', 'of_record = "review"')

    [missing] = wrong(visit, **by_review, GITHUB_WEBHOOK_SECRET="").values()
    [short] = wrong(visit, GITHUB_WEBHOOK_SECRET="hunter2").values()

    assert "GITHUB_WEBHOOK_SECRET is not set" in missing
    assert "shorter than 16 characters" in short
    assert "hunter2" not in short


def test_reviews_without_a_place_to_give_them_are_wrong(visit, policy):
    found = wrong(visit, **policy('of_record = "click"', 'of_record = "review"'), EVIDENCE_REPOSITORY="")

    assert "EVIDENCE_REPOSITORY" in str(found)


def test_a_repository_that_cannot_be_seen_is_named(visit, evidence):
    evidence.hidden = True

    assert "may not see acme/evidence" in str(wrong(visit))


def test_a_repository_that_is_misspelt_is_named(visit):
    assert "owner/name" in str(wrong(visit, EVIDENCE_REPOSITORY="evidence"))


def test_without_a_repository_nothing_is_said_about_one(visit):
    assert "evidence" not in visit("doctor", EVIDENCE_REPOSITORY="").stdout
