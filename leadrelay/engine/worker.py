"""A worker process: one thread decides submissions, one per sink reconciles, one per mailbox or folder fetches, one keeps
house; all stop cleanly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from core.instants import Instant
from leadrelay.engine.process import Processor
from leadrelay.engine.read_back import Read, ReadBack
from leadrelay.engine.reconcile import Pass, Reconciler
from leadrelay.engine.redeciding import DecideAgain
from leadrelay.engine.timers import Timers
from leadrelay.store.database import StoreUnavailable

log = structlog.get_logger(__name__)

_IDLE_S = 0.05
_STORE_AWAY_S = 1.0
_TELL_AGAIN_S = 60.0
_SOURCE_ENDS_S = 3.0
"""How long a source that is told to end is waited for: one that hangs in a call to its server keeps back no other, and what it
may still want to write is refused once another worker holds the source."""
_BREATH_S = 0.001
"""Between two batches, so that whoever waits for SQLite's write lock gets it: its waiters poll instead of queueing."""

_AGAIN_EVERY = 10

Step = Callable[[], float]
"""Does a piece of work and returns how long to wait before the next, in seconds."""


class Away:
    """Tells of a store that one loop can not reach: at once, then each minute, and when it is over; never each second."""

    def __init__(self, loop: str) -> None:
        self._loop = loop
        self._told: tuple[str, float] | None = None

    def tell(self, reason: str, now: float) -> None:
        """The store can not be reached, once more."""
        if self._told is None or self._told[0] != reason or now - self._told[1] >= _TELL_AGAIN_S:
            log.warning("store_away", loop=self._loop, reason=reason)
            self._told = (reason, now)

    def over(self) -> None:
        """The store was reached."""
        if self._told is not None:
            log.info("store_back", loop=self._loop)
            self._told = None


class Puller(Protocol):
    """What fetches a source that is asked (a mailbox, a folder), in a thread of its own."""

    def run_once(self, stopping: threading.Event) -> float:
        """Do a piece of work, or rest until there is some or `stopping` is set; returns how long to wait before the next."""

    def close(self) -> None:
        """Give the source back, so that another worker can take it at once."""


