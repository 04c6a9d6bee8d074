"""Block Kit's limits, refused as Slack refuses them.

Two answers exist: a message is refused with ``invalid_blocks``, a view with ``invalid_arguments``; both say in
``response_metadata.messages`` what is wrong and where.
"""

import copy
import json
import uuid
from collections.abc import Iterator
from typing import Any

from sandbox.slack.checks import (
    Check,
    Faults,
    anything,
    array,
    boolean,
    both,
    fault,
    fields,
    kinds,
    marked,
    plain,
    string,
)
from sandbox.slack.elements import IMAGE_ELEMENT, IN_ACTIONS, IN_INPUT, IN_SECTION, TYPE
from sandbox.slack.model import Json, Refusal

BLOCK = {"block_id": string(255, least=1)}
MOST_IN_MESSAGE = 50
MOST_IN_VIEW = 100
MOST_TEXT_IN_BLOCKS = 13_200  #: of all blocks of a message together; not documented, but known from practice
LARGEST_VIEW = 250_000


def _says_something(section: Any, where: str, faults: Faults) -> None:
    if "text" not in section and "fields" not in section:
        fault(faults, "must provide either text or fields", where)


def _has_a_source(image: Any, where: str, faults: Faults) -> None:
    if ("image_url" in image) == ("slack_file" in image):
        fault(faults, "must provide either image_url or slack_file", where)


RICH_TEXT_PARTS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")

EVERYWHERE: dict[str, Check] = {
    "actions": fields(TYPE | {"elements": array(IN_ACTIONS, 25, least=1)}, BLOCK),
    "context": fields(
        TYPE
        | {
            "elements": array(
                kinds(
                    {"image": both(IMAGE_ELEMENT, _has_a_source), "plain_text": plain(), "mrkdwn": marked()}
                ),
                10,
                least=1,
            )
        },
        BLOCK,
    ),
    "divider": fields(TYPE, BLOCK),
    "header": fields(TYPE | {"text": plain(150)}, BLOCK),
    "image": both(
        fields(
            TYPE | {"alt_text": string(2000, least=1)},
            BLOCK | {"image_url": string(3000), "slack_file": anything, "title": plain(2000)},
        ),
        _has_a_source,
    ),
    "input": fields(
        TYPE | {"label": plain(2000), "element": IN_INPUT},
        BLOCK | {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "section": both(
        fields(
            TYPE,
            BLOCK
            | {
                "text": marked(3000),
                "fields": array(marked(2000), 10, least=1),
                "accessory": IN_SECTION,
                "expand": boolean,
            },
        ),
        _says_something,
    ),
    "rich_text": fields(
        TYPE | {"elements": array(kinds(dict.fromkeys(RICH_TEXT_PARTS, anything)), least=1)}, BLOCK
    ),
    "video": fields(
        TYPE | {"alt_text": string(), "thumbnail_url": string(), "title": plain(199), "video_url": string()},
        BLOCK
        | {
            "author_name": string(49),
            "description": plain(199),
            "provider_icon_url": string(),
            "provider_name": string(),
            "title_url": string(),
        },
    ),
}
IN_MESSAGES_ONLY: dict[str, Check] = {
    "markdown": fields(TYPE | {"text": string(12_000, least=1)}, BLOCK),
    "table": fields(
        TYPE | {"rows": array(array(anything, 20), 100, least=1)},
        BLOCK | {"column_settings": array(anything, 20)},
    ),
    "file": fields(TYPE | {"external_id": string(), "source": string()}, BLOCK),
}

MESSAGE_BLOCKS = array(kinds(EVERYWHERE | IN_MESSAGES_ONLY), MOST_IN_MESSAGE)
VIEW_BLOCKS = array(kinds(EVERYWHERE), MOST_IN_VIEW)
VIEW_EXTRAS: dict[str, Check] = {
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
MODAL = fields(
    TYPE | {"title": plain(24), "blocks": VIEW_BLOCKS},
    VIEW_EXTRAS
    | {
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
HOME = fields(TYPE | {"blocks": VIEW_BLOCKS}, VIEW_EXTRAS)


def interactive(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Walk over the elements with an action_id, each with the block it stands in."""
    for block in blocks:
        parts = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for part in parts:
            if block["type"] in ("actions", "section", "input") and part and part["type"] != "image":
                yield block, part


def _distinct(blocks: list[Json], where: str, faults: Faults) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            fault(faults, f"duplicate block_id: {block_id}", f"{where}/{index}/block_id")
        if block_id:
            seen.add(block_id)
        ids = [e["action_id"] for _, e in interactive([block]) if "action_id" in e]
        for twice in {i for i in ids if ids.count(i) > 1}:
            fault(faults, f"duplicate action_id: {twice}", f"{where}/{index}")
    if sum(bool(e.get("focus_on_load")) for _, e in interactive(blocks)) > 1:
        fault(faults, "only one element may have focus_on_load", where)


def message_faults(blocks: Any) -> Faults:
    """Return what Slack would say against these blocks of a message."""
    faults: Faults = []
    MESSAGE_BLOCKS(blocks, "/blocks", faults)
    if not faults:
        _distinct(blocks, "/blocks", faults)
    return faults


def view_faults(view: Any, *kind: str) -> Faults:
    """Return what Slack would say against this view, which must be of the kind given."""
    faults: Faults = []
    kinds({name: check for name, check in (("modal", MODAL), ("home", HOME)) if name in kind})(
        view, "/view", faults
    )
    if faults:
        return faults
    _distinct(view["blocks"], "/view/blocks", faults)
    if view["type"] == "modal" and "submit" not in view and any(b["type"] == "input" for b in view["blocks"]):
        fault(faults, "missing required field: submit", "/view")
    return faults


def _texts(it: Any) -> Iterator[str]:
    if isinstance(it, list):
        for item in it:
            yield from _texts(item)
    elif isinstance(it, dict):
        for name, item in it.items():
            if name == "text" and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)


def for_message(blocks: Any) -> list[Json]:
    """Return the blocks with all ids filled in, or refuse them."""
    faults = message_faults(blocks)
    if faults:
        messages = [f"[ERROR] {one}" for one in faults]
        raise Refusal("invalid_blocks", errors=faults, response_metadata={"messages": messages})
    if sum(map(len, _texts(blocks))) > MOST_TEXT_IN_BLOCKS:
        raise Refusal("msg_blocks_too_long")
    return identified(blocks)


def for_view(view: Any, *kind: str) -> Json:
    """Return the view with all ids filled in, or refuse it."""
    if len(json.dumps(view)) > LARGEST_VIEW:
        raise Refusal("view_too_large")
    faults = view_faults(view, *kind)
    if faults:
        raise Refusal(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in faults]}
        )
    return {**view, "blocks": identified(view["blocks"])}


def identified(blocks: list[Json]) -> list[Json]:
    """Return a copy in which every block and every element that acts has an id."""
    blocks = copy.deepcopy(blocks)
    for block in blocks:
        block.setdefault("block_id", uuid.uuid4().hex[:8])
    for _, element in interactive(blocks):
        element.setdefault("action_id", uuid.uuid4().hex[:8])
    return blocks
