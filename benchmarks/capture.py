"""Accepted and durable over HTTP: 64 connections, SQLite with synchronous FULL, beside the same server with no store."""

from __future__ import annotations

import sys
from statistics import harmonic_mean

from benchmarks.load import run_load
from benchmarks.processes import free_port, leadrelay, running
from benchmarks.project import opened, write_project
from benchmarks.report import Line, Run, share

_CONNECTIONS = 64
_ROUNDS = 8


def measure(run: Run) -> list[Line]:
    """One line; both servers run at once, and are asked in turns."""
    count = run.pick(3_000, 1_500)
    ports = free_port(), free_port()
    stored = write_project(run.folder / "stored", port=ports[0])
    plain = write_project(run.folder / "plain", port=ports[1])
    log = run.folder / "log"
    without = [sys.executable, "-m", "benchmarks.without_store", str(plain)]
    rates: list[list[float]] = [[], []]
    slowest = 0.0
    run.say(f"{count:,} posts to each of two servers in turns, {_ROUNDS} times")
    with running(leadrelay("web", stored), ports[0], log), running(without, ports[1], log):
        for port in ports:
            run_load(port, connections=_CONNECTIONS, count=500, first=0)
        for turn in range(_ROUNDS):
            for which, port in enumerate(ports):
                found = run_load(port, connections=_CONNECTIONS, count=count, first=(turn + 1) * 100_000)
                assert found["statuses"] == {"200": count}, found
                rates[which].append(found["rate"])
                if which == 0:
                    slowest = max(slowest, found["p99"])
    app = opened(stored)
    try:
        sources = app.audit()["sources"]
        assert isinstance(sources, dict)
        expected = _ROUNDS * count + 500
        assert sources["website"]["received"] == expected, f"{sources} instead of {expected}"
    finally:
        app.close()
    rate, floor = map(harmonic_mean, rates)
    what = f"accepted and durable over HTTP, {_CONNECTIONS} connections, SQLite FULL (p99 {slowest:.0f} ms)"
    return [share("capture", what, rate, floor, 0.6, unit="posts/s", floor_of="the same server with no store")]
