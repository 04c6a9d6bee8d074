"""Block Kit's elements: what each may hold, and which may stand where."""

from typing import Any

from sandbox.slack.checks import (
    Check,
    Faults,
    anything,
    array,
    boolean,
    both,
    choice,
    fault,
    fields,
    integer,
    kinds,
    marked,
    plain,
    string,
)

ACTION = {"action_id": string(255, least=1)}
CONFIRM = {
    "confirm": fields(
        {"text": marked(300)},
        {"title": plain(100), "confirm": plain(30), "deny": plain(30), "style": choice("primary", "danger")},
    )
}
FOCUS: dict[str, Check] = {"focus_on_load": boolean}
PLACEHOLDER = {"placeholder": plain(150)}
DISPATCH = {
    "dispatch_action_config": fields(
        {}, {"trigger_actions_on": array(choice("on_enter_pressed", "on_character_entered"))}
    )
}
MENU = ACTION | CONFIRM | FOCUS | PLACEHOLDER
TYPE = {"type": string()}


def _option(text: Check, description: Check, *, url: bool = False) -> Check:
    extra = {"description": description} | ({"url": string(3000)} if url else {})
    return fields({"text": text, "value": string(75, least=1)}, extra)


PLAIN_OPTION = _option(plain(75), plain(75))
RICH_OPTION = _option(marked(75), plain(75))
OVERFLOW_OPTION = _option(plain(75), plain(75), url=True)
OPTIONS = array(PLAIN_OPTION, 100, least=1)
OPTION_GROUPS = array(fields({"label": plain(75), "options": OPTIONS}), 100, least=1)


