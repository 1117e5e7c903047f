"""A worker's threads: one for each source, from the first moment on."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any, cast

from structlog.testing import capture_logs

from leadrelay.engine.worker import Worker

NAMES = tuple(f"source{number}" for number in range(40))


class Idle:
    """Nothing to decide, and no timer."""

    def run_once(self) -> int:
        return 0


class Source:
    def run_once(self, stopping: threading.Event) -> float:
        stopping.wait(0.05)
        return 0.05

    def close(self) -> None:
        pass


def test_each_source_has_one_thread_although_housekeeping_looks_while_they_start() -> None:
    opened: Counter[str] = Counter()

    def puller(name: str) -> Source:
        opened[name] += 1
        return Source()

    for _ in range(3):
        opened.clear()
        nothing = cast("Any", Idle())
        worker = Worker(
            nothing, nothing, again=nothing, sinks=tuple,
            reconciler=cast("Any", None), read_back=cast("Any", None), pulled=lambda: NAMES,
            puller=puller, follow_configuration=lambda: None, now=lambda: 0,
        )  # fmt: skip
        with capture_logs() as logs:
            worker.start()
            time.sleep(0.3)
            worker.stop()
        assert opened == Counter(NAMES)
        assert not logs
