"""Which rows go into the next call: the most urgent group that is full or has waited for company long enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table

from core.instants import Instant
from leadrelay.engine import settling
from leadrelay.engine.admission import Passage
from leadrelay.engine.plan import SinkPlan
from leadrelay.store import bulk, tables, work
from leadrelay.store.work import Claimed

_LOOK_AHEAD = 3
_CONDITIONS = ("state = 'waiting' AND due <= ?", "state = 'in_flight' AND leased_until <= ?")


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one table that may share a call, when they may go (`ready_at`), and how urgent the first of them is."""

    table: Table
    rows: Sequence[Any]
    priority: int
    ready_at: Instant


@dataclass(frozen=True, slots=True)
class Claim:
    """Rows of one table that go into one call, and the gate's leave to make it."""

    table: Table
    rows: list[Claimed]
    passage: Passage

    @property
    def token(self) -> int:
        """The fencing token that all rows of the claim share."""
        return self.rows[0].token


def has_work(connection: Connection, sink: str, now: Instant, *, is_fresh_only: bool = False) -> bool:
    """A cheap look before the write lock is asked for."""
    only = " AND priority = 0" if is_fresh_only else ""
    for table in ("delivery", "action"):
        for condition in _CONDITIONS:
            sql = f"SELECT 1 FROM {table} WHERE sink = ? AND {condition}{only} LIMIT 1"
            if bulk.run(connection, sql, (sink, now)).first():
                return True
    return False


def groups(connection: Connection, plan: SinkPlan, now: Instant, batch: int) -> list[Group]:
    """What may go into one call each: groups that are ready first, by their urgency, then those that wait for company."""
    found: list[Group] = []
    for object_name in plan.objects:
        rows = work.due_deliveries(connection, plan.name, object_name, now, plan.batch * _LOOK_AHEAD)
        found += _groups(tables.delivery, rows, plan, batch)
    found += _groups(tables.action, work.due_actions(connection, plan.name, now, plan.batch * _LOOK_AHEAD), plan, batch)
    return sorted(found, key=lambda one: (one.ready_at > now, one.priority, one.ready_at))


def _groups(table: Table, rows: Sequence[Any], plan: SinkPlan, batch: int) -> Iterable[Group]:
    """Rows that may share a call: known and unknown records apart, struck rows apart, fresh ones and a backlog apart."""
    found: dict[tuple[bool, int, bool], list[Any]] = {}
    for row in rows:
        limit = settling.batch_limit(row.strikes, batch)
        found.setdefault((row.crm_id is None, limit, row.priority > 0), []).append(row)
    for (_, limit, _), group in found.items():
        oldest = min(row.due for row in group[:limit])
        ready_at = oldest if len(group) >= limit else oldest + plan.linger
        yield Group(table, group[:limit], min(row.priority for row in group[:limit]), ready_at)
