"""How payloads reach the bot over HTTP: form-encoded or JSON, signed with the app's secret and the real time.

An answer counts if it comes within the limit and with a status of 2xx; anything else is shown to the person in
Slack's words, and nothing but an event is ever sent again.
"""

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx

from sandbox.slack.model import Delivered, Json, Kind, Outgoing
from sandbox.slack.state import real_time

FORM = "application/x-www-form-urlencoded"
TROUBLE = "We had some trouble connecting. Try again?"
TIMED_OUT = "Operation timed out. Apps need to respond within 3 seconds."


class Door(Protocol):
    """A way to the bot."""

    def deliver(self, kind: Kind, payload: Json, command: str | None = None) -> Delivered: ...

    def again(self, sent: Outgoing, reason: str | None) -> Delivered: ...

    def raw(self, body: str, headers: dict[str, str]) -> Delivered: ...

    def close(self) -> None: ...


def seen(error: str, command: str | None) -> str:
    """Return what Slack shows a person whose click, form or command (``command``) came to nothing."""
    if command:
        return f'{command} failed with the error "{error}"'
    return f"{TIMED_OUT if error == 'operation_timeout' else TROUBLE} ({error})"


def undelivered(error: str, shown: str, sent: Outgoing | None = None) -> Delivered:
    return Delivered(ok=False, seen=shown, error=error, sent=sent)


def answered(body: bytes, content_type: str) -> Any:
    """Read an answer: JSON if it says so or looks so, else text; empty is None."""
    if not body.strip():
        return None
    text = body.decode(errors="replace")
    if "json" in content_type or text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def signature(secret: str, body: str, at: float | None = None) -> dict[str, str]:
    """Return the headers that vouch for a body; ``at`` is when it claims to have been sent."""
    stamp = str(int(real_time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": FORM,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }


class NoDoor:
    """Before the workspace is connected: whatever is sent fails, as with an app that is not configured."""

    def deliver(self, kind: Kind, payload: Json, command: str | None = None) -> Delivered:
        sent = Outgoing(kind, payload, json.dumps(payload))
        return undelivered("dispatch_failed", seen("dispatch_failed", command), sent)

    def again(self, sent: Outgoing, reason: str | None) -> Delivered:
        return self.deliver(sent.kind, sent.payload)

    def raw(self, body: str, headers: dict[str, str]) -> Delivered:
        return undelivered("dispatch_failed", TROUBLE)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class HttpDoor:
    """Signed POSTs to one address."""

    def __init__(self, bot_url: str, signing_secret: str, limit: Callable[[], float]) -> None:
        self._url = bot_url.rstrip("/") + "/slack/events"
        self._secret = signing_secret
        self._limit = limit
        bare = ssl.SSLContext(
            ssl.PROTOCOL_TLS_CLIENT
        )  # loopback speaks no TLS, and loading authorities takes 50 ms
        limits = httpx.Limits(max_keepalive_connections=100)
        self._client = httpx.Client(trust_env=False, limits=limits, verify=bare)

    def close(self) -> None:
        self._client.close()

    def deliver(self, kind: Kind, payload: Json, command: str | None = None) -> Delivered:
        body = encoded(kind, payload)
        headers = signature(self._secret, body)
        if kind == "event":
            headers["Content-Type"] = "application/json"
        return self._send(Outgoing(kind, payload, body, headers), command)

    def again(self, sent: Outgoing, reason: str | None) -> Delivered:
        if reason is None:
            return self._send(sent, sent.payload.get("command"))
        attempt = sent.attempt + 1
        headers = signature(self._secret, sent.body) | {
            "Content-Type": "application/json",
            "X-Slack-Retry-Num": str(attempt),
            "X-Slack-Retry-Reason": reason,
        }
        return self._send(Outgoing(sent.kind, sent.payload, sent.body, headers, attempt), None)

    def raw(self, body: str, headers: dict[str, str]) -> Delivered:
        return self._send(Outgoing("interactive", {}, body, headers), None)

    def _send(self, sent: Outgoing, command: str | None) -> Delivered:
        try:
            response = self._client.post(
                self._url, content=sent.body.encode(), headers=sent.headers, timeout=self._limit()
            )
        except httpx.TimeoutException:
            return undelivered("operation_timeout", seen("operation_timeout", command), sent)
        except httpx.TransportError:
            return undelivered("dispatch_failed", seen("dispatch_failed", command), sent)
        body = answered(response.content, response.headers.get("content-type", ""))
        if response.is_success:
            return Delivered(ok=True, status=response.status_code, body=body, sent=sent)
        error = "http_service_error" if response.is_server_error else "http_client_error"
        shown = seen(error, command)
        return Delivered(ok=False, status=response.status_code, body=body, seen=shown, error=error, sent=sent)


def encoded(kind: Kind, payload: Json) -> str:
    """Write a payload as Slack does: commands as a form, interactions as JSON in a form, events as JSON."""
    if kind == "event":
        return json.dumps(payload)
    return urlencode(payload if kind == "command" else {"payload": json.dumps(payload)})
