"""A credential is recognised by its shape; what only looks like one passes."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.credentials import SECRETS, secret_in

# The examples are the issuers' documented shapes with invented contents.  Sources: AWS IAM "Unique identifiers";
# GitHub "About authentication" (token prefixes); Slack "Token types"; GitLab "Token overview"; Stripe "API keys";
# RFC 7468 (PEM); RFC 7519 (JWT); RFC 6750 (bearer); RFC 3986, 3.2.1 (userinfo).
TOKENS = [
    ("an AWS access key", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("an AWS access key", "use ASIA" + "IOSFODNN7EXAMPLE now"),
    ("a GitHub token", "ghp_" + "0123456789abcdefghijABCDEFGHIJ456789"),
    ("a GitHub token", "gho_" + "0123456789abcdefghijABCDEFGHIJ456789"),
    ("a GitHub token", "ghu_" + "0123456789abcdefghijABCDEFGHIJ456789"),
    ("a GitHub token", "ghs_" + "0123456789abcdefghijABCDEFGHIJ456789"),
    ("a GitHub token", "ghr_" + "0123456789abcdefghijABCDEFGHIJ456789"),
    ("a GitHub token", "github_pat_" + "11AAAAAAA0abcdefghijkl_mnopqrstuvwxyz"),
    ("a Slack token", "xoxb-" + "123456789012-abcdefABCDEF"),
    ("a Slack token", "xoxp-" + "123456789012-abcdefABCDEF"),
    ("a Slack token", "xoxe-" + "123456789012-abcdefABCDEF"),
    ("a Slack token", "xapp-" + "1-A0123456789-123456789012-abcdef"),
    ("a GitLab token", "glpat-" + "abcdefghij0123456789"),
    ("an Atlassian token", "ATATT3" + "xFfGF0abcdefghijklmnopqrstuvwxyz=1A2B3C4D"),
    ("a Google API key", "AIza" + "SyA0123456789abcdefghijklmnopqrstuv"),
    ("a payment key", "sk_live_" + "0123456789abcdef"),
    ("a payment key", "rk_live_" + "0123456789abcdef"),
    ("a private key", "-----BEGIN PRIVATE KEY-----"),
    ("a private key", "-----BEGIN RSA PRIVATE KEY-----"),
    ("a private key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ("a private key", "-----BEGIN ENCRYPTED PRIVATE KEY-----"),
    ("a signed web token", "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijklmno"),
    ("a password in an address", "postgres://app:s3cret@db.internal/orders"),
    ("a password in an address", "https://user:hunter2@example.com/"),
    ("a bearer token", "Authorization: Bearer " + "abcdefghijklmnopqrstuvwxyz"),
    ("a password", "password=correcthorse"),
    ("a password", "Password: correct-horse"),
    ("a password", "API_KEY = 0123456789"),
    ("a password", "api-key:0123456789"),
    ("a password", "the secret: opensesame1"),
    ("a password", "token=abcdefgh"),
    ("an AWS secret key", "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("an AWS secret key", "AWS secret: '" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'"),
    ("a Slack webhook", "https://hooks.slack.com/services/" + "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
    ("an npm token", "npm_" + "0123456789abcdefghijABCDEFGHIJ456789"),
    ("a PyPI token", "pypi-AgEIcHlwaS5vcmc" + "CJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAw"),
    ("a Docker token", "dckr_pat_" + "abcdefghij-0123456789_ABCDE"),
    ("a Google token", "ya29." + "a0AfH6SMBabcdefghijklmnop"),
    ("a Google token", "GOCSPX-" + "abcdefghijklmnopqrstuvwxyz-_"),
    ("an Azure storage key", "AccountName=acme;AccountKey=" + "a1B/" * 21 + "xy=="),
    ("a DigitalOcean token", "dop_v1_" + "0123456789abcdef" * 4),
    ("a Vault token", "hvs." + "CAESIJabcdefghijklmnopqrstuv"),
    ("a Terraform token", "abcdefghij0123.atlasv1." + "abcdefghij" * 6),
    ("a Grafana token", "glsa_" + "abcdefghijABCDEFGHIJ0123456789ab_0123abcd"),
    ("a payment key", "whsec_" + "0123456789abcdefghijABCDEFGHIJ45"),
    ("a SendGrid key", "SG." + "a" * 22 + "." + "b" * 43),
    ("a Twilio key", "SK" + "0123456789abcdef" * 2),
    ("a key of a language model", "sk-proj-" + "abcdefghijABCDEFGHIJ0123456789abcdef"),
    ("a private key", "-----BEGIN PGP PRIVATE KEY BLOCK-----"),
    ("a private key", "AGE-SECRET-KEY-1" + "QPZRY9X8GF" * 5 + "2TVDW0S3"),
    ("a private key", "PuTTY-User-Key-File-3: ssh-ed25519"),
    ("a password", "Authorization: Basic " + "bGludXM6aHVudGVyMg=="),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text"), TOKENS)
def test_a_secret_is_recognised(what, text):
    assert secret_in(text) == what


@pytest.mark.parametrize(
    "text",
    [
        "AKIA is the prefix of AWS access keys.",
        "AKIAIOSFODNN7EXAMPLEX",  # 17 characters after the prefix: not a key
        "ghp_short",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "xox-hugs-and-kisses",
        "glpat-short",
        "sk_test_0123456789abcdef",  # test keys charge nobody
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----",
        "https://github.com/acme/payments/pull/17",
        "https://user@example.com/",
        "postgres://db.internal:5432/orders",
        "ssh://git@example.com:22/acme",
        "The bearer of this message waits.",
        "Rotate the password: today.",
        "the token was revoked",
        "secret: no",
        "eyJhbGciOiJIUzI1NiJ9 without the rest",
        "npm_config_registry",
        "npm_0123456789abcdefghijABCDEFGHIJ4567890",  # one character too many
        "pip install pypi-simple",
        "pypi-AgE is how they begin",
        "The AWS secret key was rotated by Maya.",
        "aws s3 key 0123456789abcdef0123456789abcdef01234567890",  # 43 characters
        "https://hooks.slack.com/services/",
        "ya29.short",
        "AccountKey=short==",
        "dop_v1_0123456789abcdef",
        "hvs.short",
        "SG.1 and SG.2 are security groups",
        "SK0123456789abcdef",
        "sk-learn and sk-image",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "AGE-SECRET-KEY-1 is how they begin",
        "PuTTY was open",
        "Authorization: Basic, as before",
        "EC-2026-0042, CHG-17",
        "",
    ],
)
def test_what_only_looks_like_a_secret_passes(text):
    assert secret_in(text) is None


@pytest.mark.parametrize(("marks", "shape"), [(marks, shape) for _, marks, shape in SECRETS])
def test_whatever_has_the_shape_of_a_secret_has_one_of_its_marks(marks, shape):
    """Also where a capital, or a letter that only counts as one, stands for another."""

    @settings(max_examples=20, deadline=None)
    @given(st.from_regex(re.compile(shape)))
    def has_a_mark(text):
        assert any(mark in text.casefold() for mark in marks.split("|"))

    has_a_mark()
