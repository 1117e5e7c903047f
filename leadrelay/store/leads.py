"""Reading and writing what a batch of submissions decides: keys, leads, touches, events, deliveries and actions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from core.identity import KeyOwner, MatchKey, Name
from core.instants import Instant
from core.lead import Lead
from core.lead_json import lead_from_json
from core.quick_dataclass import quick_dataclass
from leadrelay.store import bulk, tables
from leadrelay.store.bulk import Row
from leadrelay.store.database import Database
from leadrelay.store.ids import to_uid


class Moved(Exception):
    """What was read has changed meanwhile: nothing was written, decide the batch again."""


_MOST_BYTES = 16_000_000
"""When the bodies of a batch are this long together, it takes no more: all of them are held in memory at once."""


@quick_dataclass(frozen=True, slots=True)
class Leased:
    """A submission that this worker alone decides while its lease holds."""

    id: int
    source: str
    received_at: Instant
    submitted_at: Instant | None
    headers: str
    body: bytes
    is_test: bool
    tries: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A lead that is to be decided again at `at`, since time alone may have changed what is said of it."""

    at: Instant
    lead: Lead


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a batch's keys: who owns each, and the owners' leads with the version that was read."""

    owners: Mapping[int, KeyOwner]
    leads: Mapping[str, Lead]


def lease(connection: Connection, token: int, now: Instant, until: Instant, limit: int) -> list[Leased]:
    """Take submissions under a token: those whose worker has not come back, then the new ones by priority and age; another
    worker's and those of paused sources are passed over."""
    late = _lease(connection, "leased_until > 0 AND leased_until <= ?", "leased_until, id", (token, until, now, limit))
    left = limit - len(late)
    fresh = _lease(connection, "leased_until = 0", "priority, id", (token, until, left)) if left else []
    return sorted((*late, *fresh), key=lambda one: one.id)


def _lease(connection: Connection, which: str, order: str, parameters: tuple[int, ...]) -> list[Leased]:
    """Both conditions are answered in order from the index of new submissions; asked for in one, SQLite would look through
    every submission there is. A batch ends with the body that makes it too large, as that of a mail may be."""
    skip = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    sql = (
        "UPDATE submission SET lease = ?, leased_until = ?, tries = tries + 1 WHERE id IN ("
        f"SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY {order}) - size AS ahead FROM ("
        f"SELECT id, leased_until, priority, length(body) AS size FROM submission WHERE state = 'new' AND {which} "
        "AND NOT EXISTS (SELECT 1 FROM marker WHERE marker.name = 'source_paused:' || submission.source) "
        f"ORDER BY {order} LIMIT ?{skip}) AS taken) AS measured WHERE ahead IS NULL OR ahead < {_MOST_BYTES}) "
        "RETURNING id, source, received_at, submitted_at, headers, body, is_test, tries, priority"
    )
    return [Leased(*tuple(row)) for row in bulk.run(connection, sql, parameters)]


def still_leased(connection: Connection, token: int, ids: Iterable[int]) -> set[int]:
    """Which of these submissions are still this worker's; on PostgreSQL they stay locked."""
    lock = "" if connection.dialect.name == "sqlite" else " ORDER BY id FOR UPDATE"
    sql = f"SELECT id FROM submission WHERE state = 'new' AND lease = ? AND id {{in}}{lock}"
    return {row.id for row in bulk.select_in(connection, sql, ids, token)}


def lock_keys(connection: Connection, keys: Iterable[MatchKey]) -> None:
    """On PostgreSQL, wait until no other worker decides about a person with one of these keys; a no-op on SQLite.

    Twins wait here instead of undoing each other's batches. Only the strongest key of each touch is asked for, since the
    server's lock table is small; who shares a weaker key is found out by `claim_keys`.
    """
    if connection.dialect.name == "sqlite":
        return
    hashes = sorted({key.hash for key in keys})
    if hashes:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", (hashes,))


