"""What a workspace is made of: people, conversations, messages, open views, and what was sent to the bot.

Mutable on purpose, and guarded by the workspace's lock: whoever reads while the bot works should hold it,
or read the copies which the workspace hands out.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["command", "interactive", "options", "event"]


class NotThere(LookupError):
    """The person cannot see, and so cannot use, what a test or the page asked them to use."""


class NotSubmittable(ValueError):
    """Slack's own client would not send this form; ``errors`` says why, block by block."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{block}: {text}" for block, text in errors.items()))
        self.errors = errors


class Refusal(Exception):
    """Slack's answer is no: ``error`` is the code, ``extra`` whatever else the answer carries."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra


@dataclass(slots=True)
class User:
    """Somebody with an account; an outsider (Slack Connect) has another ``team_id`` than the workspace."""

    id: str
    team_id: str
    name: str
    real_name: str
    email: str
    is_bot: bool = False
    is_restricted: bool = False  #: a guest, in several channels
    is_ultra_restricted: bool = False  #: a guest, in one channel
    deleted: bool = False
    tz: str = "Europe/Berlin"


@dataclass(slots=True)
class Channel:
    """A conversation: public, private, or (``is_im``, with ``user``) a direct one between somebody and the bot."""

    id: str
    name: str = ""
    topic: str = ""
    is_private: bool = False
    is_im: bool = False
    user: str | None = None
    is_ext_shared: bool = False
    is_archived: bool = False
    members: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Usergroup:
    """A handle which stands for several people."""

    id: str
    handle: str
    users: list[str]
    disabled: bool = False


@dataclass(slots=True)
class File:
    """Something that was handed in; nobody sees it before it is ``completed``."""

    id: str
    name: str
    title: str
    mimetype: str
    length: int
    alt: str = ""
    secret: str = ""  #: of the address its bytes are taken at
    data: bytes = b""
    completed: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """How a message once read; ``at`` is the time stamp of that posting or edit."""

    at: str
    text: str
    blocks: list[Json]
    metadata: Json | None


@dataclass(slots=True)
class Message:
    """A message as it reads now; ``versions`` holds all it ever said, the present one last."""

    channel: str
    ts: str
    text: str
    user: str | None = None
    bot: str | None = None
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    edited: Json | None = None  #: what Slack shows as "(edited)"; a change of blocks leaves it unset
    versions: list[Version] = field(default_factory=list)
    deleted: bool = False
    files: list[File] = field(default_factory=list)
    state: dict[str, Json] = field(default_factory=dict)  #: person → what they selected in it


@dataclass(slots=True)
class OpenView:
    """A modal, or the home tab, as one person has it before them; ``errors`` come from the last submission."""

    id: str
    hash: str
    user_id: str
    view: Json
    root_id: str
    previous_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    state: Json = field(default_factory=dict)  #: block_id → action_id → value, as in ``state.values``
    suggested: dict[str, list[Json]] = field(default_factory=dict)  #: action_id → options offered last


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The very bytes that went to the bot (for Socket Mode: the envelope), so that they can go again."""

    kind: Kind
    payload: Json
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of something a person did.

    ``ok``: the bot answered in time and Slack could use the answer.  ``seen`` is what Slack shows the person
    otherwise, ``error`` Slack's code for it.  ``status`` is None over Socket Mode, where nobody answered, and where
    nothing had to be sent (then ``sent`` is None too).
    """

    ok: bool
    status: int | None = None
    body: Any = None
    seen: str | None = None
    error: str | None = None
    sent: Outgoing | None = None
