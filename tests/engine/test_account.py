"""The way to a CRM account, against a sink in the test's hand, with the clock in the test's hand, on both stores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select

from connectors.base import Burst, Retry, Stop, TooLarge, Usage
from core.budget import Kind
from core.instants import DAY, HOUR, MINUTE, SECOND
from core.problems import Problem
from core.windows import Window
from leadrelay.engine.account import Account, NotNow
from leadrelay.engine.plan import SinkPlan
from leadrelay.store import calls as ledger
from leadrelay.store import gates, tables
from leadrelay.store.database import Database
from leadrelay.store.gates import Gate
from tests.engine.conftest import START, Hand

ORG = "00D000000000062"


@dataclass
class Crm:
    """What stands behind the sinks of a test: an account, a rolling burst limit, and how often it was called."""

    clock: Hand
    account: str = ORG
    burst: Burst | None = None
    used: int | None = None
    limit: int | None = None
    made: list[int] = field(default_factory=list)


class FakeSink:
    """A sink of which only calls, usage and account matter."""

    max_batch = 100

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self.calls = 0

    @property
    def usage(self) -> Usage | None:
        return None if self.crm.burst is None and self.crm.used is None else Usage(self.crm.used, self.crm.limit, self.crm.burst)

    def make(self, calls: int, *, taking: int = 0, raising: Exception | None = None) -> int:
        """Make calls, which take some milliseconds in all."""
        for _ in range(calls):
            self.crm.clock.forward(taking // max(1, calls))
            self.calls += 1
            self.crm.made.append(self.crm.clock())
        if raising is not None:
            raise raising
        return calls

    def account(self) -> str:
        return self.crm.account

    def close(self) -> None:
        return None


@dataclass
class Rig:
    """Accounts over one store."""

    database: Database
    clock: Hand
    crm: Crm
    plan: SinkPlan

    def account(self, name: str = "crm", **more: Any) -> Account:
        plan = replace(self.plan, name=name, **more)
        return Account(
            self.database, lambda: plan, lambda: FakeSink(self.crm), clock=self.clock, jitter=lambda: 0.5,  # type: ignore[arg-type,return-value]
        )  # fmt: skip

    def gate(self, name: str = "crm") -> Gate:
        with self.database.read() as connection:
            return gates.read_all(connection)[name]

    def alerts(self) -> set[str]:
        """The kinds of open alerts."""
        with self.database.read() as connection:
            query = select(tables.alert.c.kind).where(tables.alert.c.resolved_at.is_(None))
            return set(connection.execute(query).scalars())

    def admit(self, account: Account, kind: Kind = "fresh", calls: int = 2) -> Any:
        """Leave for calls that stay under way."""
        with self.database.write() as connection:
            return account.admit(connection, account._plan(), kind, calls, self.clock())

    def may_go(self, account: Account, calls: int) -> bool:
        """Whether a fresh lead that needs so many calls might go now; none are made."""
        passage = self.admit(account, "fresh", calls)
        if isinstance(passage, NotNow):
            return False
        with self.database.write() as connection:
            account.leave(connection, account._plan(), passage, None, self.clock())
        return True


@pytest.fixture
def rig(database: Database, clock: Hand) -> Rig:
    return Rig(database, clock, Crm(clock), SinkPlan("crm", (), {}, connector="salesforce", batch=200))


def calls(count: int, **more: Any) -> Callable[[Any], int]:
    return lambda sink: sink.make(count, **more)


def later(account: Account, do: Callable[[Any], int], *, forward: int = 100, times: int = 1000, **more: Any) -> int:
    """The call as soon as the gate lets it through, the clock moving on meanwhile; returns how long that took."""
    clock = account._clock
    begun = clock()
    for _ in range(times):
        try:
            account.call(do, **more)
        except NotNow:
            clock.forward(forward)  # type: ignore[attr-defined]
        else:
            return clock() - begun
    raise AssertionError("the gate does not open")


# --- one gate an account --------------------------------------------------------------------------------------------------


def test_two_sinks_of_one_org_share_hold_use_and_calls_but_not_a_persons_pause(rig: Rig) -> None:
    one, other = rig.account("first"), rig.account("second")
    rig.crm.used, rig.crm.limit = 40, 100
    assert one.call(calls(2), calls=2) == 2
    assert other.call(calls(3), calls=3) == 3
    with pytest.raises(Retry):
        one.call(calls(1, raising=Retry("busy", after=30)), calls=1)
    with pytest.raises(NotNow) as refused:
        other.call(calls(1), calls=1)
    assert refused.value.until is not None
    assert refused.value.until >= rig.clock() + 30 * SECOND
    assert (rig.gate("first").used, rig.gate("second").used) == (40, 40)
    assert rig.gate("first").calls == rig.gate("second").calls == 6
    rig.clock.forward(MINUTE)
    with rig.database.write() as connection:
        gates.pause(connection, "first", Problem("paused", "a person did"))
    with pytest.raises(NotNow) as paused:
        one.call(calls(1), calls=1)
    assert paused.value.until is None
    assert other.call(calls(1), calls=1) == 1


def test_sinks_of_different_orgs_have_nothing_to_do_with_each_other(rig: Rig) -> None:
    one = rig.account("first")
    one.call(calls(1), calls=1)
    rig.crm.account = "00D000000000077"
    other = rig.account("second")
    other.call(calls(1), calls=1)
    with pytest.raises(Retry):
        one.call(calls(1, raising=Retry("busy", after=30)), calls=1)
    assert other.call(calls(1), calls=1) == 1


def test_a_row_of_the_first_version_keeps_its_account_and_its_hold(rig: Rig) -> None:
    """A store from before accounts had gates: the sink's own row is bound and held; nothing else is known."""
    held = rig.clock() + 20 * SECOND
    sql = f"INSERT INTO gate (account, crm_account_id, hold_until, calls) VALUES ('crm', '{ORG}', {held}, 7)"
    with rig.database.write() as connection:
        connection.exec_driver_sql(sql)
    account = rig.account()
    with pytest.raises(NotNow):
        account.call(calls(1), calls=1)
    rig.clock.forward(21 * SECOND)
    account.call(calls(1), calls=1)
    assert rig.gate().shared == f"salesforce:{ORG}"
    assert rig.gate().calls == 8
    assert set(rig_rows(rig)) == {"crm", f"salesforce:{ORG}"}


