"""How Slack writes users, conversations, messages and views into its answers and payloads."""

import hashlib
from typing import TYPE_CHECKING

from sandbox.slack.model import Channel, File, Json, Message, OpenView, User, Usergroup

if TYPE_CHECKING:
    from sandbox.slack.state import State

CREATED = 1735689600
HOME_TITLE = {"type": "plain_text", "text": "View Title", "emoji": True}
OFFSETS = {"Europe/Berlin": 3600, "UTC": 0}


def channel_name(channel: Channel) -> str:
    """Return the name payloads give a channel, which is not always its own."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def user(state: "State", person: User) -> Json:
    """Describe somebody; the e-mail address only where the app may see it."""
    profile: Json = {
        "title": "",
        "phone": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "avatar_hash": hashlib.sha256(person.id.encode()).hexdigest()[:12],
        "team": person.team_id,
    }
    if "users:read.email" in state.scopes and person.email and not person.is_bot:
        profile["email"] = person.email
    described: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": CREATED,
    }
    if person.team_id != state.team_id:
        described["is_stranger"] = not _shares_a_channel(state, person)
    if person.deleted:
        return described
    return described | {
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": OFFSETS.get(person.tz, 0),
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted or person.is_ultra_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
    }


def _shares_a_channel(state: "State", person: User) -> bool:
    return any({person.id, state.bot_user_id} <= c.members for c in state.channels.values() if not c.is_im)


def usergroup(state: "State", group: Usergroup, *, users: bool, count: bool) -> Json:
    described: Json = {
        "id": group.id,
        "team_id": state.team_id,
        "is_usergroup": True,
        "name": group.handle,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": CREATED,
        "date_update": CREATED,
        "date_delete": CREATED if group.disabled else 0,
        "auto_type": None,
        "created_by": state.bot_user_id,
        "updated_by": state.bot_user_id,
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
    }
    if users:
        described["users"] = list(group.users)
    if count:
        described["user_count"] = len(group.users)
    return described


def channel(state: "State", it: Channel) -> Json:
    described: Json = {
        "id": it.id,
        "created": CREATED,
        "is_archived": it.is_archived,
        "is_im": it.is_im,
        "is_org_shared": False,
        "context_team_id": state.team_id,
        "updated": CREATED * 1000,
    }
    if it.is_im:
        return described | {"user": it.user, "is_user_deleted": False, "is_open": True, "priority": 0}
    return described | {
        "name": it.name,
        "name_normalized": it.name,
        "is_channel": not it.is_private,
        "is_group": it.is_private,
        "is_mpim": False,
        "is_private": it.is_private,
        "is_general": False,
        "is_shared": it.is_ext_shared,
        "is_ext_shared": it.is_ext_shared,
        "is_pending_ext_shared": False,
        "is_member": state.bot_user_id in it.members,
        "creator": state.bot_user_id,
        "unlinked": 0,
        "shared_team_ids": [state.team_id],
        "topic": {"value": it.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }


def message(state: "State", it: Message, *, metadata: bool = False) -> Json:
    """Describe a message as conversations.history and payloads do."""
    described: Json = {
        "type": "message",
        "user": it.user,
        "ts": it.ts,
        "text": it.text,
        "team": state.team_id,
    }
    if it.bot:
        described |= {"bot_id": it.bot, "app_id": state.app_id, "bot_profile": bot_profile(state)}
    if it.blocks:
        described["blocks"] = it.blocks
    if it.edited:
        described["edited"] = it.edited
    if it.files:
        described["files"] = [file(state, one) for one in it.files]
    if it.thread_ts:
        described["thread_ts"] = it.thread_ts
        if it.thread_ts != it.ts:
            parent = state.message(it.channel, it.thread_ts)
            described["parent_user_id"] = parent.user if parent else None
    described |= _thread(state, it)
    if metadata and it.metadata:
        described["metadata"] = it.metadata
    return described


def file(state: "State", it: File) -> Json:
    """Describe a file as messages do."""
    return {
        "id": it.id,
        "created": CREATED,
        "timestamp": CREATED,
        "name": it.name,
        "title": it.title,
        "mimetype": it.mimetype,
        "filetype": it.name.rpartition(".")[2],
        "user": state.bot_user_id,
        "mode": "hosted",
        "editable": False,
        "is_external": False,
        "size": it.length,
        "url_private": f"https://files.slack.com/files-pri/{state.team_id}-{it.id}/{it.name}",
    }


def _thread(state: "State", parent: Message) -> Json:
    replies = state.replies(parent)
    if not replies:
        return {}
    users = list(dict.fromkeys(r.user for r in replies if r.user))
    return {
        "thread_ts": parent.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users,
        "is_locked": False,
        "subscribed": False,
    }


def bot_profile(state: "State") -> Json:
    return {
        "id": state.bot_id,
        "app_id": state.app_id,
        "name": state.users[state.bot_user_id].real_name,
        "icons": {},
        "deleted": False,
        "updated": CREATED,
        "team_id": state.team_id,
    }


def view(state: "State", it: OpenView) -> Json:
    """Describe an open view, with all that people entered so far."""
    sent = it.view
    described: Json = {
        "id": it.id,
        "team_id": state.team_id,
        "type": sent["type"],
        "blocks": sent["blocks"],
        "private_metadata": sent.get("private_metadata", ""),
        "callback_id": sent.get("callback_id", ""),
        "state": {"values": {block: dict(values) for block, values in it.state.items()}},
        "hash": it.hash,
        "title": sent.get("title", HOME_TITLE),
        "clear_on_close": sent.get("clear_on_close", False),
        "notify_on_close": sent.get("notify_on_close", False),
        "close": sent.get("close"),
        "submit": sent.get("submit"),
        "previous_view_id": it.previous_id,
        "root_view_id": it.root_id,
        "app_id": state.app_id,
        "external_id": sent.get("external_id", ""),
        "app_installed_team_id": state.team_id,
        "bot_id": state.bot_id,
    }
    return described
