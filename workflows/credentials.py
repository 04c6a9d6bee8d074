"""The shapes of credentials, as their issuers document them: what must never be kept.

A false alarm costs one rephrased sentence; a token in a ticket costs an incident.  What has no shape of its own
(a password alone in a sentence) is not found.
"""

import re

#: What it is; the marks it has at least one of, in small letters; its shape.
SECRETS = (
    ("an AWS access key", "akia|asia", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("an AWS secret key", "aws", r"(?i:\baws.{0,20}?(?:secret|key).{0,20}?)[=:\s\"']+[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"),
    ("a GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_", r"\b(?:gh[pousr]_[A-Za-z0-9_]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("a Slack token", "xox|xapp-", r"\bx(?:ox[abceoprs]|app)-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", "hooks.slack.com", r"\bhooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,}"),
    ("a GitLab token", "glpat-", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    ("an Atlassian token", "atatt3", r"\bATATT3[A-Za-z0-9_=-]{20,}"),
    ("an npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", "pypi-age", r"\bpypi-AgE[A-Za-z0-9_-]{40,}"),
    ("a Docker token", "dckr_pat_", r"\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    ("a Google API key", "aiza", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Google token", "ya29.|gocspx-", r"\bya29\.[0-9A-Za-z_-]{20,}|\bGOCSPX-[0-9A-Za-z_-]{28}"),
    ("an Azure storage key", "accountkey=", r"\bAccountKey=[A-Za-z0-9+/]{86}=="),
    ("a DigitalOcean token", "_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    ("a Vault token", "hvs.|hvb.|hvr.", r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
    ("a Terraform token", ".atlasv1.", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"),
    ("a Grafana token", "glsa_", r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b"),
    ("a payment key", "k_live_|whsec_", r"\b[sr]k_live_[0-9A-Za-z]{16,}|\bwhsec_[0-9A-Za-z]{32,}"),
    ("a SendGrid key", "sg.", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("a Twilio key", "sk", r"\bSK[0-9a-f]{32}\b"),
    ("a key of a language model", "sk-", r"\bsk-(?:proj-|svcacct-|ant-)?[A-Za-z0-9_-]{32,}"),
    ("a private key", "private key|age-secret-key-|putty-user-key-file-", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY|\bAGE-SECRET-KEY-1[0-9A-Z]{58}|\bPuTTY-User-Key-File-\d"),
    ("a signed web token", "eyj", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a password in an address", "://", r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]{3,}@"),
    ("a bearer token", "bearer", r"\b[Bb]earer\s+[A-Za-z0-9._~+/-]{20,}"),
    ("a password", "author", r"(?i)\bauthorization:\s*basic\s+[A-Za-z0-9+/]{8,}={0,2}"),
    ("a password", "password|passwd|secret|key|token", r"(?i)\b(?:password|passwd|secret|api[_-]?key|token)\s*[=:]\s*[^\s,;]{8,}"),
)  # fmt: skip
_SHAPES = tuple((name, tuple(marks.split("|")), re.compile(shape)) for name, marks, shape in SECRETS)


def secret_in(text: str) -> str | None:
    """Name what ``text`` seems to give away, or answer ``None``.

    Marks are looked for first: to go through a long text by 27 shapes takes as long as a whole click.
    """
    folded = text.casefold()
    for name, marks, shape in _SHAPES:
        for mark in marks:
            if mark in folded:
                if shape.search(text):
                    return name
                break
    return None
