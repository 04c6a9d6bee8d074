"""The shapes of credentials, as their issuers document them: what must never be kept.

A false alarm costs one rephrased sentence; a token in a ticket costs an incident.  What has no shape of its own
(a password alone in a sentence) is not found.
"""

import re

_SECRETS = (
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("an AWS secret key", r"(?i:\baws.{0,20}?(?:secret|key).{0,20}?)[=:\s\"']+[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9_]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("a Slack token", r"\bx(?:ox[abceoprs]|app)-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", r"\bhooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,}"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    ("an Atlassian token", r"\bATATT3[A-Za-z0-9_=-]{20,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{40,}"),
    ("a Docker token", r"\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Google token", r"\bya29\.[0-9A-Za-z_-]{20,}|\bGOCSPX-[0-9A-Za-z_-]{28}"),
    ("an Azure storage key", r"\bAccountKey=[A-Za-z0-9+/]{86}=="),
    ("a DigitalOcean token", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    ("a Vault token", r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
    ("a Terraform token", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"),
    ("a Grafana token", r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b"),
    ("a payment key", r"\b[sr]k_live_[0-9A-Za-z]{16,}|\bwhsec_[0-9A-Za-z]{32,}"),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("a Twilio key", r"\bSK[0-9a-f]{32}\b"),
    ("a key of a language model", r"\bsk-(?:proj-|svcacct-|ant-)?[A-Za-z0-9_-]{32,}"),
    ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY|\bAGE-SECRET-KEY-1[0-9A-Z]{58}|\bPuTTY-User-Key-File-\d"),
    ("a signed web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a password in an address", r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]{3,}@"),
    ("a bearer token", r"\b[Bb]earer\s+[A-Za-z0-9._~+/-]{20,}"),
    ("a password", r"(?i)\bauthorization:\s*basic\s+[A-Za-z0-9+/]{8,}={0,2}"),
    ("a password", r"(?i)\b(?:password|passwd|secret|api[_-]?key|token)\s*[=:]\s*[^\s,;]{8,}"),
)  # fmt: skip
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _SECRETS)


def secret_in(text: str) -> str | None:
    """Name what ``text`` seems to give away, or answer ``None``."""
    return next((name for name, pattern in _PATTERNS if pattern.search(text)), None)
