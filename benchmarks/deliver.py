"""Leads a second into the bundled simulators, and how many calls they take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
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

    def most(self, count: int, *, looks_up: bool = True) -> float:
        """The most calls for `count` leads; one more for the worker."""
        return self.once + (self.batched if looks_up else 1) * count / self.size + 1


BUDGETS = (
    Budget("salesforce", lambda: SandboxServer(mode="process"), once=5, size=200, batched=3),
    Budget("hubspot", lambda: HubSpotServer(mode="process"), once=10, size=100, batched=2),
)


@dataclass(frozen=True)
class Delivered:
    """What it took to deliver: calls, and seconds from the first look to the last lead, logging in included. `waited` of them
    nothing was to be done: a job of the CRM was under way."""

    calls: int
    seconds: float
    waited: float


def measure(run: Run) -> list[Line]:
    """The rate and the calls, looking for existing records and not, and by a bulk job."""
    count = run.pick(10_000, 2_000)
    lines: list[Line] = []
    for budget in BUDGETS:
        collections = {"bulk_from": 0} if budget.sink == "salesforce" else {}
        for looks_up in (True, False):
            name = f"{budget.sink}, match_existing: {'on' if looks_up else 'off'}"
            done = _deliver(run, name, budget, count, collections if looks_up else {**collections, "match_existing": "off"})
            lines += [_rate(name, count, done), _calls(name, count, done, budget.most(count, looks_up=looks_up))]
    name = "salesforce, by bulk jobs"
    done = _deliver(run, name, BUDGETS[0], count, {"bulk_from": count // 2})
    return [
        *lines,
        _rate(f"{name}, without the waiting for them", count, done),
        _calls(name, count, done, BUDGETS[0].most(count)),
    ]


def _rate(name: str, count: int, done: Delivered) -> Line:
    rate = count / (done.seconds - done.waited)
    what = f"leads into the simulator, {name}"
    return Line("deliver", what, f"{rate:,.0f} leads/s", f">= {_RATE:,} leads/s", passed=rate >= _RATE)


def _calls(name: str, count: int, done: Delivered, most: float) -> Line:
    what = f"calls for {count:,} due leads, {name}"
    return Line("deliver", what, f"{done.calls}", f"<= {most:,.0f}", passed=done.calls <= most)


def _deliver(run: Run, name: str, budget: Budget, count: int, more: Mapping[str, object]) -> Delivered:
    """Deliver so many leads that are due; things to do once for each lead are left out, they are measured apart."""
    with budget.simulator() as crm:
        if budget.sink == "hubspot":  # how fast it goes where no burst limit slows it; `burst` measures the limit
            httpx.post(f"{crm.url}/sandbox/settings", json={"burst_limit": 1_000_000}, trust_env=False).raise_for_status()
        run.say(f"{count:,} leads, {name}")
        folder = run.folder / name.translate(str.maketrans(" ,:", "___"))
        app = opened(write_project(folder, crms={budget.sink: crm.url}, more=more))
        try:
            capture(app, (people.body(number) for number in range(count)))
            processor = app.processor(batch=1_000)
            while processor.run_once():
                pass
            with app.database.write() as connection:
                connection.execute(tables.action.delete())
            tune_interpreter()  # as a worker process does
            done = _reconcile(app, budget.sink)
            with app.database.read() as connection:
                states = [row.state for row in connection.execute(tables.delivery.select())]
        finally:
            app.close()
    assert states == ["in_sync"] * count, f"{len(states)} deliveries: {set(states)}"
    return done


def _reconcile(app: App, sink: str) -> Delivered:
    """Make passes until nothing is due."""
    reconciler = app.reconciler(sink)
    began = last = time.perf_counter()
    waited = waiting = 0.0
    while True:
        done = reconciler.run_once()
        if done.settled:
            last, waited = time.perf_counter(), waited + waiting
            waiting = 0.0
        elif done.next_at is None:
            break
        else:
            pause = max(0.0, (done.next_at - app.clock()) / 1000)
            time.sleep(pause)
            waiting += pause
    with app.database.read() as connection:
        calls = gates.read_all(connection)[sink].calls
    reconciler.close()
    return Delivered(calls, last - began, waited)
