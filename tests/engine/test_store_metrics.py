"""What Prometheus is told of the store."""

from __future__ import annotations

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
    bench.app.operations.pause("sink", "salesforce", "", by="test")
    assert 'leadrelay_sink_paused{sink="salesforce"} 1.0' in page(bench)


def test_a_store_that_is_away_is_told_alone(bench: CrmBench) -> None:
    there = bench.app.database
    bench.app.database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")
    found = page(bench)
    bench.app.database = there
    assert "leadrelay_store_up 0.0" in found
    assert "leadrelay_queue_rows" not in found
