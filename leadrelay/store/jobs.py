"""Jobs that a CRM works on by itself, and the delivery rows that wait for them under a job's token."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from core.instants import Instant
from core.problems import Problem, problem_from_json
from leadrelay.store import bulk, tables, work
from leadrelay.store.work import Claimed

_COLUMNS = ("id", "sink", "object", "crm_job_id", "token", "rows", "due", "started_at")
_ELIGIBLE = (
    "FROM delivery WHERE state = 'waiting' AND sink = ? AND object = ? AND due <= ? AND crm_id IS NULL AND is_unsure = false "
    "AND strikes = 0"
)


@dataclass(frozen=True, slots=True)
class SentRow:
    """What a job's file says of one delivery row: the lead's version, the digest of its rendering, what was left out."""

    version: int
    digest: int | None
    left_out: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a CRM. Its rows are in flight under `token`; `sent` holds those of them that stand in its file."""

    id: int
    sink: str
    object: str
    crm_job_id: str
    token: int
    due: Instant
    started_at: Instant
    sent: Mapping[int, SentRow] = field(default_factory=dict)


def add(connection: Connection, job: Job) -> None:
    """Remember a job before anything is sent to it."""
    row = (job.id, job.sink, job.object, job.crm_job_id, job.token, _document(job.sent), job.due, job.started_at)
    bulk.insert(connection, tables.bulk_job, _COLUMNS, [row])


def count(connection: Connection, sink: str) -> int:
    """How many jobs a sink waits for."""
    return int(bulk.run(connection, "SELECT count(*) FROM bulk_job WHERE sink = ?", (sink,)).scalar_one())


def next_due(connection: Connection, sink: str) -> Instant | None:
    """When a job of a sink is to be looked at next; None while there is none."""
    row = bulk.run(connection, "SELECT min(due) FROM bulk_job WHERE sink = ?", (sink,)).scalar_one()
    return None if row is None else int(row)


def due(connection: Connection, sink: str, now: Instant) -> Job | None:
    """The job that is to be looked at first, if it is time."""
    sql = f"SELECT {', '.join(_COLUMNS)} FROM bulk_job WHERE sink = ? AND due <= ? ORDER BY due LIMIT 1"
    row = bulk.run(connection, sql, (sink, now)).first()
    if row is None:
        return None
    return Job(row.id, row.sink, row.object, row.crm_job_id, row.token, row.due, row.started_at, _sent(row.rows))


def take(connection: Connection, job: Job, until: Instant) -> bool:
    """Be the one who looks at the job until then; false when another worker was faster."""
    sql = "UPDATE bulk_job SET due = ? WHERE id = ? AND due = ?"
    return bulk.run(connection, sql, (until, job.id, job.due)).rowcount == 1


def look_again(connection: Connection, job: Job, at: Instant, sent: Mapping[int, SentRow] | None = None) -> None:
    """Look at the job again at an instant; `sent` is what its file says by now."""
    if sent is None:
        bulk.run(connection, "UPDATE bulk_job SET due = ? WHERE id = ?", (at, job.id))
    else:
        bulk.run(connection, "UPDATE bulk_job SET due = ?, rows = ? WHERE id = ?", (at, _document(sent), job.id))


def forget(connection: Connection, job: Job) -> None:
    """The job is over, and its rows have gone on."""
    bulk.run(connection, "DELETE FROM bulk_job WHERE id = ?", (job.id,))


# --- rows -------------------------------------------------------------------------------------------------------------


def eligible(connection: Connection, sink: str, object_name: str, now: Instant, enough: int, *, is_backlog: bool) -> int:
    """How many rows without a record are due, fresh ones or those of a backlog, counted up to `enough`."""
    sql = f"SELECT count(*) FROM (SELECT 1 {_ELIGIBLE}{_urgency(is_backlog)} LIMIT ?) AS found"
    return int(bulk.run(connection, sql, (sink, object_name, now, enough)).scalar_one())


def _urgency(is_backlog: bool) -> str:
    return " AND priority > 0" if is_backlog else " AND priority = 0"


def claim(
    connection: Connection, job: Job, now: Instant, leased_until: Instant, limit: int, *, is_backlog: bool
) -> list[Claimed]:
    """Take some of those rows for a job, the least urgent first: the urgent ones are sent while the job is prepared."""
    skip = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    sql = (
        "SELECT id, lead_id, due, priority, tries, strikes, struck_at, is_unsure, crm_id, object, want, have, sent_hash "
        f"{_ELIGIBLE}{_urgency(is_backlog)} ORDER BY priority DESC, due LIMIT ?{skip}"
    )
    rows: list[Any] = list(bulk.run(connection, sql, (job.sink, job.object, now, limit)))
    return work.take(connection, tables.delivery, rows, job.token, leased_until) if rows else []


_CLAIMED = (
    "SELECT id, lead_id, leased_until, due, priority, tries, strikes, struck_at, is_unsure, crm_id, object, want, have, "
    "sent_hash FROM delivery"
)


def claimed(connection: Connection, job: Job) -> list[Claimed]:
    """The rows that still wait for a job."""
    rows = bulk.run(
        connection, f"{_CLAIMED} WHERE state = 'in_flight' AND sink = ? AND token = ? ORDER BY id", (job.sink, job.token)
    )
    return [_claimed(job, row) for row in rows]


def given_up(connection: Connection, job: Job) -> list[Claimed]:
    """The rows of a job's file that do not wait for it any more, since their leads were erased or merged meanwhile."""
    sql = f"{_CLAIMED} WHERE state IN ('discarded', 'merged') AND id {{in}}"
    return [_claimed(job, row) for row in bulk.select_in(connection, sql, sorted(job.sent))]


def _claimed(job: Job, row: Any) -> Claimed:
    return Claimed(token=job.token, **{**row._mapping, "is_unsure": bool(row.is_unsure)})


def _document(sent: Mapping[int, SentRow]) -> str:
    return json.dumps(
        [[number, row.version, row.digest, [problem.as_json() for problem in row.left_out]] for number, row in sent.items()]
    )


def _sent(document: str) -> dict[int, SentRow]:
    listed: Iterable[Any] = json.loads(document)
    return {
        number: SentRow(version, digest, tuple(map(problem_from_json, problems))) for number, version, digest, problems in listed
    }