def rig_rows(rig: Rig) -> list[str]:
    with rig.database.read() as connection:
        return list(connection.execute(select(tables.gate.c.account)).scalars())


def test_another_org_behind_the_same_sink_stops_it(rig: Rig) -> None:
    rig.account().call(calls(1), calls=1)
    rig.crm.account = "00D000000000077"
    with pytest.raises(Stop, match="is bound to the account"):
        rig.account().call(calls(1), calls=1)
    assert rig.gate().paused is not None
    assert rig.alerts() == {"sink_paused"}


def test_a_sink_that_does_not_tell_its_account_has_a_gate_of_its_own(rig: Rig) -> None:
    rig.crm.account = ""
    rig.account().call(calls(2), calls=2)
    assert rig.gate().shared is None
    assert rig.gate().calls == 2


def test_whatever_a_sink_raises_reaches_the_gate_first_and_the_caller_then(rig: Rig) -> None:
    account = rig.account()
    with pytest.raises(Retry, match="the log has the trace"):
        account.call(calls(1, raising=ValueError("a bug")), calls=1)
    assert (rig.gate().under_way, rig.gate().calls) == ((), 1)


# --- bursts ---------------------------------------------------------------------------------------------------------------


def test_before_the_first_answer_the_connectors_own_limit_holds(rig: Rig) -> None:
    """Four workers that know nothing yet must not spend more than the smallest plan allows."""
    rig.plan = replace(rig.plan, burst=Window(100, 10_000))
    workers = [rig.account() for _ in range(4)]
    admitted = sum(not isinstance(rig.admit(worker, calls=5), NotNow) for worker in workers * 10)
    assert admitted * 5 <= 100
    assert admitted >= 19


def test_the_crms_own_limit_takes_the_place_of_the_connectors(rig: Rig) -> None:
    rig.plan = replace(rig.plan, burst=Window(10, 10_000))
    rig.crm.burst = Burst(190, 180, 10_000)
    account = rig.account()
    account.call(calls(1), calls=1)
    assert sum(not isinstance(rig.admit(account, calls=5), NotNow) for _ in range(50)) == (187 - 10) // 5


