"""What Slack did not sign is turned away at the door, and only counted."""

import json
import time
from urllib.parse import urlencode

import httpx
import pytest

from tests.http.night import GRACE, LINUS


@pytest.fixture
def http(shared):
    with httpx.Client(base_url=shared.world.process.url, trust_env=False) as client:
        yield client


def counted(http):
    lines = http.get("/metrics").text.splitlines()
    [line] = [line for line in lines if line.startswith("emergency_change_unsigned_requests_total")]
    return float(line.split()[1])


def body_of(night):
    return urlencode({"payload": json.dumps(night.forged(GRACE, "change.approve"))})


def unsigned(night, body):
    return {"Content-Type": "application/x-www-form-urlencoded"}


def wrongly_signed(night, body):
    return night.world.slack.signed(body) | {"X-Slack-Signature": "v0=" + "0" * 64}


def signed_for_another_body(night, body):
    return night.world.slack.signed(body + "&more=1")


def six_minutes_old(night, body):
    return night.world.slack.signed(body, at=time.time() - 360)  # noqa: TID251 - signatures are real time


def six_minutes_early(night, body):
    return night.world.slack.signed(body, at=time.time() + 360)  # noqa: TID251 - signatures are real time


def with_stamp(stamp):
    def headers(night, body):
        return night.world.slack.signed(body) | {"X-Slack-Request-Timestamp": stamp}

    return headers


def without_signature(night, body):
    headers = night.world.slack.signed(body)
    del headers["X-Slack-Signature"]
    return headers


@pytest.mark.parametrize(
    "headers",
    [
        unsigned,
        wrongly_signed,
        signed_for_another_body,
        six_minutes_old,
        six_minutes_early,
        without_signature,
        with_stamp("soon"),
        with_stamp(""),
        with_stamp("-1"),
        with_stamp(b"\xb2\xb3"),
        with_stamp("9" * 5000),
    ],
)
def test_what_is_not_signed_rightly_is_only_counted(shared, http, headers):
    body, before, entries = body_of(shared), counted(http), len(shared.entries())
    answer = http.post("/slack/events", content=body, headers=headers(shared, body))

    assert answer.status_code == 401
    assert counted(http) == before + 1
    assert len(shared.entries()) == entries
    assert shared.dialog(GRACE) is None


def test_bytes_that_are_no_text_are_turned_away_like_anything_unsigned(shared, http):
    before = counted(http)
    answer = http.post(
        "/slack/events",
        content=b"\xff\xfe\x00",
        headers={"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=1"},
    )

    assert answer.status_code == 401
    assert counted(http) == before + 1


def test_a_body_without_end_is_not_read(shared, http):
    answer = http.post("/slack/events", content=b"x" * 1_500_000)

    assert answer.status_code == 413


def test_a_rightly_signed_request_that_is_replayed_changes_nothing_more(shared, http):
    body = urlencode({"payload": json.dumps(shared.forged(LINUS, "change.approve"))})
    headers = shared.world.slack.signed(body)
    first = http.post("/slack/events", content=body, headers=headers)
    shared.settles()
    entries, told = len(shared.entries()), len(shared.told(LINUS))
    second = http.post("/slack/events", content=body, headers=headers)
    shared.settles()

    assert (first.status_code, second.status_code) == (200, 200)
    assert (len(shared.entries()), len(shared.told(LINUS))) == (entries, told)


def test_a_bot_in_socket_mode_takes_no_requests_over_http(nights):
    night = nights(socket=True)
    night.requests()
    payload = urlencode({"payload": json.dumps(night.forged(GRACE, "change.approve"))})
    with httpx.Client(base_url=night.world.process.url, trust_env=False) as http:
        answer = http.post("/slack/events", content=payload, headers=wrongly_signed(night, payload))
        alive = http.get("/healthz")

    assert answer.status_code == 404
    assert alive.status_code == 200
    assert night.dialog(GRACE) is None
