"""A worker's threads: what one of them meets, whatever it is, keeps no source or sink from being served."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from leadrelay.engine.timers import Timers
from leadrelay.engine.worker import Puller, Worker
from tests.engine.conftest import Bench


class Panic(BaseException):
    """What a library that is written in Rust raises: no Exception."""


class Source:
    """A source in memory: raises its troubles, then rests for long."""

    def __init__(self, troubles: list[BaseException]) -> None:
        self.looks = 0
        self.opened = 0
        self.closed = 0
        self.troubles = troubles

    def run_once(self, _stopping: threading.Event) -> float:
        self.looks += 1
        if self.troubles:
            raise self.troubles.pop()
        return 600.0

    def close(self) -> None:
        self.closed += 1


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + seconds
    while not is_so() and time.monotonic() < give_up_at:
        time.sleep(0.02)
    return is_so()


@pytest.fixture
def source() -> Source:
    return Source([])


@pytest.fixture
def worker(bench: Bench, source: Source) -> Iterator[Worker]:
    def opened(_name: str) -> Puller:
        source.opened += 1
        return source

    made = Worker(
        bench.processor, Timers(bench.app.database, {}), again=bench.app.decide_again(), sinks=tuple,
        reconciler=lambda _: None, read_back=lambda *_: None,
        pulled=lambda: ("inbox",), puller=opened, follow_configuration=lambda: None, now=bench.clock,
    )  # type: ignore[arg-type, return-value]  # fmt: skip
    yield made
    made.tell_stop()
    made.stop()


@pytest.mark.parametrize("trouble", [ZeroDivisionError(), Panic()])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_source_is_served_again_whatever_its_thread_met(worker: Worker, source: Source, trouble: BaseException) -> None:
    source.troubles.append(trouble)
    worker.start()
    assert within(5, lambda: source.looks == 2)


def test_a_source_that_rests_for_long_is_given_back_when_the_configuration_changes(worker: Worker, source: Source) -> None:
    worker.start()
    assert within(2, lambda: source.looks == 1)
    worker.restart()
    assert within(5, lambda: source.closed == 1 and source.opened == 2)
    assert within(2, lambda: source.looks == 2)


def test_a_worker_ends_at_once_although_a_source_rests(worker: Worker, source: Source) -> None:
    worker.start()
    assert within(2, lambda: source.looks == 1)
    began = time.monotonic()
    worker.tell_stop()
    worker.stop()
    assert time.monotonic() - began < 1
