"""Waiting until nothing is left to do now: what `leadrelay drain` asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from core.instants import Instant
from leadrelay.engine.resync import KIND as RESYNC
from leadrelay.engine.spool import Spool
from leadrelay.store import gates, leads, markers, tables
from leadrelay.store.database import Database

_POLL_S = 0.1
_AT_MOST_BUSY = 0.1
"""Which part of the time may go into looking: a look at a large store takes a while, and the worker wants the machine."""

_ACTIONS_TO_COME = """
SELECT sink, count(*) FROM action WHERE state = 'in_flight' OR (state = 'waiting' AND (
    EXISTS (SELECT 1 FROM crm_link WHERE crm_link.lead_id = action.lead_id AND crm_link.sink = action.sink)
    OR EXISTS (SELECT 1 FROM delivery WHERE delivery.lead_id = action.lead_id AND delivery.sink = action.sink
               AND (delivery.crm_id IS NOT NULL OR delivery.state IN ('waiting', 'in_flight')))))
GROUP BY sink
"""


@dataclass(frozen=True, slots=True)
class Left:
    """What is still to be done: counts by kind; `paused` are sinks that hold rows and will not send them by
    themselves, `paused_sources` sources whose submissions are not worked."""

    submissions: int = 0
    leads: int = 0
    """Leads that are due to be decided again."""
    deliveries: int = 0
    actions: int = 0
    spooled: int = 0
    paused: dict[str, str] = field(default_factory=dict)
    paused_sources: dict[str, str] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        """Whether everything is settled."""
        return not self.count

    @property
    def count(self) -> int:
        """How many there are of all kinds."""
        return self.submissions + self.leads + self.deliveries + self.actions + self.spooled

    def in_words(self) -> str:
        """The counts as one text."""
        parts = (
            (self.spooled, "spooled submission", "spooled submissions"),
            (self.submissions, "submission", "submissions"),
            (self.leads, "lead to decide", "leads to decide"),
            (self.deliveries, "delivery", "deliveries"),
            (self.actions, "action", "actions"),
        )
        return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in parts if count) or "nothing"

    def as_json(self) -> dict[str, object]:
        """The counts as plain JSON values."""
        return {
            "submissions": self.submissions, "leads": self.leads, "deliveries": self.deliveries, "actions": self.actions,
            "spooled": self.spooled, "paused": self.paused, "paused_sources": self.paused_sources,
        }  # fmt: skip


def drained(look: Callable[[], Left], timeout_s: float, advance: Callable[[int, int], None] | None = None) -> Left:
    """Wait until nothing is left, something paused holds what is left, or the time is over; what is left then.

    `advance` is told how much is done, of how much, after each look.
    """
    give_up_at = time.monotonic() + timeout_s
    most = 0
    while True:
        began = time.monotonic()
        now = look()
        took = time.monotonic() - began
        most = max(most, now.count)
        if advance is not None:
            advance(most - now.count, most)
        if now.is_nothing or now.paused or now.paused_sources or time.monotonic() >= give_up_at:
            return now
        time.sleep(max(_POLL_S, took / _AT_MOST_BUSY))


def left(database: Database, spool: Spool, live: Mapping[str, Collection[str]], now: Instant) -> Left:
    """What is new, leased, due, in flight or backing off now. Sinks in observe mode hold nothing up; an action
    whose lead will not get a record by itself (its delivery has failed or was discarded) does not either.

    `live` names the objects of each sink that sends; rows of an object that is no longer mapped wait for nothing.
    """
    spooled = spool.waiting()  # read in the order in which work moves on, so that nothing slips past between two looks
    with database.read() as connection:
        by_source = "SELECT source, count(*) FROM submission WHERE state = 'new' GROUP BY source"
        submissions = {source: count for source, count in connection.exec_driver_sql(by_source)}  # noqa: C416 - rows are no pairs
        paused_sources = {name: why for name, why in markers.paused_sources(connection).items() if name in submissions}
        due, resyncing = leads.due_count(connection, now), _resyncing(connection, now)
        deliveries: dict[str, int] = {}
        by_object = "SELECT sink, object, count(*) FROM delivery WHERE state IN ('waiting', 'in_flight') GROUP BY sink, object"
        for sink, object_name, count in connection.exec_driver_sql(by_object):
            if object_name in live.get(sink, ()):
                deliveries[sink] = deliveries.get(sink, 0) + count
        actions = _by_sink(connection, _ACTIONS_TO_COME)
        known = gates.read_all(connection)
    paused = {
        name: problem.message
        for name in sorted(live)
        if (gate := known.get(name)) is not None
        and (problem := gate.paused) is not None
        and deliveries.get(name, 0) + actions.get(name, 0)
    }
    return Left(
        sum(submissions.values()),
        due,
        sum(deliveries.values()) + resyncing,
        sum(actions.get(name, 0) for name in live),
        spooled,
        paused,
        paused_sources,
    )


def _resyncing(connection: Connection, now: Instant) -> int:
    """How many sinks are about to want all their leads again, since their mappings have changed."""
    due = (tables.timer.c.kind == RESYNC) & (tables.timer.c.due <= now)
    return connection.execute(select(func.count()).select_from(tables.timer).where(due)).scalar_one()


def _by_sink(connection: Connection, sql: str) -> dict[str, int]:
    return {sink: count for sink, count in connection.exec_driver_sql(sql)}  # noqa: C416 - rows are no pairs to dict()
