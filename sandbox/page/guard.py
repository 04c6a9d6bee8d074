"""Keeps the page to this machine and to itself.

Any site a browser visits can send requests to loopback: the Host header stops a name that was re-bound to
127.0.0.1, the Origin header stops forms and scripts of other pages.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class OnlyFromHere:
    """Wraps an app: refuses strangers, and tells the browser to load nothing from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak ASGI."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        refusal = _refusal(scope)
        app = JSONResponse({"error": refusal}, 403) if refusal else self._app
        await app(scope, receive, guarded)


def _refusal(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if _name(host) not in LOOPBACK:
        return "The sandbox answers only to this machine's own names: 127.0.0.1 or localhost."
    if scope["method"] in ("GET", "HEAD"):
        return None
    if headers.get("origin") != f"{scope.get('scheme', 'http')}://{host}":
        return "The sandbox takes orders only from its own page."
    return None


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
