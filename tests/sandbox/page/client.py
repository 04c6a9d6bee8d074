"""Asks the page's server as the page itself does: from the same origin, and without a network."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp

HERE = "http://127.0.0.1:8000"


class Client:
    """Asks the page without a network; ``headers`` go with every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.headers = {"origin": HERE}
        self._app = app

    def get(self, path: str, **how: Any) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, how))

    def post(self, path: str, **how: Any) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, how))

    async def _ask(self, method: str, path: str, how: dict[str, Any]) -> httpx.Response:
        headers = self.headers | how.pop("headers", {})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url=HERE) as client:
            return await client.request(method, path, headers=headers, **how)
