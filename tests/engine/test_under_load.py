"""What a backlog does to fresh leads, and four workers to the login, against the simulator."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.instants import SECOND
from leadrelay.app import App, open_app
from leadrelay.engine.clock import system_clock
from leadrelay.engine.credentials import StoredTokens
from leadrelay.engine.reconcile import Reconciler
from leadrelay.sandbox.server import SandboxServer
from leadrelay.store import leads, tables
from tests.engine.conftest import Bench, Hand
from tests.engine.test_reconcile import person
from tests.support.project import write_project

BACKLOG = 5_000
BATCH = 200


class Live:
    """Reconcilers in threads of their own, served as a worker serves them, until the end of the block."""

    def __init__(self, app: App, count: int) -> None:
        self._stopping = threading.Event()
        self._app = app
        self._threads = [threading.Thread(target=self._serve, args=(app.reconciler("salesforce"),)) for _ in range(count)]

    def _serve(self, reconciler: Reconciler) -> None:
        while not self._stopping.is_set():
            done = reconciler.run_once()
            if not done.settled:
                wait = 50 if done.next_at is None else done.next_at - self._app.clock()
                self._stopping.wait(min(1.0, max(0.005, wait / 1000)))
        reconciler.close()

    def __enter__(self) -> Live:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()


def until(holds: Callable[[], bool], seconds: float) -> float:
    """How long it took until something held."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it does not come"
        time.sleep(0.01)
    return time.monotonic() - begun


@pytest.fixture
def busy(store_url: str, tmp_path: Path) -> Iterator[tuple[Bench, SandboxServer]]:
    """A store with a backlog of known and unknown leads, before a CRM that takes three calls a second; real time."""
    with SandboxServer() as crm:
        app = open_app(write_project(tmp_path, store=store_url, salesforce=crm.url, sink="    rate: 15/5s\n    bulk_from: 0"), {})
        app.migrate()
        app.keeper.start()
        bench = Bench(app, system_clock)  # type: ignore[arg-type]
        now, numbers = system_clock(), app.ids.take(2 * BACKLOG, system_clock())
        rows = [
            (number, "salesforce", "Lead", lead, "waiting", 1, now, 1, now)
            for number, lead in zip(numbers[:BACKLOG], numbers[BACKLOG:], strict=True)
        ]
        record = '{"won":[[1,"1",{"person.last_name":"Old"}]],"kinds":{},"marks":{}}'
        with app.database.write(is_durable=False) as connection:
            known = [{"id": lead, "version": 1, "record": record, "created_at": 1, "updated_at": 1} for lead in numbers[BACKLOG:]]
            connection.execute(tables.lead.insert(), known)
            leads.want_deliveries(connection, rows)
        yield bench, crm
        app.close()


def test_a_fresh_lead_does_not_wait_behind_a_backlog(busy: tuple[Bench, SandboxServer]) -> None:
    bench, crm = busy

    def names() -> list[str]:
        return [record["LastName"] for record in crm.org.records("Lead")]

    overtaken: list[int] = []
    with Live(bench.app, 1):
        until(lambda: len(names()) > 200, 60)
        for number in range(3):
            fresh = f"Nr{90_000 + number}"
            bench.post(**person(90_000 + number))
            bench.process()
            before = len(names())
            until(lambda name=fresh: name in names(), 60)  # type: ignore[misc]
            overtaken.append(names().index(fresh) - before)
        assert len(names()) < BACKLOG, "the backlog is still draining"
    assert max(overtaken) <= 3 * BATCH, "a fresh lead waits for the call that is under way, and for few others"


def test_four_workers_log_in_once_for_each_life_of_a_token(store_url: str, tmp_path: Path, clock: Hand) -> None:
    """Tokens that live 30 seconds, four reconcilers at once: all find the token expired, one of them renews it."""
    with SandboxServer() as crm:
        crm.org.settings.token_life_for = 30
        app = open_app(
            write_project(tmp_path, store=store_url, salesforce=crm.url, sink="    batch: 5\n    linger: 0s"), {}, clock=clock
        )
        app.migrate()
        app.keeper.start()
        bench = Bench(app, clock)
        reconcilers = [app.reconciler("salesforce") for _ in range(4)]
        failures: list[BaseException] = []
        lives = 3
        for life in range(lives):
            for number in range(40):
                bench.post(**person(1_000 * life + number))
            bench.process()
            drain_together(reconcilers, failures, bench, clock)
            assert {row.state for row in bench.rows(tables.delivery)} == {"in_sync"}
            crm.org.advance(31)
            clock.forward(31 * SECOND)
        for one in reconcilers:
            one.close()
        app.close()
    assert failures == []
    assert crm.org.counters["logins"] == lives
    assert len(crm.org.records("Lead")) == 40 * lives


def test_what_waits_for_a_login_that_hangs_is_not_sent_after_its_lease(store_url: str, tmp_path: Path, clock: Hand) -> None:
    """A worker that was killed while it renewed the token keeps that to itself for 30 seconds; rows are leased for two here."""
    with SandboxServer() as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, extra="worker: {lease: 2 s}\n", sink="    linger: 0s")
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        bench, killed = Bench(app, clock), threading.Event()

        def hang() -> str:
            killed.wait()
            raise InterruptedError

        def renew() -> None:
            with pytest.raises(InterruptedError):
                StoredTokens(app.database, "sink:salesforce", app.vault, clock=clock, ids=app.ids).refresh(None, hang)

        renewing = threading.Thread(target=renew)
        renewing.start()
        until(lambda: bench.count(tables.credential) == 1, 10)
        bench.post(**person(1))
        bench.process()
        reconciler = app.reconciler("salesforce")
        begun = time.monotonic()
        reconciler.run_once()
        waited = time.monotonic() - begun
        (row,) = bench.rows(tables.delivery)
        killed.set()
        renewing.join()
        reconciler.close()
        app.close()
    assert 0.4 < waited < 2
    assert (row.state, crm.org.records("Lead")) == ("waiting", [])


def drain_together(reconcilers: list[Reconciler], failures: list[BaseException], bench: Bench, clock: Hand) -> None:
    """Let all reconcilers work at once until everything is in step."""

    def is_done() -> bool:
        return {row.state for row in bench.rows(tables.delivery)} == {"in_sync"}

    def work(one: Reconciler) -> None:
        end = time.monotonic() + 30
        try:
            while time.monotonic() < end and not is_done():
                if not one.run_once().settled:
                    time.sleep(0.01)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in reconcilers]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.02)
        clock.forward(20)
