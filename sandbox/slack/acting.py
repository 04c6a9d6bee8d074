"""A person's hand on an element: what it changes on their screen, and what the bot is told of it."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from sandbox.slack import forms, payloads
from sandbox.slack.model import Channel, Json, Message, NotThere, OpenView, User
from sandbox.slack.state import State

BUTTONS = ("button", "workflow_button")
COPIED = ("text", "value", "style", "url", "confirm", "placeholder", "accessibility_label")


@dataclass(frozen=True, slots=True)
class Touch:
    """Which element is touched, and the plain value chosen or typed there."""

    action_id: str
    block_id: str | None = None
    value: Any = None


def visible_channel(state: State, user_id: str, channel_id: str) -> Channel:
    """Return a conversation this person can look into: a public one, or one they are in."""
    channel = state.channel(channel_id)
    if channel.is_private and user_id not in channel.members:
        raise NotThere(f"{user_id} does not see {channel.name or channel.id}")
    return channel


def visible_message(state: State, user: User, channel_id: str, ts: str) -> Message:
    """Return a message this person can see."""
    channel, message = visible_channel(state, user.id, channel_id), state.message(channel_id, ts)
    if message is None or message.ephemeral_to not in (None, user.id):
        raise NotThere(f"{user.name} sees no message {ts} in {channel.name or channel.id}")
    return message


def message_action(state: State, user: User, message: Message, touch: Touch, version: int | None) -> Json:
    """Return the payload of a touch in a message, as it reads now or read in an earlier version."""
    shown = message
    if version is not None:
        then = message.versions[version]
        shown = dataclasses.replace(message, text=then.text, blocks=then.blocks)
    found = forms.find(shown.blocks, touch.action_id, touch.block_id)
    chosen = message.state.setdefault(user.id, {})
    for block_id, values in forms.state_of(shown.blocks, chosen).items():
        chosen[block_id] = values
    action = _action(state, found, touch)
    if found.element["type"] in forms.FIELDS:
        value = forms.value_of(found.element, touch.value)
        chosen[found.block["block_id"]][found.element["action_id"]] = value
        action |= value
    return payloads.message_action(state, user, message, shown, action)


def view_action(state: State, user: User, view: OpenView, touch: Touch) -> Json | None:
    """Return the payload of a touch in a view, or None where Slack keeps it to itself until submission."""
    found = forms.find(view.view["blocks"], touch.action_id, touch.block_id)
    action = _action(state, found, touch)
    if found.element["type"] in forms.FIELDS:
        action |= forms.enter(view, found, touch.value)
        view.errors.pop(found.block["block_id"], None)
        if found.block["type"] == "input" and not found.block.get("dispatch_action"):
            return None
    return payloads.view_action(state, user, view, action)


def _action(state: State, found: forms.Found, touch: Touch) -> Json:
    element = found.element
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": found.block["block_id"],
        "action_ts": state.next_ts(),
    }
    if element["type"] in BUTTONS:
        return action | {name: element[name] for name in COPIED if name in element}
    if element["type"] == "overflow":
        action["selected_option"] = forms.chosen_option(element, touch.value)
    if "placeholder" in element:
        action["placeholder"] = element["placeholder"]
    return action
