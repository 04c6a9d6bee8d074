"""The settings of a bot beside stand-ins; knows none of them, so that a bot can be started alone."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.settings import Settings

TEAM = "T0ACME"
ORIGIN = "sandbox.acme.example/ledger"
WEBHOOK_SECRET = "sandbox-webhook-secret"
KEYS = {
    "ledger_signing_key": "c2FuZGJveCBzaWduaW5nIGtleTogMzIgYnl0ZXMuLi4=",
    "values_key": "c2FuZGJveCB2YWx1ZXMga2V5LCAzMiBieXRlcyBsbmc=",
}


def settings_of(
    url: str, database_url: str, policy_file: Path, signing_secret: str | None, evidence: str = ""
) -> Settings:
    """Return the settings of a bot beside stand-ins at ``url``; without a secret it uses Socket Mode."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "policy_file": policy_file,
        "slack_bot_token": "xoxb-sandbox",
        "slack_signing_secret": signing_secret,
        "slack_app_token": None if signing_secret else "xapp-sandbox",
        "slack_app_id": "A0EMERGENCY",
        "slack_team_ids": (TEAM,),
        "slack_api_url": f"{url}/slack/api/",
        "slack_channel": "#incidents",
        "jira_url": f"{url}/jira",
        "jira_user": "bot@acme.example",
        "jira_token": "jira-token",
        "github_api_url": f"{url}/github",
        "github_token": "ghp_stand_in",
        "evidence_repository": evidence,
        "github_webhook_secret": WEBHOOK_SECRET if evidence else None,
        "ledger_origin": ORIGIN,
        "port": 0,
        **({} if database_url.startswith("sqlite") else KEYS),
    }
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]  # nothing is taken from the surroundings


def as_env(settings: Settings) -> str:
    """Write settings as an ``.env`` file; what is in it opens nothing but a sandbox."""
    given = sorted((name, getattr(settings, name)) for name in settings.model_fields_set)
    lines = [f"{name.upper()}={_plain(value)}" for name, value in given if value not in (None, "")]
    return "\n".join(["# The stand-ins of a sandbox; they answer while it is open.", *lines, ""])


def _plain(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)
