"""HTTP: Slack's requests, GitHub's webhooks, and whether the bot is alive and ready.

Unsigned requests are only counted.
"""

import io
import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler

from bot.hooks import GitHubHooks
from workflows.errors import ProcedureError

LONGEST_BODY = 1_000_000  #: bytes; Slack's own payloads stay far below
OK, UNAUTHORISED, TOO_LARGE, NOT_FOUND, NOT_READY = (
    "200 OK",
    "401 Unauthorized",
    "413 Content Too Large",
    "404 Not Found",
    "503 Service Unavailable",
)
Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]


class Metrics:
    """What is counted instead of ledgered, and how far the workers are behind."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.unsigned = Counter(
            "emergency_change_unsigned_requests", "Requests without a valid signature", registry=self.registry
        )
        self.waiting = Gauge(
            "emergency_change_obligations_due", "Obligations that are due", registry=self.registry
        )
        self.broken = Gauge(
            "emergency_change_ledger_broken", "1: the ledger does not hold", registry=self.registry
        )
        self.altered = Counter(
            "emergency_change_evidence_altered",
            "Times the evidence repository was not as it had been left",
            registry=self.registry,
        )
        self.empty_groups = Gauge(
            "emergency_change_empty_groups",
            "Groups that must decide or be told and have nobody in them",
            registry=self.registry,
        )
        self.unguarded = Gauge(
            "emergency_change_guards_missing",
            "Guards of the ledger that are not as made",
            registry=self.registry,
        )
        self.stuck = Gauge(
            "emergency_change_obligations_stuck",
            "Due obligations that failed at least once",
            registry=self.registry,
        )


class Web:
    """The WSGI application."""

    def __init__(
        self,
        app: App | None,
        metrics: Metrics,
        why_not_ready: Callable[[], str],
        measure: Callable[[], None],
        hooks: GitHubHooks | None = None,
    ) -> None:
        self._slack = SlackRequestHandler(app) if app else None
        self._metrics = metrics
        self._why_not_ready = why_not_ready
        self._measure = measure
        self._hooks = hooks

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one request; without an app to ask (Socket Mode) there is nothing at Slack's address."""
        asked = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if asked == ("POST", "/slack/events") and self._slack:
            return self._hear_slack(environ, start)
        if asked == ("POST", "/github/webhooks") and self._hooks:
            return self._hear_github(self._hooks, environ, start)
        if asked == ("GET", "/healthz"):
            return _say(start, OK, {"alive": True})
        if asked == ("GET", "/readyz"):
            because = self._why_not_ready()
            return _say(start, NOT_READY if because else OK, {"ready": not because, "because": because})
        if asked == ("GET", "/metrics"):
            self._measure()
            start(OK, [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")])
            return [generate_latest(self._metrics.registry)]
        return _say(start, NOT_FOUND, {"error": "not found"})

    def _hear_slack(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if int(environ.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
            return _say(start, TOO_LARGE, {"error": "too large"})
        if not _could_be_signed(environ):  # Bolt answers 500 to these
            self._metrics.unsigned.inc()
            return _say(start, UNAUTHORISED, {"error": "invalid request"})

        def counting(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if status.startswith("401"):
                self._metrics.unsigned.inc()
            return start(status, headers, *more)

        handler: Any = self._slack
        answer: Iterable[bytes] = handler(environ, counting)
        return answer

    def _hear_github(self, hooks: GitHubHooks, environ: Environ, start: Start) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if refused := hooks.may_be_read(length):
            return _answer(start, *refused)
        body = environ["wsgi.input"].read(length)
        if not hooks.signed(body, environ.get("HTTP_X_HUB_SIGNATURE_256", "")):
            self._metrics.unsigned.inc()
            return _answer(
                start, HTTPStatus.UNAUTHORIZED, "The signature does not fit GITHUB_WEBHOOK_SECRET."
            )
        event, delivery = environ.get("HTTP_X_GITHUB_EVENT", ""), environ.get("HTTP_X_GITHUB_DELIVERY", "")
        try:
            answer = hooks.hear(event, delivery, environ.get("CONTENT_TYPE", ""), body)
        except ProcedureError as error:
            return _answer(start, HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return _answer(start, *answer)


def _answer(start: Start, status: HTTPStatus, sentence: str) -> Iterable[bytes]:
    return _say(start, f"{status.value} {status.phrase}", {"message": sentence} if sentence else {})


def _could_be_signed(environ: Environ) -> bool:
    """Say whether Slack could have sent this: a plain number for the time, and text for the body."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return re.fullmatch(r"[0-9]{1,12}", environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")) is not None


def _say(start: Start, status: str, body: dict[str, object]) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]
