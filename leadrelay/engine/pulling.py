"""Asking one source: held by one worker at a time, committed in one transaction with its position, put away afterwards."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from connectors.base import Retry, Stop
from connectors.sources import Fetch, Fetched, PullSource
from core import retry
from core.instants import MINUTE, SECOND, Instant
from core.problems import Problem
from leadrelay.engine import alerts
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.lease import Lease, OthersLease
from leadrelay.store import captures, cursors
from leadrelay.store.captures import Numbered
from leadrelay.store.cursors import CursorState
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids, to_uid

log = structlog.get_logger(__name__)

LEASE_FOR = 15 * SECOND
"""How long a source stays with a worker that has died."""
AT_ONCE = 100
_LOOK_S = 1.0
"""How long a wait lasts before the loop looks whether it is to stop, and how often others' sources are asked for."""
_LONGEST_WAIT = MINUTE
_ALERT_AFTER = 5
_MAX_RENUMBERED = 3


class LeaseLost(Exception):
    """Another worker holds the source by now; nothing was written."""


def alert_key(source: str) -> str:
    """The alert that is open while a source can not be asked."""
    return f"source:{source}"


class Pulling:
    """One source's puller, used by one thread; several, in threads, processes or machines, may serve one source.

    `settings` changes with the source's settings: a source that was paused for others is asked again.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        open_source: Callable[[], PullSource],
        *,
        settings: str = "",
        lease_for: int = LEASE_FOR,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._name = name
        self._open_source = open_source
        self._settings = settings
        self._lease_for = lease_for
        self._clock = clock
        self._ids = ids or Ids()
        self._jitter = jitter
        self._source: PullSource | None = None
        self._lease: Lease | None = None
        self._others = OthersLease(lease_for)
        self._position = ""
        self._is_doubtful = False
        self._looks = True
        self._is_healthy = False
        self._is_put_away: bool | None = None

    def run_once(self, stopping: threading.Event) -> float:
        """Fetch and commit once, or rest until there is something to fetch, or until `stopping` is set."""
        lease = self._lease or self._claimed()
        if lease is None:
            stopping.wait(_LOOK_S)
            return 0.0
        try:
            self._work(lease)
        except LeaseLost:
            log.warning("source_taken_over", source=self._name)
            self._drop()
        except StoreUnavailable:
            self._is_doubtful = True  # what was being committed may have been
            raise
        except Stop as stop:
            self._pause(lease, stop.problem)
        except Retry as error:
            stopping.wait(self._fail(lease, error))
        except Exception:
            log.exception("source_failed", source=self._name)
            self._drop()  # nobody knows what is left on the connection
            stopping.wait(self._fail(lease, Retry("the connector failed inside leadrelay; the log has the trace")))
        return 0.0

    def close(self) -> None:
        """Give the source back."""
        lease = self._lease
        self._drop()
        if lease is not None:
            with self._database.write(is_durable=False) as connection:
                cursors.release(connection, self._name, lease.token)

    # --- holding ---

    def _claimed(self) -> Lease | None:
        """The lease, once nobody else has it; a look first, so that who waits takes no lock."""
        now = self._clock()
        with self._database.read() as connection:
            known = cursors.read(connection, self._name)
        is_paused = known.paused is not None and known.paused_for == self._settings
        if is_paused or not self._others.is_over(known.leased_until, now):
            return None
        token = self._ids.one(now)
        state = self._database.repeat(lambda: self._claim(known, token, now))
        if state is None:
            return None
        self._position, self._is_doubtful, self._looks, self._is_healthy = state.position, False, True, False
        self._lease = Lease(self._database, self._name, token, self._lease_for, state.last_ok_at, self._clock)
        self._lease.start()
        return self._lease

    def _claim(self, known: CursorState, token: int, now: Instant) -> CursorState | None:
        with self._database.write(is_durable=False) as connection:
            if known.paused is not None and cursors.resume(connection, self._name):
                log.info("source_resumed", source=self._name, reason="its settings have changed")
                alerts.resolve(connection, alert_key(self._name), now)
            return cursors.claim(connection, self._name, token, now, now + self._lease_for, over=known.leased_until)

    def _drop(self) -> None:
        """Let go of everything here, whoever holds the source by now."""
        source, self._source = self._source, None
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.stop()
        if source is not None:
            source.close()

    # --- working ---

    def _work(self, lease: Lease) -> None:
        if lease.is_lost:
            raise LeaseLost
        if self._is_doubtful:
            self._position = self._stored_position(lease)
            self._is_doubtful = False
        if self._source is None:
            self._source = self._open_source()
        if not self._looks:
            self._looks = self._source.wait(_LOOK_S)
            lease.is_ok()
            return
        fetch = self._source.fetch(self._position, AT_ONCE)
        self._commit(lease, fetch)
        self._looks = fetch.has_more
        self._settle(lease, self._source, fetch)

    def _stored_position(self, lease: Lease) -> str:
        with self._database.read() as connection:
            known = cursors.read(connection, self._name)
        if known.token != lease.token:
            raise LeaseLost
        return known.position

    def _commit(self, lease: Lease, fetch: Fetch) -> None:
        """Keep what was fetched and how far that was, in one transaction that comes to nothing without the lease."""
        if not fetch.items and fetch.position == self._position and self._is_healthy:
            return
        for left in range(_MAX_RENUMBERED, -1, -1):
            try:
                first = self._database.repeat(lambda: self._write(lease, fetch))
                break
            except IntegrityError:  # another process drew one of the ids
                if left == 0:
                    raise
        self._position = fetch.position
        self._is_healthy = True
        lease.is_ok()
        if fetch.items:
            log.info("fetched", source=self._name, count=len(fetch.items), duplicates=len(fetch.items) - first)

    def _write(self, lease: Lease, fetch: Fetch) -> int:
        """Returns how many of the items are no duplicates."""
        now = self._clock()
        with self._database.write() as connection:
            if not cursors.advance(connection, self._name, lease.token, fetch.position, now):
                raise LeaseLost
            if not self._is_healthy:
                cursors.connected(connection, self._name, lease.token, now)
                alerts.resolve(connection, alert_key(self._name), now)
            batch = self._numbered(connection, fetch.items, now)
            firsts = captures.commit(connection, batch) if batch else {}
            self._tell_rejected(connection, fetch.items, now)
        return sum(number == first for number, first in firsts.items())

    def _numbered(self, connection: Connection, items: tuple[Fetched, ...], now: Instant) -> list[Numbered]:
        named = [(item.repeats, item.key) for item in items if item.repeats]
        before: Mapping[str, int] = cursors.repeated(connection, self._name, named)
        first: dict[str, tuple[str, int]] = {}
        batch = []
        for item in items:
            number = self._ids.one(now)
            headers = dict(item.headers)
            if item.repeats:
                key, other = first.setdefault(item.repeats, (item.key, number))
                known = before.get(item.key) or (other if key != item.key else None)
                if known is not None:
                    headers["x-leadrelay-repeats"] = to_uid(known)
            submitted_at = None if item.submitted_at is None else min(item.submitted_at, now)
            batch.append(
                Numbered(
                    number,
                    NewSubmission(
                        self._name, item.key, False, item.state, item.reason, headers, item.body, submitted_at, now, item.is_test
                    ),
                )
            )
        return batch

    def _tell_rejected(self, connection: Connection, items: tuple[Fetched, ...], now: Instant) -> None:
        for item in items:
            if item.state == "rejected":
                log.warning("item_refused", source=self._name, reason=item.reason)
                message = f"source `{self._name}`: {item.reason}"
                alerts.raise_alert(connection, f"{alert_key(self._name)}:failed", "source_item_failed", message, now)

    def _settle(self, lease: Lease, source: PullSource, fetch: Fetch) -> None:
        """Have what is committed put away; where that can not be done, fetching goes on all the same, with an alert."""
        key = f"{alert_key(self._name)}:put_away"
        try:
            source.settle(fetch)
        except Retry as error:
            if error.code != "put_away":
                raise
            if self._is_put_away is not False:
                log.warning("not_put_away", source=self._name, reason=error.reason)
                with self._database.write(is_durable=False) as connection:
                    message = f"source `{self._name}`: {error.reason}"
                    alerts.raise_alert(connection, key, "source_not_put_away", message, self._clock())
                    cursors.note_problem(connection, self._name, lease.token, error.reason)
            self._is_put_away = False
            return
        if self._is_put_away is False or (fetch.items and self._is_put_away is None):
            with self._database.write(is_durable=False) as connection:
                alerts.resolve(connection, key, self._clock())
            self._is_put_away = True

    # --- what goes wrong ---

    def _fail(self, lease: Lease, error: Retry) -> float:
        """Note it and give the source back; how long to leave it alone, in seconds."""
        self._drop_lease()
        now = self._clock()
        with self._database.write(is_durable=False) as connection:
            failures = cursors.read(connection, self._name).failures
            cursors.fail(connection, self._name, lease.token, error.reason)
            if failures + 1 >= _ALERT_AFTER:
                message = f"source `{self._name}`: {error.reason}"
                alerts.raise_alert(connection, alert_key(self._name), "source_unreachable", message, now)
        log.warning("source_away", source=self._name, reason=error.reason, failures=failures + 1)
        hold = retry.hold_gate(failures, error, now=now, jitter=self._jitter())
        longest = max(_LONGEST_WAIT, round((error.after or 0) * SECOND))
        return min(hold.until - now, longest) / SECOND

    def _drop_lease(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.stop()

    def _pause(self, lease: Lease, problem: Problem) -> None:
        """Ask no more until a person has acted."""
        self._drop()
        log.error("source_paused", source=self._name, reason=problem.message)
        said = replace(problem, field=problem.field or self._name)
        with self._database.write() as connection:
            if cursors.pause(connection, self._name, said, self._settings, lease.token):
                message = f"source `{self._name}`: {problem.message}"
                alerts.raise_alert(connection, alert_key(self._name), "source_paused", message, self._clock())
