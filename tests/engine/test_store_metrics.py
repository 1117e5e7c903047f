"""What Prometheus is told of the store."""

from __future__ import annotations

import re

from leadrelay.store.database import Database
from leadrelay.store_metrics import collect
from leadrelay.web.metrics import Metrics
from tests.engine.test_reconcile import CrmBench, person
from tests.engine.test_reconcile import bench as bench


def page(bench: CrmBench) -> str:
    metrics = Metrics()
    metrics.add(lambda: collect(bench.app))
    return metrics.page().decode()


def test_queues_gates_and_alerts_are_told(bench: CrmBench) -> None:
    bench.post(**person(1))
    bench.clock.forward(5_000)
    assert "leadrelay_submissions_new 1.0" in page(bench)
    assert 'leadrelay_oldest_seconds{queue="submission"} 5.0' in page(bench)
    bench.process()
    assert 'leadrelay_queue_rows{queue="delivery",sink="salesforce",state="waiting"} 1.0' in page(bench)
    bench.deliver()
    assert 'state="waiting"' not in page(bench)
    assert 'leadrelay_crm_calls_allowed{sink="salesforce"} 100000.0' in page(bench)
    assert 'leadrelay_crm_burst_limit{sink="salesforce"} 1000.0' in page(bench)
    assert 'leadrelay_crm_calls_last_hour{kind="backlog",sink="salesforce"} 0.0' in page(bench)
    (made,) = re.findall(r'leadrelay_sink_calls\{sink="salesforce"\} (\S+)', page(bench))
    assert f'leadrelay_crm_calls_last_day{{kind="fresh",sink="salesforce"}} {made}' in page(bench)
    assert 'leadrelay_crm_calls_a_day{sink="salesforce"} 100000.0' in page(bench)
    bench.app.operations.pause("sink", "salesforce", "", by="test")
    assert 'leadrelay_sink_paused{sink="salesforce"} 1.0' in page(bench)


def test_a_store_that_is_away_is_told_alone(bench: CrmBench) -> None:
    there = bench.app.database
    bench.app.database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")
    found = page(bench)
    bench.app.database = there
    assert "leadrelay_store_up 0.0" in found
    assert "leadrelay_queue_rows" not in found


def test_what_is_left_of_the_allowance_is_seen_beside_the_sink(bench: CrmBench) -> None:
    for number in range(3):
        bench.post(**person(number))
    bench.process()
    bench.deliver()
    (sink,) = bench.app.views.sinks()
    assert sink.account
    assert sink.rate == "1000/1s"
    assert sink.burst_left is not None
    assert 0 < sink.burst_left <= 980
    assert set(sink.calls_hour) == {"fresh"}
    assert sink.calls_day == sink.calls_hour
    assert sink.calls_forecast == sink.calls_day["fresh"]
    assert (sink.warning, sink.backlog_waits) == (None, None)
