"""Judges recorded traffic with a vendor's own OpenAPI description.

A path, a status or a field the vendor does not describe is a violation; and so is silence.
"""

import json
import os
import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from sandbox.stand_in import Exchange

pytest.importorskip("openapi_core", reason="openapi-core is installed for the conformance tests alone")

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

HOST = "http://spec"
METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


def spec(name: str) -> Path:
    """Return the path of a vendor's description, or skip the test, saying what is missing."""
    folder = Path(os.environ.get("SPECS_DIR") or Path(__file__).parents[2].parent / "shared" / "specs")
    path = folder / name
    if not path.is_file():
        pytest.skip(f"the vendor's description {name} is not in {folder}; set SPECS_DIR to where it is")
    return path


def violations(spec_path: Path, exchanges: Iterable[Exchange]) -> list[str]:
    """Return one line per request or answer that the description does not allow."""
    api = _api(spec_path)
    kept = list(exchanges)
    return (
        [line for exchange in kept for line in _judged(api, exchange)]
        if kept
        else ["no traffic was recorded"]
    )


def _judged(api: OpenAPI, exchange: Exchange) -> list[str]:
    request, answer = _Request(exchange), _Answer(exchange)
    where = f"{exchange.method} {exchange.path} -> {exchange.status}"
    lines = []
    try:
        api.validate_request(request)
    except OpenAPIError as error:
        if type(error).__name__ != "SecurityValidationError":
            lines.append(f"{where}: request: {_reason(error)}")
    try:
        api.validate_response(request, answer)
    except OpenAPIError as error:
        lines.append(f"{where}: answer: {_reason(error)}")
    return lines


#: Parameters at the end of GitHub's paths that may hold slashes, which no template can say.
_SEVERAL = re.compile(r"^(/repos/[^/]+/[^/]+/(?:git/refs?|contents|branches|rules/branches|compare)/)(.+)$")


def _as_one(path: re.Match[str]) -> str:
    return path[1] + path[2].replace("/", "%2F")


class _Request:
    """A recorded request, as the checker wants to see it: every API at the same address."""

    def __init__(self, exchange: Exchange) -> None:
        self.host_url = HOST
        self.path = _SEVERAL.sub(_as_one, unquote(exchange.path))
        self.full_url_pattern = HOST + self.path
        self.method = exchange.method.lower()
        self.body = exchange.request_body or None
        kind = exchange.request_headers.get("content-type", "application/octet-stream")
        self.content_type = kind.split(";")[0]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(exchange.query, keep_blank_values=True)),
            header=Headers(list(exchange.request_headers.items())),
            cookie=ImmutableMultiDict(),
        )


class _Answer:
    """A recorded answer."""

    def __init__(self, exchange: Exchange) -> None:
        self.status_code = exchange.status
        self.data = exchange.response_body
        self.headers = Headers(list(exchange.response_headers.items()))
        self.content_type = exchange.response_headers.get("content-type", "").split(";")[0]


def _reason(error: Exception) -> str:
    cause = error.__cause__
    details = [str(e.message)[:200] for e in getattr(cause, "schema_errors", ())] or [
        str(cause or error)[:300]
    ]
    return f"{type(error).__name__}: {' | '.join(details)}"


@cache
def _api(path: Path) -> OpenAPI:
    """Load a description, with every server replaced: stand-ins live at another address."""
    document: dict[str, Any] = json.loads(path.read_text())
    document["servers"] = [{"url": HOST}]
    for operations in document["paths"].values():
        operations.pop("servers", None)
        for method, operation in operations.items():
            if method in METHODS:
                operation.pop("servers", None)
                _allow_silence(operation["responses"].values())
    config = Config(spec_validator_cls=None, extra_format_validators={"date-time": _moment})
    return OpenAPI.from_dict(document, config=config)


def _allow_silence(answers: Iterable[dict[str, Any]]) -> None:
    """Let an answer be empty where its body is described as anything at all: Jira means nothing by it."""
    for answer in answers:
        if not any(body.get("schema") for body in answer.get("content", {}).values()):
            answer.pop("content", None)


def _moment(value: object) -> bool:
    """Accept offsets without a colon too: Jira writes them so, and so do the examples in its description."""
    if not isinstance(value, str):
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None and "T" in value
    except ValueError:
        return False
