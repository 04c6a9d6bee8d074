"""Small checks that add up to Block Kit's rules; each says what is wrong and where, in Slack's words.

A check appends to ``faults`` and goes on, so that one answer names everything that is wrong.
"""

import re
from collections.abc import Callable
from typing import Any

Faults = list[str]
Check = Callable[[Any, str, Faults], None]


def fault(faults: Faults, what: str, where: str) -> None:
    faults.append(f"{what} [json-pointer:{where}]")


def counted(text: str, *, mrkdwn: bool) -> int:
    """Return a text's length as Slack counts it: after escaping, but nothing is escaped twice."""
    text = re.sub(r"&(?!(?:amp|lt|gt);)", "&amp;", text)
    return len(text) if mrkdwn else len(text.replace("<", "&lt;").replace(">", "&gt;"))


def string(most: int | None = None, *, least: int = 0, pattern: str | None = None) -> Check:
    def check(value: Any, where: str, faults: Faults) -> None:
        if not isinstance(value, str):
            fault(faults, "must provide a string", where)
        elif len(value) < least:
            fault(faults, f"must be more than {least - 1} characters", where)
        elif most is not None and len(value) > most:
            fault(faults, f"must be less than {most + 1} characters", where)
        elif pattern and not re.fullmatch(pattern, value):
            fault(faults, "invalid format", where)

    return check


def boolean(value: Any, where: str, faults: Faults) -> None:
    if not isinstance(value, bool):
        fault(faults, "must provide a boolean", where)


def integer(least: int, most: int | None = None) -> Check:
    def check(value: Any, where: str, faults: Faults) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            fault(faults, "must provide an integer", where)
        elif value < least or (most is not None and value > most):
            fault(faults, f"must be between {least} and {most}", where)

    return check


def choice(*allowed: str) -> Check:
    def check(value: Any, where: str, faults: Faults) -> None:
        if value not in allowed:
            fault(faults, f"value must be one of: {', '.join(allowed)}", where)

    return check


def array(of: Check, most: int | None = None, *, least: int = 0) -> Check:
    def check(value: Any, where: str, faults: Faults) -> None:
        if not isinstance(value, list):
            fault(faults, "must provide an array", where)
            return
        if len(value) < least:
            fault(faults, f"no fewer than {least} items allowed", where)
        if most is not None and len(value) > most:
            fault(faults, f"no more than {most} items allowed", where)
        for index, item in enumerate(value):
            of(item, f"{where}/{index}", faults)

    return check


def anything(value: Any, where: str, faults: Faults) -> None:
    """Accept whatever it is; Slack's rules for it are not known here."""


def fields(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """Check an object that must have the required fields, and no others than these and the optional ones."""
    known = required | (optional or {})

    def check(value: Any, where: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            fault(faults, "must provide an object", where)
            return
        for name in required:
            if name not in value:
                fault(faults, f"missing required field: {name}", where)
        for name, part in value.items():
            if name in known:
                known[name](part, f"{where}/{name}", faults)
            else:
                fault(faults, f"invalid additional property: {name}", where)

    return check


def kinds(allowed: dict[str, Check]) -> Check:
    """Check an object by its ``type``, one of those allowed in this place."""

    def check(value: Any, where: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            fault(faults, "must provide an object", where)
        elif "type" not in value:
            fault(faults, "missing required field: type", where)
        elif not isinstance(value["type"], str) or value["type"] not in allowed:
            fault(faults, f"unsupported type: {value['type']}", f"{where}/type")
        else:
            allowed[value["type"]](value, where, faults)

    return check


def both(*checks: Check) -> Check:
    def check(value: Any, where: str, faults: Faults) -> None:
        for one in checks:
            one(value, where, faults)

    return check


def plain(most: int = 3000) -> Check:
    """Check a plain_text object."""
    return kinds({"plain_text": _text(most, mrkdwn=False)})


def marked(most: int = 3000) -> Check:
    """Check a text object of either kind."""
    return kinds({"plain_text": _text(most, mrkdwn=False), "mrkdwn": _text(most, mrkdwn=True)})


def _text(most: int, *, mrkdwn: bool) -> Check:
    def length(value: Any, where: str, faults: Faults) -> None:
        text = value.get("text")
        if isinstance(text, str) and counted(text, mrkdwn=mrkdwn) > most:
            fault(faults, f"must be less than {most + 1} characters", f"{where}/text")

    extra: dict[str, Check] = {"verbatim": boolean} if mrkdwn else {"emoji": boolean}
    return both(fields({"type": string(), "text": string(least=1)}, extra), length)
