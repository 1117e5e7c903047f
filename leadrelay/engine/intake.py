"""Durable intake: whoever posts is answered after the commit, and posts that arrive while one runs share the next."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby, islice

import structlog
from sqlalchemy.exc import IntegrityError

from leadrelay.engine import suppressions
from leadrelay.engine.captures import Accepted, NewSubmission, Unavailable
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.spool import Spool, finish, read
from leadrelay.engine.timers import set_timer
from leadrelay.store import captures
from leadrelay.store.captures import Numbered
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids, to_uid

log = structlog.get_logger(__name__)

_MAX_BATCH = 500
_PATIENCE_S = 1.5
_BUSY_FROM, _GATHER_S = 4, 0.005
"""When so many shared a commit, the next one waits this long for more: a commit costs the same for forty as for ten."""
_PROBE_EVERY_S = 1.0
_RETRY_AFTER_S = 5.0

Committed = Callable[[int, float], None]
"""Told of each commit: how many submissions it held and how long it took, in seconds."""


class _Waiting:
    """One caller: what it handed in, under which id, and where its answer goes."""

    __slots__ = ("future", "is_renumbered", "loop", "numbered")

    def __init__(self, numbered: Numbered, loop: asyncio.AbstractEventLoop) -> None:
        self.numbered = numbered
        self.is_renumbered = False
        self.loop = loop
        self.future: asyncio.Future[Accepted] = loop.create_future()


class Intake:
    """One writer thread that commits in groups; while the store is away it spools, and drains when the store is back.

    `accept` answers only for what is durable. `start` and `stop` frame its life; `stop` commits what was handed in before.
    """

    def __init__(
        self,
        database: Database,
        spool: Spool,
        *,
        ids: Ids | None = None,
        clock: Clock = system_clock,
        on_commit: Committed | None = None,
    ) -> None:
        self._database = database
        self._spool = spool
        self._ids = ids or Ids()
        self._clock = clock
        self._on_commit = on_commit
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._waiting: list[_Waiting] = []
        self._is_stopping = False
        self._store_away_since: float | None = None
        self._can_spool = True
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """Begin to commit."""
        self._thread.start()

    def stop(self) -> None:
        """Commit or spool what is waiting, then end."""
        self._is_stopping = True
        self._wake.set()
        self._thread.join()
        self._spool.close()
        _answer(late := self._take_all(), [Unavailable(_RETRY_AFTER_S)] * len(late))

    async def accept(self, submission: NewSubmission) -> Accepted:
        """Return once the submission is durable; raises Unavailable when neither store nor spool can commit."""
        numbered = Numbered(self._ids.one(submission.received_at), submission)
        waiting = _Waiting(numbered, asyncio.get_running_loop())
        with self._lock:
            if not self._thread.is_alive():
                raise Unavailable(_RETRY_AFTER_S)
            self._waiting.append(waiting)
        self._wake.set()
        return await waiting.future

    def is_ready(self) -> bool:
        """Whether a submission handed in now would be committed somewhere durable."""
        return self._thread.is_alive() and (self._store_away_since is None or self._can_spool)

    def is_store_away(self) -> bool:
        """Whether submissions go to the spool at present."""
        return self._store_away_since is not None

    def spooled(self) -> int:
        """How many submissions wait in this machine's spool."""
        return self._spool.waiting()

    # --- the writer thread ---

    def _run(self) -> None:
        next_drain = 0.0
        while True:
            self._wake.wait(timeout=_PROBE_EVERY_S)
            self._wake.clear()
            self._serve()
            if time.monotonic() >= next_drain:
                try:
                    if not self._spool.is_empty():
                        self._drain()
                except Exception:  # the spool's folder can not be listed or opened: callers are served all the same
                    log.exception("drain_failed")
                next_drain = time.monotonic() + _PROBE_EVERY_S
            if self._is_stopping and not self._waiting:
                return

    def _serve(self) -> None:
        """Make durable what has been handed in; whatever goes wrong, the thread lives and each caller is answered."""
        while batch := self._take():
            try:
                self._settle(batch)
            except Exception as error:
                log.exception("intake_failed", count=len(batch))
                _answer(batch, [error] * len(batch))
            if len(batch) >= _BUSY_FROM and not self._is_stopping:
                time.sleep(_GATHER_S)

    def _take_all(self) -> list[_Waiting]:
        with self._lock:
            batch, self._waiting = self._waiting, []
        return batch

    def _take(self) -> list[_Waiting]:
        with self._lock:
            batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
        return batch

    def _settle(self, batch: Sequence[_Waiting]) -> None:
        numbered = [one.numbered for one in batch]
        try:
            firsts = self._commit(numbered)
        except StoreUnavailable as error:
            self._settle_in_spool(batch, numbered, error)
        except Exception as error:
            self._settle_apart(batch, error)
        else:
            _answer(batch, [Accepted(to_uid(firsts[one.id]), firsts[one.id] != one.id, False) for one in numbered])

    def _settle_apart(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """What the store refuses for a reason of its own is found by halves, so that it is refused alone."""
        if len(batch) > 1:
            middle = len(batch) // 2
            self._settle(batch[:middle])
            self._settle(batch[middle:])
        elif isinstance(error, IntegrityError) and not batch[0].is_renumbered:  # another process drew the same id
            batch[0].is_renumbered = True
            batch[0].numbered = replace(batch[0].numbered, id=self._ids.one(self._clock()))
            self._settle(batch)
        else:
            log.error("intake_failed", count=1, exc_info=error)
            _answer(batch, [error])

    def _commit(self, numbered: Sequence[Numbered]) -> dict[int, int]:
        """Write to the store, waiting briefly while it can not be reached; once it is away, ask only now and then."""
        now = time.monotonic()
        if self._store_away_since is not None and now < self._store_away_since + _PROBE_EVERY_S:
            raise StoreUnavailable("the store was away a moment ago")
        is_away = self._store_away_since is not None
        give_up_at = now + (0.0 if is_away or self._is_stopping else _PATIENCE_S)
        may_exist = False
        while True:
            try:
                began = time.perf_counter()
                firsts = self._database.repeat(partial(self._write, numbered, may_exist))
            except StoreUnavailable:
                may_exist = True
                if time.monotonic() >= give_up_at:
                    self._store_away_since = time.monotonic()
                    raise
                time.sleep(0.05)
            else:
                self._store_away_since = None
                if self._on_commit is not None:
                    self._on_commit(len(numbered), time.perf_counter() - began)
                return firsts

    def _write(self, numbered: Sequence[Numbered], may_exist: bool) -> dict[int, int]:
        with self._database.write() as connection:
            return captures.commit(connection, numbered, may_exist=may_exist)

    def _settle_in_spool(self, batch: Sequence[_Waiting], numbered: Sequence[Numbered], error: StoreUnavailable) -> None:
        try:
            self._spool.append(numbered)
        except OSError as broken:
            self._can_spool = False
            log.error("spool_failed", reason=str(broken), store=str(error))
            _answer(batch, [Unavailable(_RETRY_AFTER_S)] * len(batch))
        else:
            self._can_spool = True
            _answer(batch, [Accepted(to_uid(one.id), False, True) for one in numbered])

    def _drain(self) -> None:
        """Bring every file of the spool that no living process writes into the store, serving callers in between.

        A file that can not be brought in stays for the next time and keeps back neither the others nor the callers.
        """
        for path, _locked in self._spool.claim():
            try:
                for part in _slices(read(path)):
                    self._database.repeat(partial(self._write, part, True))
                    self._serve()
                set_timer(self._database, self._ids, suppressions.KIND, suppressions.KIND, self._clock())
                finish(path)
            except StoreUnavailable:
                self._store_away_since = time.monotonic()
                return
            except Exception:
                log.exception("spool_file_failed", file=path.name)
                continue
            self._store_away_since = None
            log.info("spool_drained", file=path.name)


def _answer(batch: Sequence[_Waiting], answers: Sequence[Accepted | Exception]) -> None:
    """Hand each caller its answer, waking each event loop once."""
    pairs = sorted(zip(batch, answers, strict=True), key=lambda pair: id(pair[0].loop))
    for _, group in groupby(pairs, key=lambda pair: id(pair[0].loop)):
        callers = list(group)
        try:
            callers[0][0].loop.call_soon_threadsafe(_resolve, callers)
        except RuntimeError:  # the loop is closed: nobody waits for the answer any more
            log.warning("intake_caller_gone", count=len(callers))


def _resolve(callers: Sequence[tuple[_Waiting, Accepted | Exception]]) -> None:
    for waiting, answer in callers:
        if waiting.future.done():
            continue
        if isinstance(answer, Exception):
            waiting.future.set_exception(answer)
        else:
            waiting.future.set_result(answer)


def drain_spool(database: Database, spool: Spool) -> int:
    """Bring the spool into the store outside a web process (erasing, audit); returns how many submissions it held."""
    count = 0
    for path, _locked in spool.claim():
        for part in _slices(read(path)):
            with database.write() as connection:
                captures.commit(connection, part, may_exist=True)
            count += len(part)
        finish(path)
    return count


def _slices(numbered: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    rest = iter(numbered)
    while part := list(islice(rest, _MAX_BATCH)):
        yield part
