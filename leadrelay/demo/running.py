"""The demo's processes: leadrelay itself on the demo's configuration, and the simulators in this one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadrelay.demo.place import Place

if TYPE_CHECKING:
    from leadrelay.sandbox.server import HubSpotServer, SandboxServer

_READY_WITHIN_S = 60.0


class NotStarted(Exception):
    """leadrelay did not come up; the message says where to look."""


@dataclass(frozen=True, slots=True)
class Crms:
    """The simulators of both CRMs."""

    salesforce: SandboxServer
    hubspot: HubSpotServer


def free_port(wanted: int) -> int:
    """The wanted port, or any free one when it is 0 or taken."""
    import socket

    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", wanted))
        except OSError:
            found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def simulators() -> Iterator[Crms]:
    """Both CRMs, with the demo's team, and a person in each who is in the sample leads, too."""
    from leadrelay.sandbox.server import TEAM, HubSpotServer, SandboxServer

    with SandboxServer() as salesforce, HubSpotServer() as hubspot:
        sofia = {"LastName": "García", "FirstName": "Sofía", "Company": "Sol y Mar", "Email": "sofia.garcia@sol.example",
                 "Phone": "+34 600 000 000", "Status": "Working - Contacted"}  # fmt: skip
        salesforce.org.seed("Lead", [sofia])
        hubspot.portal.seed("contacts", [{"email": "sofia.garcia@sol.example", "firstname": "Sofía", "phone": "+34 600 000 000"}])
        for simulator in (salesforce, hubspot):
            simulator.hire(TEAM)
        yield Crms(salesforce, hubspot)


@contextmanager
def leadrelay(place: Place) -> Iterator[None]:
    """`leadrelay run` on the demo's configuration, in processes of their own; their logs go to a file."""
    command = [sys.executable, "-m", "leadrelay.cli", "run", "--config", str(place.config)]
    with (place.folder / "leadrelay.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            _wait_until_ready(place, process)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(place: Place, process: subprocess.Popen[bytes]) -> None:
    import httpx

    give_up_at = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            if httpx.get(f"{place.address}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise NotStarted(
        f"leadrelay did not start; {place.folder}/leadrelay.log says why. Is port {place.port} taken? Choose one with --port."
    )
