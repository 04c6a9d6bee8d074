"""Tells every open page that something changed.

The world calls from its own threads, the pages wait on the server's event loop; several changes in a row are
told once.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

from sandbox.page.snapshot import version
from sandbox.page.world import World

HEARTBEAT = 5.0  #: seconds between looks at the clock, which moves though nothing happens


class Changes:
    """The pages that are open, and what wakes them."""

    def __init__(self, world: World, heartbeat: float = HEARTBEAT) -> None:
        self._world = world
        self._heartbeat = heartbeat
        self._lock = threading.Lock()
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        world.subscribe(self._tell)
        world.slack.subscribe(self._tell)

    def _tell(self, _version: int) -> None:
        with self._lock:
            for changed, loop in list(self._waiting.items()):
                try:
                    loop.call_soon_threadsafe(changed.set)
                except RuntimeError:  # the server has stopped, and its loop with it
                    del self._waiting[changed]

    @contextmanager
    def _listening(self) -> Iterator[asyncio.Event]:
        changed = asyncio.Event()
        with self._lock:
            self._waiting[changed] = asyncio.get_running_loop()
        try:
            yield changed
        finally:
            with self._lock:
                self._waiting.pop(changed, None)

    async def stream(self) -> AsyncGenerator[str, None]:
        """Yield server-sent events, for as long as somebody reads them."""
        with self._listening() as changed:
            yield "retry: 1000\n\n"
            told = None
            while True:
                changed.clear()
                now = (await run_in_threadpool(self._world.now)).isoformat()
                current = version(self._world)
                if current != told:
                    told = current
                    yield f"event: changed\nid: {current}\ndata: {current}\n\n"
                yield f"event: clock\ndata: {now}\n\n"
                try:
                    await asyncio.wait_for(changed.wait(), self._heartbeat)
                except TimeoutError:
                    continue
