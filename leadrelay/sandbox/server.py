"""Running the simulators: in the foreground, in a thread, or as a child process that outlives its parent's workers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from asyncio import Transport
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from leadrelay.sandbox.app import CUT, App, simulator_app
from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.hubspot import HubSpotPortal
from leadrelay.sandbox.hubspot import Settings as HubSpotSettings
from leadrelay.sandbox.hubspot.simulator import HubSpotSimulator
from leadrelay.sandbox.salesforce.org import SalesforceOrg, Settings
from leadrelay.sandbox.salesforce.simulator import SalesforceSimulator

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as FastProtocol
except ImportError:  # httptools is not installed on Windows
    FastProtocol = H11Protocol  # type: ignore[assignment,misc]

DEFAULT_EXTERNAL_ID = "Leadrelay_Id__c"
DEFAULT_UNIQUE_PROPERTY = "leadrelay_id"
_WITHIN_S = 20.0
"""How long a simulator may take to start or to stop."""


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


TEAM = {"anna@acme.example": "Anna Adams", "ben@acme.example": "Ben Beck", "desk@acme.example": "Front Desk"}
"""The people of the shipped config/team.yaml, who work in the CRMs that `leadrelay sandbox` and the demo run."""


def chosen_ports(port: int, only: str | None = None) -> dict[str, int]:
    """Each simulator's port: the first one's, then the ones after it; 0 stays 0, a free one each."""
    names = [only] if only else list(SIMULATORS)
    return {name: port + place if port else 0 for place, name in enumerate(names)}


def main(host: str = "127.0.0.1", ports: Mapping[str, int] | None = None, *, until_input_ends: bool = False) -> None:
    """What `leadrelay sandbox` and `python -m leadrelay.sandbox` do: serve the simulators until stopped.

    `ports` names the simulators to run (default: all) with their ports, 0 for a free one. One JSON line with their addresses is
    printed when they are ready. With `until_input_ends` the process leaves when its standard input is closed: when the test that
    started it is gone.
    """
    if until_input_ends:
        threading.Thread(target=_leave_with_input, daemon=True).start()
    wanted = ports if ports is not None else dict.fromkeys(SIMULATORS, 0)
    bound = {name: _bind(host, port) for name, port in wanted.items()}
    simulators = {name: SIMULATORS[name]() for name in bound}
    for simulator in simulators.values():
        simulator.hire(TEAM)
    servers = [(_server(simulators[name].app()), one) for name, one in bound.items()]
    addresses = {name: f"http://{host}:{one.getsockname()[1]}" for name, one in bound.items()}
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    threads = [threading.Thread(target=server.run, kwargs={"sockets": [one]}, daemon=True) for server, one in servers[1:]]
    for thread in threads:
        thread.start()
    try:
        servers[0][0].run(sockets=[servers[0][1]])
    except KeyboardInterrupt:
        return
    finally:
        for server, _ in servers[1:]:
            server.should_exit = server.force_exit = True
        for thread in threads:
            thread.join(_WITHIN_S)  # an event loop that still turns while Python ends crashes the process


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


class RunningServer(ABC):
    """A running simulator for a test.

    `mode="thread"` shares its state and `faults` with the test; `mode="process"` runs `python -m leadrelay.sandbox`, is
    controlled over HTTP only and belongs to a session of its own, so that signals to the test's process group do not reach it.
    """

    name: ClassVar[str]
    faults: Faults

    def __init__(self, mode: Literal["thread", "process"] = "thread", host: str = "127.0.0.1", port: int = 0) -> None:
        self.mode = mode
        self.host = host
        self.port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.process: subprocess.Popen[str] | None = None

    @abstractmethod
    def app(self) -> App:
        """The simulator as an application."""

    @abstractmethod
    def hire(self, people: Mapping[str, str]) -> None:
        """Make these people, names by their addresses, users who can own records."""

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
        """Stop serving: clients find their connection refused. Its state is kept in thread mode."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(timeout=_WITHIN_S)
            self._server = self._thread = None
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=_WITHIN_S)
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
        self._server = _server(self.app())
        kwargs: dict[str, Any] = {"sockets": [bound]}
        self._thread = threading.Thread(target=self._server.run, kwargs=kwargs, name=f"{self.name}-simulator", daemon=True)
        self._thread.start()

    def _start_process(self) -> None:
        chosen = ["--host", self.host, "--only", self.name, "--port", str(self.port), "--until-input-ends"]
        command = [sys.executable, "-m", "leadrelay.sandbox", *chosen]
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError(f"the simulator did not start: exit {self.process.wait(timeout=_WITHIN_S)}")
        self.port = int(json.loads(line)[self.name].rsplit(":", 1)[1])


class SandboxServer(RunningServer):
    """The Salesforce simulator: `with SandboxServer() as crm: crm.url, crm.org, crm.faults`."""

    name = "salesforce"

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
        super().__init__(mode, host, port)
        self.org = org or SalesforceOrg(settings=settings, external_id_fields=[DEFAULT_EXTERNAL_ID])
        self.faults = faults or Faults(self.org.now)

    def app(self) -> App:
        """The org as an application."""
        return simulator_app(SalesforceSimulator(self.org, self.faults))

    def hire(self, people: Mapping[str, str]) -> None:
        """Make these people, names by their addresses, users of the org."""
        for address, name in people.items():
            self.org.add_user(name, address)


class HubSpotServer(RunningServer):
    """The HubSpot simulator: `with HubSpotServer() as crm: crm.url, crm.portal, crm.faults`."""

    name = "hubspot"

    def __init__(
        self,
        portal: HubSpotPortal | None = None,
        *,
        faults: Faults | None = None,
        settings: HubSpotSettings | None = None,
        mode: Literal["thread", "process"] = "thread",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(mode, host, port)
        self.portal = portal or HubSpotPortal(settings=settings, unique_properties=[DEFAULT_UNIQUE_PROPERTY])
        self.faults = faults or Faults(self.portal.now)

    def app(self) -> App:
        """The portal as an application."""
        return simulator_app(HubSpotSimulator(self.portal, self.faults))

    def hire(self, people: Mapping[str, str]) -> None:
        """Make these people, names by their addresses, users of the portal who can own records."""
        for address, name in people.items():
            self.portal.owners.add(name, address)


SIMULATORS: dict[str, Callable[[], RunningServer]] = {one.name: one for one in (SandboxServer, HubSpotServer)}
