"""One loopback server for all tests, into which each test plugs its own stand-ins.

Starting and stopping a server for each test would take most of the suite's time.
"""

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.serving import Served


class Switchboard:
    """Passes each request to the stand-in that is plugged in under its first path segment."""

    def __init__(self) -> None:
        self.plugged: dict[str, ASGIApp] = {}
        self._numbers = count(1)

    def number(self) -> str:
        """Return a prefix that was never used before: a late request cannot reach another test's stand-in."""
        return f"/{next(self._numbers)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        prefix = "/" + scope["path"].removeprefix(root).split("/")[1]
        app = self.plugged.get(prefix, Response(status_code=503))
        await app({**scope, "root_path": root + prefix}, receive, send)


@cache
def _board() -> tuple[Switchboard, str]:
    board = Switchboard()
    served = Served({"": board}).start()
    atexit.register(served.stop)
    return board, served.url


@contextmanager
def plugged(app: ASGIApp) -> Iterator[str]:
    """Serve ``app`` for the length of the block, and answer its address."""
    board, url = _board()
    prefix = board.number()
    board.plugged[prefix] = app
    yield url + prefix
    del board.plugged[prefix]
