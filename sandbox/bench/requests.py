"""Signed Slack requests, prepared before the clock runs."""

import json
import time
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from sandbox.bench.load import prepared
from sandbox.settings import TEAM

SECRET = "5ec7e7"
APP = "A0EMERGENCY"

_TEXT = {
    "what": "Checkout answers 500 since 03:02. I will revert the deployment of 02:55 and watch the error rate.",
    "justification": "Every minute costs orders; the normal process needs a second engineer who is asleep.",
    "security_impact": "None: the revert brings back code that ran yesterday.",
    "rollback_plan": "Revert the revert.",
    "incident": "INC-2041",
    "test_waiver": "The pipeline takes 40 minutes.",
    "window": "1h",
}
_CHOICES = {"criterion": "service down", "risk": "low", "tested": "no"}


def signed(payload: dict[str, object]) -> bytes:
    """Sign a payload as Slack does."""
    body = urlencode({"payload": json.dumps(payload)})
    stamp = str(int(time.time()))  # noqa: TID251  # signatures carry real time
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": str(signature),
    }
    return prepared("/slack/events", body.encode(), headers)


def _envelope(user: str, view: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "acme"},
        "user": {"id": user, "username": user, "name": user, "team_id": TEAM},
        "api_app_id": APP,
        "trigger_id": uuid.uuid4().hex,
        "view": {"id": f"V{uuid.uuid4().hex[:10].upper()}", "team_id": TEAM, "type": "modal", **view},
    }


def submission(user: str, access: str = "payments-merge") -> bytes:
    """Return a submitted request form."""
    chosen = {**_CHOICES, "access": access}
    values: dict[str, object] = {
        name: {name: {"type": "plain_text_input", "value": text}} for name, text in _TEXT.items()
    }
    values |= {
        name: {name: {"type": "static_select", "selected_option": {"value": value}}}
        for name, value in chosen.items()
    }
    view = {"callback_id": "form.request", "private_metadata": "", "state": {"values": values}}
    return signed(_envelope(user, view))


def approval(user: str, change: str, shown: str) -> bytes:
    """Return a submitted approve dialog."""
    values = {"comment": {"comment": {"type": "plain_text_input", "value": "Go ahead."}}}
    view = {
        "callback_id": "form.approve",
        "private_metadata": f"{change}|{shown}",
        "state": {"values": values},
    }
    return signed(_envelope(user, view))