@pytest.mark.parametrize("rate", [Window(20, 10_000), Window(2, 1_000)])
def test_the_lower_of_our_rate_and_the_crms_limit_wins(rig: Rig, rate: Window) -> None:
    rig.plan = replace(rig.plan, rate=rate)
    rig.crm.burst = Burst(190, 190, 10_000)
    account = rig.account()
    for _ in range(60):
        later(account, calls(1), calls=1)
    assert rig.clock() - START >= 0.95 * (60 - rate.limit) * rate.per_ms / rate.limit


def test_calls_of_another_program_on_the_same_allowance_are_left_room(rig: Rig) -> None:
    """The CRM says that 6 of 100 remain although we made two calls: the others' 92 pass only with the window."""
    rig.crm.burst = Burst(100, 6, 10_000)
    account = rig.account()
    account.call(calls(2), calls=2)
    assert isinstance(rig.admit(account, calls=5), NotNow)
    rig.clock.forward(10_400)
    assert not isinstance(rig.admit(account, calls=5), NotNow)


def test_what_remains_takes_none_of_our_own_calls_for_anothers(rig: Rig) -> None:
    rig.crm.burst = Burst(100, 100, 10_000)
    one, other = rig.account(), rig.account()
    for number in range(20):
        rig.crm.burst = Burst(100, 100 - 4 * number - 2, 10_000)
        one.call(calls(2), calls=2)
        rig.crm.burst = Burst(100, 100 - 4 * number - 4, 10_000)
        other.call(calls(2), calls=2)
    spent = rig.gate().spent[10_000]
    assert sum(count for _, count in spent) == 80


def test_a_pass_that_turns_out_smaller_gives_back_what_it_had_reserved(rig: Rig) -> None:
    rig.plan = replace(rig.plan, rate=Window(10, 10_000))
    account = rig.account()
    account.call(calls(1), calls=10)
    assert not isinstance(rig.admit(account, calls=9), NotNow)


def test_calls_of_a_worker_that_was_killed_come_free_after_a_window_and_a_little(rig: Rig) -> None:
    rig.plan = replace(rig.plan, rate=Window(10, 10_000))
    account = rig.account()
    rig.admit(account, calls=10)
    rig.clock.forward(10_000)
    assert isinstance(rig.admit(account, calls=1), NotNow)
    rig.clock.forward(5_500)
    assert not isinstance(rig.admit(account, calls=1), NotNow)


def test_a_backlog_never_takes_the_last_calls_of_a_burst(rig: Rig) -> None:
    rig.plan = replace(rig.plan, rate=Window(100, 10_000))
    account = rig.account()
    made = 0
    while rig.clock() < START + 30_000:
        try:
            account.call(calls(2, taking=60), calls=2, priority=1)
            made += 2
        except NotNow:
            rig.clock.forward(50)
        assert rig.may_go(account, 3), "a fresh lead waits behind a backlog"
    assert made >= 0.85 * 300


# --- holds ----------------------------------------------------------------------------------------------------------------


def test_after_a_failure_one_worker_tries_alone_and_the_others_wait_for_what_it_finds(rig: Rig) -> None:
    workers = [rig.account() for _ in range(4)]
    with pytest.raises(Retry):
        workers[0].call(calls(1, raising=Retry("down")), calls=1)
    rig.clock.forward(2_000)
    passage = rig.admit(workers[1])
    assert not isinstance(passage, NotNow)
    assert all(isinstance(rig.admit(worker), NotNow) for worker in workers)
    rig.clock.forward(6_000)
    assert not isinstance(rig.admit(workers[2]), NotNow), "the one that tried was killed: another one tries"


def test_those_who_wait_for_one_moment_come_back_apart(rig: Rig) -> None:
    account = rig.account()
    with pytest.raises(Retry):
        account.call(calls(1, raising=Retry("busy", after=10)), calls=1)
    moments = set()
    for jitter in (0.0, 0.3, 1.0):
        account._jitter = lambda share=jitter: share  # type: ignore[misc]
        refused = rig.admit(account)
        moments.add(refused.until - rig.gate().hold_until)
    assert moments == {0, 75, 250}


