"""Web API: conversations, who is in them, and what was said there."""

from sandbox.slack import shapes
from sandbox.slack.calls import Call, family, invalid
from sandbox.slack.model import Json, Message, Refusal

TYPES = {"public_channel": "channels", "private_channel": "groups", "im": "im"}


def info(call: Call) -> Json:
    channel = call.channel(right="read", member=False)
    described = shapes.channel(call.workspace, channel)
    if call.flag("include_num_members"):
        described["num_members"] = len(channel.members)
    return {"channel": described}


def list_(call: Call) -> Json:
    wanted = (call.text("types") or "public_channel").split(",")
    if not set(wanted) <= {*TYPES, "mpim"}:
        raise Refusal("invalid_types")
    families = {TYPES.get(kind, "mpim") for kind in wanted}
    for one in sorted(families):
        call.need(f"{one}:read")
    bot = call.workspace.bot_user_id
    shown = [
        channel
        for channel in call.workspace.channels.values()
        if family(channel) in families
        and (bot in channel.members or not channel.is_private)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    page, following = call.page(shown, default=100)
    return {
        "channels": [shapes.channel(call.workspace, channel) for channel in page],
        "response_metadata": {"next_cursor": following},
    }


def members(call: Call) -> Json:
    channel = call.channel(right="read", member=False)
    page, following = call.page(sorted(channel.members), default=100)
    return {"members": page, "response_metadata": {"next_cursor": following}}


def open_(call: Call) -> Json:
    """Open a direct conversation with one person; group conversations are not part of this stand-in."""
    if call.text("channel"):
        channel = call.channel(right="write")
        return {"no_op": True, "already_open": True, "channel": {"id": channel.id}}
    listed = call.text("users")
    if listed is None:
        raise Refusal("users_list_not_supplied")
    ids = [one.strip() for one in listed.split(",")]
    if len(ids) != 1:
        call.need("mpim:write")
        raise invalid("the stand-in opens conversations with one person only")
    call.need("im:write")
    user = call.workspace.users.get(ids[0])
    if user is None:
        raise Refusal("user_not_found")
    if user.deleted:
        raise Refusal("user_disabled")
    if user.is_bot:
        raise Refusal("cannot_dm_bot")
    before = any(c.is_im and c.user == user.id for c in call.workspace.channels.values())
    channel = call.workspace.im_with(user.id)
    described = shapes.channel(call.workspace, channel) if call.flag("return_im") else {"id": channel.id}
    return {"no_op": before, "already_open": before, "channel": described}


def history(call: Call) -> Json:
    channel = call.channel(right="history")
    said = [m for m in call.workspace.messages(channel.id) if m.thread_ts in (None, m.ts)]
    within = _within(call, said)
    within.reverse()
    page, following = call.page(within, default=100, most=999)
    metadata = call.flag("include_all_metadata")
    answer: Json = {
        "messages": [shapes.message(call.workspace, m, metadata=metadata) for m in page],
        "has_more": bool(following),
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    return answer | ({"response_metadata": {"next_cursor": following}} if following else {})


def replies(call: Call) -> Json:
    channel = call.channel(right="history")
    asked = call.workspace.message(channel.id, call.required("ts"))
    if asked is None or asked.ephemeral_to:
        raise Refusal("thread_not_found")
    parent = call.workspace.message(channel.id, asked.thread_ts) if asked.thread_ts else asked
    thread = call.workspace.replies(parent) if parent else [asked]
    said = ([parent] if parent else []) + _within(call, thread)
    page, following = call.page(said, default=1000)
    metadata = call.flag("include_all_metadata")
    answer: Json = {
        "messages": [shapes.message(call.workspace, m, metadata=metadata) for m in page],
        "has_more": bool(following),
    }
    return answer | ({"response_metadata": {"next_cursor": following}} if following else {})


def _within(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = _stamp(call, "oldest", "0"), _stamp(call, "latest", "inf")
    edges = call.flag("inclusive")
    return [
        m
        for m in messages
        if m.ephemeral_to is None
        and (oldest < float(m.ts) < latest or (edges and float(m.ts) in (oldest, latest)))
    ]


def _stamp(call: Call, name: str, default: str) -> float:
    try:
        return float(call.text(name) or default)
    except ValueError as error:
        raise Refusal(f"invalid_ts_{name}") from error
