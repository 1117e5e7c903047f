"""Running a simulator: in the foreground, in a thread, or as a child process that outlives its parent's workers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from asyncio import Transport
from types import TracebackType
from typing import Any, Literal, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from leadrelay.sandbox.app import CUT, App, create_app
from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.salesforce.org import SalesforceOrg, Settings

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as FastProtocol
except ImportError:  # httptools is not installed on Windows
    FastProtocol = H11Protocol  # type: ignore[assignment,misc]

DEFAULT_EXTERNAL_ID = "Leadrelay_Id__c"
_STARTED_WITHIN = 20.0


def _abort(transport: Transport, *, hard: bool) -> None:
    """Drop a connection; `hard` sends a reset instead of a polite end."""
    if hard:
        held = transport.get_extra_info("socket")
        if held is not None:
            with contextlib.suppress(OSError, ValueError):  # the client has gone already
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


class CuttingProtocol(FastProtocol):
    """uvicorn's HTTP protocol, with the way to kill the connection in every request's scope."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        transport = self.transport
        scope: Any = self.scope
        scope[CUT] = lambda *, hard=True: _abort(transport, hard=hard)


def run(host: str, port: int, *, org: SalesforceOrg | None = None, faults: Faults | None = None, announce: bool = True) -> None:
    """Serve the Salesforce simulator until stopped; prints one JSON line with its address when it is ready."""
    org = org or SalesforceOrg(external_id_fields=[DEFAULT_EXTERNAL_ID])
    bound = _bind(host, port)
    server = _server(create_app(org, faults=faults))
    if announce:
        sys.stdout.write(json.dumps({"salesforce": f"http://{host}:{bound.getsockname()[1]}"}) + "\n")
        sys.stdout.flush()
    server.run(sockets=[bound])


def main(host: str = "127.0.0.1", port: int = 0, *, until_input_ends: bool = False) -> None:
    """What `leadrelay sandbox` and `python -m leadrelay.sandbox` do.

    With `until_input_ends` the process leaves when its standard input is closed: when the test that started it is gone.
    """
    if until_input_ends:
        threading.Thread(target=_leave_with_input, daemon=True).start()
    try:
        run(host, port)
    except KeyboardInterrupt:
        return


def _leave_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _bind(host: str, port: int) -> socket.socket:
    """A listening socket, so that the address can be told and clients can connect before the server loop turns."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(512)
    return bound


def _server(app: App) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=CuttingProtocol,
        ws="none",
        access_log=False,
        log_level="error",
        proxy_headers=False,
        timeout_keep_alive=120,
        server_header=False,
    )
    return uvicorn.Server(config)


class SandboxServer:
    """A running Salesforce simulator for a test: `with SandboxServer() as crm: crm.url ...`.

    `mode="thread"` shares `org` and `faults` with the test; `mode="process"` runs `python -m leadrelay.sandbox`, is controlled
    over HTTP only and belongs to a session of its own, so that signals to the test's process group do not reach it.
    """

    def __init__(
        self,
        org: SalesforceOrg | None = None,
        *,
        faults: Faults | None = None,
        settings: Settings | None = None,
        mode: Literal["thread", "process"] = "thread",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.org = org or SalesforceOrg(settings=settings, external_id_fields=[DEFAULT_EXTERNAL_ID])
        self.faults = faults or Faults(self.org.now)
        self.mode = mode
        self.host = host
        self.port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The simulator's base URL."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Start, or start again on the same port after `stop`."""
        if self.mode == "process":
            self._start_process()
        else:
            self._start_thread()
        return self

    def stop(self) -> None:
        """Stop serving: clients find their connection refused. The org's state is kept in thread mode."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(timeout=_STARTED_WITHIN)
            self._server = self._thread = None
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=_STARTED_WITHIN)
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    pipe.close()
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _start_thread(self) -> None:
        bound = _bind(self.host, self.port)
        self.port = bound.getsockname()[1]
        self._server = _server(create_app(self.org, faults=self.faults))
        kwargs: dict[str, Any] = {"sockets": [bound]}
        self._thread = threading.Thread(target=self._server.run, kwargs=kwargs, name="salesforce-simulator", daemon=True)
        self._thread.start()

    def _start_process(self) -> None:
        command = [sys.executable, "-m", "leadrelay.sandbox", "--host", self.host, "--port", str(self.port), "--until-input-ends"]
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError(f"the simulator did not start: exit {self.process.wait(timeout=_STARTED_WITHIN)}")
        self.port = int(json.loads(line)["salesforce"].rsplit(":", 1)[1])
