"""Web API: writing messages.

What bites: ``chat.update`` with a text but no blocks takes the blocks away, and takes channel ids only, never a
user's.
"""

import re
from typing import Any

from sandbox.slack import blocks, shapes
from sandbox.slack.calls import Call
from sandbox.slack.model import Channel, Json, Message, Refusal

MOST_TEXT = 40_000  #: what is longer is cut off when posted
MOST_TEXT_IN_UPDATE = 4_000  #: what is longer is refused when updated
MOST_MARKDOWN = 12_000


def _target(call: Call) -> Channel:
    """Return where to post: a conversation's id, a public channel's name, or a user's id, whose DM it then is."""
    workspace, wanted = call.workspace, call.text("channel")
    if wanted is None:
        raise Refusal("channel_not_found")
    channel = workspace.channels.get(wanted)
    named = [
        c for c in workspace.channels.values() if c.name == wanted.removeprefix("#") and not c.is_private
    ]
    user = workspace.users.get(wanted)
    if channel is None and named:
        channel = named[0]
    if channel is None and user is not None and not user.deleted:
        if user.is_bot:
            raise Refusal("cannot_dm_bot")
        channel = workspace.im_with(user.id)
    if channel is None:
        raise Refusal("channel_not_found")
    if workspace.bot_user_id not in channel.members and "chat:write.public" not in workspace.scopes:
        call.reachable(channel)
    if channel.is_archived:
        raise Refusal("is_archived")
    return channel


def _content(call: Call) -> tuple[str, list[Json]]:
    """Return the text and the blocks of a message to be, or refuse them."""
    shown: Any = call.structure("blocks", "invalid_blocks_format")
    text, markdown = call.text("text") or "", call.text("markdown_text")
    if markdown is not None:
        if text or shown:
            raise Refusal("markdown_text_conflict")
        if len(markdown) > MOST_MARKDOWN:
            raise Refusal("msg_too_long")
        text, shown = markdown, [{"type": "markdown", "text": markdown}]
    if shown is not None and not isinstance(shown, list):
        raise Refusal("invalid_blocks_format")
    if not text and not shown:
        raise Refusal("no_text")
    return text, blocks.for_message(shown) if shown else []


def _metadata(call: Call) -> Json | None:
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise Refusal("invalid_metadata_format")
    if not metadata:
        return {}
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    if not isinstance(kind, str) or not re.fullmatch(r"\w{1,255}", kind) or not isinstance(payload, dict):
        raise Refusal("invalid_metadata_format")
    return metadata


def _thread(call: Call, channel: Channel) -> str | None:
    """Return the thread to post into; naming one of its replies means the same thread."""
    wanted = call.text("thread_ts")
    if wanted is None:
        return None
    message = call.workspace.ever_posted(channel.id, wanted)
    if message is None or message.ephemeral_to:
        raise Refusal("thread_not_found")
    return message.thread_ts or wanted


def post_message(call: Call) -> Json:
    channel = _target(call)
    text, shown = _content(call)
    metadata, thread_ts = _metadata(call), _thread(call, channel)
    workspace = call.workspace
    message = workspace.put(
        Message(
            channel.id,
            "",
            text[:MOST_TEXT],
            user=workspace.bot_user_id,
            bot=workspace.bot_id,
            blocks=shown,
            metadata=metadata or None,
            thread_ts=thread_ts,
        )
    )
    described = shapes.message(workspace, message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": described}


def post_ephemeral(call: Call) -> Json:
    channel, workspace = _target(call), call.workspace
    user = call.person()
    if user.id not in channel.members:
        raise Refusal("user_not_in_channel")
    text, shown = _content(call)
    message = workspace.put(
        Message(
            channel.id,
            "",
            text[:MOST_TEXT],
            user=workspace.bot_user_id,
            bot=workspace.bot_id,
            blocks=shown,
            thread_ts=_thread(call, channel),
            ephemeral_to=user.id,
        )
    )
    return {"message_ts": message.ts}


def _own(call: Call, error: str) -> Message:
    """Return a message the bot wrote; ``error`` refuses somebody else's."""
    channel = call.workspace.channels.get(call.text("channel") or "")
    if channel is None:
        raise Refusal("channel_not_found")
    call.reachable(channel)
    message = call.workspace.message(channel.id, call.required("ts"))
    if message is None or message.ephemeral_to:
        raise Refusal("message_not_found")
    if message.bot != call.workspace.bot_id:
        raise Refusal(error)
    if channel.is_archived:
        raise Refusal("is_inactive")
    return message


def update(call: Call) -> Json:
    message = _own(call, "cant_update_message")
    if len(call.text("text") or "") > MOST_TEXT_IN_UPDATE:
        raise Refusal("msg_too_long")
    text, shown = _content(call)
    metadata = _metadata(call)
    workspace = call.workspace
    with workspace.change():
        if metadata is not None:
            message.metadata = metadata or None
        workspace.revise(message, text, shown)
        if not shown:
            message.edited = {"user": workspace.bot_user_id, "ts": message.versions[-1].at}
    described = shapes.message(workspace, message, metadata=True)
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": described}


def delete(call: Call) -> Json:
    message = _own(call, "cant_delete_message")
    call.workspace.delete(message.channel, message.ts)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    channel = call.workspace.channels.get(call.required("channel"))
    if channel is None:
        raise Refusal("channel_not_found")
    call.reachable(channel, member=False)
    message = call.workspace.message(channel.id, call.required("message_ts"))
    if message is None or message.ephemeral_to:
        raise Refusal("message_not_found")
    link = (
        f"https://{call.workspace.team_domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    )
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
