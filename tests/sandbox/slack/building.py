"""Parts for the tests of the Slack stand-in: a stopwatch, a bot, and blocks."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


class Stopwatch:
    """A stopwatch that moves when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Received:
    """One request as the bot got it."""

    headers: dict[str, str]
    body: str

    @property
    def payload(self) -> dict[str, Any]:
        if self.body.startswith("{"):
            return dict(json.loads(self.body))
        form = {name: values[0] for name, values in parse_qs(self.body, keep_blank_values=True).items()}
        return dict(json.loads(form["payload"])) if "payload" in form else form


@dataclass
class Bot:
    """A bot reduced to its address: ``answer`` gets each payload and returns (status, body)."""

    url: str = ""
    answer: Callable[[dict[str, Any]], tuple[int, Any]] = lambda _: (200, "")
    received: list[Received] = field(default_factory=list)


def text_input(block_id: str, action_id: str = "text", **element: Any) -> dict[str, Any]:
    """Return an input block for text."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": block_id},
        "element": {"type": "plain_text_input", "action_id": action_id, **element},
    }


def modal(*blocks: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """Return a modal with a submit button."""
    title = {"type": "plain_text", "text": "Emergency change"}
    return {
        "type": "modal",
        "title": title,
        "submit": {**title, "text": "Go"},
        "blocks": list(blocks),
        **extra,
    }


def button(action_id: str = "approve", value: str = "EC-1", label: str = "Approve") -> dict[str, Any]:
    """Return an actions block with one button."""
    text = {"type": "plain_text", "text": label}
    return {
        "type": "actions",
        "elements": [{"type": "button", "action_id": action_id, "value": value, "text": text}],
    }
