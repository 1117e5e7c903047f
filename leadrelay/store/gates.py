"""The gates: what all workers know of each sink and of the CRM account behind it, and by which they call or wait.

A sink's own row says whether it is paused and which account it is bound to. Sinks of one account share that account's row
(its name holds a colon, which no sink's name does): hold, calls under way, windows, the day's use. A sink that is not bound
to an account yet, since it was never opened, is its own account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.budget import Spending
from core.instants import Instant
from core.problems import Problem, problem_from_json
from core.windows import Spent, Window
from leadrelay.store import bulk, tables

_GATE = tables.gate
_OWN = ("crm_account_id", "shared", "last_ok_at", "last_problem")
_SHARED = (
    "hold_until", "hold_reason", "failures", "batch", "calls", "used", "allowed", "used_at", "burst_limit", "burst_ms",
    "workers", "workers_at", "backlog_reason",
)  # fmt: skip
_LOCKED = select(_GATE).where(_GATE.c.account == bindparam("name")).with_for_update()
_OWN_COLUMNS, _SHARED_COLUMNS = (*_OWN, "paused"), (*_SHARED, "state")


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Calls that a worker has leave to make since `at` and has not reported yet."""

    token: int
    calls: int
    at: Instant


@dataclass(frozen=True, slots=True)
class Gate:
    """What all workers know of one sink and its account. `account` is the sink's name, `shared` the name of the row that it
    shares (None: its own). `batch` 0 means the sink's own maximum and `workers` 0 as many as there are. `spent` holds the
    calls made, by the length of the window that they are counted for."""

    account: str
    crm_account_id: str | None = None
    shared: str | None = None
    hold_until: Instant = 0
    hold_reason: str = ""
    failures: int = 0
    batch: int = 0
    last_ok_at: Instant = 0
    paused: Problem | None = None
    calls: int = 0
    used: int | None = None
    allowed: int | None = None
    used_at: Instant = 0
    burst_limit: int = 0
    burst_ms: int = 0
    workers: int = 0
    workers_at: Instant = 0
    backlog_reason: str = ""
    last_problem: str | None = None
    under_way: tuple[UnderWay, ...] = ()
    spent: Mapping[int, Spent] = field(default_factory=dict)
    spending: Spending = field(default_factory=Spending)
    spending_at: Instant = 0

    @property
    def key(self) -> str:
        """The row that is shared by all sinks of the account, and the name under which calls are counted."""
        return self.shared or self.account

    @property
    def burst(self) -> Window | None:
        """The CRM's own window, as its answers name it."""
        return Window(self.burst_limit, self.burst_ms) if self.burst_limit and self.burst_ms else None


def lock(connection: Connection, sink: str) -> Gate:
    """A sink's gate and its account's, held until the transaction ends, so that claims of an account are one after the other."""
    own = _locked(connection, sink)
    return _gate(own, _locked(connection, own["shared"]) if own["shared"] else own)


def _locked(connection: Connection, name: str) -> Mapping[str, Any]:
    named = {"name": name}
    row = connection.execute(_LOCKED, named).one_or_none()
    if row is None:
        bulk.run(connection, "INSERT INTO gate (account) VALUES (?) ON CONFLICT (account) DO NOTHING", (name,))
        row = connection.execute(_LOCKED, named).one()
    return dict(row._mapping)


def read_all(connection: Connection) -> dict[str, Gate]:
    """The gates of all sinks by name, each with what its account's row says."""
    rows = {row.account: dict(row._mapping) for row in connection.execute(select(_GATE))}
    return {name: _gate(row, rows.get(row["shared"] or name, row)) for name, row in rows.items() if ":" not in name}


def _gate(own: Mapping[str, Any], shared: Mapping[str, Any]) -> Gate:
    state = json.loads(shared["state"]) if shared["state"] else {}
    return Gate(
        account=own["account"],
        paused=None if own["paused"] is None else problem_from_json(json.loads(own["paused"])),
        under_way=tuple(UnderWay(*one) for one in state.get("under_way", ())),
        spent={int(length): tuple((at, calls) for at, calls in log) for length, log in state.get("spent", {}).items()},
        spending=Spending(**state["spending"]) if "spending" in state else Spending(),
        spending_at=state.get("spending_at", 0),
        **{name: own[name] for name in _OWN},
        **{name: shared[name] for name in _SHARED},
    )


def save(connection: Connection, gate: Gate) -> None:
    """Write a gate that this transaction has locked."""
    own = [getattr(gate, name) for name in _OWN] + [None if gate.paused is None else json.dumps(gate.paused.as_json())]
    shared = [getattr(gate, name) for name in _SHARED] + [_state(gate)]
    bulk.update(connection, _GATE, _OWN_COLUMNS, ("account",), [(*own, gate.account)])
    bulk.update(connection, _GATE, _SHARED_COLUMNS, ("account",), [(*shared, gate.key)])


def _state(gate: Gate) -> str:
    known = {name: getattr(gate.spending, name) for name in Spending.__dataclass_fields__}
    under_way = [(one.token, one.calls, one.at) for one in gate.under_way]
    state = {"under_way": under_way, "spent": gate.spent, "spending": known, "spending_at": gate.spending_at}
    return json.dumps(state, separators=(",", ":"))


def bind(connection: Connection, sink: str, connector: str, crm_account_id: str) -> str:
    """Bind a sink to its account with its first use, and to the gate that it shares; returns the account that it is bound to.

    What the sink's own row knew (a hold, calls made before the login told the account) goes into the shared one.
    """
    gate = lock(connection, sink)
    bound = gate.crm_account_id or crm_account_id
    if bound != crm_account_id or gate.shared is not None:
        return bound
    name = f"{connector or 'crm'}:{crm_account_id}"
    row = _locked(connection, name)
    known = _gate(row, row)
    save(
        connection,
        replace(
            gate,
            crm_account_id=crm_account_id,
            shared=name,
            hold_until=max(gate.hold_until, known.hold_until),
            hold_reason=gate.hold_reason if gate.hold_until > known.hold_until else known.hold_reason,
            failures=max(gate.failures, known.failures),
            batch=known.batch,
            calls=gate.calls + known.calls,
            used=gate.used if known.used is None else known.used,
            allowed=gate.allowed if known.allowed is None else known.allowed,
            used_at=max(gate.used_at, known.used_at),
            burst_limit=known.burst_limit or gate.burst_limit,
            burst_ms=known.burst_ms or gate.burst_ms,
            workers=known.workers,
            workers_at=known.workers_at,
            backlog_reason=known.backlog_reason,
            under_way=(*known.under_way, *gate.under_way),
            spent={**gate.spent, **known.spent},
            spending=known.spending,
            spending_at=known.spending_at,
        ),
    )
    return bound


def pause(connection: Connection, sink: str, problem: Problem) -> None:
    """Stop all calls of a sink until `resume`; other sinks of its account go on."""
    save(connection, replace(lock(connection, sink), paused=problem))


def resume(connection: Connection, sink: str) -> None:
    """Let a sink call again at once: neither pause nor hold nor a shrunken batch is left."""
    gate = lock(connection, sink)
    save(connection, replace(gate, paused=None, hold_until=0, hold_reason="", failures=0, batch=0, workers=0, spending_at=0))
