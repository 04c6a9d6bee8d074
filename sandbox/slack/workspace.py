"""A Slack workspace to play in: who is there, what they see, and what they can do.

What a person does here reaches the bot as Slack would send it, and blocks until the bot has answered or Slack's
limit has passed.  So never call it from the event loop that serves the stand-in: use a thread.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, Literal

from sandbox.slack import acting, answers, forms, payloads, views
from sandbox.slack.delivery import HttpDoor, NoDoor, signature, undelivered
from sandbox.slack.events import Events
from sandbox.slack.model import (
    Channel,
    Delivered,
    Message,
    NotSubmittable,
    NotThere,
    OpenView,
    User,
    Usergroup,
)
from sandbox.slack.socket_mode import SocketDoor
from sandbox.slack.state import DEFAULT_SCOPES, real_time
from sandbox.slack.web_api import slack_app
from sandbox.stand_in import StandIn

NOT_A_COMMAND = '{} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.'


class Workspace(Events):
    """One workspace with one app installed; thread-safe.

    Mount ``app``, e.g. ``Served({"/slack": workspace.app})``, give the bot ``served.url + "/slack/api/"``, and say
    with ``connect_http`` or ``connect_socket`` how payloads go out.
    """

    def __init__(
        self,
        *,
        signing_secret: str,
        bot_token: str,
        app_token: str | None = None,
        team_id: str = "T0ACME",
        app_id: str = "A0EMERGENCY",
        scopes: Collection[str] = DEFAULT_SCOPES,
        commands: Collection[str] = ("/emergency-change",),
        stopwatch: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = real_time,
        limit: float = 3.0,
    ) -> None:
        super().__init__(
            team_id=team_id, app_id=app_id, scopes=frozenset(scopes), stopwatch=stopwatch, now=now
        )
        self.signing_secret = signing_secret
        self.bot_token = bot_token
        self.app_token = app_token
        self.commands = frozenset(commands)
        self.limit = limit  #: seconds the bot has for an answer; Slack's is 3
        self.socket = SocketDoor(self)
        self.app = StandIn(slack_app(self))
        self.users[self.bot_user_id] = User(
            self.bot_user_id, team_id, "emergency-change", "Emergency Change", "", is_bot=True
        )

    # --- setting up

    def connect_http(self, bot_url: str) -> None:
        """Send payloads, signed, to ``{bot_url}/slack/events``."""
        self.disconnect()
        self._door = HttpDoor(bot_url, self.signing_secret, lambda: self.limit)

    def connect_socket(self) -> None:
        """Send payloads to whoever is connected over Socket Mode (see ``socket.connected``, an Event)."""
        self.disconnect()
        self._door = self.socket

    def disconnect(self) -> None:
        """Let go of the bot: what is sent from now on reaches nobody.  Call it when done."""
        if self._door is not self.socket:
            self._door.close()
        self._door = NoDoor()

    def add_user(self, user: User) -> User:
        """Let somebody in, as a copy, so that nobody else's world changes with them; they join no channel."""
        with self.change():
            self.users[user.id] = replace(user)
            return self.users[user.id]

    def add_channel(self, channel: Channel, *, with_bot: bool = True) -> Channel:
        """Create a channel; the bot is a member unless told otherwise."""
        with self.change():
            if with_bot:
                channel.members.add(self.bot_user_id)
            self.channels[channel.id] = channel
        return channel

    def add_usergroup(self, usergroup_id: str, handle: str, users: Collection[str]) -> Usergroup:
        """Create a user group, or replace who is in it."""
        with self.change():
            self.usergroups[usergroup_id] = Usergroup(usergroup_id, handle, list(users))
            return self.usergroups[usergroup_id]

    def rate_limit(self, method: str, *, seconds: int = 30, times: int = 1) -> None:
        """Let the next calls of one Web API method be answered 429, as Slack does."""
        body = {"ok": False, "error": "ratelimited"}
        headers = {"Retry-After": str(seconds)}
        path = rf"/api/{method}$"
        self.app.fail("*", path, "status", status=429, headers=headers, body=body, times=times)

    # --- what there is to see

    def messages(self, channel_id: str, *, seen_by: str | None = None) -> list[Message]:
        """Return what stands in a conversation, oldest first: threads flat, deleted ones left out.

        Ephemeral messages are included, all of them or those ``seen_by`` somebody.
        """
        with self.lock:
            standing = [m for m in self.posted.get(channel_id, []) if not m.deleted]
        if seen_by is None:
            return standing
        return [m for m in standing if m.ephemeral_to in (None, seen_by)]

    def conversations(self, user_id: str) -> list[Channel]:
        """Return the conversations somebody has in their side bar."""
        with self.lock:
            return [c for c in self.channels.values() if user_id in c.members]

    def views(self, user_id: str) -> list[OpenView]:
        """Return the modals somebody has open, the one on top last."""
        with self.lock:
            return list(self.stacks.get(user_id, []))

    def home(self, user_id: str) -> OpenView | None:
        """Return the home tab as last published for somebody."""
        with self.lock:
            return self.homes.get(user_id)

    # --- what a person does

    def command(
        self, user_id: str, channel_id: str, text: str = "", command: str = "/emergency-change"
    ) -> Delivered:
        """Type a slash command; a text in the bot's answer appears as an ephemeral message."""
        user, channel = self.user(user_id), acting.visible_channel(self, user_id, channel_id)
        if command not in self.commands or user.team_id != self.team_id or "commands" not in self.scopes:
            return undelivered("unknown_command", NOT_A_COMMAND.format(command))
        payload = payloads.slash_command(self, user, channel, command, text)
        return answers.to_command(self, payload, self._deliver("command", payload, command))

    def click(
        self,
        user_id: str,
        channel_id: str,
        ts: str,
        action_id: str,
        *,
        option: Any = None,
        block_id: str | None = None,
        version: int | None = None,
    ) -> Delivered:
        """Press a button or choose an ``option`` (its value) in a message.

        ``block_id`` tells apart elements with one ``action_id``; ``version`` (an index into ``message.versions``)
        clicks on what the message read before, as a screen that has not caught up yet still shows it.
        """
        user = self.user(user_id)
        with self.change():
            message = acting.visible_message(self, user, channel_id, ts)
            payload = acting.message_action(
                self, user, message, acting.Touch(action_id, block_id, option), version
            )
        return self._deliver("interactive", payload)

    def click_in_view(
        self,
        user_id: str,
        view_id: str,
        action_id: str,
        *,
        option: Any = None,
        value: Any = None,
        block_id: str | None = None,
    ) -> Delivered:
        """Press, choose or type something in an open modal or in the home tab.

        An input without ``dispatch_action`` keeps its value to itself: nothing is sent, and ``status`` is None.
        """
        user = self.user(user_id)
        with self.change():
            view = views.before(self, user_id, view_id)
            touch = acting.Touch(action_id, block_id, option if value is None else value)
            payload = acting.view_action(self, user, view, touch)
        return self._deliver("interactive", payload) if payload else Delivered(ok=True)

    def submit(self, user_id: str, view_id: str, values: dict[str, Any] | None = None) -> Delivered:
        """Fill in (``values`` by action_id or block_id) and submit the modal on top.

        Plain values: text as str, options by their value (a list for checkboxes and multi-selects), epoch seconds
        for a datetimepicker, None to clear.  Raises NotSubmittable where Slack's own client would not send it.
        """
        user = self.user(user_id)
        with self.change():
            view = views.on_top(self, user_id, view_id)
            if not view.view.get("submit"):
                raise NotSubmittable({"": "This view has no submit button."})
            forms.fill_in(view, values or {})
            faults = forms.faults(view)
            if faults:
                view.errors = faults
                raise NotSubmittable(faults)
            payload = payloads.view_submission(self, user, view)
        return answers.to_submission(self, view, self._deliver("interactive", payload))

    def close(self, user_id: str, view_id: str) -> Delivered:
        """Close the modal on top (all of them if it says ``clear_on_close``); told to the bot only if it asked."""
        user = self.user(user_id)
        with self.change():
            view = views.on_top(self, user_id, view_id)
            cleared = bool(view.view.get("clear_on_close"))
            payload = payloads.view_closed(self, user, view, is_cleared=cleared)
            views.pop(self, view, everything=cleared)
        if not view.view.get("notify_on_close"):
            return Delivered(ok=True)
        return self._deliver("interactive", payload)

    def suggestions(self, user_id: str, view_id: str, action_id: str, text: str) -> Delivered:
        """Type into an external select; ``body["options"]`` is what is offered."""
        user = self.user(user_id)
        with self.lock:
            view = views.before(self, user_id, view_id)
            found = forms.find(view.view["blocks"], action_id)
            if found.element["type"] not in forms.EXTERNAL:
                raise NotThere(f"{action_id} does not ask the app for its options")
            if len(text) < found.element.get("min_query_length", 3):
                return Delivered(ok=True, body={"options": []})
            payload = payloads.block_suggestion(self, user, view, found, text)
        return answers.to_suggestion(view, action_id, self._deliver("options", payload))

    def open_home(self, user_id: str) -> Delivered:
        """Open the app's home tab; the bot learns of it as an event."""
        user, im = self.user(user_id), self.im_with(user_id)
        return self.event(payloads.app_home_opened(self, user, im))

    def post(self, user_id: str, channel_id: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Write something; the bot hears of it only if it subscribed to such messages."""
        user, channel = self.user(user_id), self.channel(channel_id)
        if channel.is_archived or user_id not in channel.members:
            raise NotThere(f"{user.name} cannot write in {channel.name or channel.id}")
        message = self.put(Message(channel.id, "", payloads.escaped(text), user=user.id, thread_ts=thread_ts))
        name = payloads.message_event_name(channel)
        if name in self.events:
            self.event(payloads.message_event(self, channel, message))
        return message

    def delete(self, channel_id: str, ts: str) -> None:
        """Delete a message, as an administrator or a retention policy may."""
        with self.change():
            message = self.message(channel_id, ts)
            if message is None:
                raise NotThere(f"there is no message {ts} in {channel_id}")
            message.deleted = True

    # --- the wire

    def raw(self, body: str, headers: dict[str, str]) -> Delivered:
        """Send bytes as they are, signed or not; HTTP mode only."""
        return self._door.raw(body, headers)

    def signed(self, body: str, *, at: float | None = None) -> dict[str, str]:
        """Return the headers Slack would send with a form-encoded body, for use with ``raw``."""
        return signature(self.signing_secret, body, at)

    def redeliver(
        self,
        delivered: Delivered,
        *,
        reason: Literal["http_timeout", "http_error", "connection_failed"] | None = None,
    ) -> Delivered:
        """Send the same again: the very same bytes, or with a ``reason`` as Slack retries an event."""
        if delivered.sent is None:
            raise NotThere("nothing was sent the first time")
        return self._door.again(delivered.sent, reason)
