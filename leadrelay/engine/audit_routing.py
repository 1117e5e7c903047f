"""The ledger of routing held against the leads: every turn has its row, and nobody who should have an owner is without one."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import Connection, func, select

from core.instants import MINUTE, Instant
from core.lead import Lead
from core.lead_json import lead_from_json
from leadrelay.engine.owning import WAITING
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.routing_plan import RoutingPlan
from leadrelay.store import rotation, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import to_uid
from leadrelay.store.leads import living

_LISTED = 20
_PATIENCE = 5 * MINUTE
"""A lead that is due to be decided for longer than this is not merely waiting for the worker."""


def audit_routing(database: Database, plan: ProcessPlan, now: Instant) -> dict[str, Any]:
    """`leads` by what became of them, `pools` with the turns that were taken and the ledger's rows of each, `unaccounted`: turns
    without a row, and leads that somebody has by the ledger and nobody by their record. `limbo` are leads that should be with
    somebody and are with nobody, as after a routing was added: `leadrelay rules rescore` takes care of them."""
    with database.read(is_snapshot=True) as connection:
        pools = _pools(connection)
    counts: Counter[str] = Counter()
    wrong: list[dict[str, str]] = []
    routing = plan.routing
    for connection, rows in () if routing is None else living(database):
        assert routing is not None  # noqa: S101 - without one there is nothing to go through
        has = rotation.current(connection, [row.id for row in rows])
        for row in rows:
            lead = lead_from_json(to_uid(row.id), row.version, json.loads(row.record))
            is_in_ledger = row.id in has
            until = now if is_in_ledger else row.decide_at  # who has a lead is put right at once; its deadline comes later
            is_due = row.decide_at is not None and now - _PATIENCE < row.decide_at <= until
            found = _state(routing, lead, now, is_in_ledger=is_in_ledger, is_due=is_due)
            counts[found] += 1
            if found in ("limbo", "owner_lost") and len(wrong) < _LISTED:
                wrong.append({"what": found, "lead": lead.uid})
    unaccounted = sum(abs(one["turns"] - one["ledger"]) for one in pools.values()) + counts["owner_lost"]
    return {"leads": dict(counts), "limbo": counts["limbo"], "pools": pools, "unaccounted": unaccounted, "wrong": wrong}


def _pools(connection: Connection) -> dict[str, dict[str, int]]:
    """Per pool, the turns that its cursor counted and those that the ledger has."""
    assignment = tables.assignment
    turns = connection.execute(select(tables.rotation.c.pool, tables.rotation.c.turns).order_by(tables.rotation.c.pool))
    taken = select(assignment.c.pool, func.count()).where(assignment.c.turn.is_not(None)).group_by(assignment.c.pool)
    rows: dict[str, int] = {row[0]: row[1] for row in connection.execute(taken)}
    found = {row.pool: {"turns": row.turns, "ledger": rows.pop(row.pool, 0)} for row in turns}
    return found | {pool: {"turns": 0, "ledger": count} for pool, count in sorted(rows.items())}


def _state(plan: RoutingPlan, lead: Lead, now: Instant, *, is_in_ledger: bool, is_due: bool) -> str:
    """In one word, whether a lead is with somebody."""
    if lead.value("owner.email") or lead.value("owner.queue"):
        return "routed" if is_in_ledger else "owned_in_crm"
    if lead.is_test and not plan.takes_tests:
        return "test"
    if is_due:
        return "waiting" if WAITING in lead.marks else "due"
    if is_in_ledger:
        return "owner_lost"
    return "limbo" if plan.would_go(lead, now) else "not_started"
