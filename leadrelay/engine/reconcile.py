"""Keep one CRM account in step: claim what is due, make one call, settle each row by its own answer."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, Table

from connectors.base import Act, Done, Found, Link, Outcome, Retry, Sink, Stop, TooLarge, Upsert
from core.identity import NO_KEY_CLASSES
from core.instants import Instant
from core.lead import Lead
from core.lead_json import lead_from_json
from core.normalize import email_class
from core.problems import Problem
from core.retry import hold_gate, later_hold
from leadrelay.engine import alerts, settling
from leadrelay.engine.answers import attempt_of, links_in, reason_of
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.plan import Outbound, SinkPlan, digest_of
from leadrelay.engine.settling import Sent
from leadrelay.store import bulk, erasing, gates, tables, work
from leadrelay.store.database import Database
from leadrelay.store.gates import Gate
from leadrelay.store.ids import Ids, to_uid
from leadrelay.store.work import Claimed, Settled

log = structlog.get_logger(__name__)

_LOOK_AHEAD = 3


_LASTING, _LASTING_AFTER = frozenset({"session_refused"}), 3
"""Refusals that pass by themselves when workers cross each other, and want a person when they come again and again."""

_OTHER_ACCOUNT = (
    "the sink `{name}` is bound to the account {bound}, and its credentials now lead to {account}: "
    "correct the credentials, or give the other account a sink of its own"
)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did: rows settled, and when the next pass is worth making (None: when something new is due)."""

    settled: int = 0
    next_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Rows of one table that go into one call."""

    table: Table
    rows: list[Claimed]

    @property
    def token(self) -> int:
        """The fencing token that all rows of the claim share."""
        return self.rows[0].token


class Reconciler:
    """One sink's worker. `run_once` makes at most one pass; time comes from the clock, so a test can let years go by.

    `open_sink` is called when there is something to send for the first time. Several reconcilers, in threads, processes or
    machines, may serve one account: the gate's row makes their claims one after the other.
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
        self._sink: Sink | None = None
        self._clock = clock
        self._ids = ids or Ids()
        self._jitter = jitter

    def run_once(self) -> Pass:
        """Claim, send and settle one batch, if one is ready; raises StoreUnavailable, and nothing that a CRM can cause."""
        plan, now = self._plan(), self._clock()
        if not plan.is_live or not self._has_work(plan, now):
            return Pass()
        claimed = self._database.repeat(lambda: self._claim(plan, self._clock()))
        if isinstance(claimed, Pass):
            return claimed
        settled = self._send_leads(plan, claimed) if claimed.table is tables.delivery else self._send_actions(plan, claimed)
        return Pass(settled, self._clock())

    def close(self) -> None:
        """Give the sink's connections back."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    # --- claiming ---

    def _has_work(self, plan: SinkPlan, now: Instant) -> bool:
        """A cheap look before the write lock is asked for."""
        with self._database.read() as connection:
            for table in ("delivery", "action"):
                for condition in ("state = 'waiting' AND due <= ?", "state = 'in_flight' AND leased_until <= ?"):
                    sql = f"SELECT 1 FROM {table} WHERE sink = ? AND {condition} LIMIT 1"
                    if bulk.run(connection, sql, (plan.name, now)).first():
                        return True
        return False

    def _claim(self, plan: SinkPlan, now: Instant) -> Claim | Pass:
        with self._database.write() as connection:
            gate = gates.lock(connection, plan.name)
            opens_at = gate.opens_at(now, plan.rate)
            if opens_at is None or opens_at > now:
                return Pass(next_at=opens_at)
            for table in (tables.delivery, tables.action):
                work.expire(connection, table, plan.name, now)
            ready, next_at = self._ready(connection, plan, now)
            if ready is None:
                return Pass(next_at=next_at)
            table, rows = ready
            token = self._ids.one(now)
            return Claim(table, work.take(connection, table, rows, token, now + plan.lease))

    def _ready(
        self, connection: Connection, plan: SinkPlan, now: Instant
    ) -> tuple[tuple[Table, list[Any]] | None, Instant | None]:
        """The most urgent group of rows that is full or has lingered; else when the first one will have."""
        candidates: list[tuple[int, Instant, int, Table, list[Any]]] = []
        for object_name in plan.objects:
            rows = work.due_deliveries(connection, plan.name, object_name, now, plan.batch * _LOOK_AHEAD)
            for number, (limit, group) in enumerate(_groups(rows, plan.batch)):
                candidates.append(_candidate(tables.delivery, group[:limit], len(group) >= limit, plan, number))
        actions = work.due_actions(connection, plan.name, now, plan.batch * _LOOK_AHEAD)
        for number, (limit, group) in enumerate(_groups(actions, plan.batch)):
            candidates.append(_candidate(tables.action, group[:limit], len(group) >= limit, plan, number))
        if not candidates:
            return None, None
        _, ready_at, _, table, rows = min(candidates, key=lambda one: (one[1] > now, one[0], one[1]))
        return ((table, rows), None) if ready_at <= now else (None, ready_at)

    # --- leads ---

    def _send_leads(self, plan: SinkPlan, claim: Claim) -> int:
        mappings = {mapping.object: mapping for mapping in plan.mappings}
        with self._database.read() as connection:
            leads = _leads(connection, [row.lead_id for row in claim.rows])
        settled: list[Settled] = []
        sending: list[tuple[Sent, Upsert]] = []
        for row in claim.rows:
            prepared = self._prepare(plan, mappings[row.object], row, leads.get(row.lead_id))
            if isinstance(prepared, Settled):
                settled.append(prepared)
            else:
                sending.append(prepared)
        return self._call(plan, claim, settled, sending, lambda sink, inputs: sink.upsert(inputs), done="in_sync")

    def _prepare(self, plan: SinkPlan, mapping: Outbound, row: Claimed, stored: Any) -> Settled | tuple[Sent, Upsert]:
        now = self._clock()
        if stored is None or stored.erased_at is not None:
            return settling.ended(row, "discarded", now)
        if stored.merged_into is not None:
            return settling.ended(row, "merged", now)
        if stored.is_test and not plan.takes_tests:
            return settling.ended(row, "suppressed", now)
        uid = to_uid(stored.id)
        try:
            lead = lead_from_json(uid, stored.version, json.loads(stored.record))
            rendered = plan.render(mapping, lead)
        except Exception:
            log.exception("render_failed", sink=plan.name, lead=uid)
            problem = Problem("internal_error", "rendering this lead failed inside leadrelay; the log has the trace")
            return settling.ended(row, "failed", now, problem)
        sent = Sent(row, stored.version, digest_of(rendered))
        if row.have > 0 and row.sent_hash == sent.digest and not row.is_unsure:
            return settling.unchanged(sent, now)
        return sent, Upsert(uid, mapping.object, rendered, row.crm_id, _emails(lead), row.is_unsure)

    # --- actions ---

    def _send_actions(self, plan: SinkPlan, claim: Claim) -> int:
        with self._database.read() as connection:
            leads = _leads(connection, [row.lead_id for row in claim.rows])
            links = work.links_of(connection, plan.name, [row.lead_id for row in claim.rows])
            gone = [row.lead_id for row in claim.rows if row.kind == erasing.DELETE]
            shared = erasing.shared_records(connection, gone) if gone else set()
        now = self._clock()
        settled: list[Settled] = []
        sending: list[tuple[Sent, Act]] = []
        for row in claim.rows:
            stored = leads.get(row.lead_id)
            if (stored is None or stored.erased_at is not None) and row.kind != erasing.DELETE:
                settled.append(settling.ended(row, "discarded", now))
                continue
            records = tuple(Link(object_name, crm_id) for object_name, crm_id in links.get(row.lead_id, ()))
            payload = json.loads(row.payload)
            if row.kind == erasing.DELETE and any((plan.name, record.crm_id) in shared for record in records):
                records, payload = tuple(one for one in records if (plan.name, one.crm_id) not in shared), {}
            sending.append((Sent(row, 0, None), Act(row.key, row.kind, payload, records, row.is_unsure)))
        return self._call(plan, claim, settled, sending, lambda sink, inputs: sink.act(inputs), done="done")

    # --- the call and what follows ---

    def _call(
        self,
        plan: SinkPlan,
        claim: Claim,
        settled: list[Settled],
        sending: Sequence[tuple[Sent, Any]],
        call: Callable[[Sink, list[Any]], list[Outcome]],
        *,
        done: work.State,
    ) -> int:
        """Send what is left to send in one call, then settle everything of this claim in one transaction."""
        rows = [sent for sent, _ in sending]
        if not rows:
            return self._settle(plan, claim, settled, [], None, 0)
        if self._clock() >= rows[0].row.leased_until - plan.calls_for:
            log.warning("lease_too_old", sink=plan.name, rows=len(rows))
            return self._settle(plan, claim, [*settled, *(settling.given_back(sent.row) for sent in rows)], [], None, 0)
        calls_before = 0 if self._sink is None else self._sink.calls
        failure: Retry | Stop | TooLarge | None = None
        outcomes: list[Outcome] = []
        try:
            sink = self._sink or self._open(plan)
            outcomes = call(sink, [wanted for _, wanted in sending])
        except (Retry, Stop, TooLarge) as error:
            failure = error
        except Exception:
            log.exception("sink_failed", sink=plan.name, rows=len(rows))
            failure = Retry(
                "the connector failed inside leadrelay; the log has the trace", code="internal_error", may_have_happened=True
            )
        calls = 0 if self._sink is None else self._sink.calls - calls_before
        if failure is not None:
            return self._settle_failure(plan, claim, settled, rows, failure, calls)
        now = self._clock()
        settled += [
            settling.after_answer(sent, outcome, now=now, jitter=self._jitter(), done=done)
            for sent, outcome in zip(rows, outcomes, strict=True)
        ]
        return self._settle(plan, claim, settled, list(zip(rows, outcomes, strict=True)), None, calls)

    def _open(self, plan: SinkPlan) -> Sink:
        """Open the sink and hold its account against the one that this sink was bound to when it was first used."""
        sink = self._open_sink()
        try:
            account = sink.account()
            bound = self._database.repeat(lambda: self._bind(plan.name, account)) if account else account
            if bound != account:
                raise Stop(Problem("other_account", _OTHER_ACCOUNT.format(name=plan.name, bound=bound, account=account), "auth"))
        except BaseException:
            sink.close()
            raise
        self._sink = sink
        return sink

    def _bind(self, name: str, account: str) -> str:
        """The account that the sink is bound to: this one, when it is the first."""
        with self._database.write() as connection:
            gate = gates.lock(connection, name)
            if gate.crm_account_id is None:
                gates.save(connection, replace(gate, crm_account_id=account))
            return gate.crm_account_id or account

    def _settle_failure(
        self,
        plan: SinkPlan,
        claim: Claim,
        settled: list[Settled],
        rows: Sequence[Sent],
        failure: Retry | Stop | TooLarge,
        calls: int,
    ) -> int:
        """A call that failed as a whole: the gate holds or pauses, the rows wait and lose nothing."""
        with self._database.read() as connection:
            gate = gates.read_all(connection).get(plan.name, Gate(plan.name))
        now = self._clock()
        if isinstance(failure, Stop):
            settled += [settling.given_back(sent.row) for sent in rows]
        else:
            settled += [
                settling.after_whole_failure(
                    sent, failure, size=len(rows), last_ok_at=gate.last_ok_at, now=now, jitter=self._jitter()
                )
                for sent in rows
            ]
        log.warning("call_failed", sink=plan.name, rows=len(rows), kind=type(failure).__name__, reason=reason_of(failure))
        return self._settle(plan, claim, settled, [], failure, calls)

    def _settle(
        self,
        plan: SinkPlan,
        claim: Claim,
        settled: Sequence[Settled],
        answers: Sequence[tuple[Sent, Outcome]],
        failure: Retry | Stop | TooLarge | None,
        calls: int,
    ) -> int:
        return self._database.repeat(lambda: self._write(plan, claim, settled, answers, failure, calls))

    def _write(
        self,
        plan: SinkPlan,
        claim: Claim,
        settled: Sequence[Settled],
        answers: Sequence[tuple[Sent, Outcome]],
        failure: Retry | Stop | TooLarge | None,
        calls: int,
    ) -> int:
        now = self._clock()
        with self._database.write(is_durable=False) as connection:
            gate = gates.lock(connection, plan.name)
            written = work.settle(connection, claim.table, claim.token, settled, now)
            work.link(connection, links_in(plan.name, answers, now))
            work.wake_actions(
                connection, now, {sent.row.lead_id for sent, outcome in answers if isinstance(outcome, Done | Found)}
            )
            if len(written) < len(settled):
                log.warning("settled_too_late", sink=plan.name, rows=len(settled) - len(written))
                lost = {one.id for one in settled} - {one.id for one in written}
                work.doubt(connection, claim.table, lost & {sent.row.id for sent, _ in answers}, now)
                answers = self._of_the_living(connection, plan, answers, lost, now)
            self._record(connection, plan, claim, answers, now)
            gates.save(connection, self._gate_after(connection, plan, gate, failure, answers, calls, now))
        return len(written)

    def _of_the_living(
        self, connection: Connection, plan: SinkPlan, answers: Sequence[tuple[Sent, Outcome]], lost: set[int], now: Instant
    ) -> list[tuple[Sent, Outcome]]:
        """The answers that may be recorded; what a call left in the CRM of a person who was erased meanwhile has to go again."""
        late = [sent.row.lead_id for sent, _ in answers if sent.row.id in lost and sent.row.kind != erasing.DELETE]
        erased = sorted(erasing.erased_among(connection, late))
        numbers = self._ids.take(len(erased), now)
        wanted = [(number, plan.name, to_uid(lead), lead, now) for number, lead in zip(numbers, erased, strict=True)]
        erasing.want_deletes(connection, wanted, now)
        return [(sent, outcome) for sent, outcome in answers if sent.row.id not in lost or sent.row.lead_id not in erased]

    def _gate_after(
        self,
        connection: Connection,
        plan: SinkPlan,
        gate: Gate,
        failure: Retry | Stop | TooLarge | None,
        answers: Sequence[tuple[Sent, Outcome]],
        calls: int,
        now: Instant,
    ) -> Gate:
        if plan.rate is not None and calls:
            filled = gate.refilled(now, plan.rate)
            gate = replace(filled, tokens=filled.tokens - 1000 * calls)
        usage = None if self._sink is None else self._sink.usage
        gate = replace(gate, calls=gate.calls + calls)
        if usage is not None:
            gate = replace(gate, used=usage.used, allowed=usage.limit)
        match failure:
            case Stop():
                alerts.raise_alert(connection, f"sink:{plan.name}", "sink_paused", failure.problem.message, now)
                return replace(gate, paused=failure.problem, last_problem=failure.problem.message)
            case Retry() if failure.code in _LASTING and gate.failures + 1 >= _LASTING_AFTER:
                problem = Problem(failure.code, failure.reason, "auth")
                alerts.raise_alert(connection, f"sink:{plan.name}", "sink_paused", problem.message, now)
                return replace(gate, paused=problem, failures=0, last_problem=problem.message)
            case Retry():
                hold = hold_gate(gate.failures, failure, now=now, jitter=self._jitter())
                until = later_hold(gate.hold_until, hold)
                return replace(
                    gate, hold_until=until, failures=hold.failures, hold_reason=failure.reason, last_problem=failure.reason
                )
            case TooLarge():
                return gate
        return replace(gate, failures=0, hold_reason="", last_ok_at=now) if answers else gate

    def _record(
        self, connection: Connection, plan: SinkPlan, claim: Claim, answers: Sequence[tuple[Sent, Outcome]], now: Instant
    ) -> None:
        """One attempt a row, without bodies: what was sent by name, and what came of it."""
        ids = self._ids.take(len(answers), now)
        rows = [
            (number, now, plan.name, sent.row.lead_id, sent.row.id, sent.version, *attempt_of(outcome))
            for number, (sent, outcome) in zip(ids, answers, strict=True)
        ]
        bulk.insert(connection, tables.attempt, ("id", "at", "sink", "lead_id", "row_id", "version", "outcome", "data"), rows)


def _groups(rows: Sequence[Any], full: int) -> Iterable[tuple[int, list[Any]]]:
    """Rows that may share a call, with how many of them one call takes: known and unknown records apart, struck rows apart."""
    groups: dict[tuple[bool, int], list[Any]] = {}
    for row in rows:
        limit = settling.batch_limit(row.strikes, full)
        groups.setdefault((row.crm_id is None, limit), []).append(row)
    return [(limit, group) for (_, limit), group in groups.items()]


def _candidate(
    table: Table, rows: list[Any], is_full: bool, plan: SinkPlan, number: int
) -> tuple[int, Instant, int, Table, list[Any]]:
    """A group with its most urgent priority and when it may go: at once when it is full, else after its linger."""
    oldest = min(row.due for row in rows)
    return min(row.priority for row in rows), (oldest if is_full else oldest + plan.linger), number, table, rows


def _leads(connection: Connection, lead_ids: Iterable[int]) -> dict[int, Any]:
    sql = "SELECT id, version, record, is_test, merged_into, erased_at FROM lead WHERE id {in}"
    return {row.id: row for row in bulk.select_in(connection, sql, sorted(set(lead_ids)))}


def _emails(lead: Lead) -> tuple[str, ...]:
    """The addresses, as they were written, by which an existing record may be taken for this person: none that is shared."""
    more = lead.value("person.emails")
    found = [lead.value("person.email"), *(more if isinstance(more, tuple) else ())]
    return tuple(dict.fromkeys(one for one in found if isinstance(one, str) and email_class(one) not in NO_KEY_CLASSES))
