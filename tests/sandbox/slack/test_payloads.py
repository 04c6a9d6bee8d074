"""What reaches the bot is what the vendor's own types describe."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.slack import Workspace

from .building import Bot, button, modal, text_input

SPECS = Path(os.environ.get("SPECS_DIR", Path(__file__).parents[3] / ".." / "shared" / "specs"))
SCHEMA = SPECS / "slack" / "webapi" / "slack-webapi.schema.json"


@pytest.fixture(scope="module")
def schema() -> Any:
    if not SCHEMA.exists():
        pytest.skip(f"Slack's Web API schema is not at {SCHEMA}")
    return json.loads(SCHEMA.read_text())


def errors(schema: Any, kind: str, payload: Any) -> list[str]:
    """Judge a payload; ``enterprise`` is null outside an Enterprise Grid, which the types do not say."""
    validator = pytest.importorskip("jsonschema").Draft7Validator
    judge = validator({"definitions": schema["definitions"], "$ref": f"#/definitions/{kind}"})
    assert payload.get("enterprise") is None
    known = {name: value for name, value in payload.items() if name != "enterprise"}
    return [f"{list(e.absolute_path)}: {e.message[:200]}" for e in judge.iter_errors(known)]


def test_commands(schema: Any, workspace: Workspace, bot: Bot) -> None:
    workspace.command("U0ADA", "C0OPS", "status")

    assert errors(schema, "In_slash_command", bot.received[0].payload) == []


def test_clicks_in_messages(schema: Any, workspace: Workspace, bot: Bot, client: WebClient) -> None:
    options = [{"text": {"type": "plain_text", "text": t}, "value": t} for t in ("end", "extend")]
    choosing = [
        {"type": "overflow", "action_id": "more", "options": options},
        {"type": "static_select", "action_id": "what", "options": options},
        {"type": "users_select", "action_id": "who"},
        {"type": "radio_buttons", "action_id": "radio", "options": options},
        {"type": "checkboxes", "action_id": "boxes", "options": options},
        {"type": "datepicker", "action_id": "day"},
    ]
    ts = client.chat_postMessage(
        channel="C0OPS", text="card", blocks=[button(), {"type": "actions", "elements": choosing}]
    )["ts"]
    chosen = {
        "more": "end",
        "what": "end",
        "who": "U0ADA",
        "radio": "end",
        "boxes": ["end"],
        "day": "2026-11-21",
    }

    workspace.click("U0ADA", "C0OPS", ts, "approve")
    for action_id, option in chosen.items():
        workspace.click("U0EVE", "C0OPS", ts, action_id, option=option)

    assert len(bot.received) == 7
    for received in bot.received:
        assert errors(schema, "In_block_actions", received.payload) == []


def test_clicks_in_views_have_no_response_url_and_are_right_otherwise(
    schema: Any, workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    client.views_publish(user_id="U0ADA", view={"type": "home", "blocks": [button("declare")]})
    home = workspace.home("U0ADA")
    assert home

    workspace.click_in_view("U0ADA", home.id, "declare")

    payload = bot.received[0].payload
    assert errors(schema, "In_block_actions", payload) == ["[]: 'response_url' is a required property"]
    assert errors(schema, "In_block_actions", payload | {"response_url": ""}) == []


def test_submissions_and_closed_views(schema: Any, workspace: Workspace, bot: Bot, client: WebClient) -> None:
    for act in ("submit", "close"):
        workspace.command("U0ADA", "C0OPS")
        trigger_id = bot.received[-1].payload["trigger_id"]
        view = modal(text_input("why"), notify_on_close=True, private_metadata="EC-1")
        view_id = client.views_open(trigger_id=trigger_id, view=view)["view"]["id"]
        if act == "submit":
            workspace.submit("U0ADA", view_id, {"why": "it is down"})
            assert errors(schema, "In_view_submission", bot.received[-1].payload) == []
        else:
            workspace.close("U0ADA", view_id)
            assert errors(schema, "In_view_closed", bot.received[-1].payload) == []


@pytest.mark.parametrize(
    ("method", "arguments", "kind"),
    [
        ("auth.test", {}, "Res_auth_test"),
        ("chat.postMessage", {"channel": "C0OPS", "text": "x", "blocks": [button()]}, "Res_chat_postMessage"),
        ("usergroups.list", {"include_users": True, "include_count": True}, "Res_usergroups_list"),
        ("users.info", {"user": "U0ADA"}, "Res_users_info"),
    ],
)
def test_answers_are_what_the_vendors_types_describe(
    schema: Any, client: WebClient, method: str, arguments: dict[str, Any], kind: str
) -> None:
    answer = client.api_call(method, json=arguments).data

    found = errors(schema, kind, answer)

    assert [
        e for e in found if "None is not of type" not in e
    ] == []  # the types leave out that Slack says null
