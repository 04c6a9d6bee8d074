"""Jira's REST API, version 2, over the tracker's state.

It refuses what Jira refuses; 404 also stands for *you may not see this*, as there.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.jira import issues, site
from sandbox.jira.call import Call
from sandbox.jira.world import Refusal, Tracker
from sandbox.stand_in import StandIn, parsed

Act = Callable[[Call], Response]

_LOGGED_OUT = "Client must be authenticated to access this resource."


class Jira(StandIn):
    """The stand-in: ``tracker`` is the site's state, and the place where people act by hand.

    ``token_rejected`` and ``permissions`` may be changed while it runs.
    """

    def __init__(
        self,
        user: str = "bot@acme.example",
        token: str = "jira-token",
        tracker: Tracker | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.user = user
        self.token = token
        self.token_rejected = False
        self.permissions = {
            "BROWSE_PROJECTS",
            "CREATE_ISSUES",
            "EDIT_ISSUES",
            "TRANSITION_ISSUES",
            "ADD_COMMENTS",
            "LINK_ISSUES",
            "ASSIGN_ISSUES",
            "SCHEDULE_ISSUES",
        }
        self.tracker = tracker or Tracker(now=now)
        routes = [self._route(method, path, act) for method, path, act in (*site.ROUTES, *issues.ROUTES)]
        super().__init__(Starlette(routes=routes, exception_handlers={404: _no_such_path}))
        self.lock = self.tracker.lock

    def _route(self, method: str, path: str, act: Act) -> Route:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            with self.lock:
                try:
                    return act(self._call(request, body))
                except Refusal as refusal:
                    return JSONResponse(refusal.body, refusal.status)

        return Route(f"/rest/api/2{path}", endpoint, methods=[method])

    def _call(self, request: Request, body: bytes) -> Call:
        if not self._let_in(request.headers.get("authorization", "")):
            raise Refusal(401, _LOGGED_OUT)
        try:
            sent = parsed(body)
        except ValueError:
            raise Refusal(
                400, "Unexpected character in the request: there was an error parsing JSON."
            ) from None
        base = str(request.base_url).rstrip("/")
        return Call(
            self.tracker, base, self.user, self.permissions, request.path_params, request.query_params, sent
        )

    def _let_in(self, header: str) -> bool:
        if self.token_rejected:
            return False
        scheme, _, secret = header.partition(" ")
        if scheme == "Bearer":
            return secret == self.token
        try:
            return scheme == "Basic" and base64.b64decode(secret).decode() == f"{self.user}:{self.token}"
        except (binascii.Error, UnicodeDecodeError):
            return False


async def _no_such_path(request: Request, error: Exception) -> Response:
    return JSONResponse({"message": "null for uri: " + request.url.path, "status-code": 404}, 404)
