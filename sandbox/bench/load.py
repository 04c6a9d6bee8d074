"""Load: signed requests over keep-alive connections, at a fixed rate (open loop) or by so many clients (closed).

Open loop times count from when a request was due, so a slow answer cannot hide the ones behind it.
"""

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Measured:
    """How long answers took, in milliseconds."""

    times: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, took: float, status: int) -> None:
        self.times.append(took * 1000)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def percentile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")

    @property
    def p50(self) -> float:
        return self.percentile(0.50)

    @property
    def p99(self) -> float:
        return self.percentile(0.99)

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0

    @property
    def failures(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != 200)


class Connection:
    """One keep-alive connection, spoken by hand: the load must cost less than what it measures."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, request: bytes) -> int:
        """Send prepared bytes; return the status."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if length:
            await self._reader.readexactly(length)
        return int(head[9:12])

    def close(self) -> None:
        if self._writer:
            self._writer.close()


def prepared(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Write a request out once, before the clock runs."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _closed(port: int, requests: Sequence[bytes], clients: int) -> Measured:
    measured, waiting = Measured(), iter(requests)

    async def client() -> None:
        connection = Connection(port)
        for request in waiting:
            began = time.perf_counter()
            status = await connection.post(request)
            measured.add(time.perf_counter() - began, status)
        connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    measured.seconds = time.perf_counter() - began
    return measured


async def _open(port: int, requests: Sequence[bytes], rate: float) -> Measured:
    measured = Measured()
    idle: list[Connection] = []

    async def one(request: bytes, due: float) -> None:
        connection = idle.pop() if idle else Connection(port)
        status = await connection.post(request)
        measured.add(time.perf_counter() - due, status)
        idle.append(connection)

    began = time.perf_counter()
    tasks = []
    for n, request in enumerate(requests):
        due = began + n / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(request, due)))
    await asyncio.gather(*tasks)
    measured.seconds = time.perf_counter() - began
    for connection in idle:
        connection.close()
    return measured


def once(port: int, request: bytes) -> float:
    """Send one request on a fresh connection; returns the time of day at which it left, in seconds."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        left = time.time()  # noqa: TID251  # compared with what the other process writes down
        connection.sendall(request)
        connection.recv(65_536)
    return left


def closed_loop(port: int, requests: Sequence[bytes], clients: int) -> Measured:
    """Let ``clients`` send one request after the other."""
    return asyncio.run(_closed(port, requests, clients))


def open_loop(port: int, requests: Sequence[bytes], rate: float) -> Measured:
    """Send ``rate`` requests a second, whatever becomes of them."""
    return asyncio.run(_open(port, requests, rate))
