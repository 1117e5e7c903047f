"""Who may call an account now, and what its gate learns from a call: rules as functions of the gate, without a store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from connectors.base import Retry, Stop, TooLarge, Usage
from core import windows
from core.budget import Allowance, Kind
from core.instants import MINUTE, SECOND, Instant
from core.problems import Problem
from core.retry import hold_gate, later_hold
from core.windows import Window
from leadrelay.engine.plan import SinkPlan
from leadrelay.store.gates import Gate, UnderWay

T = TypeVar("T")
Failure = Retry | Stop | TooLarge

_KNOCKS_FOR = 5 * SECOND
"""After a failure one worker tries alone, and the others wait so long for what it finds."""
_CALLS_FOR = MINUTE
"""How long a worker counts as calling that says nothing more: it was killed, and another one may take its place."""
_LATE = 5 * SECOND
"""How much longer than its window a call under way is counted for; a worker that is slower than that was most likely killed."""
_ASK_AGAIN = 50
_SPREAD = 250
"""How far apart in milliseconds workers that wait for the same moment come back."""
_MORE_WORKERS_AFTER, _ALL_WORKERS = 30 * SECOND, 16
_SLOW = 10 * SECOND
"""A call that fails without an answer after so long was too much for the CRM, not cut off by chance."""
_STEP = 10
"""A batch that was shrunk grows by the sink's maximum divided by this, with each batch that went well."""

_LASTING, _LASTING_AFTER = frozenset({"session_refused"}), 3
"""Refusals that pass by themselves when workers cross each other, and want a person when they come again and again."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Leave to make about so many calls now; it is given back with `Account.leave`."""

    token: int
    kind: Kind
    calls: int
    at: Instant


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """What came of using the sink: its answer, or why there is none; how many calls that took, for how many rows, and what the
    CRM said of its allowance."""

    answer: T | None
    failure: Failure | None
    calls: int
    rows: int = 0
    usage: Usage | None = None


def windows_of(plan: SinkPlan, gate: Gate) -> list[Window]:
    """The rolling windows that hold for the account: our own rate, and the CRM's burst as it tells it, or as the connector
    declares it until then. Each of them is kept, so that the lower one wins."""
    crm = gate.burst or (plan.burst if plan.rate is None else None)
    both = {one.per_ms: one for one in (crm, plan.rate) if one is not None}
    if crm is not None and plan.rate is not None and crm.per_ms == plan.rate.per_ms:
        both[crm.per_ms] = min(crm, plan.rate, key=lambda one: one.limit)
    return list(both.values())


def allowance_of(plan: SinkPlan, gate: Gate) -> Allowance:
    """The day's calls: what the CRM last told, our cap, and the reserve for fresh leads."""
    return Allowance(gate.used, gate.allowed, gate.used_at, plan.daily_calls, plan.reserve)


def batch_of(plan: SinkPlan, gate: Gate) -> int:
    """How many rows one call may take for now."""
    return min(plan.batch, gate.batch) if gate.batch else plan.batch


def opens_at(plan: SinkPlan, gate: Gate, kind: Kind, calls: int, now: Instant, jitter: float) -> Instant | None:
    """When so many calls of a kind may be made: `now` or later; None while a person has to act first.

    The day's budget is not looked at here. Whoever waits comes back a little apart from the others (`jitter` is from 0 to 1).
    """
    if gate.paused is not None:
        return None
    apart = round(_SPREAD * jitter)
    if gate.hold_until > now:
        return gate.hold_until + apart
    if _is_crowded(gate, now):
        return now + _ASK_AGAIN + apart
    opens = max((_window_opens(one, gate, kind, calls, now) for one in windows_of(plan, gate)), default=now)
    return opens if opens <= now else opens + apart // 5


def _is_crowded(gate: Gate, now: Instant) -> bool:
    """Whether as many workers call already as may call at once: one while the account fails, else what it bears."""
    if gate.failures:
        return any(abs(now - one.at) < _KNOCKS_FOR for one in gate.under_way)
    return bool(gate.workers) and sum(abs(now - one.at) < _CALLS_FOR for one in gate.under_way) >= gate.workers


def _window_opens(window: Window, gate: Gate, kind: Kind, calls: int, now: Instant) -> Instant:
    spent, under_way = gate.spent.get(window.per_ms, ()), _under_way(gate, window, now)
    if kind == "fresh":
        return windows.opens_at(spent, window, under_way, calls, now)
    kept = windows.reserve(window, calls)
    pace = windows.paced(window, calls, kept)
    recent = tuple(one for one in spent if windows.counts(one[0], pace, now))
    return max(
        windows.opens_at(spent, window, under_way, calls, now, kept_for_others=kept),
        windows.opens_at(recent, pace, under_way, calls, now),
    )


def left_in(window: Window, gate: Gate, now: Instant) -> int:
    """How many calls the window still lets through."""
    spent = windows.counted(gate.spent.get(window.per_ms, ()), window, now)
    return max(0, window.room - spent - _under_way(gate, window, now))


def _under_way(gate: Gate, window: Window, now: Instant) -> int:
    good_for = window.lasts + min(window.per_ms, _LATE)
    return sum(one.calls for one in gate.under_way if abs(now - one.at) < good_for)


