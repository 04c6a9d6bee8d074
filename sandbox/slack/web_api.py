"""Slack's Web API as an ASGI app, with the two other addresses an app talks to: response_url and Socket Mode.

Every refusal is HTTP 200 with ``ok: false``, as Slack has it; only rate limits (asked for as a fault) are 429.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from sandbox.slack import (
    answers,
    methods_chat,
    methods_conversations,
    methods_files,
    methods_people,
    methods_views,
)
from sandbox.slack.calls import Call, arguments
from sandbox.slack.model import Json, Refusal
from sandbox.stand_in import parsed

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what it does, which scope it needs at least, and whose token it takes."""

    run: Callable[[Call], Json]
    scope: str | None = None
    token: Literal["bot", "app", "none"] = "bot"


def _connections_open(call: Call) -> Json:
    ticket = call.workspace.socket.ticket()
    url = call.url.replace("http", "ws", 1)
    return {"url": f"{url}/link/?ticket={ticket}&app_id={call.workspace.app_id}"}


METHODS: dict[str, Method] = {
    "api.test": Method(methods_people.api_test, token="none"),
    "apps.connections.open": Method(_connections_open, token="app"),
    "auth.test": Method(methods_people.auth_test),
    "chat.delete": Method(methods_chat.delete, "chat:write"),
    "chat.getPermalink": Method(methods_chat.get_permalink),
    "chat.postEphemeral": Method(methods_chat.post_ephemeral, "chat:write"),
    "chat.postMessage": Method(methods_chat.post_message, "chat:write"),
    "chat.update": Method(methods_chat.update, "chat:write"),
    "conversations.history": Method(methods_conversations.history),
    "conversations.info": Method(methods_conversations.info),
    "conversations.list": Method(methods_conversations.list_),
    "conversations.members": Method(methods_conversations.members),
    "conversations.open": Method(methods_conversations.open_),
    "conversations.replies": Method(methods_conversations.replies),
    "files.completeUploadExternal": Method(methods_files.complete_upload_external, "files:write"),
    "files.getUploadURLExternal": Method(methods_files.get_upload_url_external, "files:write"),
    "usergroups.list": Method(methods_people.usergroups_list, "usergroups:read"),
    "usergroups.users.list": Method(methods_people.usergroups_users_list, "usergroups:read"),
    "users.info": Method(methods_people.users_info, "users:read"),
    "users.list": Method(methods_people.users_list, "users:read"),
    "users.lookupByEmail": Method(methods_people.users_lookup_by_email, "users:read.email"),
    "views.open": Method(methods_views.open_),
    "views.publish": Method(methods_views.publish),
    "views.push": Method(methods_views.push),
    "views.update": Method(methods_views.update),
}


def slack_app(workspace: "Workspace") -> Starlette:
    """Return the app: ``/api/…``, the response addresses, and ``/link`` for Socket Mode."""

    async def api(request: Request) -> Response:
        answer = await _api(workspace, request)
        headers = {"x-slack-req-id": uuid.uuid4().hex, "x-oauth-scopes": ",".join(sorted(workspace.scopes))}
        return JSONResponse(answer, headers=headers)

    async def response_url(request: Request) -> Response:
        secret = "/".join(request.path_params[name] for name in ("team", "number", "secret"))
        try:
            answers.to_response_url(workspace, secret, parsed(await request.body()))
        except Refusal as refusal:
            gone = refusal.error in ("used_url", "expired_url", "no_such_url")
            return JSONResponse({"ok": False, "error": refusal.error}, 404 if gone else 400)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        return PlainTextResponse("ok")

    async def upload(request: Request) -> Response:
        where, data = request.path_params, await request.body()
        taken = methods_files.take_upload(workspace, where["file"], where["secret"], data)
        return PlainTextResponse(f"OK - {len(data)}") if taken else PlainTextResponse("bad request", 400)

    async def link(socket: WebSocket) -> None:
        await workspace.socket.serve(socket)

    return Starlette(
        routes=[
            Route("/api/{method}", api, methods=["GET", "POST"]),
            *(
                Route(f"/{kind}/{{team}}/{{number}}/{{secret}}", response_url, methods=["POST"])
                for kind in ("actions", "commands", "app")
            ),
            Route("/upload/v1/{file}/{secret}", upload, methods=["POST"]),
            WebSocketRoute("/link/", link),
        ]
    )


async def _api(workspace: "Workspace", request: Request) -> Json:
    name = request.path_params["method"]
    method = METHODS.get(name)
    if method is None:
        return {"ok": False, "error": "unknown_method", "req_method": name}
    try:
        given = await arguments(request)
        call = Call(workspace, given, _reached(request))
        if not workspace.url:
            workspace.url = call.url
        _authenticate(workspace, method, request, given)
        with workspace.hold():
            if method.scope:
                call.need(method.scope)
            return {"ok": True, **method.run(call)}
    except Refusal as refusal:
        return {"ok": False, "error": refusal.error, **refusal.extra}


def _reached(connection: HTTPConnection) -> str:
    scope = connection.scope
    return f"{scope['scheme']}://{connection.headers['host']}{scope.get('root_path', '')}"


def _authenticate(workspace: "Workspace", method: Method, request: Request, given: Json) -> None:
    if method.token == "none":
        return
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    token = bearer or given.get("token")
    if not token:
        raise Refusal("not_authed")
    known = {workspace.bot_token: "bot", workspace.app_token: "app"}
    if token not in known:
        raise Refusal("invalid_auth")
    if known[token] != method.token:
        raise Refusal("not_allowed_token_type")
