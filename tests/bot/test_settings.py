"""A setting that is missing or malformed stops the start with one sentence that names it."""

import pytest

from bot.settings import read
from workflows.errors import Misconfigured

ENOUGH = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s",
    "SLACK_CHANNEL": "#incidents",
    "JIRA_URL": "https://acme.example",
    "JIRA_TOKEN": "t",
    "GITHUB_TOKEN": "ghp_1",
}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no .env of the surroundings

    def put(**values):
        for name, value in {**ENOUGH, **values}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    return put


def test_the_least_that_is_needed_is_enough(environment):
    environment(SLACK_TEAM_IDS="T1, T2")

    settings = read()

    assert settings.slack_team_ids == ("T1", "T2")
    assert settings.embedded


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_CHANNEL", "JIRA_URL", "JIRA_TOKEN"])
def test_a_missing_setting_is_named(environment, name):
    environment(**{name: None})

    with pytest.raises(Misconfigured, match=f"^{name}: this setting is missing"):
        read()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"PORT": "http"}, "PORT: "),
        ({"PORT": "70000"}, "PORT: "),
        ({"JIRA_URL": "acme.example"}, "JIRA_URL: write an address that begins with https://."),
        ({"SLACK_API_URL": "slack.com/api"}, "SLACK_API_URL: write an address"),
        ({"GITHUB_API_URL": "https://"}, "GITHUB_API_URL: write an address"),
        ({"WITNESS_URL": "witness"}, "WITNESS_URL: write an address"),
        ({"LEDGER_ORIGIN": "our ledger"}, "LEDGER_ORIGIN: write a name without spaces"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT: "),
        ({"SLACK_SIGNING_SECRET": None}, "SLACK_SIGNING_SECRET: set it"),
        ({"GITHUB_TOKEN": None}, "GITHUB_TOKEN: set it, or GITHUB_APP_ID"),
        ({"VALUES_KEY": "x"}, "LEDGER_SIGNING_KEY: set it together"),
        ({"DATABASE_URL": "postgresql://db/ec"}, "LEDGER_SIGNING_KEY, VALUES_KEY, LEDGER_ORIGIN"),
    ],
)
def test_a_malformed_setting_gets_one_sentence(environment, values, said):
    environment(**values)

    with pytest.raises(Misconfigured) as caught:
        read()

    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_secret_is_not_shown_when_settings_are_printed(environment):
    environment(JIRA_TOKEN="very-secret")

    assert "very-secret" not in repr(read())


def test_secrets_may_be_files_in_a_directory(environment, tmp_path):
    environment(JIRA_TOKEN=None)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "jira_token").write_text("from-a-file")

    assert read(tmp_path / "secrets").jira_token.get_secret_value() == "from-a-file"
