"""What the web and the worker process hold with both CRMs: idle, and while a backlog drains."""

from __future__ import annotations

import time

from benchmarks import people
from benchmarks.load import run_load
from benchmarks.processes import child, free_port, leadrelay, resident_mb, running
from benchmarks.project import capture, opened, write_project
from benchmarks.report import Line, Run, limit
from leadrelay.sandbox.server import HubSpotServer, SandboxServer

_IDLE_MB = 170
_DRAINED_WITHIN_S = 600
_FLAT = 1.1


def measure(run: Run) -> list[Line]:
    """Idle after one post went all the way; then the most that was held in each half of a draining backlog."""
    backlog = run.pick(20_000, 6_000)
    port = free_port()
    with SandboxServer(mode="process") as salesforce, HubSpotServer(mode="process") as hubspot:
        path = write_project(run.folder, crms={"salesforce": salesforce.url, "hubspot": hubspot.url}, port=port)
        app = opened(path)
        try:
            with running(leadrelay("run", path), port, run.folder / "log") as process:
                web, worker = child(process, "web"), child(process, "worker")
                run_load(port, connections=1, count=1, first=0)
                _wait_until_drained(lambda: app.left().is_nothing)
                time.sleep(1)
                lines = [
                    limit("memory", f"{name} process, idle", resident_mb(pid), _IDLE_MB, unit="MB")
                    for name, pid in (("web", web), ("worker", worker))
                ]
                run.say(f"draining {backlog:,} submissions")
                capture(app, (people.body(number) for number in range(1, backlog + 1)))
                held: list[float] = []
                _wait_until_drained(lambda: held.append(resident_mb(worker)) or app.left().is_nothing)
        finally:
            app.close()
    early, late = max(held[: len(held) // 2]), max(held[len(held) // 2 :])
    what = f"worker process while {backlog:,} submissions drain: most held in the second half, beside the first"
    return [
        *lines,
        Line("memory", what, f"{late:,.0f} MB", f"<= {_FLAT:.0%} of the first half", f"{early:,.0f} MB", late / early,
             late <= early * _FLAT),
    ]  # fmt: skip


def _wait_until_drained(is_drained: object) -> None:
    assert callable(is_drained)
    give_up_at = time.monotonic() + _DRAINED_WITHIN_S
    while not is_drained():
        assert time.monotonic() < give_up_at, "the backlog did not drain"
        time.sleep(0.25)
