"""Four workers at HubSpot's burst limit: how many calls are refused, and how much of the allowance is used.

`python -m benchmarks.burst CONFIG THREADS SECONDS` is one worker process of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.report import Line, Run
from leadrelay.app import App, open_app
from leadrelay.engine.captures import NewSubmission
from leadrelay.sandbox.hubspot.refusals import Refusal
from leadrelay.sandbox.hubspot.settings import Settings
from leadrelay.sandbox.server import HubSpotServer
from leadrelay.store import captures, tables
from leadrelay.store.captures import Numbered

_ROOT = Path(__file__).resolve().parents[1]
_PROCESSES, _THREADS = 2, 2
_AT_MOST_REFUSED, _AT_LEAST_USED = 0.01, 0.85

_SETTINGS = """\
store: {store}
data_dir: {folder}/data
secret_key: key-of-the-benchmark
sources:
  website: {{connector: webform, mapping: form, token: benchmark-token}}
sinks:
  hubspot:
    connector: hubspot
    mode: live
    mapping: contact
    base_url: {crm}
    batch: 1
    linger: 0s
    auth: {{access_token: {token}}}
"""
_FORM = "mapping: form\nto: lead\nfields: {person.last_name: last_name, person.email: email}\n"
_CONTACT = "mapping: contact\nto: hubspot\nobject: contacts\nfields: {lastname: person.last_name, email: person.email}\n"


@dataclass(slots=True)
class Measured:
    """What the simulator saw: when it took a call and when it refused one, in seconds."""

    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    @property
    def share_refused(self) -> float:
        """Refused calls of all calls."""
        return len(self.refused) / max(1, len(self.taken) + len(self.refused))

    def share_used(self, limit: int, window_s: float, windows: int) -> float:
        """Of what the limit allows in so many windows since the first call, the share that was used."""
        begun = min(self.taken, default=0.0)
        return sum(at < begun + windows * window_s for at in self.taken) / (limit * windows)


def measure(run: Run) -> list[Line]:
    """Two processes with two threads each, one lead a call, against 100 calls in 10 rolling seconds."""
    windows = run.pick(6, 2)
    lines: list[Line] = []
    for priority, name in ((0, "fresh leads"), (1, "a backlog"))[: run.pick(2, 1)]:
        run.say(f"{_PROCESSES * _THREADS} workers for {windows * 10} s, {name}")
        found = measured(run.folder / name.replace(" ", "_"), limit=100, window_s=10.0, windows=windows, priority=priority)
        refused, used = found.share_refused, found.share_used(100, 10.0, windows)
        lines += [
            Line(
                "burst", f"calls refused with 429, four workers at the limit, {name}", f"{refused:.2%}",
                f"<= {_AT_MOST_REFUSED:.0%}", passed=refused <= _AT_MOST_REFUSED,
            ),
            Line(
                "burst", f"of the burst allowance used, {name}", f"{used:.0%}", f">= {_AT_LEAST_USED:.0%}",
                passed=used >= _AT_LEAST_USED,
            ),
        ]  # fmt: skip
    return lines


def measured(folder: Path, *, limit: int, window_s: float, windows: int, store: str = "", priority: int = 0) -> Measured:
    """What four workers do to a portal with this burst limit that have more to send than it lets through."""
    with HubSpotServer(settings=Settings(burst_limit=limit, burst_for=window_s)) as crm, _watched(crm) as found:
        path = _write_project(folder, crm, store or f"sqlite:///{folder}/store.db")
        app = open_app(path, {})
        try:
            app.migrate()
            app.keeper.start()
            _want(app, round(limit * windows * 0.75), priority)
        finally:
            app.close()
        command = [sys.executable, "-m", "benchmarks.burst", str(path), str(_THREADS), str((windows + 0.5) * window_s)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        workers = [subprocess.Popen(command, cwd=_ROOT, **pipes) for _ in range(_PROCESSES)]
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()  # it is ready
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(b"go\n")
            worker.stdin.flush()
        for worker in workers:
            worker.communicate(timeout=120 + windows * window_s)
        return found


@contextmanager
def _watched(crm: HubSpotServer) -> Iterator[Measured]:
    """Write down each call that the portal counts or refuses for its rate."""
    found, spend = Measured(), crm.portal.limits.spend

    def watched(*, is_search: bool) -> None:
        try:
            spend(is_search=is_search)
        except Refusal:  # no other reason than a limit
            found.refused.append(time.monotonic())
            raise
        found.taken.append(time.monotonic())

    crm.portal.limits.spend = watched  # type: ignore[method-assign]
    yield found


def _write_project(folder: Path, crm: HubSpotServer, store: str) -> Path:
    mappings = folder / "config" / "mappings"
    mappings.mkdir(parents=True)
    (mappings / "form.yaml").write_text(_FORM)
    (mappings / "contact.yaml").write_text(_CONTACT)
    path = folder / "config" / "leadrelay.yaml"
    token = crm.portal.settings.access_token
    path.write_text(_SETTINGS.format(store=store, folder=folder, crm=crm.url, token=token))
    return path


def _want(app: App, count: int, priority: int) -> None:
    """Put so many leads before the sink."""
    now = app.clock()
    bodies = (json.dumps({"last_name": f"Nr{n}", "email": f"pat{n}@acme.example"}).encode() for n in range(count))
    headers = {"content-type": "application/json"}
    numbered = [
        Numbered(app.ids.one(now), NewSubmission("website", str(n), False, "new", "", headers, body, None, now, False))
        for n, body in enumerate(bodies)
    ]
    with app.database.write(is_durable=False) as connection:
        captures.commit(connection, numbered)
    processor = app.processor(batch=1_000)
    while processor.run_once():
        pass
    with app.database.write() as connection:
        connection.execute(tables.delivery.update().values(priority=priority))


def work(path: Path, threads: int, seconds: float) -> None:
    """One worker process: so many reconcilers of the same sink, as `leadrelay worker` runs one."""
    app = open_app(path, {})
    app.keeper.start()
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.monotonic() + seconds
    running = [threading.Thread(target=_reconcile, args=(app, lambda: time.monotonic() < end)) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    app.close()


def _reconcile(app: App, goes_on: Callable[[], bool]) -> None:
    reconciler = app.reconciler("hubspot")
    while goes_on():
        done = reconciler.run_once()
        if not done.settled:
            wait = 50 if done.next_at is None else done.next_at - app.clock()
            time.sleep(min(1.0, max(0.005, wait / 1000)))
    reconciler.close()


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
