"""The gate of each CRM account: one row that all workers share, and that decides whether a call may be made now."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from core.instants import Instant
from core.problems import Problem, problem_from_json
from leadrelay.store import bulk, tables

_GATE = tables.gate


@dataclass(frozen=True, slots=True)
class Rate:
    """How many calls an account allows in how many seconds."""

    calls: int
    per_s: float

    @property
    def per_ms(self) -> float:
        """Calls that come free each millisecond."""
        return self.calls / (self.per_s * 1000)


@dataclass(frozen=True, slots=True)
class Gate:
    """What all workers know of one account. `batch` 0 means the sink's own maximum; `tokens` counts free calls in
    thousandths and may go below zero: a batch is charged for the calls it made."""

    account: str
    crm_account_id: str | None = None
    hold_until: Instant = 0
    hold_reason: str = ""
    failures: int = 0
    batch: int = 0
    last_ok_at: Instant = 0
    tokens: int = 0
    tokens_at: Instant = 0
    paused: Problem | None = None
    calls: int = 0
    used: int | None = None
    allowed: int | None = None
    last_problem: str | None = None

    def opens_at(self, now: Instant, rate: Rate | None) -> Instant | None:
        """When the next call may be made: `now` or later; None while a person has to act first."""
        if self.paused is not None:
            return None
        if self.hold_until > now:
            return self.hold_until
        if rate is None or self.refilled(now, rate).tokens >= 1000:
            return now
        return now + max(1, round((1000 - self.refilled(now, rate).tokens) / 1000 / rate.per_ms))

    def refilled(self, now: Instant, rate: Rate) -> Gate:
        """This gate with what its rate has set free by now; at most one period's calls are kept."""
        full = rate.calls * 1000
        if self.tokens_at == 0:
            return replace(self, tokens=full, tokens_at=now)
        freed = int(max(0, now - self.tokens_at) * rate.per_ms * 1000)
        return replace(self, tokens=min(full, self.tokens + freed), tokens_at=now)


def lock(connection: Connection, account: str) -> Gate:
    """The account's gate, held until the transaction ends so that claims of one account are one after the other."""
    query = select(_GATE).where(_GATE.c.account == account)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        bulk.run(connection, "INSERT INTO gate (account) VALUES (?) ON CONFLICT (account) DO NOTHING", (account,))
        row = connection.execute(query.with_for_update()).one()
    return _gate(row._mapping)


def read_all(connection: Connection) -> dict[str, Gate]:
    """All gates by account."""
    return {row.account: _gate(row._mapping) for row in connection.execute(select(_GATE))}


def _gate(row: object) -> Gate:
    values = dict(row)  # type: ignore[call-overload]
    paused = values.pop("paused")
    return Gate(**values, paused=None if paused is None else problem_from_json(json.loads(paused)))


def save(connection: Connection, gate: Gate) -> None:
    """Write a gate that this transaction has locked."""
    values = {name: getattr(gate, name) for name in Gate.__dataclass_fields__ if name not in ("account", "paused")}
    values["paused"] = None if gate.paused is None else json.dumps(gate.paused.as_json())
    connection.execute(_GATE.update().where(_GATE.c.account == gate.account).values(**values))


def pause(connection: Connection, account: str, problem: Problem) -> None:
    """Stop all calls of an account until `resume`."""
    save(connection, replace(lock(connection, account), paused=problem))


def resume(connection: Connection, account: str) -> None:
    """Let an account call again at once: neither pause nor hold nor a shrunken batch is left."""
    gate = lock(connection, account)
    save(connection, replace(gate, paused=None, hold_until=0, hold_reason="", failures=0, batch=0))
