"""What must happen later: rows with a due time, each claimed by one worker, done once and set again or removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Connection, select

from core.instants import MINUTE, Instant
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.store import bulk, tables
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids

log = structlog.get_logger(__name__)

_TIMER = tables.timer
_LEASE_FOR = 2 * MINUTE
_AFTER_FAILURE = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Again:
    """The timer is due again then, with this in its `data`."""

    due: Instant
    data: str = "{}"


Work = Callable[[str, Instant], Again | None]
"""What a kind of timer does: takes its data and the present; None means that it is over."""


def set_timer(database: Database, ids: Ids, kind: str, key: str, due: Instant, data: str = "{}") -> None:
    """Set a timer unless one of this key is set already."""
    with database.write(is_durable=False) as connection:
        add_timer(connection, ids.one(due), kind, key, due, data)


def add_timer(connection: Connection, number: int, kind: str, key: str, due: Instant, data: str) -> None:
    """Set a timer as a part of what else is written."""
    sql = "INSERT INTO timer (id, kind, key, due, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
    bulk.run(connection, sql, (number, kind, key, due, data))


class Timers:
    """Runs due timers. A failing one is logged and tried again; another worker takes over when its lease runs out."""

    def __init__(
        self, database: Database, works: Mapping[str, Work], *, clock: Clock = system_clock, ids: Ids | None = None
    ) -> None:
        self._database = database
        self._works = works
        self._clock = clock
        self._ids = ids or Ids()

    def run_once(self) -> int:
        """Run every timer that is due now; returns how many ran."""
        count = 0
        while (claimed := self._claim()) is not None:
            self._run(*claimed)
            count += 1
        return count

    def _claim(self) -> tuple[Any, int] | None:
        now = self._clock()
        due = (_TIMER.c.due <= now) & (_TIMER.c.leased_until <= now) & _TIMER.c.kind.in_(list(self._works))
        with self._database.read() as connection:
            if connection.execute(select(_TIMER.c.id).where(due).limit(1)).first() is None:
                return None
        with self._database.write() as connection:
            query = select(_TIMER).where(due).order_by(_TIMER.c.due).limit(1).with_for_update(skip_locked=True)
            row = connection.execute(query).one_or_none()
            if row is not None:
                token = self._ids.one(now)
                mine = {"token": token, "leased_until": now + _LEASE_FOR}
                connection.execute(_TIMER.update().where(_TIMER.c.id == row.id).values(**mine))
                return row, token
        return None

    def _run(self, row: Any, token: int) -> None:
        try:
            again = self._works[row.kind](row.data, self._clock())
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("timer_failed", kind=row.kind)
            again = Again(self._clock() + _AFTER_FAILURE, row.data)
        held = (_TIMER.c.id == row.id) & (_TIMER.c.token == token)
        with self._database.write() as connection:
            if again is None:
                connection.execute(_TIMER.delete().where(held))
            else:
                values = {"due": again.due, "data": again.data, "token": None, "leased_until": 0}
                connection.execute(_TIMER.update().where(held).values(**values))
