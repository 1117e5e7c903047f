"""Routing on a real store: plans, leads, and workers as processes that can be killed.

As a program it routes every lead of a range that nobody has yet: `python -m tests.support.routing URL WORKER WORKERS LEADS PLAN`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from core.documents import read_document
from core.fields import STANDARD
from core.golden import fold_all
from core.instants import Instant
from core.lead import Cell, Lead, Touch
from core.lead_json import lead_to_json
from core.rules import compile_rules
from leadrelay.engine.clock import system_clock
from leadrelay.engine.routing import Routed, route
from leadrelay.engine.routing_plan import RoutingPlan
from leadrelay.pools import names_of, routing_plan
from leadrelay.store import bulk, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.team import read_team

NOON: Instant = 1_763_726_400_000
"""2025-11-21T12:00:00Z, a Friday."""

ALL_TO_POOL = "routing: {to: [{name: all, otherwise: true, pool: sales}]}"


def plan_of(team: str, rules: str = ALL_TO_POOL) -> RoutingPlan:
    """What the texts of team.yaml and of a rules file make."""
    found, problems = read_team(read_document(team, "team.yaml"))
    assert problems == []
    compiled, wrong = compile_rules([read_document(rules, "rules/r.yaml")], STANDARD, names_of(found))
    assert wrong == []
    made = routing_plan(compiled, found)
    assert made is not None
    return made


def team_of(weights: Mapping[str, int], more: str = "", people: Mapping[str, str] | None = None) -> str:
    """A team with one pool `sales` that ends in the queue `rest`; `more` are the pool's other lines."""
    listed = ", ".join(f"{email}: {{{(people or {}).get(email, '')}}}" for email in weights)
    members = ", ".join(f"{email}: {weight}" for email, weight in weights.items())
    pool = f"pools: {{sales: {{members: {{{members}}}, fallback: rest{', ' + more if more else ''}}}}}"
    return f"people: {{{listed}}}\n{pool}\nqueues: {{rest: {{}}}}\n"


def new_lead(number: int, at: Instant = NOON, fields: Mapping[str, str] | None = None, *, is_test: bool = False) -> Lead:
    """A lead of one touch, of a number."""
    cells = {path: Cell(value) for path, value in (fields or {}).items()}
    touch = Touch(f"TOUCH{number:08}", "form", at, "demo_request", cells, is_test=is_test)
    return fold_all([touch], STANDARD, to_uid(number))


def routed(
    database: Database,
    plan: RoutingPlan,
    leads: Sequence[Lead],
    now: Instant = NOON,
    known: Mapping[str, Lead] | None = None,
    ids: Ids | None = None,
) -> Routed:
    """Route leads in a transaction of their own, and write those that are new."""
    with database.write() as connection:
        found = route(connection, plan, {lead.uid: lead for lead in leads}, now, ids or Ids(), known)
        found.write(connection, now)
        if known is None:
            _write(connection, found.leads.values(), now)
    return found


def _write(connection: Any, leads: Any, now: Instant) -> None:
    columns = ("id", "version", "record", "created_at", "updated_at")
    rows = [(from_uid(one.uid), one.version, json.dumps(lead_to_json(one)), now, now) for one in leads]
    bulk.insert(connection, tables.lead, columns, rows, conflict="ON CONFLICT (id) DO NOTHING")


def ledger(database: Database) -> list[Any]:
    """All assignments in the order of their turns."""
    with database.read() as connection:
        return list(connection.exec_driver_sql("SELECT * FROM assignment ORDER BY pool, turn, id"))


def start_worker(url: str, team: str, worker: int, workers: int, leads: int) -> subprocess.Popen[bytes]:
    """A process that routes the leads of one worker."""
    command = [sys.executable, "-m", "tests.support.routing", url, str(worker), str(workers), str(leads), team]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def main(url: str, worker: int, workers: int, leads: int, team: str) -> None:
    """Route in batches of different sizes, each in one transaction, whatever was routed before."""
    database, plan, ids, draw = Database(url, pool_size=1), plan_of(team), Ids(), random.Random(worker)
    mine = list(range(worker + 1, leads + 1, workers))
    print("ready", flush=True)
    while mine:
        batch, mine = mine[: (size := draw.randint(1, 9))], mine[size:]
        made = [new_lead(number) for number in batch]
        database.repeat(lambda made=made: routed(database, plan, made, system_clock(), ids=ids))  # type: ignore[misc]
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
