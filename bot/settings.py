"""Where this deployment finds its workspace, its database and its secrets.

Read once, at start, from the environment, ``.env`` and a secrets directory; passed by hand after that.
Secrets are ``SecretStr`` and show as stars wherever they are printed.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from workflows.errors import Misconfigured

EMBEDDED = "sqlite:///emergency-change.db"
NEED_KEYS = "LEDGER_SIGNING_KEY, VALUES_KEY, LEDGER_ORIGIN: a shared database needs them set."
ADDRESS = r"^https?://[^/\s]"
ADDRESS_OR_NONE = rf"{ADDRESS}|^$"

#: What is meant where a text must have a certain shape.
MEANT = {
    ADDRESS: "write an address that begins with https://.",
    ADDRESS_OR_NONE: "write an address that begins with https://, or leave it empty.",
    r"^[^\s+]*$": "write a name without spaces and plus signs, such as acme.example/ledger.",
}


class Settings(BaseSettings):
    """The environment variables, under the names the ecosystem uses."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    database_url: SecretStr = SecretStr(EMBEDDED)
    database_migration_url: SecretStr | None = None
    policy_file: Path = Path("policy.toml")

    slack_bot_token: SecretStr
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_app_id: str = ""
    slack_team_ids: Annotated[tuple[str, ...], NoDecode] = ()
    slack_api_url: str = Field(default="https://slack.com/api/", pattern=ADDRESS)
    slack_channel: str = Field(min_length=1)

    jira_url: str = Field(pattern=ADDRESS)
    jira_user: str = ""
    jira_token: SecretStr

    github_api_url: str = Field(default="https://api.github.com", pattern=ADDRESS)
    github_token: SecretStr | None = None
    github_app_id: str = ""
    github_app_private_key: SecretStr | None = None
    github_app_installation_id: int | None = None

    github_webhook_secret: SecretStr | None = None

    evidence_repository: str = ""
    evidence_github_token: SecretStr | None = None
    evidence_github_app_id: str = ""
    evidence_github_app_private_key: SecretStr | None = None
    evidence_github_app_installation_id: int | None = None

    ledger_origin: str = Field(default="", pattern=r"^[^\s+]*$")
    ledger_signing_key: SecretStr | None = None
    values_key: SecretStr | None = None

    timestamp_url: str = Field(default="", pattern=ADDRESS_OR_NONE)
    timestamp_roots: Path | None = None
    witness_url: str = Field(default="", pattern=ADDRESS_OR_NONE)
    witness_key: str = ""

    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535)
    log_format: Literal["text", "json"] = "text"

    @model_validator(mode="before")
    @classmethod
    def _teams_by_comma(cls, data: Any) -> Any:
        teams = data.get("slack_team_ids") if isinstance(data, dict) else None
        if isinstance(teams, str):
            data["slack_team_ids"] = tuple(t.strip() for t in teams.split(",") if t.strip())
        return data

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        if self.slack_app_token is None and self.slack_signing_secret is None:
            raise ValueError("SLACK_SIGNING_SECRET: set it (HTTP), or SLACK_APP_TOKEN (Socket Mode).")
        app = (self.github_app_id, self.github_app_private_key, self.github_app_installation_id)
        if self.github_token is None and not all(app):
            raise ValueError(
                "GITHUB_TOKEN: set it, or GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY and GITHUB_APP_INSTALLATION_ID."
            )
        app = (
            self.evidence_github_app_id,
            self.evidence_github_app_private_key,
            self.evidence_github_app_installation_id,
        )
        if any(app) and not all(app):
            raise ValueError(
                "EVIDENCE_GITHUB_APP_ID: set it together with EVIDENCE_GITHUB_APP_PRIVATE_KEY and EVIDENCE_GITHUB_APP_INSTALLATION_ID."
            )
        if self.timestamp_url and not self.timestamp_roots:
            raise ValueError("TIMESTAMP_ROOTS: set it together with TIMESTAMP_URL.")
        if self.witness_url and not self.witness_key:
            raise ValueError("WITNESS_KEY: set it together with WITNESS_URL.")
        given = (self.ledger_signing_key, self.values_key)
        if any(given) and not (all(given) and self.ledger_origin):
            raise ValueError("LEDGER_SIGNING_KEY: set it together with VALUES_KEY and LEDGER_ORIGIN.")
        if not self.embedded and not all(given):
            raise ValueError(NEED_KEYS)
        return self

    @property
    def embedded(self) -> bool:
        """The database is a file of this process; keys are made and kept in it."""
        return self.database_url.get_secret_value().startswith("sqlite")


class DatabaseSettings(BaseSettings):
    """What commands need that talk to the database alone."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: SecretStr = SecretStr(EMBEDDED)
    database_migration_url: SecretStr | None = None
    policy_file: Path = Path("policy.toml")
    ledger_origin: str = Field(default="", pattern=r"^[^\s+]*$")
    ledger_signing_key: SecretStr | None = None
    values_key: SecretStr | None = None
    timestamp_roots: Path | None = None
    witness_key: str = ""


def read(secrets_directory: Path | None = None) -> Settings:
    """Read the settings; raises ``Misconfigured`` with one line per setting that is missing or malformed."""
    try:
        return Settings(_secrets_dir=secrets_directory)  # type: ignore[call-arg]  # they come from the environment
    except ValidationError as error:
        raise Misconfigured("\n".join(_explained(error))) from error


def read_database(secrets_directory: Path | None = None) -> DatabaseSettings:
    """Read only what concerns the database; raises ``Misconfigured``."""
    try:
        return DatabaseSettings(_secrets_dir=secrets_directory)  # type: ignore[call-arg]  # as above
    except ValidationError as error:
        raise Misconfigured("\n".join(_explained(error))) from error


def _explained(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_input=False):  # an input may be a secret
        name = str(problem["loc"][0]).upper() if problem["loc"] else ""
        if problem["type"] == "missing":
            lines.append(f"{name}: this setting is missing; see .env.example.")
        else:
            shape = problem.get("ctx", {}).get("pattern", "")
            clear = MEANT.get(shape) or problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {clear}" if name else clear)
    return lines
