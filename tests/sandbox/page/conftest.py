"""The page over a demo world, and a client that behaves as the page itself does."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.page import page

from .client import Client
from .demo import DemoWorld


@pytest.fixture
def world() -> DemoWorld:
    return DemoWorld()


@pytest.fixture
def client(world: DemoWorld) -> Client:
    return Client(page(world))


@pytest.fixture
def state(client: Client) -> Callable[..., Any]:
    """What the page shows somebody now."""

    def ask(person: str = "U0MARA") -> Any:
        return client.get("/api/state", params={"as": person}).json()

    return ask
