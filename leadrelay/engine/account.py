"""One sink's way to its CRM account: opened when it is needed, bound to its org, and every call through the account's gate."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar, cast

import structlog
from sqlalchemy import Connection

from connectors.base import Retry, Sink, Stop, TooLarge
from core.instants import Instant
from core.problems import Problem
from core.retry import hold_gate, later_hold
from leadrelay.engine import alerts
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.plan import SinkPlan
from leadrelay.store import gates
from leadrelay.store.database import Database
from leadrelay.store.gates import Gate
from leadrelay.store.ids import Ids

log = structlog.get_logger(__name__)
T = TypeVar("T")

Kind = Literal["fresh", "backlog", "read_back", "watch"]
"""What a call is for: new leads; leads that nobody waits for; reading what people did; looking after the CRM's schema."""

Failure = Retry | Stop | TooLarge

_LASTING, _LASTING_AFTER = frozenset({"session_refused"}), 3
"""Refusals that pass by themselves when workers cross each other, and want a person when they come again and again."""

_OTHER_ACCOUNT = (
    "the sink `{name}` is bound to the account {bound}, and its credentials now lead to {account}: "
    "correct the credentials, or give the other account a sink of its own"
)


def kind_of(priority: int) -> Kind:
    """What rows of a priority are: fresh ones (0) go first."""
    return "fresh" if priority == 0 else "backlog"


class NotNow(Exception):
    """The gate is shut until an instant, or (None) until a person has acted; nothing was called."""

    def __init__(self, until: Instant | None) -> None:
        super().__init__("the account's gate is shut")
        self.until = until


@dataclass(frozen=True, slots=True)
class Passage:
    """Leave to make about so many calls now; it is given back with `Account.leave`."""

    token: int
    kind: Kind
    calls: int
    at: Instant


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """What came of using the sink: its answer, or why there is none, and how many calls that took."""

    answer: T | None
    failure: Failure | None
    calls: int


