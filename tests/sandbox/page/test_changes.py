"""An open page learns of every change, in Slack and outside, from whichever thread made it."""

import asyncio
import threading
from collections.abc import AsyncIterator

from sandbox.page.changes import Changes

from .demo import DemoWorld


async def until_changed(stream: AsyncIterator[str]) -> int:
    async for event in stream:
        if event.startswith("event: changed"):
            return int(event.rsplit("data: ", 1)[1])
    raise AssertionError("the stream ended")


def test_a_page_is_told_the_version_at_once_and_after_each_change(world: DemoWorld) -> None:
    async def listen() -> list[int]:
        stream = Changes(world).stream()
        versions = [await until_changed(stream)]
        for change in (
            lambda: world.fault("jira", "down"),
            lambda: world.slack.post("U0MARA", "C0PAY", "hello"),
        ):
            waiting = asyncio.ensure_future(until_changed(stream))
            await asyncio.sleep(0)
            thread = threading.Thread(target=change)
            thread.start()
            versions.append(await asyncio.wait_for(waiting, 5))
            thread.join()
        await stream.aclose()
        return versions

    first, second, third = asyncio.run(listen())

    assert first < second < third


def test_the_clock_is_told_though_nothing_happens(world: DemoWorld) -> None:
    async def listen() -> list[str]:
        stream = Changes(world, heartbeat=0.01).stream()
        events = [await anext(stream) for _ in range(5)]
        await stream.aclose()
        return events

    events = asyncio.run(listen())

    assert sum(event.startswith("event: clock") for event in events) == 3
    assert sum(event.startswith("event: changed") for event in events) == 1


def test_a_page_that_was_closed_is_forgotten(world: DemoWorld) -> None:
    changes = Changes(world)

    async def listen_and_leave() -> None:
        stream = changes.stream()
        await until_changed(stream)
        await stream.aclose()

    asyncio.run(listen_and_leave())

    assert changes._waiting == {}
    world.fault("slack", "slow")


def test_a_server_that_stopped_without_a_word_does_no_harm(world: DemoWorld) -> None:
    changes = Changes(world)
    loop = asyncio.new_event_loop()
    loop.close()
    changes._waiting[asyncio.Event()] = loop

    world.fault("slack", "slow")

    assert changes._waiting == {}
