"""The server as a process of its own: it stops without losing an answer, and shares its port."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from leadrelay.web.server import open_socket

ROOT = Path(__file__).parents[2]
PROGRAM = """
import asyncio, sys
from connectors.sources import SourceContext
from connectors.webform import SPEC
from connectors.webform.config import WebformConfig
from leadrelay.engine.captures import Accepted
from leadrelay.web.app import create_app
from leadrelay.web.entrances import Entrance, Entrances
from leadrelay.web.server import run

class Slow:
    async def accept(self, submission):
        print("taken", flush=True)
        await asyncio.sleep(1)
        return Accepted("slow", False, False)
    def is_ready(self): return True
    def is_store_away(self): return False
    def spooled(self): return 0

source = SPEC.open_source(SourceContext("demo"), WebformConfig(auth="public"))
run(create_app(entrances=Entrances([Entrance("demo", source)]), intake=Slow()), "127.0.0.1", int(sys.argv[1]), reuse_port=True)
print("closed", flush=True)
"""


@pytest.fixture
def port():
    with open_socket("127.0.0.1", 0) as free:
        return free.getsockname()[1]


def start(port: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the server did not become ready")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stopping_server_answers_what_it_has_taken(port, how):
    server = start(port)
    try:
        wait_until_ready(port)
        answers: list[httpx.Response] = []
        posting = threading.Thread(target=lambda: answers.append(httpx.post(f"http://127.0.0.1:{port}/in/demo", json={"a": "b"})))
        posting.start()
        assert server.stdout is not None
        assert server.stdout.readline() == "taken\n"
        server.send_signal(how)
        posting.join(10)
        assert answers[0].json() == {"id": "slow"}
        assert server.wait(10) == 0
        assert server.stdout.read() == "closed\n"
    finally:
        server.kill()
        server.wait()


def test_two_servers_share_one_port(port):
    first = open_socket("127.0.0.1", port, reuse_port=True)
    second = open_socket("127.0.0.1", port, reuse_port=True)
    first.close()
    second.close()


def test_a_taken_port_is_refused(port):
    with open_socket("127.0.0.1", port), pytest.raises(OSError, match="in use"):
        open_socket("127.0.0.1", port)