def test_a_concurrency_limit_lets_fewer_workers_call_and_recovers(rig: Rig) -> None:
    workers = [rig.account() for _ in range(8)]
    for worker in workers:
        worker.call(calls(1), calls=1)
    passages = [rig.admit(worker) for worker in workers[1:]]
    with pytest.raises(Retry):
        workers[0].call(calls(1, raising=Retry("too many at once", code="concurrent_limit")), calls=1)
    assert rig.gate().workers == 4
    for worker, passage in zip(workers[1:], passages, strict=True):
        with rig.database.write() as connection:
            worker.leave(connection, worker._plan(), passage, None, rig.clock())
    rig.clock.forward(10 * SECOND)
    workers[0].call(calls(1), calls=1)
    assert sum(not isinstance(rig.admit(worker), NotNow) for worker in workers) == 4
    for _ in range(20):
        rig.clock.forward(2 * MINUTE)
        workers[0].call(calls(1), calls=1)
    assert rig.gate().workers == 0


def test_a_refusal_for_the_rate_says_that_the_window_is_full(rig: Rig) -> None:
    rig.plan = replace(rig.plan, burst=Window(100, 10_000))
    account = rig.account()
    with pytest.raises(Retry):
        account.call(calls(2, raising=Retry("429", code="rate_limit")), calls=2)
    rig.clock.forward(2 * SECOND)
    assert isinstance(rig.admit(account), NotNow)
    rig.clock.forward(9 * SECOND)
    assert not isinstance(rig.admit(account), NotNow)


# --- batches --------------------------------------------------------------------------------------------------------------


def tried(rig: Rig, account: Account, rows: int, failure: Exception | None = None, *, taking: int = 0) -> None:
    passage = rig.admit(account)
    assert not isinstance(passage, NotNow)
    done = account.attempt(calls(1, taking=taking, raising=failure), rows=rows)
    with rig.database.write() as connection:
        account.leave(connection, account._plan(), passage, done, rig.clock())


def test_a_batch_shrinks_when_it_is_too_large_and_grows_again(rig: Rig) -> None:
    account = rig.account()
    tried(rig, account, 200, TooLarge())
    assert rig.gate().batch == 100
    tried(rig, account, 100, TooLarge())
    assert rig.gate().batch == 50
    tried(rig, account, 3)
    tried(rig, account, 12, TooLarge())
    assert rig.gate().batch == 50, "a batch that was not full says nothing, nor does one of struck rows"
    tried(rig, account, 50)
    assert rig.gate().batch == 70
    for size in (70, 90, 110, 130, 150, 170, 190):
        tried(rig, account, size)
    assert rig.gate().batch == 0


def test_a_batch_shrinks_when_no_answer_came_for_long_but_not_for_a_cut_connection(rig: Rig) -> None:
    account = rig.account()
    tried(rig, account, 200, Retry("cut", may_have_happened=True, code="unreachable"), taking=100)
    assert rig.gate().batch == 0
    rig.clock.forward(MINUTE)
    tried(rig, account, 200, Retry("timed out", may_have_happened=True, code="unreachable"), taking=30_000)
    assert rig.gate().batch == 100
    rig.clock.forward(MINUTE)
    tried(rig, account, 1, Retry("timed out", may_have_happened=True, code="unreachable"), taking=30_000)
    assert rig.gate().batch == 100


# --- the day --------------------------------------------------------------------------------------------------------------


def test_a_backlog_stops_at_its_share_of_the_day_and_fresh_leads_go_on(rig: Rig) -> None:
    rig.crm.used, rig.crm.limit = 79, 100
    account = rig.account()
    account.call(calls(1), calls=1, priority=1)
    rig.crm.used = 81
    account.call(calls(1), calls=1)
    with pytest.raises(NotNow) as refused:
        account.call(calls(1), calls=1, priority=1)
    assert refused.value.until == rig.clock() + MINUTE
    assert "81 of the CRM's 100 calls" in rig.gate().backlog_reason
    assert rig.alerts() == {"backlog_waits"}
    account.call(calls(1), calls=1)
    account.call(calls(1), calls=1, kind="read_back", priority=1)
    rig.clock.forward(HOUR)
    rig.crm.used = 10
    account.call(calls(1), calls=1, priority=1)
    assert rig.gate().backlog_reason == ""
    assert rig.alerts() == set()


