"""Serves ASGI apps on loopback from a thread, until told to stop."""

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp


class Served:
    """A set of apps, each under its own prefix, on one loopback port (``0``: any free one)."""

    def __init__(self, apps: dict[str, ASGIApp], port: int = 0) -> None:
        app = Starlette(routes=[Mount(prefix, mounted) for prefix, mounted in apps.items()])
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # or asyncio leaves Nagle on
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            app, log_level="critical", lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="stand-ins", daemon=True
        )

    def start(self) -> Self:
        """Listen; connections made from now on wait in the socket's queue, so there is nothing to poll."""
        self._socket.listen(2048)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and wait for the thread to end."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
