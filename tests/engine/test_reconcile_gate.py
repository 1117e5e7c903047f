"""The reconciler at its account's gate: backlog and fresh leads, the day's calls, two sinks of one org."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.instants import HOUR, MINUTE
from leadrelay.app import open_app
from leadrelay.engine.resync import BACKLOG
from leadrelay.sandbox.server import SandboxServer
from leadrelay.store import gates, tables
from leadrelay.store.gates import Gate
from tests.engine.conftest import Hand
from tests.engine.test_reconcile import CrmBench, person
from tests.engine.test_reconcile import bench as bench
from tests.support.project import write_project

SECOND_SINK = """\
    rate: 1000/1s
  second:
    connector: salesforce
    mode: live
    mapping: lead
    base_url: {url}
    auth: {{flow: client_credentials, login_url: {url}, client_id: leadrelay, client_secret: sandbox-secret}}
"""


def gate(bench: CrmBench, name: str = "salesforce") -> Gate:
    with bench.app.database.read() as connection:
        return gates.read_all(connection)[name]


def want_again(bench: CrmBench) -> None:
    """Want all leads that are in step once more, as a backlog."""
    with bench.app.database.write() as connection:
        sql = f"UPDATE delivery SET state = 'waiting', priority = {BACKLOG}, sent_hash = NULL, due = {bench.clock()}"
        connection.exec_driver_sql(sql)


def delivered(bench: CrmBench, count: int) -> None:
    for number in range(count):
        bench.post(**person(number))
    bench.process()
    bench.deliver()
    assert bench.states() == {"in_sync": count}


def test_a_backlog_waits_for_the_days_sake_and_fresh_leads_go_on(bench: CrmBench) -> None:
    delivered(bench, 5)
    bench.crm.org.settings.daily_limit = 100
    bench.crm.org.limits.set_used(85)
    bench.post(**person(50))
    bench.process()
    bench.deliver()
    want_again(bench)
    bench.clock.forward(2 * MINUTE)
    done = bench.reconciler.run_once()
    assert done.settled == 0
    assert done.next_at is None, "a fresh lead may come at any time"
    bench.post(**person(60))
    bench.process()
    bench.deliver()
    assert len(bench.leads()) == 7
    assert bench.states() == {"in_sync": 1, "waiting": 6}
    assert [row.kind for row in bench.rows(tables.alert) if row.resolved_at is None] == ["backlog_waits"]
    assert "calls of the day" in str(bench.app.views.sinks()[0].backlog_waits)
    assert {(row.tries, row.strikes) for row in bench.rows(tables.delivery)} == {(0, 0)}
    bench.crm.org.limits.set_used(5)
    for _ in range(5):
        bench.clock.forward(HOUR)
        bench.deliver()
    assert bench.states() == {"in_sync": 7}
    assert [row.kind for row in bench.rows(tables.alert) if row.resolved_at is None] == []


def test_fresh_leads_go_in_calls_of_their_own(bench: CrmBench) -> None:
    delivered(bench, 5)
    want_again(bench)
    for number in (1, 60):
        bench.post(**person(number), need="a demo")
    bench.process()
    bench.clock.forward(300)
    claimed = []
    for _ in range(4):
        claim = bench.reconciler._claim(bench.app.sink_plan("salesforce"), bench.clock())
        claimed.append(sorted({row.priority for row in getattr(claim, "rows", ())}))
    assert claimed == [[0], [0], [0], [1]], "known and new leads and actions, then the backlog"


def test_the_ledger_tells_fresh_calls_from_a_backlogs(bench: CrmBench) -> None:
    delivered(bench, 5)
    want_again(bench)
    bench.deliver()
    counted = {row.kind: (row.calls, row.leads) for row in bench.rows(tables.call_count)}
    assert counted["fresh"][1] == 5
    assert counted["backlog"][1] == 5
    assert sum(calls for calls, _ in counted.values()) == gate(bench).calls


def test_too_many_calls_at_once_spend_no_try_and_let_fewer_workers_call_for_a_while(bench: CrmBench) -> None:
    delivered(bench, 1)
    bench.crm.faults.add({"kind": "concurrent_requests", "times": 1})
    for number in range(10, 15):
        bench.post(**person(number))
    bench.process()
    bench.clock.forward(300)
    bench.reconciler.run_once()
    assert gate(bench).workers == 1
    assert {(row.tries, row.strikes) for row in bench.rows(tables.delivery)} == {(0, 0)}
    bench.clock.forward(MINUTE)
    bench.deliver()
    assert bench.states() == {"in_sync": 6}
    assert gate(bench).workers == 2


def test_a_pass_of_known_leads_is_expected_to_take_as_many_calls_as_the_last(bench: CrmBench) -> None:
    delivered(bench, 3)
    first = dict(bench.reconciler._calls_taken)
    assert first
    assert all(1 <= calls <= 8 for calls in first.values())
    assert gate(bench).under_way == ()


@pytest.fixture
def twins(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[CrmBench]:
    """Two sinks whose credentials lead to the same org."""
    with SandboxServer() as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, sink=SECOND_SINK.format(url=crm.url))
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        made = CrmBench(app, clock)
        made.crm = crm
        made.reconciler = app.reconciler("salesforce")
        yield made
        made.reconciler.close()
        app.close()


def test_two_sinks_of_one_org_wait_together_and_pause_apart(twins: CrmBench) -> None:
    second = twins.app.reconciler("second")
    twins.post(**person(1))
    twins.process()
    twins.deliver()
    twins.clock.forward(300)
    assert second.run_once().settled == 1
    assert gate(twins).shared == gate(twins, "second").shared is not None
    assert gate(twins).calls == gate(twins, "second").calls == twins.crm.org.counters["calls"]
    twins.crm.org.settings.daily_limit = 1
    twins.crm.org.limits.set_used(1)
    twins.post(**person(2))
    twins.process()
    twins.clock.forward(300)
    twins.reconciler.run_once()
    held = gate(twins, "second").hold_until
    assert held > twins.clock()
    before = twins.crm.org.counters["calls"]
    assert second.run_once().settled == 0
    assert twins.crm.org.counters["calls"] == before
    twins.crm.org.settings.daily_limit = 100_000
    twins.clock.forward(held - twins.clock() + 1_000)
    twins.app.operations.pause("sink", "salesforce", "", by="test")
    assert twins.reconciler.run_once().settled == 0
    assert second.run_once().settled == 1
    second.close()
