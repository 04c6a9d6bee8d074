"""What Jira's create screen wants: ids instead of names, and values in the form of their type.

Looked up once and kept; a field the administrator changes later needs a restart.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.jira_tickets.client import JiraConnection
from integrations.jira_tickets.markup import one_line, shortened
from workflows.errors import Declined

LONGEST_LINE = 255


@dataclass(frozen=True, slots=True)
class Screen:
    """The create screen of one issue type in one project."""

    project_id: str
    type_id: str
    fields: Mapping[str, Mapping[str, Any]]

    def value(self, name: str, field_id: str, plain: str) -> object:
        """Return a plain value in the form the field wants."""
        meta = self.fields.get(field_id)
        if meta is None:
            raise Declined(
                f"Jira's create screen has no field {field_id} (the policy's ticket field “{name}”); "
                "add it to the screen or correct [ticket] fields."
            )
        schema = meta.get("schema") or {}
        kind, custom = schema.get("type"), str(schema.get("custom", ""))
        if kind == "array":
            parts = [part.strip() for part in plain.split(",") if part.strip()]
            return [_listed(str(schema.get("items")), part, name, meta) for part in parts]
        if kind == "string" and custom.endswith(":textarea"):
            return shortened(plain)
        return _single(str(kind), plain, name, meta)


def _listed(items: str, part: str, name: str, meta: Mapping[str, Any]) -> object:
    return re.sub(r"\s+", "-", part) if items == "string" else _single(items, part, name, meta)


def _single(kind: str, plain: str, name: str, meta: Mapping[str, Any]) -> object:
    if kind == "string":
        return one_line(plain, LONGEST_LINE)
    if kind == "option":
        return {"value": _allowed(plain, name, meta, "value")}
    if kind in ("priority", "version", "component"):
        return {"name": _allowed(plain, name, meta, "name")}
    try:
        if kind == "number":
            return float(plain)
        if kind == "datetime":
            return _moment(plain)
        if kind == "date":
            return datetime.fromisoformat(plain).date().isoformat()
    except ValueError:
        raise Declined(
            f"Jira's field “{name}” is a {kind}, and “{plain}” is not one; correct the policy."
        ) from None
    raise Declined(
        f"Jira's field “{name}” is of type {kind}, which the bot cannot fill; choose another field."
    )


def _allowed(plain: str, name: str, meta: Mapping[str, Any], part: str) -> str:
    choices = [str(choice.get(part)) for choice in meta.get("allowedValues") or ()]
    for choice in choices:
        if choice.casefold() == plain.casefold():
            return choice
    if choices:
        raise Declined(f"Jira's field “{name}” does not offer “{plain}”; it offers {', '.join(choices)}.")
    return plain


def _moment(plain: str) -> str:
    at = datetime.fromisoformat(plain)
    if at.tzinfo is None:
        raise ValueError(plain)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000%z")


class Screens:
    """Reads the create screen when it is first needed, once for all threads."""

    def __init__(
        self, connection: JiraConnection, project: str, issue_type: str, where: str = "[ticket]"
    ) -> None:
        self._connection = connection
        self._project = project
        self._issue_type = issue_type
        self._where = where
        self._lock = threading.Lock()
        self._screen: Screen | None = None

    def get(self) -> Screen:
        """Return the screen; what cannot be resolved is said in one sentence."""
        with self._lock:
            if self._screen is None:
                self._screen = self._read()
            return self._screen

    def _read(self) -> Screen:
        found = self._connection.seek(f"/project/{self._project}")
        if not isinstance(found, dict) or "id" not in found:
            raise Declined(
                f"Jira has no project {self._project} that the bot's account may see; "
                f"correct {self._where} project or give the account Browse Projects."
            )
        kinds = self._connection.listed(f"/issue/createmeta/{self._project}/issuetypes", "issueTypes")
        names = {str(kind.get("name")): str(kind.get("id")) for kind in kinds}
        type_id = next((i for n, i in names.items() if n.casefold() == self._issue_type.casefold()), None)
        if type_id is None:
            raise Declined(
                f"Project {self._project} has no issue type “{self._issue_type}”, only {', '.join(names)}; "
                f"correct {self._where} issue_type."
            )
        path = f"/issue/createmeta/{self._project}/issuetypes/{type_id}"
        fields = self._connection.listed(path, "fields")
        return Screen(str(found["id"]), type_id, {str(f.get("fieldId") or f.get("key")): f for f in fields})
