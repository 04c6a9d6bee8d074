"""The state behind the stand-in, and the few rules that every way in shares.

Time is asked for twice, on purpose: ``now`` stamps messages and may be the sandbox's own clock, ``stopwatch``
measures triggers and response addresses and must be real, however far the sandbox's clock is moved.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.slack.model import Channel, File, Message, NotThere, OpenView, Refusal, User, Usergroup, Version

Subscriber = Callable[[int], None]
real_time = time.time  # noqa: TID251 - what signs and stamps the wire must not move with the sandbox's clock

DEFAULT_SCOPES = frozenset(
    {
        "commands",
        "chat:write",
        "users:read",
        "users:read.email",
        "usergroups:read",
        "channels:read",
        "groups:read",
    }
)
TRIGGER_LASTS = 3.0
RESPONSE_URL_LASTS = 30 * 60.0
RESPONSE_URL_USES = 5


@dataclass(slots=True)
class Trigger:
    """The right to open one view for one person, for three seconds."""

    user_id: str
    born: float
    view_id: str | None
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """The right to answer into one conversation, five times within half an hour."""

    user_id: str
    channel_id: str
    ts: str | None
    born: float
    uses: int = 0


class State:
    """Everything a workspace remembers; all of it is changed under ``lock``, inside ``change()``."""

    def __init__(
        self,
        *,
        team_id: str,
        app_id: str,
        scopes: frozenset[str],
        stopwatch: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self.team_id = team_id
        self.team_domain = team_id.removeprefix("T0").lower() or "team"
        self.app_id = app_id
        self.bot_id = "B" + app_id[1:]
        self.bot_user_id = "U" + app_id[1:]
        self.scopes: set[str] = set(scopes)
        self.stopwatch = stopwatch
        self.now = now
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.files: dict[str, File] = {}
        self.posted: dict[str, list[Message]] = {}
        self._by_ts: dict[tuple[str, str], Message] = {}
        self._threads: dict[tuple[str, str], list[Message]] = {}
        self.stacks: dict[str, list[OpenView]] = {}
        self.homes: dict[str, OpenView] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.url = ""  #: where this stand-in is reached, e.g. http://127.0.0.1:1234/slack; learnt from the first call
        self._subscribers: list[Subscriber] = []
        self._depth = 0
        self._dirty = False
        self._last_ts = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock; if anything changed meanwhile, tell the subscribers once it is free again."""
        told: list[Subscriber] = []
        self.lock.acquire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0 and self._dirty:
                self._dirty = False
                self.version += 1
                told = list(self._subscribers)
            version = self.version
            self.lock.release()
            for callback in told:
                callback(version)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock in order to change something."""
        with self.hold():
            self._dirty = True
            yield

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call ``callback(version)`` after every change, from the thread that made it; returns the way out."""
        with self.lock:
            self._subscribers.append(callback)

        def leave() -> None:
            with self.lock:
                if callback in self._subscribers:
                    self._subscribers.remove(callback)

        return leave

    # --- looking things up, as a person would: what is not there cannot be used

    def user(self, user_id: str) -> User:
        with self.lock:
            if user_id not in self.users:
                message = f"there is no user {user_id}"
                raise NotThere(message)
            return self.users[user_id]

    def channel(self, channel_id: str) -> Channel:
        with self.lock:
            if channel_id not in self.channels:
                message = f"there is no channel {channel_id}"
                raise NotThere(message)
            return self.channels[channel_id]

    def im_with(self, user_id: str) -> Channel:
        """Return the direct conversation between the bot and somebody, opened if need be."""
        with self.change():
            for channel in self.channels.values():
                if channel.is_im and channel.user == user_id:
                    return channel
            channel = Channel(
                "D" + user_id[1:],
                is_im=True,
                user=user_id,
                is_private=True,
                members={user_id, self.bot_user_id},
            )
            self.channels[channel.id] = channel
            return channel

    def message(self, channel_id: str, ts: str) -> Message | None:
        with self.lock:
            message = self._by_ts.get((channel_id, ts))
            return message if message and not message.deleted else None

    def ever_posted(self, channel_id: str, ts: str) -> Message | None:
        """Return a message though it may be deleted; its thread goes on."""
        with self.lock:
            return self._by_ts.get((channel_id, ts))

    def replies(self, parent: Message) -> list[Message]:
        """Return a thread's answers, oldest first, without the message they answer."""
        with self.lock:
            answers = self._threads.get((parent.channel, parent.ts), [])
            return [m for m in answers if not m.deleted and m.ephemeral_to is None]

    def open_view(self, view_id: str) -> OpenView | None:
        """Return a view that somebody has before them, the home tab included."""
        with self.lock:
            every = [v for stack in self.stacks.values() for v in stack] + list(self.homes.values())
            return next((v for v in every if v.id == view_id), None)

    # --- minting

    def next_ts(self) -> str:
        """Return a time stamp of Slack's kind: unique, and later than all before it."""
        with self.lock:
            self._last_ts = max(self._last_ts + 100, int(self.now() * 1e6) // 100 * 100)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_hash(self) -> str:
        return f"{int(real_time())}.{uuid.uuid4().hex[:8]}"

    def new_id(self, letter: str) -> str:
        return letter + uuid.uuid4().hex[:10].upper()

    def new_trigger(self, user_id: str, view_id: str | None = None) -> str:
        with self.lock:
            trigger_id = f"{uuid.uuid4().int % 10**13}.{uuid.uuid4().int % 10**12}.{uuid.uuid4().hex}"
            self.triggers[trigger_id] = Trigger(user_id, self.stopwatch(), view_id)
            return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Use a trigger up, or refuse as Slack does."""
        with self.lock:
            trigger = self.triggers.get(trigger_id)
            if trigger is None:
                raise Refusal("invalid_trigger_id")
            if trigger.used:
                raise Refusal("exchanged_trigger_id")
            if self.stopwatch() - trigger.born > TRIGGER_LASTS:
                raise Refusal("expired_trigger_id")
            trigger.used = True
            return trigger

    def new_response_url(
        self, user_id: str, channel_id: str, ts: str | None, *, kind: str = "actions"
    ) -> str:
        with self.lock:
            secret = f"{self.team_id}/{uuid.uuid4().int % 10**13}/{uuid.uuid4().hex[:24]}"
            self.response_urls[secret] = ResponseUrl(user_id, channel_id, ts, self.stopwatch())
            return f"{self.url}/{kind}/{secret}"

    # --- messages

    def put(self, message: Message) -> Message:
        """Add a message, with a time stamp of its own, and remember how it read."""
        with self.change():
            message.ts = self.next_ts()
            message.versions.append(Version(message.ts, message.text, message.blocks, message.metadata))
            self.posted.setdefault(message.channel, []).append(message)
            self._by_ts[message.channel, message.ts] = message
            if message.thread_ts:
                self._threads.setdefault((message.channel, message.thread_ts), []).append(message)
            return message

    def revise(self, message: Message, text: str, blocks: list[dict[str, object]]) -> None:
        """Change what a message says; its earlier versions are kept."""
        with self.change():
            message.text, message.blocks = text, blocks
            message.versions.append(Version(self.next_ts(), text, blocks, message.metadata))
            for chosen in message.state.values():
                chosen.clear()
