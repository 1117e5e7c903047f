"""Leads a second into the bundled simulator, and how many calls they take."""

from __future__ import annotations

import time

from benchmarks import people
from benchmarks.project import capture, opened, write_project
from benchmarks.report import Line, Run
from leadrelay.app import App
from leadrelay.sandbox.server import SandboxServer
from leadrelay.serving import tune_interpreter
from leadrelay.store import tables

_RATE = 1_500


def measure(run: Run) -> list[Line]:
    """The rate and the calls, looking for existing records and not; things to do once for each lead beside it."""
    count = run.pick(6_000, 2_000)
    lines: list[Line] = []
    for look_up, per_200 in (("", 3), ("off", 1)):
        with SandboxServer(mode="process") as crm:
            name = f"match_existing: {look_up or 'on'}"
            run.say(f"{count:,} leads, {name}")
            app = opened(write_project(run.folder / (look_up or "on"), crm=crm.url, match_existing=look_up))
            try:
                lines += _lines(app, count, name, per_200)
            finally:
                app.close()
    return lines


def _lines(app: App, count: int, name: str, per_200: int) -> list[Line]:
    capture(app, (people.body(number) for number in range(count)))
    processor = app.processor(batch=1_000)
    while processor.run_once():
        pass
    with app.database.write() as connection:  # measured apart: they are not leads
        connection.execute(tables.action.delete())
    tune_interpreter()  # as a worker process does
    calls, seconds = _reconcile(app)
    with app.database.read() as connection:
        states = [row.state for row in connection.execute(tables.delivery.select())]
    assert states == ["in_sync"] * count, f"{len(states)} deliveries: {set(states)}"
    rate, most = count / seconds, 5 + per_200 * count / 200 + 1
    return [
        Line(
            "deliver", f"leads into the simulator, {name}", f"{rate:,.0f} leads/s", f">= {_RATE:,} leads/s", passed=rate >= _RATE
        ),
        Line("deliver", f"calls for {count:,} due leads, {name}", f"{calls}", f"<= {most:,.0f}", passed=calls <= most),
    ]


def _reconcile(app: App) -> tuple[int, float]:
    """Make passes until nothing is due; returns the calls made and the seconds it took, logging in included."""
    reconciler = app.reconciler("salesforce")
    began = time.perf_counter()
    last = began
    while True:
        done = reconciler.run_once()
        if done.settled:
            last = time.perf_counter()
        elif done.next_at is None:
            break
        else:
            time.sleep(max(0.0, (done.next_at - app.clock()) / 1000))
    with app.database.read() as connection:
        calls = connection.execute(tables.gate.select()).one().calls
    reconciler.close()
    return int(calls), last - began
