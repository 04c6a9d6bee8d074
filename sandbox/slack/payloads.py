"""The payloads Slack sends, as plain functions of the state.

``team`` is always the workspace the app is installed in, even for an outsider's click; whose click it was stands
in ``user.team_id`` alone.
"""

from typing import TYPE_CHECKING, Any

from sandbox.slack import shapes
from sandbox.slack.model import Channel, Json, Message, OpenView, User
from sandbox.slack.state import State, real_time

if TYPE_CHECKING:
    from sandbox.slack.forms import Found

TOKEN = "verification-token-of-old"  #: the deprecated one, still sent; the signature is what counts


def escaped(text: str) -> str:
    """Escape as Slack does in what people write."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slash_command(state: State, user: User, channel: Channel, command: str, text: str) -> Json:
    return {
        "token": TOKEN,
        "team_id": state.team_id,
        "team_domain": state.team_domain,
        "channel_id": channel.id,
        "channel_name": shapes.channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": state.app_id,
        "is_enterprise_install": "false",
        "response_url": state.new_response_url(user.id, channel.id, None, kind="commands"),
        "trigger_id": state.new_trigger(user.id),
    }


def _interaction(state: State, kind: str, user: User) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": state.app_id,
        "token": TOKEN,
        "team": {"id": state.team_id, "domain": state.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_action(state: State, user: User, message: Message, shown: Message, action: Json) -> Json:
    """Describe a click in ``message``, whose text and blocks are those of ``shown``."""
    channel = state.channel(message.channel)
    payload = _interaction(state, "block_actions", user)
    payload["container"] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        payload["container"]["thread_ts"] = message.thread_ts
    payload["trigger_id"] = state.new_trigger(user.id)
    payload["channel"] = {"id": channel.id, "name": shapes.channel_name(channel)}
    if message.ephemeral_to is None:
        payload["message"] = shapes.message(state, shown, metadata=True)
    payload["state"] = {"values": message.state.get(user.id, {})}
    payload["response_url"] = state.new_response_url(user.id, channel.id, message.ts)
    payload["actions"] = [action]
    return payload


def view_action(state: State, user: User, view: OpenView, action: Json) -> Json:
    payload = _interaction(state, "block_actions", user)
    payload["container"] = {"type": "view", "view_id": view.id}
    payload["trigger_id"] = state.new_trigger(user.id, view.id)
    payload["view"] = shapes.view(state, view)
    payload["actions"] = [action]
    return payload


def view_submission(state: State, user: User, view: OpenView) -> Json:
    payload = _interaction(state, "view_submission", user)
    payload["trigger_id"] = state.new_trigger(user.id, view.id)
    payload["view"] = shapes.view(state, view)
    payload["response_urls"] = _response_urls(state, user, view)
    return payload


def _response_urls(state: State, user: User, view: OpenView) -> list[Json]:
    """Return an address for each conversation chosen where the app asked for one."""
    urls = []
    for block in view.view["blocks"]:
        element = block.get("element", {})
        if not element.get("response_url_enabled"):
            continue
        value = view.state.get(block["block_id"], {}).get(element["action_id"], {})
        channel_id = value.get("selected_conversation") or value.get("selected_channel")
        if channel_id:
            urls.append(
                {
                    "block_id": block["block_id"],
                    "action_id": element["action_id"],
                    "channel_id": channel_id,
                    "response_url": state.new_response_url(user.id, channel_id, None, kind="app"),
                }
            )
    return urls


def view_closed(state: State, user: User, view: OpenView, *, is_cleared: bool) -> Json:
    payload = _interaction(state, "view_closed", user)
    payload["view"] = shapes.view(state, view)
    payload["is_cleared"] = is_cleared
    return payload


def block_suggestion(state: State, user: User, view: OpenView, found: "Found", text: str) -> Json:
    payload = _interaction(state, "block_suggestion", user)
    payload["container"] = {"type": "view", "view_id": view.id}
    payload["action_id"] = found.element["action_id"]
    payload["block_id"] = found.block["block_id"]
    payload["value"] = text
    payload["view"] = shapes.view(state, view)
    return payload


def event_callback(state: State, event: Json, event_id: str) -> Json:
    shared = bool(event.get("channel")) and getattr(
        state.channels.get(event["channel"]), "is_ext_shared", False
    )
    authorization: dict[str, Any] = {
        "enterprise_id": None,
        "team_id": state.team_id,
        "user_id": state.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": TOKEN,
        "team_id": state.team_id,
        "context_team_id": state.team_id,
        "context_enterprise_id": None,
        "api_app_id": state.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(real_time()),
        "authorizations": [authorization],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{event_id}",
    }


def app_home_opened(state: State, user: User, im: Channel) -> Json:
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": im.id,
        "tab": "home",
        "event_ts": state.next_ts(),
    }
    home = state.homes.get(user.id)
    if home:
        event["view"] = shapes.view(state, home)
    return event


def message_event_name(channel: Channel) -> str:
    """Return what an app must subscribe to for messages of such a channel."""
    if channel.is_im:
        return "message.im"
    return "message.groups" if channel.is_private else "message.channels"


def message_event(state: State, channel: Channel, message: Message) -> Json:
    kind = "im" if channel.is_im else "group" if channel.is_private else "channel"
    return {
        **shapes.message(state, message),
        "channel": channel.id,
        "channel_type": kind,
        "event_ts": message.ts,
    }