def test_our_own_cap_of_calls_a_day_lets_go_on_when_the_day_has_passed(rig: Rig) -> None:
    rig.plan = replace(rig.plan, daily_calls=10)
    account = rig.account()
    for _ in range(10):
        account.call(calls(1), calls=1)
    rig.clock.forward(2 * MINUTE)
    with pytest.raises(NotNow):
        account.call(calls(1), calls=1)
    rig.clock.forward(25 * HOUR)
    account.call(calls(1), calls=1)


def test_calls_are_counted_by_hour_and_kind_with_the_leads_they_were_for(rig: Rig) -> None:
    account = rig.account()
    account.call(calls(3), calls=3)
    account.call(calls(2), calls=2, priority=1)
    account.call(calls(5), calls=5, kind="read_back")
    rig.clock.forward(2 * HOUR)
    account.call(calls(1), calls=1, kind="watch")
    with rig.database.read() as connection:
        spent = ledger.spending(connection, (rig.gate().key,), rig.clock())
    assert spent.hour == {"watch": 1}
    assert spent.day == {"fresh": 3, "backlog": 2, "read_back": 5, "watch": 1}
    rig.clock.forward(8 * DAY)
    with rig.database.write() as connection:
        assert ledger.forget(connection, rig.clock() - 2 * DAY) == 4
        assert ledger.spending(connection, (rig.gate().key,), rig.clock()).week == {}


def test_a_person_is_warned_when_the_volume_needs_more_calls_than_the_day_has(rig: Rig) -> None:
    rig.crm.used, rig.crm.limit = 20, 100
    account = rig.account()
    account.call(calls(1), calls=1)
    with rig.database.write() as connection:
        ledger.add(connection, rig.gate().key, "fresh", 150, 50, rig.clock())
    rig.clock.forward(2 * MINUTE)
    account.call(calls(1), calls=1)
    assert rig.alerts() == {"calls_forecast"}
    rig.crm.limit = 1_000
    account.call(calls(1), calls=1)
    rig.clock.forward(2 * MINUTE)
    account.call(calls(1), calls=1)
    assert rig.alerts() == set()


def test_a_look_that_fails_inside_the_connector_keeps_no_lead_waiting(rig: Rig) -> None:
    """A connector's own mistake in reading back says nothing of the account; one in sending leads holds the gate."""
    account = rig.account()
    account.call(calls(1), calls=1)
    with pytest.raises(Retry, match="the connector failed inside"):
        account.call(calls(1, raising=KeyError("surprise")), calls=1, kind="read_back")
    assert (rig.gate().failures, rig.gate().hold_until) == (0, 0)
    assert account.call(calls(1), calls=1) == 1
    passage = rig.admit(account, "fresh", 1)
    tried = account.attempt(calls(1, raising=KeyError("surprise")), rows=5)
    with rig.database.write() as connection:
        account.leave(connection, account._plan(), passage, tried, rig.clock())
    assert rig.gate().hold_until > rig.clock()


def test_a_clock_that_was_an_hour_ahead_does_not_shut_the_gate_for_an_hour(rig: Rig) -> None:
    """A machine with a wrong clock spent the window, was killed with calls under way, and its clock was put right."""
    rig.plan = replace(rig.plan, rate=Window(20, 10_000))
    rig.crm.used, rig.crm.limit = 990, 1000
    rig.clock.forward(HOUR)
    account = rig.account()
    for _ in range(20):
        later(account, calls(1), calls=1, forward=10)
    rig.clock.forward(11 * SECOND)
    with rig.database.write() as connection:
        gates.save(connection, replace(gates.lock(connection, "crm"), workers=1))
    rig.admit(account, "fresh", 20)
    rig.clock.forward(-HOUR)
    assert later(rig.account(), calls(1), calls=1, kind="backlog") < SECOND
