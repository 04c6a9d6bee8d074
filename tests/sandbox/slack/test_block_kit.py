"""Block Kit's limits: what Slack refuses is refused here, and said where."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.slack.blocks import for_message, for_view, message_faults, view_faults
from sandbox.slack.model import Refusal

from .building import button, modal, text_input

SPECS = Path(os.environ.get("SPECS_DIR", Path(__file__).parents[3] / ".." / "shared" / "specs"))
SCHEMA = SPECS / "slack" / "blockkit" / "slack-blockkit.strict.schema.json"


def plain(text: str = "x") -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def option(text: str = "x", value: str = "x", **extra: Any) -> dict[str, Any]:
    return {"text": plain(text), "value": value, **extra}


def options(count: int) -> list[dict[str, Any]]:
    return [option(str(n), str(n)) for n in range(count)]


def section(**parts: Any) -> dict[str, Any]:
    return {"type": "section", **parts}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def pressed(**parts: Any) -> dict[str, Any]:
    return actions({"type": "button", "text": plain(), **parts})


def field(element: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain(), "element": element, **parts}


DIVIDER = {"type": "divider"}

#: what both the vendor's schema and we refuse, in a message
BAD_IN_MESSAGES: dict[str, Any] = {
    "not a list": {"type": "divider"},
    "too many blocks": [DIVIDER] * 51,
    "no type": [{"text": plain()}],
    "unknown block": [{"type": "nonsense"}],
    "unknown property": [DIVIDER | {"colour": "red"}],
    "long block_id": [DIVIDER | {"block_id": "x" * 256}],
    "block_id that is no string": [DIVIDER | {"block_id": 1}],
    "empty section": [section()],
    "empty text": [section(text=mrkdwn(""))],
    "long text": [section(text=mrkdwn("x" * 3001))],
    "bare string for a text": [section(text="x")],
    "unknown kind of text": [section(text={"type": "html", "text": "x"})],
    "text without text": [section(text={"type": "mrkdwn"})],
    "emoji in mrkdwn": [section(text=mrkdwn() | {"emoji": True})],
    "verbatim in plain text": [section(text=plain() | {"verbatim": True})],
    "no fields": [section(fields=[])],
    "too many fields": [section(fields=[mrkdwn()] * 11)],
    "long field": [section(fields=[mrkdwn("x" * 2001)])],
    "input as an accessory": [section(text=mrkdwn(), accessory={"type": "plain_text_input"})],
    "datetimepicker as an accessory": [section(text=mrkdwn(), accessory={"type": "datetimepicker"})],
    "mrkdwn header": [{"type": "header", "text": mrkdwn()}],
    "long header": [{"type": "header", "text": plain("x" * 151)}],
    "context without elements": [{"type": "context", "elements": []}],
    "too many in a context": [{"type": "context", "elements": [mrkdwn()] * 11}],
    "button in a context": [{"type": "context", "elements": [{"type": "button", "text": plain()}]}],
    "no actions": [actions()],
    "too many actions": [actions(*[{"type": "button", "text": plain()}] * 26)],
    "unknown element": [actions({"type": "lever"})],
    "text input among actions": [actions({"type": "plain_text_input"})],
    "button without text": [actions({"type": "button"})],
    "button with mrkdwn": [pressed(text=mrkdwn())],
    "button with empty text": [pressed(text=plain(""))],
    "long button": [pressed(text=plain("x" * 76))],
    "long value": [pressed(value="x" * 2001)],
    "value that is no string": [pressed(value=1)],
    "long url": [pressed(url="x" * 3001)],
    "unknown style": [pressed(style="warning")],
    "long action_id": [pressed(action_id="x" * 256)],
    "long accessibility label": [pressed(accessibility_label="x" * 76)],
    "confirm without text": [pressed(confirm={"title": plain()})],
    "long confirm title": [pressed(confirm={"title": plain("x" * 101), "text": plain()})],
    "long confirm text": [pressed(confirm={"text": plain("x" * 301)})],
    "long confirm button": [pressed(confirm={"text": plain(), "confirm": plain("x" * 31)})],
    "select without options": [actions({"type": "static_select"})],
    "select with no options": [actions({"type": "static_select", "options": []})],
    "too many options": [actions({"type": "static_select", "options": options(101)})],
    "long option": [actions({"type": "static_select", "options": [option("x" * 76)]})],
    "long option value": [actions({"type": "static_select", "options": [option(value="x" * 76)]})],
    "mrkdwn option": [actions({"type": "static_select", "options": [option() | {"text": mrkdwn()}]})],
    "long description": [
        actions({"type": "static_select", "options": [option(description=plain("x" * 76))]})
    ],
    "long placeholder": [actions({"type": "users_select", "placeholder": plain("x" * 151)})],
    "overflow with too many": [actions({"type": "overflow", "options": options(6)})],
    "overflow with none": [actions({"type": "overflow", "options": []})],
    "too many radio buttons": [actions({"type": "radio_buttons", "options": options(11)})],
    "too many checkboxes": [actions({"type": "checkboxes", "options": options(11)})],
    "image without words": [{"type": "image", "image_url": "https://x.example/y.png"}],
    "long markdown": [{"type": "markdown", "text": "x" * 12001}],
    "input without a label": [{"type": "input", "element": {"type": "plain_text_input"}}],
    "button as an input": [field({"type": "button", "text": plain()})],
    "long label": [field({"type": "plain_text_input"}, label=plain("x" * 2001))],
    "long hint": [field({"type": "plain_text_input"}, hint=plain("x" * 2001))],
    "number without decimals said": [field({"type": "number_input"})],
}

#: what both refuse in a modal
BAD_MODALS: dict[str, Any] = {
    "too many blocks": modal(*[DIVIDER] * 101),
    "no title": {"type": "modal", "blocks": []},
    "no blocks": {"type": "modal", "title": plain()},
    "long title": modal(title=plain("x" * 25)),
    "empty title": modal(title=plain("")),
    "mrkdwn title": modal(title=mrkdwn()),
    "long submit": modal(submit=plain("x" * 25)),
    "long close": modal(close=plain("x" * 25)),
    "long private_metadata": modal(private_metadata="x" * 3001),
    "private_metadata that is no string": modal(private_metadata={"id": 1}),
    "long callback_id": modal(callback_id="x" * 256),
    "unknown property": modal(colour="red"),
    "a home tab": {"type": "home", "blocks": []},
    "a bad block": modal({"type": "nonsense"}),
}

#: what Slack refuses and the schema cannot say
BAD_BEYOND_THE_SCHEMA: dict[str, Any] = {
    "inputs without submit": {"type": "modal", "title": plain(), "blocks": [text_input("why")]},
    "block_id twice": modal(text_input("why"), text_input("why")),
    "action_id twice in a block": modal(actions(*button()["elements"] * 2)),
    "markdown in a modal": modal({"type": "markdown", "text": "x"}),
    "two in focus": modal(text_input("a", focus_on_load=True), text_input("b", focus_on_load=True)),
    "initial option that is not offered": modal(
        field({"type": "static_select", "options": options(2), "initial_option": option("9", "9")})
    ),
    "options and groups": modal(
        field(
            {
                "type": "static_select",
                "options": options(1),
                "option_groups": [{"label": plain(), "options": options(1)}],
            }
        )
    ),
    "min above max": modal(text_input("why", min_length=10, max_length=5)),
    "min_length above 3000": modal(text_input("why", min_length=3001)),
    "a date that is none": modal(field({"type": "datepicker", "initial_date": "tomorrow"})),
    "milliseconds": modal(field({"type": "datetimepicker", "initial_date_time": 1763756400000})),
    "option without a value": modal(field({"type": "static_select", "options": [{"text": plain()}]})),
    "text that grows by escaping": modal(section(text=plain("&" * 700))),
}

GOOD: list[Any] = [
    section(text=mrkdwn("x" * 3000), accessory={"type": "overflow", "options": options(5)}),
    section(fields=[mrkdwn("x" * 2000)] * 10),
    {"type": "header", "text": plain("x" * 150)},
    {
        "type": "context",
        "elements": [mrkdwn(), plain(), {"type": "image", "image_url": "https://x", "alt_text": "x"}],
    },
    DIVIDER,
    pressed(
        value="x" * 2000,
        style="danger",
        confirm={"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain()},
    ),
    actions({"type": "static_select", "options": options(100), "initial_option": option("7", "7")}),
    actions({"type": "static_select", "option_groups": [{"label": plain(), "options": options(2)}]}),
    actions({"type": "datetimepicker", "initial_date_time": 1763756400}),
    field(
        {"type": "plain_text_input", "multiline": True, "min_length": 0, "max_length": 3000}, optional=True
    ),
    field({"type": "checkboxes", "options": [{"text": mrkdwn("*x*"), "value": "x", "description": plain()}]}),
    field({"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "8"}),
    field({"type": "external_select", "min_query_length": 0}),
    field({"type": "multi_users_select", "max_selected_items": 3}),
    field({"type": "email_text_input"}),
    field({"type": "url_text_input"}),
    {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
    },
    {"type": "image", "image_url": "https://x.example/y.png", "alt_text": "x"},
]


@pytest.mark.parametrize("name", BAD_IN_MESSAGES)
def test_a_bad_message_is_refused_and_the_place_named(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        for_message(BAD_IN_MESSAGES[name])

    assert refused.value.error == "invalid_blocks"
    assert "[json-pointer:/blocks" in refused.value.extra["response_metadata"]["messages"][0]


@pytest.mark.parametrize("name", [*BAD_MODALS, *BAD_BEYOND_THE_SCHEMA])
def test_a_bad_modal_is_refused_and_the_place_named(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        for_view((BAD_MODALS | BAD_BEYOND_THE_SCHEMA)[name], "modal")

    assert refused.value.error == "invalid_arguments"
    assert "[json-pointer:/view" in refused.value.extra["response_metadata"]["messages"][0]


@pytest.mark.parametrize("block", GOOD)
def test_what_slack_takes_is_taken(block: Any) -> None:
    assert message_faults([block]) == []
    assert view_faults(modal(block), "modal") == []


def test_a_view_of_more_than_250_kilobytes_is_too_large() -> None:
    long = section(text=mrkdwn("x" * 2900))

    with pytest.raises(Refusal, match="view_too_large"):
        for_view(modal(*[copy.deepcopy(long) for _ in range(99)]), "modal")


def test_missing_ids_are_filled_in_and_given_ones_kept() -> None:
    sent = [button("approve"), {"type": "divider", "block_id": "mine"}, pressed()]

    kept = for_message(sent)

    assert kept[0]["elements"][0]["action_id"] == "approve"
    assert kept[1]["block_id"] == "mine"
    assert kept[0]["block_id"] != kept[2]["block_id"]
    assert kept[2]["elements"][0]["action_id"]
    assert "block_id" not in sent[0]


@pytest.fixture(scope="module")
def errors() -> Any:
    """Return the vendor's schema as a judge, where it is at hand."""
    if not SCHEMA.exists():
        pytest.skip(f"Slack's Block Kit schema is not at {SCHEMA}")
    validator = pytest.importorskip("jsonschema").Draft7Validator
    schema = json.loads(SCHEMA.read_text())

    def errors(kind: str, payload: Any) -> list[str]:
        judge = validator({"definitions": schema["definitions"], "$ref": f"#/definitions/{kind}"})
        return [e.message for e in judge.iter_errors(payload)]

    return errors


@pytest.mark.parametrize("name", BAD_IN_MESSAGES)
def test_the_vendors_schema_refuses_the_same_messages(errors: Any, name: str) -> None:
    assert errors("Blocks", BAD_IN_MESSAGES[name])


@pytest.mark.parametrize("name", BAD_MODALS)
def test_the_vendors_schema_refuses_the_same_modals(errors: Any, name: str) -> None:
    assert errors("Modal", BAD_MODALS[name])


@pytest.mark.parametrize("block", GOOD)
def test_the_vendors_schema_takes_what_is_taken(errors: Any, block: Any) -> None:
    assert errors("Blocks", [block]) == []
    assert errors("Modal", modal(block)) == []
