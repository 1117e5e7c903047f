"""What Prometheus is told of the store at each scrape: queues, their oldest rows, and the CRM accounts' gates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection

from core.budget import KINDS
from core.instants import Instant
from leadrelay.engine import alerts
from leadrelay.sink_budgets import SinkBudget, budgets
from leadrelay.store import gates, positions
from leadrelay.store.database import StoreUnavailable

if TYPE_CHECKING:
    from leadrelay.app import App

_OPEN = "state IN ('waiting', 'in_flight', 'failed')"
"""The states of rows that someone or something still has to do with; settled rows are too many to count at each scrape."""


def collect(app: App) -> Iterator[Metric]:
    """The store's gauges; `leadrelay_store_up` alone while it can not be reached."""
    up = GaugeMetricFamily("leadrelay_store_up", "Whether the store answers")
    try:
        with app.database.read() as connection:
            now = app.clock()
            budgets_now = budgets(connection, app.known_sink_plan, now)
            found = [
                *_queues(connection, now),
                *_gates(connection, now),
                *_budgets(budgets_now),
                *_read_back(connection, now),
                _alerts(connection),
            ]
    except StoreUnavailable:
        up.add_metric((), 0)
        yield up
        return
    up.add_metric((), 1)
    yield up
    yield from found


def _queues(connection: Connection, now: Instant) -> Iterator[Metric]:
    new = GaugeMetricFamily("leadrelay_submissions_new", "Submissions that wait to be decided")
    age = GaugeMetricFamily("leadrelay_oldest_seconds", "Age of the oldest row that waits", labels=("queue",))
    row = connection.exec_driver_sql("SELECT count(*), min(received_at) FROM submission WHERE state = 'new'").one()
    new.add_metric((), row[0])
    age.add_metric(("submission",), 0 if row[1] is None else max(0, now - row[1]) / 1000)
    rows = GaugeMetricFamily("leadrelay_queue_rows", "Rows that are not settled", labels=("queue", "sink", "state"))
    for table in ("delivery", "action"):
        oldest = None
        sql = f"SELECT sink, state, count(*), min(due) FROM {table} WHERE {_OPEN} GROUP BY sink, state"
        for sink, state, count, due in connection.exec_driver_sql(sql):
            rows.add_metric((table, sink, state), count)
            if state == "waiting":
                oldest = due if oldest is None else min(oldest, due)
        age.add_metric((table,), 0 if oldest is None else max(0, now - oldest) / 1000)
    yield from (new, age, rows)


def _gates(connection: Connection, now: Instant) -> Iterator[Metric]:
    paused = GaugeMetricFamily("leadrelay_sink_paused", "Whether a person has to act before the sink goes on", labels=("sink",))
    held = GaugeMetricFamily(
        "leadrelay_sink_held_seconds", "How long the sink still waits before its next call", labels=("sink",)
    )
    calls = GaugeMetricFamily("leadrelay_sink_calls", "Calls made to the CRM so far", labels=("sink",))
    used = GaugeMetricFamily("leadrelay_crm_calls_used", "Calls of the CRM's allowance that are used", labels=("sink",))
    allowed = GaugeMetricFamily("leadrelay_crm_calls_allowed", "The CRM's allowance of calls", labels=("sink",))
    for name, gate in gates.read_all(connection).items():
        paused.add_metric((name,), gate.paused is not None)
        held.add_metric((name,), max(0, gate.hold_until - now) / 1000)
        calls.add_metric((name,), gate.calls)
        if gate.used is not None and gate.allowed is not None:
            used.add_metric((name,), gate.used)
            allowed.add_metric((name,), gate.allowed)
    yield from (paused, held, calls, used, allowed)


def _budgets(found: Mapping[str, SinkBudget]) -> Iterator[Metric]:
    limit = GaugeMetricFamily("leadrelay_crm_burst_limit", "Calls of the tightest rolling window", labels=("sink",))
    left = GaugeMetricFamily("leadrelay_crm_burst_left", "Calls left in the tightest rolling window", labels=("sink",))
    hour = GaugeMetricFamily("leadrelay_crm_calls_last_hour", "Our calls of the last hour", labels=("sink", "kind"))
    day = GaugeMetricFamily("leadrelay_crm_calls_last_day", "Our calls of the last 24 hours", labels=("sink", "kind"))
    forecast = GaugeMetricFamily("leadrelay_crm_calls_forecast", "Calls a day that the current volume needs", labels=("sink",))
    allowed = GaugeMetricFamily(
        "leadrelay_crm_calls_a_day", "Calls a day that there are, by the CRM's word and our cap", labels=("sink",)
    )
    waits = GaugeMetricFamily("leadrelay_sink_backlog_waits", "Whether the backlog waits for the day's sake", labels=("sink",))
    for name, one in found.items():
        if one.burst_limit is not None:
            limit.add_metric((name,), one.burst_limit)
            left.add_metric((name,), one.burst_left or 0)
        for kind in KINDS:
            hour.add_metric((name, kind), one.calls_hour.get(kind, 0))
            day.add_metric((name, kind), one.calls_day.get(kind, 0))
        forecast.add_metric((name,), one.calls_forecast)
        if one.calls_a_day is not None:
            allowed.add_metric((name,), one.calls_a_day)
        waits.add_metric((name,), bool(one.backlog_waits))
    yield from (limit, left, hour, day, forecast, allowed, waits)


def _read_back(connection: Connection, now: Instant) -> Iterator[Metric]:
    lag = GaugeMetricFamily(
        "leadrelay_read_back_lag_seconds", "Age of what people did in the CRM that is not read yet", labels=("sink", "object")
    )
    told = CounterMetricFamily(
        "leadrelay_read_back_changes", "What people did in the CRM, by kind, as it reached the leads", labels=("sink", "kind")
    )
    counts: Counter[tuple[str, str]] = Counter()
    for position in positions.positions(connection):
        lag.add_metric((position.sink, position.object), max(0, now - position.as_of) / 1000)
        counts.update({(position.sink, kind): count for kind, count in position.counts.items()})
    for (sink, kind), count in sorted(counts.items()):
        told.add_metric((sink, kind), count)
    yield from (lag, told)


def _alerts(connection: Connection) -> Metric:
    found = GaugeMetricFamily("leadrelay_alerts", "Things a person must act on, by kind", labels=("kind",))
    kinds = [str(alert["kind"]) for alert in alerts.open_alerts(connection)]
    for kind in sorted(set(kinds)):
        found.add_metric((kind,), kinds.count(kind))
    return found