def look_up(connection: Connection, keys: Iterable[MatchKey], also: Iterable[int] = ()) -> Known:
    """Who owns these keys, and their leads with those of `also` (locked in id order on PostgreSQL); raises Moved when one
    was erased, or went into another lead, after its keys were read."""
    hashes = sorted({key.hash for key in keys})
    rows = bulk.select_in(connection, "SELECT hash, text, name, lead_id FROM lead_key WHERE hash {in}", hashes)
    owners = {row.hash: KeyOwner(to_uid(row.lead_id), row.text, tuple(row.name.split())) for row in rows}
    lock = "" if connection.dialect.name == "sqlite" else " ORDER BY id FOR UPDATE"
    sql = f"SELECT id, version, record FROM lead WHERE erased_at IS NULL AND merged_into IS NULL AND id {{in}}{lock}"
    found = bulk.select_in(connection, sql, sorted({row.lead_id for row in rows} | set(also)))
    leads = {to_uid(row.id): lead_from_json(to_uid(row.id), row.version, json.loads(row.record)) for row in found}
    if any(owner.lead not in leads for owner in owners.values()):
        raise Moved
    return Known(owners, leads)


def confirm(connection: Connection, versions: Mapping[int, int]) -> None:
    """Raises Moved when one of these leads has another version than was read: what joins it must be decided again."""
    rows = bulk.select_in(connection, "SELECT id, version FROM lead WHERE id {in}", sorted(versions))
    if {row.id: row.version for row in rows} != versions:
        raise Moved


def claim_keys(connection: Connection, claims: Sequence[tuple[MatchKey, int, Name]]) -> None:
    """Register (key, lead id, folded name); raises Moved when another lead has taken one of the keys meanwhile."""
    rows = sorted((key.hash, key.kind, key.text, " ".join(name), lead_id) for key, lead_id, name in claims)
    columns = ("hash", "kind", "text", "name", "lead_id")
    written = bulk.insert(connection, tables.lead_key, columns, rows, conflict="ON CONFLICT (hash) DO NOTHING")
    if written == len(rows):
        return
    sql = "SELECT hash, lead_id FROM lead_key WHERE hash {in}"
    owners = {row.hash: row.lead_id for row in bulk.select_in(connection, sql, [row[0] for row in rows])}
    if any(owners.get(hash_) != lead_id for hash_, _, _, _, lead_id in rows):
        raise Moved


def rename_keys(connection: Connection, names: Mapping[int, Name]) -> None:
    """Keep leads' folded names beside their keys up to date."""
    rows = [(" ".join(name), lead_id) for lead_id, name in sorted(names.items())]
    bulk.update(connection, tables.lead_key, ("name",), ("lead_id",), rows)


def write_leads(connection: Connection, new: Sequence[Row], changed: Sequence[Row]) -> None:
    """Insert new leads and update changed ones; raises Moved when one of these has another version than was read.

    `new`: (id, version, record, is_test, created_at, updated_at, outcome, score, stage, decide_at); `changed`: (version, record,
    is_test, updated_at, outcome, score, stage, decide_at, id, version read).
    """
    columns = ("id", "version", "record", "is_test", "created_at", "updated_at", *_DECIDED)
    bulk.insert(connection, tables.lead, columns, sorted(new, key=lambda row: row[0]))
    rows = sorted(changed, key=lambda row: row[-2])
    named = ("version", "record", "is_test", "updated_at", *_DECIDED)
    if bulk.update(connection, tables.lead, named, ("id", "version"), rows) < len(rows):
        raise Moved


_DECIDED = ("outcome", "score", "stage", "decide_at")


def living(database: Database) -> Iterator[tuple[Connection, list[Any]]]:
    """All leads that are not erased or merged, some hundred at a time, each with the view of the store that they are read in:
    what else is read through it is of the same moment, so that work that goes on meanwhile looks like no loss."""
    after = 0
    of_these = "id > ? AND erased_at IS NULL AND merged_into IS NULL"
    sql = f"SELECT id, version, record, decide_at FROM lead WHERE {of_these} ORDER BY id LIMIT ?"
    while True:
        with database.read(is_snapshot=True) as connection:
            rows = list(bulk.run(connection, sql, (after, _SLICE)))
            if rows:
                yield connection, rows
        if len(rows) < _SLICE:
            return
        after = rows[-1].id


_SLICE = 500


