"""What people enter into elements: plain Python values on this side, Slack's ``state.values`` on the other.

Slack's client checks a form before it sends it; ``faults`` says what it would say, block by block.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.slack.blocks import interactive
from sandbox.slack.elements import options_of
from sandbox.slack.model import Json, NotThere, OpenView

#: element type → (field of its value, field of its initial value)
FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}
EXTERNAL = ("external_select", "multi_external_select")
REQUIRED = "Please complete this required field."


@dataclass(frozen=True, slots=True)
class Found:
    """An element, and the block it stands in."""

    block: Json
    element: Json


def find(blocks: list[Json], action_id: str, block_id: str | None = None) -> Found:
    """Return the first element with this action_id (in this block, if one is named)."""
    for block, element in interactive(blocks):
        if element["action_id"] == action_id and block_id in (None, block["block_id"]):
            return Found(block, element)
    raise NotThere(f"nothing with action_id {action_id} is to be seen")


def initial(element: Json) -> Json | None:
    """Return an element's value before anybody touched it; None if it is of a kind without values."""
    kind = element["type"]
    if kind not in FIELDS:
        return None
    name, first = FIELDS[kind]
    return {"type": kind, name: copy.deepcopy(element.get(first, [] if name.endswith("s") else None))}


def state_of(blocks: list[Json], before: Json | None = None) -> Json:
    """Return ``state.values`` for these blocks; what was entered before survives under the same ids."""
    values: Json = {}
    for block, element in interactive(blocks):
        value = initial(element)
        if value is None:
            continue
        kept = (before or {}).get(block["block_id"], {}).get(element["action_id"])
        if kept and kept["type"] == element["type"]:
            value = kept
        values.setdefault(block["block_id"], {})[element["action_id"]] = value
    return values


def value_of(element: Json, plain: Any, suggested: list[Json] | None = None) -> Json:
    """Translate a plain Python value into what Slack would keep for this element."""
    kind = element["type"]
    if kind not in FIELDS:
        raise NotThere(f"a {kind} takes no value")
    name = FIELDS[kind][0]
    value: Any = plain
    if name == "value":
        value = str(plain) if plain not in (None, "") else None
    elif name == "selected_option":
        value = _option(element, plain, suggested) if plain is not None else None
    elif name == "selected_options":
        value = [_option(element, one, suggested) for one in plain or []]
    elif name.endswith("s"):
        value = list(plain or [])
    elif name == "selected_date_time":
        value = int(plain) if plain is not None else None
    return {"type": kind, name: value}


def _option(element: Json, chosen: Any, suggested: list[Json] | None) -> Json:
    offered = options_of(element) + list(suggested or [])
    offered += (
        [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    )
    for option in offered:
        if option["value"] == chosen:
            return copy.deepcopy(option)
    raise NotThere(f"{chosen!r} is not offered; there are {[option['value'] for option in offered]}")


def chosen_option(element: Json, chosen: Any) -> Json:
    """Return the option of an overflow menu."""
    return _option(element, chosen, None)


def fill_in(view: OpenView, values: dict[str, Any]) -> None:
    """Enter plain values, addressed by action_id or by block_id."""
    for key, plain in values.items():
        found = _addressed(view.view["blocks"], key)
        enter(view, found, plain)


def enter(view: OpenView, found: Found, plain: Any) -> Json:
    """Enter one plain value; returns it as Slack keeps it."""
    block_id, action_id = found.block["block_id"], found.element["action_id"]
    value = value_of(found.element, plain, view.suggested.get(action_id))
    view.state[block_id] = {**view.state.get(block_id, {}), action_id: value}
    return value


def _addressed(blocks: list[Json], key: str) -> Found:
    valued = [Found(b, e) for b, e in interactive(blocks) if e["type"] in FIELDS]
    for found in valued:
        if found.element["action_id"] == key:
            return found
    for found in valued:
        if found.block["block_id"] == key:
            return found
    raise NotThere(f"the form has no field {key}; it has {[f.element['action_id'] for f in valued]}")


def faults(view: OpenView) -> dict[str, str]:
    """Return what Slack's client says against a form as it is filled in now, by block_id."""
    said: dict[str, str] = {}
    for block, element in interactive(view.view["blocks"]):
        if element["type"] not in FIELDS:
            continue
        value = view.state[block["block_id"]][element["action_id"]][FIELDS[element["type"]][0]]
        fault = _fault(block, element, value)
        if fault:
            said[block["block_id"]] = fault
    return said


def _fault(block: Json, element: Json, value: Any) -> str | None:
    if value in (None, "", []) or (isinstance(value, str) and not value.strip()):
        wanted = block["type"] == "input" and not block.get("optional", False)
        return REQUIRED if wanted else None
    if isinstance(value, list) and len(value) > element.get("max_selected_items", len(value)):
        return f"Select at most {element['max_selected_items']}."
    check = FAULTS.get(element["type"])
    return check(element, value) if check else None


def _email_fault(_: Json, value: str) -> str | None:
    return None if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) else "Enter a valid email address."


def _url_fault(_: Json, value: str) -> str | None:
    return None if re.fullmatch(r"[a-z][a-z0-9+.-]*://\S+", value) else "Enter a valid URL."


def _length_fault(element: Json, value: str) -> str | None:
    if len(value) < element.get("min_length", 0):
        return f"Enter at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"Enter at most {element.get('max_length', 3000)} characters."
    return None


def _number_fault(element: Json, value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Enter a number."
    if float(value) < float(element.get("min_value", "-inf")):
        return f"Enter at least {element['min_value']}."
    if float(value) > float(element.get("max_value", "inf")):
        return f"Enter at most {element['max_value']}."
    return None


FAULTS: dict[str, Callable[[Json, str], str | None]] = {
    "plain_text_input": _length_fault,
    "number_input": _number_fault,
    "email_text_input": _email_fault,
    "url_text_input": _url_fault,
}
