"""Routing on a real store: plans, leads, and workers as processes that can be killed.

As a program it starts workers that route every lead of a range: `python -m tests.support.routing URL WORKERS LEADS TEAM`.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from core.documents import read_document
from core.fields import STANDARD
from core.golden import fold_all
from core.instants import Instant
from core.lead import Cell, Lead, Touch
from core.lead_json import lead_to_json
from core.rule_files import compile_rules
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


class Workers:
    """Workers that route at once, as processes that can be killed. They are forked from a process that has everything loaded,
    which takes far longer than what they do."""

    def __init__(self, url: str, team: str, workers: int, leads: int) -> None:
        command = [sys.executable, "-m", "tests.support.routing", url, str(workers), str(leads), team]
        self._workers = workers
        self._source = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._running: list[int] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._source.kill()
        self._source.communicate()

    def start(self) -> list[int]:
        """Start all of them; returns their ids as soon as each is about to route its first lead."""
        assert self._source.stdin is not None
        self._source.stdin.write("start\n")
        self._source.stdin.flush()
        self._running = [int(self._line("ready")[0]) for _ in range(self._workers)]
        return self._running

    def ended(self) -> list[int]:
        """How each of them ended, once all have."""
        codes = [int(code) for code in self._line("ended")]
        self._running = []
        return codes

    def _line(self, wanted: str) -> list[str]:
        assert self._source.stdout is not None
        word, *rest = self._source.stdout.readline().split() or [""]
        assert word == wanted, f"`{word}` came instead of `{wanted}`"
        return rest


def main(url: str, workers: int, leads: int, team: str) -> None:
    """For each line that comes in, start all workers and tell how they ended."""
    plan = plan_of(team)
    for _ in sys.stdin:
        started = [_forked(url, plan, range(worker + 1, leads + 1, workers)) for worker in range(workers)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in started]
        print("ended", *codes, flush=True)


def _forked(url: str, plan: RoutingPlan, mine: range) -> int:
    """Route these leads in a process of its own; returns its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _route_all(url, plan, list(mine))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _route_all(url: str, plan: RoutingPlan, mine: list[int]) -> None:
    """Route in batches of different sizes, each in one transaction, whatever was routed before."""
    database, ids, draw = Database(url, pool_size=1), Ids(), random.Random(mine[0])
    os.write(sys.stdout.fileno(), f"ready {os.getpid()}\n".encode())
    while mine:
        batch, mine = mine[: (size := draw.randint(1, 9))], mine[size:]
        made = [new_lead(number) for number in batch]
        database.repeat(lambda made=made: routed(database, plan, made, system_clock(), ids=ids))  # type: ignore[misc]
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
