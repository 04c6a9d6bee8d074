"""Socket Mode: the bot connects, and each payload goes to one of its connections in an envelope.

An envelope that is not acknowledged within the limit has failed for the person; there is no status and no
signature on this way.
"""

import asyncio
import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.delivery import TROUBLE, seen, undelivered
from sandbox.slack.model import Delivered, Json, Kind, Outgoing

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

TYPES: dict[Kind, str] = {
    "command": "slash_commands",
    "interactive": "interactive",
    "options": "interactive",
    "event": "events_api",
}
MOST_CONNECTIONS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """One open WebSocket, and the loop it lives in."""

    socket: WebSocket
    loop: asyncio.AbstractEventLoop

    def send(self, message: Json) -> None:
        """Send from any thread; whether it arrived is told by the acknowledgement alone."""
        asyncio.run_coroutine_threadsafe(self.socket.send_text(json.dumps(message)), self.loop)


class SocketDoor:
    """The stand-in's end of Socket Mode.

    ``connected`` is set while at least one connection is open; ``on_change`` is called with their number.
    """

    def __init__(self, workspace: "Workspace") -> None:
        self.connected = threading.Event()
        self.on_change: Callable[[int], object] = lambda _: None
        self._workspace = workspace
        self._lock = threading.Lock()
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._turn = 0
        self._waiting: dict[str, Future[Any]] = {}

    def ticket(self) -> str:
        """Return the right to connect once."""
        ticket = str(uuid.uuid4())
        with self._lock:
            self._tickets.add(ticket)
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """Greet a connection, and read its acknowledgements until it goes."""
        ticket = socket.query_params.get("ticket", "")
        with self._lock:
            known = ticket in self._tickets and len(self._connections) < MOST_CONNECTIONS
            self._tickets.discard(ticket)
        if not known:
            await socket.close(4001)
            return
        await socket.accept()
        connection = Connection(socket, asyncio.get_running_loop())
        await socket.send_text(json.dumps(self._hello()))
        with self._lock:
            self._connections.append(connection)
            self.connected.set()
            self.on_change(len(self._connections))
        try:
            while True:
                self._acknowledge(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._forget(connection)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "debug_info": {
                "host": "applink-stand-in",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self._workspace.app_id},
        }

    def _acknowledge(self, text: str) -> None:
        try:
            answer = json.loads(text)
            envelope_id = answer["envelope_id"]
        except (ValueError, KeyError, TypeError):
            return
        with self._lock:
            waiting = self._waiting.pop(envelope_id, None)
        if waiting is not None:
            waiting.set_result(answer.get("payload"))

    def _forget(self, connection: Connection) -> None:
        with self._lock:
            if connection in self._connections:
                self._connections.remove(connection)
                if not self._connections:
                    self.connected.clear()
                self.on_change(len(self._connections))

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to come back on a new one, and close it, as Slack does every few hours."""
        farewell = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-stand-in"}}
        self._close(farewell)

    def close(self) -> None:
        """Close every connection without a word."""
        self._close(None)

    def _close(self, farewell: Json | None) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            self._forget(connection)
            if farewell:
                connection.send(farewell)
            asyncio.run_coroutine_threadsafe(connection.socket.close(), connection.loop)

    def deliver(self, kind: Kind, payload: Json, command: str | None = None) -> Delivered:
        return self._send(kind, payload, self._envelope(kind, payload), command, 0)

    def again(self, sent: Outgoing, reason: str | None) -> Delivered:
        envelope = json.loads(sent.body)
        attempt = sent.attempt
        if reason is not None:
            attempt += 1
            envelope = self._envelope(sent.kind, sent.payload)
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        return self._send(sent.kind, sent.payload, envelope, sent.payload.get("command"), attempt)

    def raw(self, body: str, headers: dict[str, str]) -> Delivered:
        """Refuse: there are no bare requests on this way."""
        return undelivered("not_http", TROUBLE)

    def _envelope(self, kind: Kind, payload: Json) -> Json:
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "payload": payload,
            "type": TYPES[kind],
            "accepts_response_payload": kind != "event",
        }
        return envelope | ({"retry_attempt": 0, "retry_reason": ""} if kind == "event" else {})

    def _send(
        self, kind: Kind, payload: Json, envelope: Json, command: str | None, attempt: int
    ) -> Delivered:
        sent = Outgoing(kind, payload, json.dumps(envelope), attempt=attempt)
        answer: Future[Any] = Future()
        with self._lock:
            if not self._connections:
                return undelivered("dispatch_failed", seen("dispatch_failed", command), sent)
            self._turn += 1
            connection = self._connections[self._turn % len(self._connections)]
            self._waiting[envelope["envelope_id"]] = answer
        connection.send(envelope)
        try:
            body = answer.result(self._workspace.limit)
        except TooLate:
            with self._lock:
                self._waiting.pop(envelope["envelope_id"], None)
            return undelivered("operation_timeout", seen("operation_timeout", command), sent)
        return Delivered(ok=True, body=body, sent=sent)
