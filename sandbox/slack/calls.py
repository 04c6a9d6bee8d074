"""One call of the Web API: its arguments in whichever form they came, and the rules all methods share."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.slack.model import Channel, Json, Refusal, User

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Item = TypeVar("Item")


def invalid(*messages: str) -> Refusal:
    return Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] {m}" for m in messages]})


async def arguments(request: Request) -> Json:
    """Read query, form and JSON body alike."""
    given: Json = dict(parse_qsl(request.url.query, keep_blank_values=True))
    body = await request.body()
    if not body:
        return given
    if "json" not in request.headers.get("content-type", ""):
        return given | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    try:
        sent = json.loads(body)
    except ValueError as error:
        raise Refusal("invalid_json") from error
    if not isinstance(sent, dict):
        raise Refusal("json_not_object")
    return given | sent


@dataclass(frozen=True, slots=True)
class Call:
    """What a method is asked, and the workspace it asks."""

    workspace: "Workspace"
    given: Json
    url: str  #: where the stand-in was reached

    def text(self, name: str) -> str | None:
        value = self.given.get(name)
        if value is None or value == "":
            return None
        return value if isinstance(value, str) else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise invalid(f"missing required field: {name}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.given.get(name)
        if value is None or value == "":
            return default
        return str(value).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        value = self.given.get(name)
        if value is None or value == "":
            return default
        try:
            number = int(value)
        except (TypeError, ValueError) as error:
            raise Refusal("invalid_limit") from error
        if number < 0:
            raise Refusal("invalid_limit")
        return min(number, most) or default

    def structure(self, name: str, error: str) -> Any:
        """Return an argument that is JSON, whether it came as such or as a string; None if it is not given."""
        value = self.given.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as problem:
            raise Refusal(error) from problem

    # --- rules

    def need(self, scope: str) -> None:
        granted = self.workspace.scopes
        if scope not in granted:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(granted)))

    def person(self, name: str = "user") -> User:
        user = self.workspace.users.get(self.required(name))
        if user is None:
            raise Refusal("user_not_found")
        return user

    def channel(self, *, right: str, member: bool = True) -> Channel:
        """Return the channel asked for, if the app may know it; ``right`` is the scope's end, such as ``read``."""
        channel = self.workspace.channels.get(self.required("channel"))
        if channel is None:
            raise Refusal("channel_not_found")
        self.need(f"{family(channel)}:{right}")
        self.reachable(channel, member=member)
        return channel

    def reachable(self, channel: Channel, *, member: bool = True) -> None:
        """Refuse a channel the bot is not in; a private one is not even acknowledged."""
        if self.workspace.bot_user_id in channel.members:
            return
        if channel.is_private:
            raise Refusal("channel_not_found")
        if member:
            raise Refusal("not_in_channel")

    def page(self, items: list[Item], *, default: int, most: int = 1000) -> tuple[list[Item], str]:
        """Return the page the caller is at, and the cursor of the next one ("" at the end)."""
        limit = self.number("limit", default, most)
        start = _offset(self.text("cursor"))
        if start > len(items):
            raise Refusal("invalid_cursor")
        end = start + limit
        following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
        return items[start:end], following


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        start = int(number)
    except (binascii.Error, ValueError) as error:
        raise Refusal("invalid_cursor") from error
    if word != "next" or start < 0:
        raise Refusal("invalid_cursor")
    return start


def family(channel: Channel) -> str:
    """Return the first half of the scopes for such a channel."""
    if channel.is_im:
        return "im"
    return "groups" if channel.is_private else "channels"