def admitted(gate: Gate, token: int, calls: int, now: Instant) -> Gate:
    """The gate with calls under way."""
    longest = max((_CALLS_FOR, *(2 * length for length in gate.spent)))
    still = tuple(one for one in gate.under_way if abs(now - one.at) < longest)
    return replace(gate, under_way=(*still, UnderWay(token, calls, now)))


def left(plan: SinkPlan, gate: Gate, passage: Passage, tried: Tried[T] | None, now: Instant, jitter: float) -> Gate:
    """The gate after calls were made, or (None) not made after all. A connector that fails inside at something else than
    sending leads says nothing of the account, and keeps no lead waiting."""
    gate = replace(gate, under_way=tuple(one for one in gate.under_way if one.token != passage.token))
    if tried is None:
        return gate
    gate = _counted(plan, gate, passage, tried, now)
    match tried.failure:
        case Stop(problem=problem):
            return replace(gate, paused=problem, last_problem=problem.message)
        case TooLarge():
            return _shrunk(gate, tried.rows) if tried.rows >= batch_of(plan, gate) else gate
        case Retry(code="internal_error") if not tried.rows:
            return gate
        case Retry() as retry if retry.code in _LASTING and gate.failures + 1 >= _LASTING_AFTER:
            problem = Problem(retry.code, retry.reason, "auth")
            return replace(gate, paused=problem, failures=0, last_problem=problem.message)
        case Retry() as retry:
            return _held(gate, passage, tried, retry, now, jitter)
    return _went_well(plan, gate, tried, now)


def _held(gate: Gate, passage: Passage, tried: Tried[T], retry: Retry, now: Instant, jitter: float) -> Gate:
    hold = hold_gate(gate.failures, retry, now=now, jitter=jitter)
    if retry.code == "concurrent_limit":
        calling = 1 + sum(abs(now - one.at) < _CALLS_FOR for one in gate.under_way)
        gate = replace(gate, workers=max(1, calling // 2), workers_at=now)
    if retry.may_have_happened and now - passage.at >= _SLOW:
        gate = _shrunk(gate, tried.rows)
    until = later_hold(gate.hold_until, hold)
    return replace(gate, hold_until=until, failures=hold.failures, hold_reason=retry.reason, last_problem=retry.reason)


def _shrunk(gate: Gate, rows: int) -> Gate:
    """Half as many rows a call from now on; a row that was sent alone says nothing of batches."""
    return replace(gate, batch=min(gate.batch or rows, rows // 2)) if rows > 1 else gate


def _went_well(plan: SinkPlan, gate: Gate, tried: Tried[T], now: Instant) -> Gate:
    """The account bears a little more: a larger batch after a full one, another worker after a while."""
    batch, workers, workers_at = gate.batch, gate.workers, gate.workers_at
    if batch and tried.rows >= min(batch, plan.batch):
        batch += max(1, plan.batch // _STEP)
        batch = 0 if batch >= plan.batch else batch
    if workers and now - workers_at >= _MORE_WORKERS_AFTER:
        workers, workers_at = (0 if workers >= _ALL_WORKERS else workers + 1), now
    return replace(
        gate, batch=batch, workers=workers, workers_at=workers_at, failures=0, hold_reason="", last_ok_at=now
    )  # fmt: skip


def _counted(plan: SinkPlan, gate: Gate, passage: Passage, tried: Tried[T], now: Instant) -> Gate:
    """The gate with calls counted as late as they can have been made, and with what the CRM said of its allowance."""
    usage = tried.usage if tried.calls else None
    gate = replace(gate, calls=gate.calls + tried.calls)
    if usage is not None and usage.used is not None:
        gate = replace(gate, used=usage.used, allowed=usage.limit, used_at=now)
    if usage is not None and usage.burst is not None and usage.burst.limit > 0 and usage.burst.per_ms > 0:
        gate = replace(gate, burst_limit=usage.burst.limit, burst_ms=usage.burst.per_ms)
    spent = {}
    longest = max(gate.spent.items(), default=(0, ()))[1]  # what a window begins with whose length has only just been told
    for window in windows_of(plan, gate):
        log = windows.record(gate.spent.get(window.per_ms, longest), window, now, tried.calls)
        spent[window.per_ms] = windows.record(log, window, now, _foreign(window, gate, passage, tried, log, now))
    return replace(gate, spent=spent)


def _foreign(window: Window, gate: Gate, passage: Passage, tried: Tried[T], log: windows.Spent, now: Instant) -> int:
    """Calls of other programs in the CRM's own window; a refusal for its rate says that nothing remains."""
    burst = None if tried.usage is None else tried.usage.burst
    is_refused = isinstance(tried.failure, Retry) and tried.failure.code == "rate_limit"
    if not tried.calls or now - passage.at > window.per_ms:
        return 0
    if burst is not None and burst.per_ms == window.per_ms:
        remaining = 0 if is_refused else burst.remaining
        crm = Window(burst.limit, burst.per_ms)
    elif is_refused:
        remaining, crm = 0, window
    else:
        return 0
    return windows.foreign(log, crm, remaining, _under_way(gate, window, now), passage.at)
