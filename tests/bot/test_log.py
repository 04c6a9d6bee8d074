"""A secret never reaches a log."""

import json
import logging

import pytest

from bot.log import configure


@pytest.fixture
def logged(capfd):
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def say(message, *values):
        configure("json")
        logging.getLogger("test").warning(message, *values)
        return json.loads(capfd.readouterr().err.strip().splitlines()[-1])

    yield say
    root.handlers, root.level = before


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-123-abcdefghijk",
        "xapp-1-A0-secretsecret",
        "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
        "github_pat_11AAAAAAA0abcdefghijkl",
        "Bearer abcdefghijklmnop",
        "Basic dXNlcjpwYXNzd29yZA==",
        "postgresql://bot:hunter22@db.example/changes",
    ],
)
def test_a_secret_never_reaches_a_log(logged, secret):
    line = logged("The other side said %s", secret)

    assert "***" in line["event"]
    for part in ("abcdefghijk", "secretsecret", "16C7e42F", "dXNlcjpw", "hunter22"):
        assert part not in line["event"]


def test_a_line_says_who_wrote_it_and_how_bad_it_is(logged):
    line = logged("plain")

    assert (line["event"], line["level"], line["logger"]) == ("plain", "warning", "test")
