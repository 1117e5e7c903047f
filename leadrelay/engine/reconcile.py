"""Keep one CRM account in step: claim what is due, make one call, settle each row by its own answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from connectors.base import Done, Found, Outcome, Sink, Stop
from core.instants import SECOND, Instant
from leadrelay.engine import admission, claiming, drift, preparing, seen, settling
from leadrelay.engine.account import Account, kind_of
from leadrelay.engine.admission import Passage, Tried
from leadrelay.engine.answers import attempt_of, links_in, reason_of
from leadrelay.engine.bulk_jobs import BulkJobs
from leadrelay.engine.claiming import Claim, Group
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.plan import SinkPlan
from leadrelay.engine.preparing import Prepared
from leadrelay.engine.settling import Sent
from leadrelay.store import bulk, erasing, gates, tables, work
from leadrelay.store.database import Database
from leadrelay.store.gates import Gate
from leadrelay.store.ids import Ids, to_uid
from leadrelay.store.work import Claimed, Settled

log = structlog.get_logger(__name__)

Answers = Sequence[tuple[Sent, Outcome]]

_FIRST_PASS = 5
"""How many calls a pass is taken for before one was made: what the sink asks for once, two look-ups and a write."""
_SOON = 50
"""A backlog that may not go on sooner than in so many milliseconds is nothing to wait for: fresh leads are looked for."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did: rows settled, and when the next pass is worth making (None: when something new is due). With
    `is_open` what comes in before `next_at` may go at once."""

    settled: int = 0
    next_at: Instant | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a pass has come to, before it is written down; `tried` is None when no call was made."""

    settled: Sequence[Settled]
    answers: Answers = field(default=())
    tried: Tried[list[Outcome]] | None = None


