"""Leads a second into the bundled simulators, and how many calls they take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from benchmarks import people
from benchmarks.project import capture, opened, write_project
from benchmarks.report import Line, Run
from leadrelay.app import App
from leadrelay.sandbox.server import HubSpotServer, RunningServer, SandboxServer
from leadrelay.serving import tune_interpreter
from leadrelay.store import gates, tables

_RATE = 1_500


@dataclass(frozen=True)
class Budget:
    """The most calls for leads that are due: some once, and some for every so many leads, with looking for existing records
    (`batched`) and without it. `simulator` serves the CRM."""

    sink: str
    simulator: Callable[[], RunningServer]
    once: int
    size: int
    batched: int

    def most(self, count: int, *, looks_up: bool) -> float:
        """The most calls for `count` leads; one more for the worker."""
        return self.once + (self.batched if looks_up else 1) * count / self.size + 1


BUDGETS = (
    Budget("salesforce", lambda: SandboxServer(mode="process"), once=5, size=200, batched=3),
    Budget("hubspot", lambda: HubSpotServer(mode="process"), once=10, size=100, batched=2),
)


def measure(run: Run) -> list[Line]:
    """The rate and the calls, looking for existing records and not; things to do once for each lead beside it."""
    count = run.pick(6_000, 2_000)
    lines: list[Line] = []
    for budget in BUDGETS:
        for look_up in ("", "off"):
            with budget.simulator() as crm:
                if budget.sink == "hubspot":  # how fast it goes where no burst limit slows it; `burst` measures the limit
                    httpx.post(f"{crm.url}/sandbox/settings", json={"burst_limit": 1_000_000}, trust_env=False).raise_for_status()
                name = f"{budget.sink}, match_existing: {look_up or 'on'}"
                run.say(f"{count:,} leads, {name}")
                folder = run.folder / f"{budget.sink}-{look_up or 'on'}"
                app = opened(write_project(folder, crm=crm.url, sink=budget.sink, match_existing=look_up))
                try:
                    lines += _lines(app, count, name, budget, looks_up=not look_up)
                finally:
                    app.close()
    return lines


def _lines(app: App, count: int, name: str, budget: Budget, *, looks_up: bool) -> list[Line]:
    capture(app, (people.body(number) for number in range(count)))
    processor = app.processor(batch=1_000)
    while processor.run_once():
        pass
    with app.database.write() as connection:  # measured apart: they are not leads
        connection.execute(tables.action.delete())
    tune_interpreter()  # as a worker process does
    calls, seconds = _reconcile(app, budget.sink)
    with app.database.read() as connection:
        states = [row.state for row in connection.execute(tables.delivery.select())]
    assert states == ["in_sync"] * count, f"{len(states)} deliveries: {set(states)}"
    rate, most = count / seconds, budget.most(count, looks_up=looks_up)
    return [
        Line(
            "deliver", f"leads into the simulator, {name}", f"{rate:,.0f} leads/s", f">= {_RATE:,} leads/s", passed=rate >= _RATE
        ),
        Line("deliver", f"calls for {count:,} due leads, {name}", f"{calls}", f"<= {most:,.0f}", passed=calls <= most),
    ]


def _reconcile(app: App, sink: str) -> tuple[int, float]:
    """Make passes until nothing is due; returns the calls made and the seconds it took, logging in included."""
    reconciler = app.reconciler(sink)
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
        calls = gates.read_all(connection)[sink].calls
    reconciler.close()
    return calls, last - began
