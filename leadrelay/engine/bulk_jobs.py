"""Thousands of new leads at once: a job of the CRM takes them, and whoever comes by later collects what became of them.

A job and its rows are in the store before the CRM gets the file. Whatever happens to the worker, another one finds the job and
asks the CRM how far it came: a file that never arrived gives its rows back, and one that did is collected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import structlog
from sqlalchemy import Connection

from connectors.base import BulkRow, BulkRows, Done, Outcome, Retry, Sink, Stop, TooLarge, Upsert, WritesInBulk
from core.budget import Kind
from core.instants import DAY, HOUR, MINUTE, SECOND, Instant
from leadrelay.engine import preparing, settling
from leadrelay.engine.account import Account, NotNow
from leadrelay.engine.clock import Clock
from leadrelay.engine.plan import SinkPlan
from leadrelay.engine.settling import Sent
from leadrelay.store import jobs
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids, to_uid
from leadrelay.store.jobs import Job, SentRow
from leadrelay.store.work import Claimed, Settled

log = structlog.get_logger(__name__)
T = TypeVar("T")

Answers = Sequence[tuple[Sent, Outcome]]
Settle = Callable[[SinkPlan, Claimed, Sequence[Settled], Answers], int]
"""Writes down what became of rows that share the token of the one that is given, as after any other call."""

ROWS_IN_A_JOB = 10_000
"""Salesforce works on a job in batches of ten thousand; a smaller backlog waits less, a larger one gets several jobs."""

_JOBS_AT_ONCE = 3
_ROWS_AT_ONCE = 500
"""How many rows one transaction or one look-up takes, so that nobody else waits long for the store or the gate."""
_CALLS_FOR_ROWS = 6
_LOOKS_EVERY, _COUNTS_EVERY = 250, SECOND
_LEASE = 5 * MINUTE
"""How long a worker may take for one step of a job before another one looks after it."""
_NOT_OFFERED_FOR, _BROKEN_FOR = HOUR, 10 * MINUTE
_FIRST_LOOK, _LAST_LOOK = SECOND // 2, 30 * SECOND
_PATIENCE = 30 * SECOND
"""So long the rows of a file that is not sent yet wait for the gate; then they are given back."""
_Failed = (Retry, Stop, TooLarge, NotNow)


@dataclass(slots=True)
class _Filling:
    """A job whose file is being filled: its rows, how many of them were looked at, and those that went into the file."""

    job: Job
    file: BulkRows
    rows: Sequence[Claimed]
    kind: Kind
    at: int = 0
    sent: dict[int, SentRow] = field(default_factory=dict)


class BulkJobs:
    """One sink's jobs, a step at a time, so that urgent leads are sent between two steps; used by one thread."""

    def __init__(
        self,
        database: Database,
        account: Account,
        settle: Settle,
        *,
        clock: Clock,
        ids: Ids,
        jitter: Callable[[], float],
    ) -> None:
        self._database = database
        self._account = account
        self._settle = settle
        self._clock = clock
        self._ids = ids
        self._jitter = jitter
        self._filling: _Filling | None = None
        self.next_at: Instant | None = None
        """When a job is to be looked at next; None while there is none."""
        self._looks_at: Instant = 0
        self._counts_at: Instant = 0

    def run_once(self, plan: SinkPlan) -> int:
        """Make one step: fill and send a file, collect a job that may be done, or start one where enough is due. Returns how
        many rows were moved on; 0 when nothing was to be done."""
        now = self._clock()
        if self._filling is not None:
            self.next_at = now
            return self._go_on_filling(plan, self._filling)
        if now < self._looks_at <= now + _LOOKS_EVERY:
            return 0
        self._looks_at = now + _LOOKS_EVERY
        job = self._due(plan, now)
        if job is not None:
            return self._collect(plan, job)
        if not plan.bulk_from or now < self._counts_at:
            return 0
        self._counts_at = now + _COUNTS_EVERY
        kinds: tuple[Kind, ...] = ("fresh", "backlog")
        wanted = ((name, kind) for name in plan.bulk_objects for kind in kinds)
        return next((done for name, kind in wanted if (done := self._start(plan, name, kind, now))), 0)

    def close(self) -> None:
        """Leave a file that is not sent yet: whoever looks at its job next gives the rows back."""
        if self._filling is None:
            return
        try:
            self._look_again(self._filling.job, self._clock())
        except StoreUnavailable as error:
            log.warning("bulk_job_left", reason=str(error))
        self._filling = None

    # --- starting -----------------------------------------------------------------------------------------------------

    def _start(self, plan: SinkPlan, object_name: str, kind: Kind, now: Instant) -> int:
        """Open a job and take rows for it: fresh ones, or those of a backlog, which may have to wait for the day's sake."""
        with self._database.read() as connection:
            if jobs.count(connection, plan.name) >= _JOBS_AT_ONCE:
                return 0
            is_backlog = kind == "backlog"
            if jobs.eligible(connection, plan.name, object_name, now, plan.bulk_from, is_backlog=is_backlog) < plan.bulk_from:
                return 0
        try:
            file, crm_job = self._account.call(
                lambda sink: (_bulk(sink).bulk_file(object_name), _bulk(sink).bulk_open(object_name)), calls=2, kind=kind
            )
        except NotNow:
            return 0
        except _Failed:
            self._counts_at = now + MINUTE
            return 0
        if crm_job is None:
            log.info("no_bulk_jobs", sink=plan.name)
            self._counts_at = now + _NOT_OFFERED_FOR
            return 0
        token, number = self._ids.take(2, now)
        job = Job(number, plan.name, object_name, crm_job, token, now + _LEASE, now)
        rows = self._claim(job, kind, now)
        self._filling = _Filling(job, file, rows, kind)
        return len(rows)

    def _claim(self, job: Job, kind: Kind, now: Instant) -> list[Claimed]:
        """Take rows for the job in short transactions; they wait for it longer than any job takes."""
        self._write(lambda connection: jobs.add(connection, job))
        found: list[Claimed] = []
        while len(found) < ROWS_IN_A_JOB:
            part = self._write(
                lambda connection: jobs.claim(connection, job, now, now + DAY, _ROWS_AT_ONCE, is_backlog=kind == "backlog")
            )
            found += part
            if len(part) < _ROWS_AT_ONCE:
                break
        return found

    def _go_on_filling(self, plan: SinkPlan, filling: _Filling) -> int:
        try:
            if filling.at < len(filling.rows):
                return self._fill(plan, filling)
            if filling.sent:
                self._account.call(
                    lambda sink: _bulk(sink).bulk_send(filling.job.crm_job_id, filling.file), calls=2, kind=filling.kind
                )
                log.info("bulk_job_sent", sink=plan.name, rows=len(filling.sent))
            self._look_again(filling.job, self._clock() + (_FIRST_LOOK if filling.sent else 0))
            self._filling = None
            return len(filling.sent)
        except NotNow as error:
            if error.until is not None and error.until <= self._clock() + _PATIENCE:
                return 0
            self._broken(plan, filling, error)
        except _Failed as error:
            self._broken(plan, filling, error)
        return 0

    def _broken(self, plan: SinkPlan, filling: _Filling, error: Exception) -> None:
        """Nobody knows how far the job came: it is asked soon, and gives its rows back or keeps them."""
        log.warning("bulk_job_broken", sink=plan.name, rows=len(filling.rows), kind=type(error).__name__)
        self._look_again(filling.job, self._clock() + 5 * SECOND)
        self._filling, self._counts_at = None, self._clock() + _BROKEN_FOR

    def _fill(self, plan: SinkPlan, filling: _Filling) -> int:
        """Put some rows into the file; what became of the others is written down at once."""
        rows = filling.rows[filling.at : filling.at + _ROWS_AT_ONCE]
        with self._database.read() as connection:
            prepared = preparing.leads(connection, plan, rows, self._clock())
        inputs: list[Upsert] = prepared.inputs
        outcomes = (
            self._account.call(lambda _: filling.file.add(inputs), calls=_CALLS_FOR_ROWS, kind=filling.kind) if inputs else []
        )
        answers: list[tuple[Sent, Outcome]] = []
        for sent, outcome in zip(prepared.sent, outcomes, strict=True):
            if isinstance(outcome, BulkRow):
                filling.sent[sent.row.id] = SentRow(sent.version, sent.digest, outcome.left_out)
            else:
                answers.append((sent, outcome))
        self._go_on(plan, rows[0], answers, prepared.settled)
        filling.at += len(rows)
        is_last = filling.at >= len(filling.rows)  # what the file says has to be known before the CRM gets it
        self._look_again(filling.job, self._clock() + _LEASE, filling.sent if is_last else None)
        return len(rows)

    # --- collecting ---------------------------------------------------------------------------------------------------

    def _due(self, plan: SinkPlan, now: Instant) -> Job | None:
        with self._database.read() as connection:
            due = jobs.next_due(connection, plan.name)
            self.next_at = None if due is None else max(due, self._looks_at)
            job = jobs.due(connection, plan.name, now) if due is not None and due <= now else None
        if job is None or not self._write(lambda connection: jobs.take(connection, job, now + _LEASE)):
            return None
        return job

    def _collect(self, plan: SinkPlan, job: Job) -> int:
        """Ask what became of the rows, whatever is left of the day's calls: they wait for nothing else.

        What a job wrote of leads that were erased or merged meanwhile is taken up as well: it must go again, or be known.
        """
        with self._database.read() as connection:
            rows = [*jobs.claimed(connection, job), *jobs.given_up(connection, job)]
        if not rows:
            self._write(lambda connection: jobs.forget(connection, job))
            return 0
        uids = [to_uid(row.lead_id) for row in rows]
        try:
            outcomes = self._account.call(lambda sink: _bulk(sink).bulk_collect(job.crm_job_id, uids), calls=4, kind="fresh")
        except NotNow as error:
            self._look_again(job, max(error.until or 0, self._clock() + _LAST_LOOK))
            return 0
        except _Failed:
            self._look_again(job, self._clock() + _LAST_LOOK)
            return 0
        if outcomes is None:
            age = self._clock() - job.started_at
            self._look_again(job, self._clock() + min(_LAST_LOOK, max(_FIRST_LOOK, age // 2)))
            return 0
        done = self._take_up(plan, job, rows, outcomes)
        self._write(lambda connection: jobs.forget(connection, job))
        return done

    def _take_up(self, plan: SinkPlan, job: Job, rows: Sequence[Claimed], outcomes: Sequence[Outcome]) -> int:
        """Settle the rows by what the job says of each; one that never got into the file is as it was."""
        answers: list[tuple[Sent, Outcome]] = []
        settled: list[Settled] = []
        for row, outcome in zip(rows, outcomes, strict=True):
            known = job.sent.get(row.id)
            if known is None:
                settled.append(settling.given_back(row))
                continue
            if isinstance(outcome, Done):
                outcome = replace(outcome, left_out=known.left_out)
            answers.append((Sent(row, known.version, known.digest), outcome))
        landed = sum(isinstance(outcome, Done) for _, outcome in answers)
        log.info("bulk_job_collected", sink=plan.name, rows=len(rows), landed=landed)
        return self._go_on(plan, rows[0], answers, settled)

    # --- both ---------------------------------------------------------------------------------------------------------

    def _go_on(self, plan: SinkPlan, one: Claimed, answers: Answers, settled: Sequence[Settled]) -> int:
        """Write down what became of rows, some at a time."""
        done, now = 0, self._clock()
        for start in range(0, len(answers), _ROWS_AT_ONCE):
            part = answers[start : start + _ROWS_AT_ONCE]
            judged = [
                settling.after_answer(sent, outcome, now=now, jitter=self._jitter(), done="in_sync") for sent, outcome in part
            ]
            done += self._settle(plan, one, judged, part)
        for start in range(0, len(settled), _ROWS_AT_ONCE):
            done += self._settle(plan, one, settled[start : start + _ROWS_AT_ONCE], ())
        return done

    def _look_again(self, job: Job, at: Instant, sent: Mapping[int, SentRow] | None = None) -> None:
        self._write(lambda connection: jobs.look_again(connection, job, at, sent))

    def _write(self, do: Callable[[Connection], T]) -> T:
        def once() -> T:
            with self._database.write() as connection:
                return do(connection)

        return self._database.repeat(once)


def _bulk(sink: Sink) -> WritesInBulk:
    return cast("WritesInBulk", sink)
