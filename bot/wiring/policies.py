"""Reads a policy, and sees that what it names can be had here."""

from bot.settings import DatabaseSettings, Settings
from bot.wiring.connections import PROVIDERS
from integrations.public_holidays import public_holidays
from workflows.errors import Misconfigured
from workflows.policy import Policy, load


def load_policy(settings: Settings | DatabaseSettings) -> bytes:
    """Read the policy's bytes; raises ``Misconfigured``."""
    try:
        return settings.policy_file.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"POLICY_FILE: {settings.policy_file} cannot be read ({error.strerror}); see policy.example.toml."
        ) from error


def check_policy(text: bytes, where: str) -> Policy:
    """Read a policy and see that its targets and holidays exist; raises ``Misconfigured``."""
    policy = load(text, where)
    check_targets(policy)
    if region := policy.calendar.holidays:
        public_holidays(region)
    return policy


def check_reviews(settings: Settings, policy: Policy) -> None:
    """Raise ``Misconfigured`` if approvals must be reviews and there is nowhere to give them."""
    if policy.duties.approval.of_record == "review" and not settings.evidence_repository:
        raise Misconfigured(
            "EVIDENCE_REPOSITORY: the policy wants approvals as reviews (duties.approval.of_record), "
            "so name the repository they are given in."
        )


def check_targets(policy: Policy) -> None:
    """Raise ``Misconfigured`` unless every access profile names a provider and the parts it needs."""
    for name, profile in policy.access.items():
        parts = {kind.name: kind.parts for kind in PROVIDERS}.get(profile.provider)
        if parts is None:
            known = ", ".join(sorted(kind.name for kind in PROVIDERS))
            raise Misconfigured(f"access.{name}.provider: found {profile.provider!r}; there are: {known}.")
        if set(profile.target) != set(parts):
            raise Misconfigured(f"access.{name}.target: name exactly {', '.join(parts)}.")
