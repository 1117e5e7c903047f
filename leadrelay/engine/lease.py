"""Holding a source for as long as its thread works on it, however long one call to a slow server takes; and when another's
lease is over."""

from __future__ import annotations

import threading
import time

import structlog

from core.instants import SECOND, Instant
from leadrelay.engine.clock import Clock
from leadrelay.store import cursors
from leadrelay.store.database import Database, StoreUnavailable

log = structlog.get_logger(__name__)


class OthersLease:
    """What is seen of a lease that another one holds. It is over when its time has come, or when nobody has renewed it for as
    long as it lasts: a holder that died before the clock was set back would else keep it for hours."""

    def __init__(self, lease_for: int) -> None:
        self._lease_for = lease_for
        self._seen: tuple[Instant, float] = (0, 0.0)

    def is_over(self, until: Instant, now: Instant) -> bool:
        """Whether a lease that holds until then may be taken over now."""
        if until != self._seen[0]:
            self._seen = (until, time.monotonic())
        return until <= now or time.monotonic() - self._seen[1] > self._lease_for / SECOND


class Lease:
    """A lease on a source's cursor, renewed in a thread of its own from `start` to `stop`, three times in its length."""

    def __init__(self, database: Database, name: str, token: int, lease_for: int, ok_at: Instant, clock: Clock) -> None:
        self.token = token
        self._database = database
        self._name = name
        self._lease_for = lease_for
        self._ok_at = ok_at
        self._clock = clock
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease-{name}", daemon=True)

    @property
    def is_lost(self) -> bool:
        """Whether the source is known to be another worker's by now."""
        return self._lost.is_set()

    def is_ok(self) -> None:
        """Note that the source answers; told to the store with the next renewal."""
        self._ok_at = self._clock()

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Renew no more; the lease is neither given back nor taken away."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._lease_for / 3 / SECOND):
            try:
                is_ours = self._database.repeat(self._renew)
            except StoreUnavailable as error:
                log.warning("store_away", loop=f"lease {self._name}", reason=str(error))
                continue
            except Exception:
                log.exception("lease_failed", source=self._name)
                continue
            if not is_ours:
                self._lost.set()
                return

    def _renew(self) -> bool:
        now = self._clock()
        with self._database.write(is_durable=False) as connection:
            return cursors.renew(connection, self._name, self.token, now, now + self._lease_for, self._ok_at)