def options_of(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the options an element offers, those in groups included."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return list(element.get("options", [])) + grouped


def _offers_its_initial(element: Any, where: str, faults: Faults) -> None:
    if ("options" in element) == ("option_groups" in element):
        fault(faults, "must provide either options or option_groups", where)
    _initial_is_offered(element, where, faults)


def _initial_is_offered(element: Any, where: str, faults: Faults) -> None:
    initial = element.get("initial_options", [])
    initial = list(initial) if isinstance(initial, list) else []
    if "initial_option" in element:
        initial.append(element["initial_option"])
    if any("value" not in option for option in initial if isinstance(option, dict)):
        return  # said elsewhere
    try:
        offered = options_of(element)
    except (KeyError, TypeError, AttributeError):
        return  # said elsewhere
    for option in initial:
        if option not in offered:
            fault(faults, "initial option must be among the options", where)
    values = [str(option.get("value")) for option in offered if isinstance(option, dict)]
    if len(set(values)) != len(values):
        fault(faults, "option values must be unique", where)


def _bounds(least: str, most: str) -> Check:
    def check(element: Any, where: str, faults: Faults) -> None:
        try:
            low, high = float(element.get(least, "-inf")), float(element.get(most, "inf"))
        except (TypeError, ValueError):
            return  # said elsewhere
        if low > high:
            fault(faults, f"{least} must not be greater than {most}", where)

    return check


SELECT_OPTIONS: dict[str, Check] = {"options": OPTIONS, "option_groups": OPTION_GROUPS}
CONVERSATIONS: dict[str, Check] = {
    "default_to_current_conversation": boolean,
    "response_url_enabled": boolean,
    "filter": fields(
        {},
        {
            "include": array(choice("im", "mpim", "private", "public"), least=1),
            "exclude_external_shared_channels": boolean,
            "exclude_bot_users": boolean,
        },
    ),
}
MANY: dict[str, Check] = {"max_selected_items": integer(1)}

BUTTON = fields(
    TYPE | {"text": plain(75)},
    ACTION
    | CONFIRM
    | {
        "url": string(3000),
        "value": string(2000),
        "style": choice("primary", "danger"),
        "accessibility_label": string(75),
    },
)
IMAGE_ELEMENT = fields(
    TYPE | {"alt_text": string(2000, least=1)}, {"image_url": string(3000), "slack_file": anything}
)

#: elements that choose: these may stand in actions, sections and inputs
CHOOSING: dict[str, Check] = {
    "static_select": both(
        fields(TYPE, MENU | SELECT_OPTIONS | {"initial_option": PLAIN_OPTION}), _offers_its_initial
    ),
    "multi_static_select": both(
        fields(TYPE, MENU | SELECT_OPTIONS | MANY | {"initial_options": OPTIONS}), _offers_its_initial
    ),
    "external_select": fields(TYPE, MENU | {"initial_option": PLAIN_OPTION, "min_query_length": integer(0)}),
    "multi_external_select": fields(
        TYPE, MENU | MANY | {"initial_options": OPTIONS, "min_query_length": integer(0)}
    ),
    "users_select": fields(TYPE, MENU | {"initial_user": string()}),
    "multi_users_select": fields(TYPE, MENU | MANY | {"initial_users": array(string())}),
    "conversations_select": fields(TYPE, MENU | CONVERSATIONS | {"initial_conversation": string()}),
    "multi_conversations_select": fields(
        TYPE, MENU | MANY | CONVERSATIONS | {"initial_conversations": array(string())}
    ),
    "channels_select": fields(TYPE, MENU | {"initial_channel": string(), "response_url_enabled": boolean}),
    "multi_channels_select": fields(TYPE, MENU | MANY | {"initial_channels": array(string())}),
    "radio_buttons": both(
        fields(
            TYPE | {"options": array(RICH_OPTION, 10, least=1)},
            ACTION | CONFIRM | FOCUS | {"initial_option": RICH_OPTION},
        ),
        _initial_is_offered,
    ),
    "checkboxes": both(
        fields(
            TYPE | {"options": array(RICH_OPTION, 10, least=1)},
            ACTION | CONFIRM | FOCUS | {"initial_options": array(RICH_OPTION, 10, least=1)},
        ),
        _initial_is_offered,
    ),
    "datepicker": fields(TYPE, MENU | {"initial_date": string(pattern=r"\d{4}-\d\d-\d\d")}),
    "timepicker": fields(TYPE, MENU | {"initial_time": string(pattern=r"\d\d:\d\d"), "timezone": string()}),
}
DATETIME: dict[str, Check] = {
    "datetimepicker": fields(
        TYPE, ACTION | CONFIRM | FOCUS | {"initial_date_time": integer(10**9, 10**10 - 1)}
    )
}
PRESSING: dict[str, Check] = {
    "button": BUTTON,
    "overflow": fields(TYPE | {"options": array(OVERFLOW_OPTION, 5, least=1)}, ACTION | CONFIRM),
    "workflow_button": fields(
        TYPE | {"text": plain(75), "workflow": anything},
        ACTION | {"style": choice("primary", "danger"), "accessibility_label": string(75)},
    ),
}
TYPING_FIELDS = ACTION | FOCUS | PLACEHOLDER | DISPATCH
TYPING: dict[str, Check] = {
    "plain_text_input": both(
        fields(
            TYPE,
            TYPING_FIELDS
            | {
                "initial_value": string(3000),
                "multiline": boolean,
                "min_length": integer(0, 3000),
                "max_length": integer(1, 3000),
            },
        ),
        _bounds("min_length", "max_length"),
    ),
    "email_text_input": fields(TYPE, TYPING_FIELDS | {"initial_value": string()}),
    "url_text_input": fields(TYPE, TYPING_FIELDS | {"initial_value": string()}),
    "number_input": both(
        fields(
            TYPE | {"is_decimal_allowed": boolean},
            TYPING_FIELDS
            | {
                name: string(pattern=r"-?\d+(\.\d+)?") for name in ("initial_value", "min_value", "max_value")
            },
        ),
        _bounds("min_value", "max_value"),
    ),
    "rich_text_input": fields(TYPE, TYPING_FIELDS | {"initial_value": anything}),
    "file_input": fields(TYPE, ACTION | {"filetypes": array(string()), "max_files": integer(1, 10)}),
}

IN_ACTIONS = kinds(CHOOSING | DATETIME | PRESSING | {"rich_text_input": TYPING["rich_text_input"]})
IN_SECTION = kinds(CHOOSING | PRESSING | {"image": IMAGE_ELEMENT})
IN_INPUT = kinds(CHOOSING | DATETIME | TYPING)
