"""Real processes of an installation: started, waited for, looked at and ended."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

_READY_WITHIN_S = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def leadrelay(command: str, path: Path) -> list[str]:
    """The command line of one of leadrelay's long-running commands."""
    return [sys.executable, "-m", "leadrelay.cli", command, "--config", str(path)]


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process of its own, from when it is ready until it has ended."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until_ready(process, port, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once captures can be committed."""
    give_up_at = time.monotonic() + _READY_WITHIN_S
    with httpx.Client(timeout=2) as client:
        while time.monotonic() < give_up_at and process.poll() is None:
            with suppress(httpx.TransportError):
                if client.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                    return
            time.sleep(0.01)
    raise RuntimeError(f"it did not get ready:\n{log.read_text()[-2000:]}")


def child(process: subprocess.Popen[bytes], command: str) -> int:
    """The process id of the `web` or `worker` that `leadrelay run` has started."""
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        for pid in (task / "children").read_text().split():
            if command in Path(f"/proc/{pid}/cmdline").read_text().split("\0"):
                return int(pid)
    raise RuntimeError(f"no {command} process is running")


def resident_mb(pid: int) -> float:
    """The memory that a process holds, in megabytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024
