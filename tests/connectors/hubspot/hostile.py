"""A small HTTP server that answers whatever a test says, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Say:
    """One answer; `cut` sends only this many bytes of the body and closes the connection, 0 of everything."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    after: float = 0.0


@dataclass
class Hostile:
    """The server: `answers` are given in turn, the last one for ever."""

    url: str
    answers: list[Say | Callable[[Asked], Say]]
    asked: list[Asked] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)

    def say(self, *answers: Say | Callable[[Asked], Say]) -> None:
        self.answers[:] = answers


@contextmanager
def hostile_server() -> Iterator[Hostile]:
    """Serve until the block ends."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            here.asked.append(asked)
            here.connections.add(self.client_address)
            answer = here.answers.pop(0) if len(here.answers) > 1 else here.answers[0]
            self._answer(answer(asked) if callable(answer) else answer)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):  # any method
                return self._serve
            raise AttributeError(name)

        def _answer(self, say: Say) -> None:
            if say.after:
                released.wait(say.after)
            if say.cut == 0:
                self.close_connection = True
                self.connection.close()
                return
            content = say.body if isinstance(say.body, bytes) else json.dumps(say.body).encode()
            self.send_response_only(say.status)
            for name, value in say.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            with contextlib.suppress(ConnectionError):
                self.end_headers()
            with contextlib.suppress(ConnectionError):  # whoever asked has given up meanwhile
                self.wfile.write(content if say.cut is None else content[: say.cut])
            if say.cut is not None:
                self.close_connection = True

        def log_message(self, *told: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here = Hostile(f"http://127.0.0.1:{server.server_port}", [Say()])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        released.set()
        server.shutdown()
        server.server_close()
