"""What every stand-in shares: a lock, a memory of the traffic, and faults on demand.

A fault that strikes *after* has already changed the world when the caller sees it fail.
"""

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they crossed the wire."""

    method: str
    path: str
    query: str
    request_headers: dict[str, str]
    request_body: bytes
    status: int
    response_headers: dict[str, str]
    response_body: bytes


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next ``times`` requests that match."""

    method: str
    path: re.Pattern[str]
    kind: Literal["status", "delay", "malformed", "drop"]
    times: int = 1
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0
    after: bool = False  #: the request is carried out first, and only its answer is lost


class StandIn:
    """Base of the stand-ins: serialises requests, keeps the traffic, injects faults.

    ``latency`` is in seconds and is added to every answer.  ``lock`` guards all state; tests and the
    sandbox page take it too when they read from another thread.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.lock = threading.RLock()
        self.traffic: list[Exchange] = []
        self.keep_traffic = True
        self.latency = 0.0
        self._faults: list[Fault] = []
        self._app = app

    def fail(self, method: str, path: str, kind: str = "status", **how: Any) -> None:
        """Arrange for a fault; ``path`` is a regular expression, matched from its beginning."""
        with self.lock:
            self._faults.append(Fault(method.upper(), re.compile(path), kind, **how))  # type: ignore[arg-type]  # checked by Fault's users in tests

    def heal(self) -> None:
        """Forget all faults that have not struck yet."""
        with self.lock:
            self._faults.clear()

    def calls(self, method: str, path: str) -> list[Exchange]:
        """Return the exchanges that match, oldest first."""
        pattern = re.compile(path)
        with self.lock:
            return [e for e in self.traffic if e.method == method.upper() and pattern.match(e.path)]

    def _strike(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self._faults:
                if fault.times > 0 and fault.method in (method, "*") and fault.path.match(path):
                    fault.times -= 1
                    return fault
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak ASGI: buffer the exchange, so that it can be kept, delayed, spoilt or dropped whole."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        fault = self._strike(scope["method"], path)
        if self.latency or (fault and fault.kind == "delay"):
            await asyncio.sleep(self.latency + (fault.seconds if fault else 0))
        if fault and fault.kind == "drop" and not fault.after:
            await _hang_up(send)
            return
        if fault and fault.kind in ("status", "malformed") and not fault.after:
            status, headers, answer = _spoilt(fault)
        else:
            status, headers, answer = await self._answer(scope, body)
            if fault and fault.kind == "drop":
                await _hang_up(send)
                return
            if fault and fault.kind in ("status", "malformed"):
                status, headers, answer = _spoilt(fault)
        if self.keep_traffic:
            self._remember(scope, path, body, status, headers, answer)
        await Response(answer, status, headers)(scope, receive, send)

    async def _answer(self, scope: Scope, body: bytes) -> tuple[int, dict[str, str], bytes]:
        status, headers, chunks = 500, {}, []  # type: tuple[int, dict[str, str], list[bytes]]

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {k.decode().lower(): v.decode() for k, v in message.get("headers", [])}
            else:
                chunks.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return status, {k: v for k, v in headers.items() if k != "content-length"}, b"".join(chunks)

    def _remember(
        self, scope: Scope, path: str, body: bytes, status: int, headers: dict[str, str], answer: bytes
    ) -> None:
        asked = {k.decode().lower(): v.decode() for k, v in scope["headers"]}
        query = scope.get("query_string", b"").decode()
        with self.lock:
            self.traffic.append(Exchange(scope["method"], path, query, asked, body, status, headers, answer))


def _spoilt(fault: Fault) -> tuple[int, dict[str, str], bytes]:
    if fault.kind == "malformed":
        return 200, {"content-type": "application/json"}, b'{"half": '
    answer = JSONResponse(fault.body if fault.body is not None else {}, fault.status, fault.headers)
    return fault.status, {"content-type": "application/json", **fault.headers}, bytes(answer.body)


async def _hang_up(send: Send) -> None:
    """Break the connection without an answer: promise a body, send less."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def parsed(body: bytes) -> Any:
    """Read a JSON body; empty means an empty object."""
    return json.loads(body) if body else {}
