"""What Slack sends, read once: from here on there are only our own words.

The one place of the product where a Slack payload is a ``dict`` of anything.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.ids import Form

Payload = Mapping[str, Any]
_FORMS: Mapping[object, Form] = {form.value: form for form in Form}

_CHANGE = re.compile(r"EC-\d{4}-\d{4,}")
_INCIDENT = re.compile(
    r"(?i:https?://[^\s|>]+/incidents?/[^\s|>]+|\binc(?:ident)?[-_]\d{1,8}\b)|\b(?!EC-)[A-Z]{2,10}-\d{1,8}\b"
)


@dataclass(frozen=True, slots=True)
class Clicker:
    """Who Slack says clicked; the team is the person's own, not the app's."""

    team: str
    user: str


def clicker(body: Payload) -> Clicker | None:
    """Return who is behind a payload, or ``None`` where nobody is (events of the workspace)."""
    user = body.get("user")
    if isinstance(user, Mapping):
        home = user.get("team_id") or (body.get("team") or {}).get("id") or ""
        return Clicker(str(home), str(user["id"]))
    if "user_id" in body:
        return Clicker(str(body.get("team_id") or ""), str(body["user_id"]))
    return None


def event_named(body: Payload) -> str:
    """Name the event of the workspace a payload tells of, empty if it tells of none."""
    event = body.get("event")
    return str(event.get("type") or "") if isinstance(event, Mapping) else ""


def delivery(body: Payload) -> str:
    """Name the delivery: a form by its view, other interactions by their trigger."""
    if body.get("type") == "view_submission":
        return f"slack:view:{body['view']['id']}"
    return f"slack:trigger:{body.get('trigger_id') or _fingerprint(body)}"


def attempt(body: Payload) -> str:
    """Name one submission of a form that may be submitted again after a refusal."""
    return f"slack:trigger:{body.get('trigger_id') or _fingerprint(body)}"


def _fingerprint(body: Payload) -> str:
    return hashlib.sha256(repr(sorted(body.items(), key=str)).encode()).hexdigest()[:32]


def place(body: Payload) -> str:
    """Return where a sentence for this person can be shown: ``channel:user``, or the user alone."""
    who = clicker(body)
    user = who.user if who else ""
    channel = (body.get("channel") or {}).get("id") if isinstance(body.get("channel"), Mapping) else None
    channel = channel or (body.get("container") or {}).get("channel_id") or body.get("channel_id")
    return f"{channel}:{user}" if channel else user


def button_value(body: Payload) -> str:
    """Return the opaque id a button carries; empty if it carries none."""
    actions = body.get("actions") or [{}]
    return str(actions[0].get("value") or "")


def metadata(body: Payload) -> str:
    """Return what a dialog was opened with: an opaque id, to be looked up again."""
    return str((body.get("view") or {}).get("private_metadata") or "")


def change_named(body: Payload) -> str:
    """Return the id of the change that a button or a dialog is about; empty if it is about none."""
    named = _CHANGE.match(button_value(body) or metadata(body))
    return named[0] if named else ""


def inside(body: Payload) -> Payload | None:
    """Return the dialog a click was made in; ``None`` for clicks on messages and on the Home tab."""
    view = body.get("view")
    return view if isinstance(view, Mapping) and view.get("type") == "modal" else None


def form(body: Payload) -> Form | None:
    """Return which dialog was submitted."""
    name = (body.get("view") or {}).get("callback_id")
    return _FORMS.get(name)


def typed(body: Payload) -> dict[str, str]:
    """Return what was typed or chosen, by block id; absent and empty are the same."""
    values = (body.get("view") or {}).get("state", {}).get("values", {})
    return {block: _value(next(iter(states.values()), {})) for block, states in values.items()}


def _value(state: Payload) -> str:
    chosen = state.get("selected_option")
    if isinstance(chosen, Mapping):
        return _whole(chosen.get("value"))
    return _whole(state.get("value") or state.get("selected_user") or state.get("selected_date"))


def _whole(text: object) -> str:
    """Drop lone surrogates, which JSON lets through and neither a database nor a digest can take."""
    return str(text or "").encode("utf-8", "ignore").decode()


def incident_in(*texts: str | None) -> str:
    """Find an incident's link or id in a channel's name or topic."""
    for text in texts:
        if text and (found := _INCIDENT.search(text)):
            return found.group(0).rstrip(").,;")
    return ""
