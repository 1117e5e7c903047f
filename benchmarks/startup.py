"""How long `leadrelay run` takes from its start until it accepts and stores."""

from __future__ import annotations

import subprocess
import time

from benchmarks.processes import free_port, leadrelay, running
from benchmarks.project import NOBODY, write_project
from benchmarks.report import Line, Run, limit, percentile


def measure(run: Run) -> list[Line]:
    """The median of several starts, and the first one, which makes the store."""
    count = run.pick(9, 4)
    port = free_port()
    path = write_project(run.folder, crms={"salesforce": NOBODY, "hubspot": NOBODY}, port=port, mode="observe")
    run.say(f"{count} starts")
    seconds = [_start(leadrelay("run", path), port, run) for _ in range(count)]
    return [
        limit("startup", "start to ready, the first time (makes the store)", seconds[0], 2, unit="s", digits=2),
        limit("startup", f"start to ready, p50 of {count - 1}", percentile(seconds[1:], 0.5), 2, unit="s", digits=2),
    ]


def _start(command: list[str], port: int, run: Run) -> float:
    began = time.perf_counter()
    with running(command, port, run.folder / "log") as process:
        seconds = time.perf_counter() - began
        assert isinstance(process, subprocess.Popen)
        time.sleep(0.3)
    return seconds
