"""The ASGI application of one simulator: faults around the rules, and the control API beside them.

Raw ASGI on purpose: the simulator shares two cores with what it tests and must take 1,500 leads a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.wire import Answer, Broken, Request

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CUT = "leadrelay.cut"  # the key in scope under which the server hands over the way to kill the connection
_MOST_ADDRESS = 16 * 1024
_HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"


class Simulator(Protocol):
    """A service behind the application: a CRM's API with its faults and its control."""

    faults: Faults

    async def serve(self, request: Request) -> Answer | Broken:
        """Answer a request of the service's own API."""

    def control(self, request: Request) -> Answer:
        """Answer a request to `/sandbox/...`."""


class ConnectionCut(Exception):
    """Raised to the server so that it drops the connection, when it offers no quicker way."""


def html_page(status: int, title: str, text: str) -> Answer:
    """An error page as proxies and maintenance windows send it."""
    return Answer(status, html=_HTML.format(title=title, text=text))


def simulator_app(simulator: Simulator) -> App:
    """Any simulator as an ASGI application under a port of its own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        request = await _read(scope, receive)
        answer: Answer | Broken
        if _is_too_long(scope):
            answer = html_page(414, "414 Request-URI Too Long", "The request address is too long.")
        elif sum(len(name) + len(value) for name, value in scope["headers"]) > _MOST_ADDRESS:
            answer = html_page(431, "431 Request Header Fields Too Large", "The request headers are too long.")
        elif request.path.startswith("/sandbox"):
            answer = simulator.control(request)
        else:
            answer = await simulator.serve(request)
        if isinstance(answer, Broken):
            await _break(scope, receive, send, answer)
        else:
            await _send(send, answer, head_only=request.method == "HEAD")

    return app


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _is_too_long(scope: Scope) -> bool:
    return len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b"")) > _MOST_ADDRESS


async def _read(scope: Scope, receive: Receive) -> Request:
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    return Request(scope["method"], path, scope.get("query_string", b"").decode("latin-1"), headers, b"".join(chunks))


async def _send(send: Send, answer: Answer, *, head_only: bool = False) -> None:
    body, kind = answer.encoded()
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    if kind:
        headers.append((b"content-type", kind.encode()))
    if answer.status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head_only else body})


async def _break(scope: Scope, receive: Receive, send: Send, broken: Broken) -> None:
    """Kill the connection, at once or in the middle of an answer."""
    if broken.answer is not None:
        body, kind = broken.answer.encoded()
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body) + 1).encode())]
        await send({"type": "http.response.start", "status": broken.answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(0)
    cut = scope.get(CUT)
    if cut is None:
        raise ConnectionCut("the simulator cut this connection on command")
    cut(hard=broken.answer is None)
    await receive()  # until the server has noticed: returning sooner counts as an unfinished answer
