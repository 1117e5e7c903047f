"""A load client in a process of its own: posts with distinct bodies over kept connections, as fast as they go or at a rate.

    python -m benchmarks.load PORT CONNECTIONS COUNT FIRST [RATE]

prints one JSON object: seconds, statuses, and the latencies' percentiles in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter, deque
from typing import Any

import uvloop

from benchmarks import people
from benchmarks.project import TOKEN
from benchmarks.report import percentile


def run_load(port: int, *, connections: int, count: int, first: int, rate: float = 0) -> dict[str, Any]:
    """Run the client as a child process and return what it measured."""
    command = [sys.executable, "-m", "benchmarks.load", *map(str, (port, connections, count, first, rate))]
    return dict(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


class Client:
    """What the connections share: the requests left, when each was due, and what came of them."""

    def __init__(self, requests: list[bytes], rate: float) -> None:
        self.requests = deque(requests)
        self.count = len(requests)
        self.rate = rate
        self.idle: deque[Connection] = deque()
        self.late: deque[float] = deque()
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    def answered(self, connection: Connection, status: str, seconds: float) -> None:
        """Note an answer and give the connection its next request."""
        self.statuses[status] += 1
        self.seconds.append(seconds)
        if len(self.seconds) == self.count and not self.done.done():
            self.done.set_result(None)
        elif not self.rate:
            if self.requests:
                connection.post(self.requests.popleft(), time.perf_counter())
        elif self.late:
            connection.post(self.requests.popleft(), self.late.popleft())
        else:
            self.idle.append(connection)

    async def keep_pace(self) -> None:
        """Send at the rate; a request that finds no free connection waits, and its wait counts."""
        began = time.perf_counter()
        for number in range(self.count):
            due = began + number / self.rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if self.idle:
                self.idle.popleft().post(self.requests.popleft(), due)
            else:
                self.late.append(due)


class Connection(asyncio.Protocol):
    """One kept connection, one request at a time."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport: Any = transport

    def post(self, request: bytes, due: float) -> None:
        """Send a request; its latency counts from `due`."""
        self.due = due
        self.received = b""
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take an answer; whole when as much follows the head as it announces."""
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            self.client.answered(self, head[9:12].decode(), time.perf_counter() - self.due)

    def connection_lost(self, exc: Exception | None) -> None:
        """A lost connection ends the measurement."""
        if not self.client.done.done():
            self.client.done.set_exception(exc or ConnectionError("the server hung up"))


def _length(head: bytes) -> int:
    start = head.lower().index(b"content-length:") + 15
    end = head.find(b"\r", start)
    return int(head[start : end if end > 0 else len(head)])


def request(number: int) -> bytes:
    """A whole post."""
    body = people.body(number)
    head = (
        f"POST /in/website HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nUser-Agent: benchmark/1\r\n"
        f"Accept: */*\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def main(port: int, connections: int, count: int, first: int, rate: float) -> dict[str, Any]:
    """Open the connections, post everything, and say how it went."""
    client = Client([request(number) for number in range(first, first + count)], rate)
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(lambda: Connection(client), "127.0.0.1", port))[1] for _ in range(connections)]
    began = time.perf_counter()
    if rate:
        client.idle.extend(opened)
        await client.keep_pace()
    else:
        for connection in opened[:count]:
            connection.post(client.requests.popleft(), time.perf_counter())
    await client.done
    seconds = time.perf_counter() - began
    latency = {f"p{share}": percentile(client.seconds, share / 100) * 1000 for share in (50, 99)}
    return {"seconds": seconds, "rate": count / seconds, "statuses": client.statuses, **latency}


if __name__ == "__main__":
    port, connections, count, first = map(int, sys.argv[1:5])
    print(json.dumps(uvloop.run(main(port, connections, count, first, float(sys.argv[5]) if len(sys.argv) > 5 else 0))))