class Worker:
    """Runs the engine's loops until `stop`. `reconciler` opens one for a sink's name, and `read_back` what listens to its CRM
    over the same connections; `sinks` tells the live ones now. `puller` opens one for the name of a source that is asked, and
    `pulled` tells these now."""

    def __init__(
        self,
        processor: Processor,
        timers: Timers,
        *,
        again: DecideAgain,
        sinks: Callable[[], tuple[str, ...]],
        reconciler: Callable[[str], Reconciler],
        read_back: Callable[[str, Reconciler], ReadBack],
        pulled: Callable[[], tuple[str, ...]],
        puller: Callable[[str], Puller],
        follow_configuration: Callable[[], object],
        now: Callable[[], int],
    ) -> None:
        self._processor = processor
        self._again = again
        self._turns = 0
        self._timers = timers
        self._sinks = sinks
        self._reconciler = reconciler
        self._read_back = read_back
        self._pulled = pulled
        self._puller = puller
        self._follow_configuration = follow_configuration
        self._now = now
        self._stopping = threading.Event()
        self._changed = threading.Event()
        self._threads: list[threading.Thread] = []
        self._by_sink: dict[str, tuple[threading.Event, threading.Thread]] = {}
        self._by_source: dict[str, tuple[threading.Event, threading.Thread]] = {}

    def start(self) -> None:
        """Begin to work in the background."""
        self._follow()  # before housekeeping does it, which takes a thread that is not started yet for one that has died
        self._spawn("process", self._process)
        self._spawn("housekeeping", self._keep_house)

    def stop(self) -> None:
        """Let every loop end its piece of work, then return."""
        self._stopping.set()
        for stopping, _ in self._by_source.values():
            stopping.set()
        for _, thread in self._by_sink.values():
            thread.join()
        for _, thread in self._by_source.values():
            thread.join(_SOURCE_ENDS_S)
        for thread in self._threads:
            thread.join()

    def wait(self) -> None:
        """Return once the worker has been told to stop."""
        self._stopping.wait()

    def tell_stop(self) -> None:
        """Ask for the end without waiting for it; safe in a signal handler."""
        self._stopping.set()

    def restart(self) -> None:
        """Open every sink and every source that is asked anew at the next occasion, since their settings may have changed."""
        self._changed.set()

    def _spawn(self, name: str, step: Step) -> None:
        thread = threading.Thread(target=self._loop, args=(name, step, self._stopping), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _loop(self, name: str, step: Step, stopping: threading.Event) -> None:
        away = Away(name)
        while not (stopping.is_set() or self._stopping.is_set()):
            try:
                pause = step()
                away.over()
            except StoreUnavailable as error:
                away.tell(str(error), time.monotonic())
                pause = _STORE_AWAY_S
            except Exception:
                log.exception("loop_failed", loop=name)
                pause = _STORE_AWAY_S
            if pause >= _IDLE_S:
                self._rest(pause, stopping)
            else:
                time.sleep(pause)

    def _rest(self, pause: float, stopping: threading.Event) -> None:
        """Wait, but notice within a second that this thread alone is to end: it may hold a source that another one waits for."""
        while pause > 0 and not (stopping.is_set() or self._stopping.wait(min(1.0, pause))):
            pause -= 1.0

    def _process(self) -> float:
        """What is new goes first; what is only due again gets every tenth turn beside it, and all others."""
        self._turns += 1
        done = self._processor.run_once()
        if not done or self._turns % _AGAIN_EVERY == 0:
            done += self._again.run_once()
        return _BREATH_S if done else _IDLE_S

    def _keep_house(self) -> float:
        self._follow_configuration()
        if self._changed.is_set():
            self._changed.clear()
            self._end(self._by_sink, set(self._by_sink))
            self._end(self._by_source, set(self._by_source))
        self._follow()
        self._timers.run_once()
        return 1.0

    def _follow(self) -> None:
        """One thread for each live sink and each source that is asked, none for any other."""
        self._follow_all("sink", self._by_sink, set(self._sinks()), self._serve_sink)
        self._follow_all("source", self._by_source, set(self._pulled()), self._serve_source)

    def _follow_all(
        self,
        kind: str,
        running: dict[str, tuple[threading.Event, threading.Thread]],
        wanted: set[str],
        serve: Callable[[str, threading.Event], None],
    ) -> None:
        self._end(running, set(running) - wanted)
        for name in [name for name, (_, thread) in running.items() if not thread.is_alive()]:
            log.error("loop_died", loop=f"{kind} {name}")  # by what is no Exception, such as a failure inside a library in Rust
            del running[name]
        for name in sorted(wanted - set(running)):
            stopping = threading.Event()
            thread = threading.Thread(target=serve, args=(name, stopping), name=f"{kind}-{name}", daemon=True)
            running[name] = (stopping, thread)
            thread.start()

    def _end(self, running: dict[str, tuple[threading.Event, threading.Thread]], names: set[str]) -> None:
        """End these threads, all of them told first, since each may take a moment."""
        for name in names:
            running[name][0].set()
        for name in names:
            running.pop(name)[1].join(_SOURCE_ENDS_S if running is self._by_source else None)

    def _serve_sink(self, name: str, stopping: threading.Event) -> None:
        reconciler = self._reconciler(name)
        read_back = self._read_back(name, reconciler)

        def step() -> float:
            read = read_back.run_once()
            done = reconciler.run_once()
            if done.settled or read.changes:
                return _BREATH_S
            return pause_after(done, read, self._now())

        try:
            self._loop(f"sink {name}", step, stopping)
        finally:
            reconciler.close()

    def _serve_source(self, name: str, stopping: threading.Event) -> None:
        opened: list[Puller] = []

        def step() -> float:
            if not opened:  # here, so that what fails at opening is told and tried again like any other failure
                opened.append(self._puller(name))
            return opened[0].run_once(stopping)

        try:
            self._loop(f"source {name}", step, stopping)
        finally:
            for puller in opened:
                _close(name, puller)


def _close(name: str, puller: Puller) -> None:
    """Give a source back; one that can not be given back now is free again when its lease has run out."""
    try:
        puller.close()
    except StoreUnavailable as error:
        log.warning("store_away", loop=f"source {name}", reason=str(error))


def pause_after(done: Pass, read: Read, now: Instant) -> float:
    """How long a sink's thread may rest, in seconds: a moment only, where a lead that comes in now could be sent at once."""
    times = [at for at in (done.next_at, read.next_at) if at is not None]
    pause = min(1.0, max(0.005, (min(times) - now) / 1000)) if times else _IDLE_S
    return min(_IDLE_S, pause) if done.next_at is None or done.is_open else pause
