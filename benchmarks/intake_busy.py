"""How long a post waits for its answer at 200 posts a second, while the worker brings a backlog to both CRMs and reads back."""

from __future__ import annotations

from sqlalchemy import func, select

from benchmarks import people
from benchmarks.load import run_load
from benchmarks.processes import free_port, leadrelay, running
from benchmarks.project import capture, opened, write_project
from benchmarks.report import Line, Run, limit
from leadrelay.sandbox.server import HubSpotServer, SandboxServer
from leadrelay.store import tables

_RATE = 200


def measure(run: Run) -> list[Line]:
    """The 99th percentile, counted from when each post was due."""
    count, backlog = run.pick(4_000, 1_600), run.pick(40_000, 20_000)
    port = free_port()
    with SandboxServer(mode="process") as salesforce, HubSpotServer(mode="process") as hubspot:
        crms = {"salesforce": salesforce.url, "hubspot": hubspot.url}
        path = write_project(run.folder, crms=crms, port=port, more={"read_back": "{every: 10s}"})
        app = opened(path)
        try:
            run.say(f"{backlog:,} submissions waiting")
            capture(app, (people.body(number) for number in range(backlog)))
            with running(leadrelay("run", path), port, run.folder / "log"):
                run_load(port, connections=4, count=100, first=2_000_000, rate=_RATE)
                run.say(f"{count:,} posts, {_RATE} a second")
                found = run_load(port, connections=64, count=count, first=1_000_000, rate=_RATE)
                with app.database.read() as connection:
                    new = select(func.count()).select_from(tables.submission).where(tables.submission.c.state == "new")
                    left = connection.execute(new).scalar_one()
        finally:
            app.close()
    assert found["statuses"] == {"200": count}, found
    busy = "the worker busy all the time" if left else "the worker busy at first"
    what = f"answer to a post at {_RATE}/s, {busy}, p99 (p50 {found['p50']:.1f} ms)"
    return [limit("intake_busy", what, found["p99"], 100, unit="ms", digits=1)]
