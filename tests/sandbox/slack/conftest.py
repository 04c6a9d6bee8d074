"""A workspace on loopback, and a bot that answers as each test tells it to."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from slack_sdk import WebClient
from starlette.types import Receive, Scope, Send

from sandbox.serving import Served
from sandbox.slack import Channel, User, Workspace

from .building import Bot, Received, Stopwatch

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SCOPES = [
    "commands",
    "chat:write",
    "users:read",
    "users:read.email",
    "usergroups:read",
    "channels:read",
    "groups:read",
    "im:read",
    "im:write",
    "channels:history",
    "groups:history",
    "im:history",
]


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def workspace(stopwatch: Stopwatch) -> Iterator[Workspace]:
    made = Workspace(
        signing_secret=SECRET,
        bot_token="xoxb-1",
        app_token="xapp-1",
        scopes=SCOPES,
        stopwatch=stopwatch,
        limit=2.0,
    )
    made.add_user(User("U0ADA", "T0ACME", "ada", "Ada Lovelace", "ada@acme.example"))
    made.add_user(User("U0LINUS", "T0ACME", "linus", "Linus", "linus@acme.example"))
    made.add_user(User("U0EVE", "T0OUTSIDE", "eve", "Eve", "eve@outside.example"))
    made.add_channel(Channel("C0OPS", "ops", topic="Operations", members={"U0ADA", "U0LINUS", "U0EVE"}))
    made.add_channel(Channel("G0SECRET", "secret", is_private=True, members={"U0LINUS"}), with_bot=False)
    made.add_channel(Channel("C0LOBBY", "lobby"), with_bot=False)
    made.add_channel(Channel("C0OLD", "old", is_archived=True))
    made.add_usergroup("S0HEADS", "heads", ["U0LINUS"])
    yield made
    made.disconnect()


class Turnstile:
    """An ASGI app that lets each test put its own workspace behind one running server."""

    def __init__(self) -> None:
        self.workspace: Workspace | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.workspace
        await self.workspace.app(scope, receive, send)


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[Served, Turnstile]]:
    turnstile = Turnstile()
    with Served({"/slack": turnstile}) as served:
        yield served, turnstile


@pytest.fixture
def served(running: tuple[Served, Turnstile], workspace: Workspace) -> Served:
    served, turnstile = running
    turnstile.workspace = workspace
    workspace.url = served.url + "/slack"
    return served


@pytest.fixture
def client(served: Served) -> WebClient:
    return WebClient(token="xoxb-1", base_url=served.url + "/slack/api/", retry_handlers=[])


class QuietServer(ThreadingHTTPServer):
    """A server whose threads are waited for, and which does not mind if nobody waits for its answer."""

    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet."""


@pytest.fixture
def bot(workspace: Workspace) -> Iterator[Bot]:
    it = Bot()

    class Listener(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            received = Received({k.lower(): v for k, v in self.headers.items()} | {":path": self.path}, body)
            it.received.append(received)
            status, answer = it.answer(received.payload)
            kind = "text/plain" if isinstance(answer, str) else "application/json"
            sent = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = QuietServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    it.url = f"http://127.0.0.1:{server.server_port}"
    workspace.connect_http(it.url)
    yield it
    workspace.disconnect()
    server.shutdown()
    server.server_close()
    thread.join()
