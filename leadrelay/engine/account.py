"""One sink's way to its CRM account: opened when it is needed, bound to its org, and every call through the account's gate."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

import structlog
from sqlalchemy import Connection

from connectors.base import Retry, Sink, Stop, TooLarge
from core import budget
from core.budget import Kind
from core.instants import MINUTE, Instant
from core.problems import Problem
from leadrelay.engine import admission, alerts
from leadrelay.engine.admission import Failure, Passage, Tried
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.plan import SinkPlan
from leadrelay.store import calls as ledger
from leadrelay.store import gates
from leadrelay.store.database import Database
from leadrelay.store.gates import Gate
from leadrelay.store.ids import Ids

log = structlog.get_logger(__name__)
T = TypeVar("T")

_SUMMED_FOR = MINUTE
"""How long the sums of the ledger of calls are good for."""

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
        gate = self._summed(connection, plan, gates.lock(connection, plan.name), now)
        opens_at = admission.opens_at(plan, gate, kind, calls, now, self._jitter())
        if opens_at is None or opens_at > now:
            return NotNow(opens_at)
        refused = budget.refusal(kind, admission.allowance_of(plan, gate), gate.spending, now)
        if refused or (kind == "backlog" and gate.backlog_reason):
            gate = self._backlog(connection, plan, gate, refused if kind == "backlog" else gate.backlog_reason, now)
        passage = None if refused else Passage(self._ids.one(now), kind, calls, now)
        gates.save(connection, gate if passage is None else admission.admitted(gate, passage.token, calls, now))
        return passage or NotNow(now + _SUMMED_FOR)

    def _summed(self, connection: Connection, plan: SinkPlan, gate: Gate, now: Instant) -> Gate:
        """The gate with sums of the ledger that are not too old, and an alert where the day's calls are not going to do."""
        if gate.spending_at <= now < gate.spending_at + _SUMMED_FOR:
            return gate
        gate = replace(gate, spending=ledger.spending(connection, (gate.key, gate.account), now), spending_at=now)
        warning = budget.warning(admission.allowance_of(plan, gate), gate.spending)
        if warning:
            alerts.raise_alert(connection, f"calls:{gate.key}", "calls_forecast", f"sink `{plan.name}`: {warning}", now)
        else:
            alerts.resolve(connection, f"calls:{gate.key}", now)
        gates.save(connection, gate)
        return gate

    def _backlog(self, connection: Connection, plan: SinkPlan, gate: Gate, reason: str, now: Instant) -> Gate:
        """The gate when a backlog has to wait for the day's sake, or goes on."""
        if reason and not gate.backlog_reason:
            log.warning("backlog_waits", sink=plan.name, reason=reason)
            alerts.raise_alert(
                connection, f"backlog:{gate.key}", "backlog_waits", f"sink `{plan.name}`: the backlog waits: {reason}", now
            )
        elif not reason:
            alerts.resolve(connection, f"backlog:{gate.key}", now)
        return replace(gate, backlog_reason=reason)

    def attempt(self, do: Callable[[Sink], T], *, rows: int = 0) -> Tried[T]:
        """Use the sink, opening it first where that has not been done; nothing that a sink raises gets through. `rows` is how
        many rows go into the call, where it takes rows."""
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
        if self._sink is None:
            return Tried(answer, failure, 0, rows)
        return Tried(answer, failure, self._sink.calls - before, rows, self._sink.usage)

    def leave(
        self,
        connection: Connection,
        plan: SinkPlan,
        passage: Passage,
        tried: Tried[T] | None,
        now: Instant,
        *,
        leads: int = 0,
    ) -> None:
        """Tell the gate what the calls came to, and how many leads they brought in step; `tried` is None where none was made."""
        before = gates.lock(connection, plan.name)
        gate = admission.left(plan, before, passage, tried, now, self._jitter())
        if gate.paused is not None and gate.paused != before.paused:
            alerts.raise_alert(connection, f"sink:{plan.name}", "sink_paused", gate.paused.message, now)
        gates.save(connection, gate)
        ledger.add(connection, gate.key, passage.kind, 0 if tried is None else tried.calls, leads, now)

    # --- the sink ---

    def sink(self) -> Sink:
        """The open sink, held against the account that it was bound to when it was first used; raises what a sink raises."""
        if self._sink is None:
            self._sink = self._opened()
        return self._sink

    def _opened(self) -> Sink:
        plan = self._plan()
        sink = self._open_sink()
        try:
            account = sink.account()
            bound = self._database.repeat(lambda: self._bind(plan, account)) if account else account
            if bound != account:
                raise Stop(Problem("other_account", _OTHER_ACCOUNT.format(name=plan.name, bound=bound, account=account), "auth"))
        except BaseException:
            sink.close()
            raise
        return sink

    def _bind(self, plan: SinkPlan, account: str) -> str:
        with self._database.write() as connection:
            return gates.bind(connection, plan.name, plan.connector, account)

    def close(self) -> None:
        """Give the sink's connections back; the next use opens it anew."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None