class Account:
    """One sink's way to its CRM account. Every call is asked of the gate and told to it; used by one thread.

    Several may serve one account, in threads, processes or machines: the gate's row makes them ask one after the other.
    """

    def __init__(
        self,
        database: Database,
        plan: Callable[[], SinkPlan],
        open_sink: Callable[[], Sink],
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._plan = plan
        self._open_sink = open_sink
        self._clock = clock
        self._ids = ids or Ids()
        self._jitter = jitter
        self._sink: Sink | None = None

    def call(self, do: Callable[[Sink], T], *, calls: int, priority: int = 0, kind: Kind | None = None) -> T:
        """What `do` gets from the sink, with about `calls` calls. Call it outside of any transaction.

        Raises NotNow when the gate is shut, and the sink's own Retry, Stop or TooLarge after the gate was told: it then holds
        or pauses as after any other call.
        """
        plan = self._plan()
        asked = kind or kind_of(priority)
        passage = self._database.repeat(lambda: self._admitted(plan, asked, calls))
        if isinstance(passage, NotNow):
            raise passage
        tried = self.attempt(do)
        self._database.repeat(lambda: self._left(plan, passage, tried))
        if tried.failure is not None:
            raise tried.failure
        return cast("T", tried.answer)

    def _admitted(self, plan: SinkPlan, kind: Kind, calls: int) -> Passage | NotNow:
        with self._database.write(is_durable=False) as connection:
            return self.admit(connection, plan, kind, calls, self._clock())

    def _left(self, plan: SinkPlan, passage: Passage, tried: Tried[T]) -> None:
        with self._database.write(is_durable=False) as connection:
            self.leave(connection, plan, passage, tried, self._clock())

    # --- the parts of a call, for those who have a transaction of their own ---

    def admit(self, connection: Connection, plan: SinkPlan, kind: Kind, calls: int, now: Instant) -> Passage | NotNow:
        """Reserve calls at the gate, which stays locked until the transaction ends."""
        gate = gates.lock(connection, plan.name)
        opens_at = gate.opens_at(now, plan.rate)
        if opens_at is None or opens_at > now:
            return NotNow(opens_at)
        return Passage(self._ids.one(now), kind, calls, now)

    def attempt(self, do: Callable[[Sink], T]) -> Tried[T]:
        """Use the sink, opening it first where that has not been done; nothing that a sink raises gets through."""
        before = 0 if self._sink is None else self._sink.calls
        answer: T | None = None
        failure: Failure | None = None
        try:
            answer = do(self.sink())
        except (Retry, Stop, TooLarge) as error:
            failure = error
        except Exception:
            log.exception("sink_failed", sink=self._plan().name)
            failure = Retry(
                "the connector failed inside leadrelay; the log has the trace", code="internal_error", may_have_happened=True
            )
        return Tried(answer, failure, 0 if self._sink is None else self._sink.calls - before)

    def leave(self, connection: Connection, plan: SinkPlan, passage: Passage, tried: Tried[T] | None, now: Instant) -> None:
        """Tell the gate what the calls came to; `tried` is None where none was made after all."""
        gate = gates.lock(connection, plan.name)
        gates.save(connection, self._after(connection, plan, gate, tried, now))

    def _after(self, connection: Connection, plan: SinkPlan, gate: Gate, tried: Tried[T] | None, now: Instant) -> Gate:
        if tried is None:
            return gate
        if plan.rate is not None and tried.calls:
            filled = gate.refilled(now, plan.rate)
            gate = replace(filled, tokens=filled.tokens - 1000 * tried.calls)
        usage = None if self._sink is None else self._sink.usage
        gate = replace(gate, calls=gate.calls + tried.calls)
        if usage is not None:
            gate = replace(gate, used=usage.used, allowed=usage.limit)
        match tried.failure:
            case Stop(problem=problem):
                return self._paused(connection, plan, gate, problem, now)
            case Retry() as retry if retry.code in _LASTING and gate.failures + 1 >= _LASTING_AFTER:
                return self._paused(connection, plan, replace(gate, failures=0), Problem(retry.code, retry.reason, "auth"), now)
            case Retry() as retry:
                hold = hold_gate(gate.failures, retry, now=now, jitter=self._jitter())
                until = later_hold(gate.hold_until, hold)
                return replace(
                    gate, hold_until=until, failures=hold.failures, hold_reason=retry.reason, last_problem=retry.reason
                )
            case TooLarge():
                return gate
        return replace(gate, failures=0, hold_reason="", last_ok_at=now)

    def _paused(self, connection: Connection, plan: SinkPlan, gate: Gate, problem: Problem, now: Instant) -> Gate:
        alerts.raise_alert(connection, f"sink:{plan.name}", "sink_paused", problem.message, now)
        return replace(gate, paused=problem, last_problem=problem.message)

    # --- the sink ---

    def sink(self) -> Sink:
        """The open sink, held against the account that it was bound to when it was first used; raises what a sink raises."""
        if self._sink is None:
            self._sink = self._opened()
        return self._sink

    def _opened(self) -> Sink:
        name = self._plan().name
        sink = self._open_sink()
        try:
            account = sink.account()
            bound = self._database.repeat(lambda: self._bind(name, account)) if account else account
            if bound != account:
                raise Stop(Problem("other_account", _OTHER_ACCOUNT.format(name=name, bound=bound, account=account), "auth"))
        except BaseException:
            sink.close()
            raise
        return sink

    def _bind(self, name: str, account: str) -> str:
        """The account that the sink is bound to: this one, when it is the first."""
        with self._database.write() as connection:
            gate = gates.lock(connection, name)
            if gate.crm_account_id is None:
                gates.save(connection, replace(gate, crm_account_id=account))
            return gate.crm_account_id or account

    def close(self) -> None:
        """Give the sink's connections back; the next use opens it anew."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None