def due_again(connection: Connection, now: Instant, limit: int) -> list[Due]:
    """Leads that time alone may have changed, the longest due first. On PostgreSQL they stay locked, and those that another
    worker decides are passed over."""
    skip = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    sql = f"SELECT id, version, record, decide_at FROM lead WHERE {_IS_DUE} AND decide_at <= ? ORDER BY decide_at LIMIT ?{skip}"
    rows = bulk.run(connection, sql, (now, limit))
    return [Due(row.decide_at, lead_from_json(to_uid(row.id), row.version, json.loads(row.record))) for row in rows]


def next_due(connection: Connection) -> Instant | None:
    """When the next lead is to be decided again; None when none is."""
    sql = f"SELECT decide_at FROM lead WHERE {_IS_DUE} ORDER BY decide_at LIMIT 1"
    return bulk.run(connection, sql).scalar()


def due_count(connection: Connection, now: Instant) -> int:
    """How many leads are due to be decided again."""
    return int(bulk.run(connection, f"SELECT count(*) FROM lead WHERE {_IS_DUE} AND decide_at <= ?", (now,)).scalar() or 0)


_IS_DUE = "decide_at IS NOT NULL AND erased_at IS NULL AND merged_into IS NULL"


def put_off(connection: Connection, rows: Sequence[Row]) -> None:
    """Note when leads that stay as they are must be decided next: (decide_at, id, version read). One that has moved meanwhile
    was decided by whoever moved it."""
    bulk.update(connection, tables.lead, ("decide_at",), ("id", "version"), sorted(rows, key=lambda row: row[1]))


def write_touches(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert touches: (id, lead_id, source, kind, at, fields, problems, config_hash, is_test)."""
    columns = ("id", "lead_id", "source", "kind", "at", "fields", "problems", "config_hash", "is_test")
    bulk.insert(connection, tables.touch, columns, rows)


def write_events(connection: Connection, rows: Sequence[Row]) -> None:
    """Append events: (id, at, kind, lead_id, submission_id, data)."""
    bulk.insert(connection, tables.event, ("id", "at", "kind", "lead_id", "submission_id", "data"), rows)


_WANT_DELIVERY = """
ON CONFLICT (sink, object, lead_id) DO UPDATE SET tries = 0, strikes = 0, updated_at = excluded.updated_at,
    want = CASE WHEN excluded.want > delivery.want THEN excluded.want ELSE delivery.want END,
    due = CASE WHEN delivery.state IN ('in_sync', 'failed', 'suppressed') THEN excluded.due ELSE delivery.due END,
    priority = CASE WHEN delivery.state IN ('in_sync', 'failed', 'suppressed') OR excluded.priority < delivery.priority
                    THEN excluded.priority ELSE delivery.priority END,
    state = CASE WHEN delivery.state IN ('in_sync', 'failed', 'suppressed') THEN excluded.state ELSE delivery.state END
"""


def want_deliveries(connection: Connection, rows: Sequence[Row]) -> None:
    """Want a lead's version in a sink: (id, sink, object, lead_id, state, want, due, priority, updated_at).

    A row that is in step or failed waits again with fresh tries; one that waits already keeps its place and its hold, and
    comes forward when it is more urgent now. What is wanted never falls back to an older version.
    """
    columns = ("id", "sink", "object", "lead_id", "state", "want", "due", "priority", "updated_at")
    ordered = sorted(rows, key=lambda row: (row[1], row[2], row[3]))
    bulk.insert(connection, tables.delivery, columns, ordered, conflict=_WANT_DELIVERY)


def want_actions(connection: Connection, rows: Sequence[Row]) -> None:
    """Want things done once: (id, key, sink, lead_id, touch_id, kind, payload, state, due, priority, updated_at)."""
    columns = ("id", "key", "sink", "lead_id", "touch_id", "kind", "payload", "state", "due", "priority", "updated_at")
    bulk.insert(connection, tables.action, columns, rows, conflict="ON CONFLICT (key) DO NOTHING")


def finish(connection: Connection, token: int, rows: Sequence[Row]) -> None:
    """End submissions of this lease: (state, reason, lead_id, problems, config_hash, id)."""
    bulk.update(
        connection,
        tables.submission,
        ("state", "reason", "lead_id", "problems", "config_hash"),
        ("id", "lease"),
        [(*row, token) for row in rows],
        extra=", lease = NULL, leased_until = 0",
    )
