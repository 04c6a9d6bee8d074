"""The world as one person sees it, as JSON: everything the page shows comes from here."""

from typing import Any

from sandbox.page.world import World
from sandbox.slack.model import Channel, Message, OpenView
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
ENTRIES = 250
MESSAGES = 400


def version(world: World) -> int:
    """Return a number that grows with every change, in Slack or outside."""
    return world.version + world.slack.version


def snapshot(world: World, person: str | None) -> Json:
    """Return what the page shows somebody; nobody in particular is the first who can be played."""
    seen_at = version(world)
    people = world.people()
    me = person or people[0]["slack_id"]
    return {
        "version": seen_at,
        "now": world.now().isoformat(),
        "me": me,
        "people": people,
        **_workspace(world.slack, me),
        "tickets": world.tickets(),
        "teams": world.teams(),
        "evidence": world.evidence(),
        "ledger": world.ledger(ENTRIES),
        "faults": world.faults(),
    }


def _workspace(slack: Workspace, me: str) -> Json:
    with slack.lock:
        slack.user(me)
        home = slack.home(me)
        conversations = sorted(slack.conversations(me), key=lambda c: (c.is_im, c.is_private, c.name))
        return {
            "bot": slack.bot_user_id,
            "commands": sorted(slack.commands),
            "users": {u.id: {"name": u.real_name or u.name, "bot": u.is_bot} for u in slack.users.values()},
            "usergroups": {g.id: g.handle for g in slack.usergroups.values()},
            "channels": [_channel(c) for c in conversations],
            "messages": {c.id: [_message(m) for m in _latest(slack, c, me)] for c in conversations},
            "views": [_view(v) for v in slack.views(me)],
            "home": _view(home) if home else None,
            **_waiting(slack),
        }


def _waiting(slack: Workspace) -> Json:
    """Say for everybody where the app writes to them, and when it last did."""
    direct = {c.user: c.id for c in slack.channels.values() if c.is_im and c.user}
    said = {person: [m.ts for m in slack.messages(channel) if m.bot] for person, channel in direct.items()}
    return {"direct": direct, "waiting": {person: at[-1] for person, at in said.items() if at}}


def _latest(slack: Workspace, channel: Channel, me: str) -> list[Message]:
    return slack.messages(channel.id, seen_by=me)[-MESSAGES:]


def _channel(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "private": channel.is_private,
        "dm": channel.is_im,
        "archived": channel.is_archived,
    }


def _message(message: Message) -> Json:
    return {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "from": message.user or message.bot,
        "bot": message.bot is not None,
        "text": message.text,
        "blocks": message.blocks,
        "files": [
            {"id": f.id, "title": f.title, "alt": f.alt, "image": f.mimetype.startswith("image/")}
            for f in message.files
        ],
        "ephemeral": message.ephemeral_to is not None,
        "edited": message.edited is not None,
        "earlier": [{"at": v.at, "text": v.text} for v in message.versions[:-1]],
        "state": message.state,
    }


def _view(opened: OpenView) -> Json:
    return {
        "id": opened.id,
        "hash": opened.hash,
        "view": opened.view,
        "errors": opened.errors,
        "state": opened.state,
    }
