"""What Jira's screens accept: the right fields, of the right types, with the required ones filled in."""

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sandbox.jira.world import Field, Json, Refusal

LONGEST_TEXT = 32_767
LONGEST_SUMMARY = 255
LONGEST_LINE = 255


@dataclass(frozen=True, slots=True)
class Screen:
    """The fields one account may set, and the accounts an issue may be given to."""

    fields: tuple[Field, ...]
    assignable: Collection[str] = ()


def judged(
    on: Screen, fields: Json, *, needs: Collection[str] = (), creating: bool = False
) -> dict[str, Json]:
    """Return the fields as they will be kept, or refuse with one message per field."""
    if not isinstance(fields, dict):
        raise Refusal(400, "Fields must be an object.")
    screen = {field.id: field for field in on.fields}
    errors = {
        name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        for name in fields
        if name not in screen
    }
    for name, field in screen.items():
        missing = fields.get(name) in (None, "", [])
        if ((creating and field.required) or name in needs) and missing:
            errors[name] = f"You must specify a {field.name.lower()} of the issue."
        elif (
            name in fields
            and fields[name] is not None
            and (wrong := _wrong(field, fields[name], on.assignable))
        ):
            errors[name] = wrong
    if errors:
        raise Refusal(400, **errors)
    return {name: value for name, value in fields.items() if name not in ("project", "issuetype")}


def _wrong(field: Field, value: Json, assignable: Collection[str]) -> str | None:
    kind = field.schema["type"]
    if kind == "user":
        return _wrong_person(value, assignable)
    if kind == "date":
        return _wrong_day(value)
    if kind == "array":
        return _wrong_list(field, value)
    if kind == "option":
        return _wrong_option(field, value)
    if kind == "number":
        return (
            None
            if isinstance(value, int | float) and not isinstance(value, bool)
            else "Specify a valid number."
        )
    if kind == "datetime":
        return _wrong_moment(value)
    if kind == "string":
        return _wrong_text(field, value)
    return None


def _wrong_list(field: Field, value: Json) -> str | None:
    if not isinstance(value, list):
        return "data was not an array"
    if field.schema.get("items") == "option":
        return next((wrong for item in value if (wrong := _wrong_option(field, item))), None)
    bad = [item for item in value if not isinstance(item, str) or " " in item or not item]
    return f"The label '{bad[0]}' contains spaces which is invalid." if bad else None


def _wrong_option(field: Field, value: Json) -> str | None:
    named = value.get("value") if isinstance(value, dict) else None
    if named not in field.allowed:
        return (
            f"Option value '{named}' is not valid"
            if named
            else "Specify a valid 'id' or 'name' for " + field.name
        )
    return None


def _wrong_moment(value: Json) -> str | None:
    try:
        datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return f"Operation value must be in the format: yyyy-MM-dd'T'HH:mm:ss.SSSZ, was '{value}'."
    return None


def _wrong_day(value: Json) -> str | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        with suppress(ValueError):
            date.fromisoformat(str(value))
            return None
    return f"Error parsing date string: {value}"


def _wrong_person(value: Json, assignable: Collection[str]) -> str | None:
    named = value.get("accountId") if isinstance(value, dict) else None
    if not isinstance(named, str):
        return "Specify a valid value for assignee"
    return None if named in assignable else f"User '{named}' cannot be assigned issues."


def _wrong_text(field: Field, value: Json) -> str | None:
    if not isinstance(value, str):
        return "Operation value must be a string"
    if field.id == "summary" and ("\n" in value or "\r" in value):
        return "The summary is invalid because it contains newline characters."
    if field.id == "summary" and len(value) > LONGEST_SUMMARY:
        return f"Summary must be less than {LONGEST_SUMMARY} characters."
    if str(field.schema.get("custom", "")).endswith(":textfield") and (
        len(value) > LONGEST_LINE or "\n" in value
    ):
        return f"The entered text is too long. It exceeds the allowed limit of {LONGEST_LINE} characters."
    return (
        "The entered text is too long. It exceeds the allowed limit." if len(value) > LONGEST_TEXT else None
    )
