"""What is left of each CRM's call allowance, and whether it is going to do: for the command line, the API and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from core import budget, windows
from core.budget import Kind
from core.instants import Instant
from leadrelay.engine import admission
from leadrelay.engine.plan import SinkPlan
from leadrelay.store import calls, gates
from leadrelay.store.gates import Gate


@dataclass(frozen=True, slots=True)
class SinkBudget:
    """One sink's account: its tightest rolling window (no limit is known: None) with how many calls are left in it, our calls
    by kind in the last hour and day, the calls a day that the current volume needs, and those that there are."""

    rate: str | None = None
    burst_limit: int | None = None
    burst_left: int | None = None
    calls_hour: Mapping[Kind, int] = field(default_factory=dict)
    calls_day: Mapping[Kind, int] = field(default_factory=dict)
    calls_forecast: int = 0
    calls_a_day: int | None = None
    warning: str = ""
    backlog_waits: str = ""


def budgets(connection: Connection, plan_of: Callable[[str], SinkPlan], now: Instant) -> dict[str, SinkBudget]:
    """The budgets of all sinks that have called or were paused, by name."""
    return {name: _budget(connection, plan_of(name), gate, now) for name, gate in gates.read_all(connection).items()}


def _budget(connection: Connection, plan: SinkPlan, gate: Gate, now: Instant) -> SinkBudget:
    window = windows.tightest(admission.windows_of(plan, gate))
    spending = calls.spending(connection, (gate.key, gate.account), now)
    allowance = admission.allowance_of(plan, gate)
    return SinkBudget(
        rate=None if window is None else f"{window.limit}/{window.per_ms / 1000:g}s",
        burst_limit=None if window is None else window.limit,
        burst_left=None if window is None else admission.left_in(window, gate, now),
        calls_hour=spending.hour,
        calls_day=spending.day,
        calls_forecast=spending.forecast,
        calls_a_day=allowance.of_a_day,
        warning=budget.warning(allowance, spending),
        backlog_waits=gate.backlog_reason,
    )