class Reconciler:
    """One sink's worker. `run_once` makes at most one pass; time comes from the clock, so a test can let years go by.

    `open_sink` is called when there is something to send for the first time. Several reconcilers, in threads, processes or
    machines, may serve one account: the gate's row makes their claims one after the other. `account` may be used for other
    calls between two passes, in the same thread.
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
        self._clock = clock
        self._ids = ids or Ids()
        self._jitter = jitter
        self._calls_taken: dict[tuple[str, bool], int] = {}
        self._backlog_waits_until: Instant = 0
        self.account = Account(database, plan, open_sink, clock=clock, ids=self._ids, jitter=jitter)
        self._jobs = BulkJobs(database, self.account, self._settle_rows, clock=clock, ids=self._ids, jitter=jitter)

    def run_once(self) -> Pass:
        """Claim, send and settle one batch, if one is ready; raises StoreUnavailable, and nothing that a CRM can cause."""
        plan, now = self._plan(), self._clock()
        if not plan.is_live:
            return Pass()
        moved = self._jobs.run_once(plan)
        done = self._one_pass(plan, now)
        if moved:
            return Pass(done.settled + moved, self._clock())
        looks = [at for at in (done.next_at, self._jobs.next_at) if at is not None]
        return Pass(done.settled, min(looks, default=None), is_open=done.next_at is None)

    def _one_pass(self, plan: SinkPlan, now: Instant) -> Pass:
        is_fresh_only = now < self._backlog_waits_until <= now + SECOND
        if not self._has_work(plan, now, is_fresh_only=is_fresh_only):
            return Pass(next_at=self._backlog_waits_until if is_fresh_only and self._backlog_waits_until <= now + _SOON else None)
        claimed = self._database.repeat(lambda: self._claim(plan, self._clock()))
        if isinstance(claimed, Pass):
            return claimed
        return Pass(self._send(plan, claimed), self._clock())

    def close(self) -> None:
        """Give the sink's connections back."""
        self._jobs.close()
        self.account.close()

    # --- claiming ---

    def _has_work(self, plan: SinkPlan, now: Instant, *, is_fresh_only: bool) -> bool:
        with self._database.read() as connection:
            return claiming.has_work(connection, plan.name, now, is_fresh_only=is_fresh_only)

    def _claim(self, plan: SinkPlan, now: Instant) -> Claim | Pass:
        with self._database.write() as connection:
            gate = gates.lock(connection, plan.name)
            opens_at = admission.opens_at(plan, gate, "fresh", 1, now, self._jitter())
            if opens_at is None or opens_at > now:
                return Pass(next_at=opens_at)
            for table in (tables.delivery, tables.action):
                work.expire(connection, table, plan.name, now)
            groups = claiming.groups(connection, plan, now, admission.batch_of(plan, gate))
            for group in groups:
                if group.ready_at > now:
                    return Pass(next_at=group.ready_at)
                passage = self.account.admit(connection, plan, kind_of(group.priority), self._calls_for(group), now)
                if isinstance(passage, Passage):
                    rows = work.take(connection, group.table, group.rows, self._ids.one(now), now + plan.lease)
                    return Claim(group.table, rows, passage)
                if group.priority == 0 or passage.until is None:
                    return Pass(next_at=passage.until)
                self._backlog_waits_until = min(passage.until, now + SECOND)
                return Pass(next_at=passage.until if passage.until <= now + _SOON else None)
            return Pass()

    def _calls_for(self, group: Group | Claim) -> int:
        """How many calls a pass with such rows is going to take: about as many as the last ones."""
        return self._calls_taken.get(_alike(group), _FIRST_PASS)

    def _learn(self, claim: Claim, calls: int) -> None:
        """Expect as many calls of the next pass; fewer only little by little, since now and then one more is needed."""
        known = self._calls_taken.get(_alike(claim), calls)
        self._calls_taken[_alike(claim)] = max(1, calls if calls >= known else known - 1)

    # --- sending ---

    def _send(self, plan: SinkPlan, claim: Claim) -> int:
        """Send what is left to send in one call, then settle everything of this claim in one transaction."""
        is_leads = claim.table is tables.delivery
        with self._database.read() as connection:
            prepare = preparing.leads if is_leads else preparing.actions
            prepared = prepare(connection, plan, claim.rows, self._clock())
        if not prepared.sent:
            return self._settle(plan, claim, Report(prepared.settled))
        if self._clock() >= prepared.sent[0].row.leased_until - plan.calls_for:
            log.warning("lease_too_old", sink=plan.name, rows=len(prepared.sent))
            given_back = [settling.given_back(sent.row) for sent in prepared.sent]
            return self._settle(plan, claim, Report([*prepared.settled, *given_back]))
        inputs = prepared.inputs
        tried = self.account.attempt(lambda sink: sink.upsert(inputs) if is_leads else sink.act(inputs), rows=len(inputs))
        self._learn(claim, tried.calls)
        if tried.failure is not None:
            return self._settle(plan, claim, self._failed(plan, prepared, tried))
        return self._settle(plan, claim, self._answered(claim, prepared, tried))

    def _answered(self, claim: Claim, prepared: Prepared, tried: Tried[list[Outcome]]) -> Report:
        now, done = self._clock(), settling.state_when_done(claim.table)
        answers = list(zip(prepared.sent, tried.answer or (), strict=True))
        settled = [settling.after_answer(sent, one, now=now, jitter=self._jitter(), done=done) for sent, one in answers]
        return Report([*prepared.settled, *settled], answers, tried)

    def _failed(self, plan: SinkPlan, prepared: Prepared, tried: Tried[list[Outcome]]) -> Report:
        """A call that failed as a whole: the gate holds or pauses, the rows wait and lose nothing."""
        failure = tried.failure
        assert failure is not None  # noqa: S101 - the caller has looked
        size = len(prepared.sent)
        log.warning("call_failed", sink=plan.name, rows=size, kind=type(failure).__name__, reason=reason_of(failure))
        if isinstance(failure, Stop):
            return Report([*prepared.settled, *(settling.given_back(sent.row) for sent in prepared.sent)], (), tried)
        with self._database.read() as connection:
            last_ok_at = gates.read_all(connection).get(plan.name, Gate(plan.name)).last_ok_at
        now = self._clock()
        settled = [
            settling.after_whole_failure(sent, failure, size=size, last_ok_at=last_ok_at, now=now, jitter=self._jitter())
            for sent in prepared.sent
        ]
        return Report([*prepared.settled, *settled], (), tried)

    # --- settling ---

    def _settle(self, plan: SinkPlan, claim: Claim, report: Report) -> int:
        return self._database.repeat(lambda: self._write(plan, claim, report))

    def _settle_rows(self, plan: SinkPlan, row: Claimed, settled: Sequence[Settled], answers: Answers) -> int:
        """Settle rows that share a row's token and came back by a job, whose calls the gate knows of already."""
        claim = Claim(tables.delivery, [row], Passage(row.token, kind_of(row.priority), 0, self._clock()))
        return self._settle(plan, claim, Report(settled, answers))

    def _write(self, plan: SinkPlan, claim: Claim, report: Report) -> int:
        now, answers = self._clock(), report.answers
        with self._database.write(is_durable=False) as connection:
            gates.lock(connection, plan.name)
            written = work.settle(connection, claim.table, claim.token, report.settled, now)
            work.link(connection, links_in(plan.name, answers, now))
            landed = {sent.row.lead_id for sent, outcome in answers if isinstance(outcome, Done | Found)}
            work.wake_actions(connection, now, landed)
            if len(written) < len(report.settled):
                log.warning("settled_too_late", sink=plan.name, rows=len(report.settled) - len(written))
                lost = {one.id for one in report.settled} - {one.id for one in written}
                work.doubt(connection, claim.table, lost & {sent.row.id for sent, _ in answers}, now)
                answers = self._of_the_living(connection, plan, answers, lost, now)
            seen.after_write(connection, plan.name, answers, plan, now)
            self._record(connection, plan, answers, now)
            drift.look_soon(connection, plan.name, (outcome for _, outcome in answers), now)
            done = {sent.row.lead_id for sent, outcome in answers if isinstance(outcome, Done) and sent.row.object}
            self.account.leave(connection, plan, claim.passage, report.tried, now, leads=len(done))
        return len(written)

    def _of_the_living(self, connection: Connection, plan: SinkPlan, answers: Answers, lost: set[int], now: Instant) -> Answers:
        """The answers that may be recorded; what a call left in the CRM of a person who was erased meanwhile has to go again."""
        late = [sent.row.lead_id for sent, _ in answers if sent.row.id in lost and sent.row.kind != erasing.DELETE]
        erased = sorted(erasing.erased_among(connection, late))
        numbers = self._ids.take(len(erased), now)
        wanted = [(number, plan.name, to_uid(lead), lead, now) for number, lead in zip(numbers, erased, strict=True)]
        erasing.want_deletes(connection, wanted, now)
        return [(sent, outcome) for sent, outcome in answers if sent.row.id not in lost or sent.row.lead_id not in erased]

    def _record(self, connection: Connection, plan: SinkPlan, answers: Answers, now: Instant) -> None:
        """One attempt a row, without bodies: what was sent by name, and what came of it."""
        ids = self._ids.take(len(answers), now)
        rows = [
            (number, now, plan.name, sent.row.lead_id, sent.row.id, sent.version, *attempt_of(outcome))
            for number, (sent, outcome) in zip(ids, answers, strict=True)
        ]
        bulk.insert(connection, tables.attempt, ("id", "at", "sink", "lead_id", "row_id", "version", "outcome", "data"), rows)


def _alike(rows: Group | Claim) -> tuple[str, bool]:
    """What passes that take about as many calls have in common: the table, and whether the CRM has the records already."""
    return rows.table.name, rows.rows[0].crm_id is None
