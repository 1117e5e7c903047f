"""What Prometheus is told: counted here per process; what the store knows comes through a hook at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

log = structlog.get_logger(__name__)

_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

StoreMetrics = Callable[[], Iterable[Metric]]
"""Metrics derived from the store, read at each scrape (rows by state, age of the oldest, paused sinks)."""


class Metrics:
    """The process' own registry: no global state, so several apps can live in one process."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._captures = Counter(
            "leadrelay_captures", "Posts to sources by what came of them", ("source", "result"), registry=self.registry
        )
        self._children: dict[tuple[str, str], Counter] = {}
        self._commit_size = Histogram(
            "leadrelay_commit_size", "Submissions that shared one commit", buckets=_SIZES, registry=self.registry
        )
        self._commit_seconds = Histogram(
            "leadrelay_commit_seconds", "Time one commit took", buckets=_SECONDS, registry=self.registry
        )

    def count_capture(self, source: str, result: str) -> None:
        """Count one post of a configured source."""
        child = self._children.get((source, result))
        if child is None:
            child = self._children[(source, result)] = self._captures.labels(source, result)
        child.inc()

    def committed(self, size: int, seconds: float) -> None:
        """Count one commit; may be called from any thread."""
        self._commit_size.observe(size)
        self._commit_seconds.observe(seconds)

    def watch_spool(self, size: Callable[[], int]) -> None:
        """Report the spool's size at each scrape."""
        gauge = Gauge("leadrelay_spool_size", "Submissions in this machine's spool", registry=self.registry)
        gauge.set_function(lambda: float(size()))

    def add(self, store_metrics: StoreMetrics) -> None:
        """Report what the store knows at each scrape."""
        self.registry.register(_StoreCollector(store_metrics))

    def page(self) -> bytes:
        """The page as Prometheus reads it."""
        return generate_latest(self.registry)


class _StoreCollector(Collector):
    def __init__(self, collect: StoreMetrics) -> None:
        self._collect = collect

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are not known before the first scrape, and the store is not asked at registration."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """What the store knows now; nothing while it can not be asked, for the other metrics are wanted most then."""
        try:
            return list(self._collect())
        except Exception as error:
            log.warning("store_metrics_failed", error=type(error).__name__)
            return ()
