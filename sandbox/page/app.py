"""The page's server: hands out the page and its state, takes its orders.

Orders block until the bot has answered, so they run in threads; the event loop only carries bytes.
"""

from pathlib import Path

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sandbox.page.changes import Changes
from sandbox.page.guard import OnlyFromHere
from sandbox.page.orders import ORDERS
from sandbox.page.snapshot import snapshot
from sandbox.page.world import World
from sandbox.slack.model import NotThere

STATIC = Path(__file__).parent / "static"


def page(world: World) -> ASGIApp:
    """Return the page for a world; it may be mounted under any prefix."""
    changes = Changes(world)

    async def index(_: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def state(request: Request) -> Response:
        seen = await run_in_threadpool(snapshot, world, request.query_params.get("as"))
        return JSONResponse(seen, headers={"cache-control": "no-store"})

    async def file(request: Request) -> Response:
        found = world.slack.files.get(request.path_params["file"])
        if found is None or not found.completed:
            raise NotThere("there is no such file")
        return Response(found.data, media_type=found.mimetype)

    async def stream(_: Request) -> Response:
        return StreamingResponse(
            changes.stream(), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )

    async def order(request: Request) -> Response:
        kind = ORDERS.get(request.path_params["order"])
        if kind is None:
            return JSONResponse({"error": "The page does not know this order."}, 404)
        wanted = kind.model_validate_json(await request.body() or b"{}")
        return JSONResponse(await run_in_threadpool(wanted.carry_out, world))

    routes: list[BaseRoute] = [
        Route("/", index),
        Route("/api/state", state),
        Route("/api/stream", stream),
        Route("/api/files/{file}", file),
        Route("/api/{order}", order, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return OnlyFromHere(
        Starlette(routes=routes, exception_handlers={NotThere: _not_there, ValidationError: _unreadable})
    )


def _not_there(_: Request, error: Exception) -> Response:
    sentence = str(error)
    return JSONResponse({"error": sentence[:1].upper() + sentence[1:].rstrip(".") + "."}, 404)


def _unreadable(_: Request, error: Exception) -> Response:
    faults = error.errors(include_url=False) if isinstance(error, ValidationError) else []
    what = "; ".join(f"{'.'.join(map(str, f['loc'])) or 'body'}: {f['msg']}" for f in faults)
    return JSONResponse({"error": f"The page's order could not be read: {what}."}, 422)
