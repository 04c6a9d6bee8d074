"""Slack's failures, in the procedure's words."""

import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web import SlackResponse

from bot.slack_out import translated
from workflows.errors import Declined, Unavailable


def answer(status, error, headers=None):
    return SlackResponse(
        client=None,
        http_verb="POST",
        api_url="http://slack.example/api/chat.postMessage",
        req_args={},
        data={"ok": False, "error": error},
        headers=headers or {},
        status_code=status,
    )


@pytest.mark.parametrize(
    ("failure", "meaning"),
    [
        (SlackApiError("x", answer(200, "channel_not_found")), Declined),
        (SlackApiError("x", answer(200, "expired_trigger_id")), Declined),
        (SlackApiError("x", answer(200, "invalid_auth")), Declined),
        (SlackApiError("x", answer(200, "internal_error")), Unavailable),
        (SlackApiError("x", answer(503, "")), Unavailable),
        (SlackRequestError("half an answer"), Unavailable),
        (ConnectionResetError(), Unavailable),
        (TimeoutError(), Unavailable),
    ],
)
def test_a_failure_is_either_try_later_or_tell_a_person(failure, meaning):
    with pytest.raises(meaning), translated():
        raise failure


def test_a_limit_says_how_long_to_wait():
    with pytest.raises(Unavailable) as caught, translated():
        raise SlackApiError("x", answer(429, "ratelimited", {"Retry-After": "7"}))

    assert caught.value.retry_after == 7


def test_what_slack_says_carries_no_headers_and_no_token():
    with pytest.raises(Declined) as caught, translated():
        raise SlackApiError("x", answer(200, "invalid_auth", {"Authorization": "Bearer xoxb-1"}))

    assert str(caught.value) == "Slack: invalid_auth"
