"""Committing captured submissions: idempotency keys, rows and counters in one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from core.instants import MINUTE, Instant
from leadrelay.engine.captures import CaptureState, NewSubmission
from leadrelay.store import bulk, tables

CONTENT_KEY_GOOD_FOR = 10 * MINUTE
"""How long after it was last seen the same content from one source is taken for the same submission, when the source gives
no id of its own: a sender that repeats itself every few minutes does so for hours."""

_CLAIM_KEYS_TAIL = """
ON CONFLICT (source, key) DO UPDATE SET
    submission_id = CASE WHEN capture_key.is_content_key AND capture_key.seen_at <= excluded.seen_at - {window}
                         THEN excluded.submission_id ELSE capture_key.submission_id END,
    seen_at = CASE WHEN capture_key.seen_at < excluded.seen_at THEN excluded.seen_at ELSE capture_key.seen_at END
RETURNING source, key, submission_id
""".replace("{window}", str(CONTENT_KEY_GOOD_FOR))
_CLAIM_KEYS = {
    "sqlite": "INSERT INTO capture_key (source, key, submission_id, seen_at, is_content_key) "
    "SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?) WHERE true" + _CLAIM_KEYS_TAIL,
    "postgresql": "INSERT INTO capture_key (source, key, submission_id, seen_at, is_content_key) "
    "SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::boolean[])" + _CLAIM_KEYS_TAIL,
}
_COLUMNS = (
    "id", "source", "state", "reason", "key", "received_at", "submitted_at", "headers", "body", "is_test", "duplicate_of",
    "priority",
)  # fmt: skip

_OF_FILES = 1
"""The priority of what files bring: whatever was just posted goes before it."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A submission with the id that it will have."""

    id: int
    submission: NewSubmission


def commit(connection: Connection, batch: Sequence[Numbered], *, may_exist: bool = False) -> dict[int, int]:
    """Write a batch; the answer maps each id to the id of the first submission with its key (its own when it is new).

    `may_exist` says that some may have been committed already (a repeat after a lost answer, a spool read twice): these
    are left as they are and counted once.
    """
    if may_exist:
        stored = {row.id: row for row in _existing(connection, [one.id for one in batch])}
        known = {one.id: stored[one.id].duplicate_of for one in batch if one.id in stored and _is_same(one, stored[one.id])}
        firsts = {number: first or number for number, first in known.items()}
        return firsts | commit(connection, [one for one in batch if one.id not in known]) if len(known) < len(batch) else firsts
    firsts = _claim_keys(connection, batch)
    rows = [_row(one, firsts[one.id]) for one in batch]
    bulk.insert(connection, tables.submission, _COLUMNS, rows)
    _count(connection, Counter(one.submission.source for one in batch))
    return firsts


def _existing(connection: Connection, ids: Sequence[int]) -> list[Any]:
    return bulk.select_in(connection, "SELECT id, duplicate_of, source, received_at FROM submission WHERE id {in}", ids)


def _is_same(one: Numbered, stored: Any) -> bool:
    """Whether the row of this id is this submission and not another's that drew the same id."""
    return bool(stored.source == one.submission.source and stored.received_at == one.submission.received_at)


def _claim_keys(connection: Connection, batch: Sequence[Numbered]) -> dict[int, int]:
    """Who was first with each key, in the store or earlier in this batch; what was refused or kept apart claims none."""
    claims: dict[tuple[str, str], Numbered] = {}
    for one in batch:
        if one.submission.state == "new":
            claims.setdefault((one.submission.source, one.submission.key), one)
    ordered = [
        (source, key, one.id, one.submission.received_at, one.submission.is_content_key)
        for (source, key), one in sorted(claims.items())
    ]
    owners = _owners(connection, ordered)
    return {
        one.id: owners[one.submission.source, one.submission.key] if one.submission.state == "new" else one.id for one in batch
    }


def _owners(connection: Connection, ordered: Sequence[bulk.Row]) -> dict[tuple[str, str], int]:
    """Claim keys, sorted; the first submission with each."""
    if not ordered:
        return {}
    dialect = connection.dialect.name
    values = (json.dumps(ordered),) if dialect == "sqlite" else tuple(list(column) for column in zip(*ordered, strict=True))
    return {(source, key): first for source, key, first in connection.exec_driver_sql(_CLAIM_KEYS[dialect], values)}


class FileRow(NamedTuple):
    """One record of a file to commit, `headers` as JSON."""

    state: CaptureState
    reason: str
    key: str
    submitted_at: Instant | None
    headers: str
    body: bytes


def commit_rows(
    connection: Connection, source: str, ids: Sequence[int], rows: Sequence[FileRow], *, received_at: Instant, is_test: bool
) -> int:
    """Write a batch of a file's records behind fresh submissions: what `commit` makes of the same ones, at twice its speed.
    Returns how many are duplicates."""
    claims = sorted((row[2], number) for number, row in zip(ids, rows, strict=True) if row[0] == "new")
    shared = {"source": source, "seen_at": received_at, "is_content_key": False}
    ignored = "ON CONFLICT (source, key) DO NOTHING"
    new = bulk.insert(connection, tables.capture_key, ("key", "submission_id"), claims, same=shared, conflict=ignored)
    # Only where one was known before are the owners asked for, since that costs more than the insert.
    owners: dict[tuple[str, str], int] = {}
    if new < len(claims):
        first_claims = {key: (source, key, number, received_at, False) for key, number in reversed(claims)}
        owners = _owners(connection, sorted(first_claims.values()))
    plain, others, duplicates = _written(source, ids, rows, owners, received_at, is_test)
    alike = {"source": source, "state": "new", "received_at": received_at, "is_test": is_test, "priority": _OF_FILES}
    bulk.insert(connection, tables.submission, ("id", "key", "headers", "body"), plain, same=alike)
    bulk.insert(connection, tables.submission, _COLUMNS, others)
    _count(connection, Counter({source: len(rows)}))
    return duplicates


def _written(
    source: str, ids: Sequence[int], rows: Sequence[FileRow], owners: Mapping[tuple[str, str], int], received_at: Instant,
    is_test: bool,
) -> tuple[list[bulk.Row], list[bulk.Row], int]:  # fmt: skip
    """The rows that differ in id, key, headers and body alone, all others with every column, and how many are duplicates."""
    plain: list[bulk.Row] = []
    others: list[bulk.Row] = []
    duplicates = 0
    for number, (state, reason, key, submitted_at, headers, body) in zip(ids, rows, strict=True):
        first = owners.get((source, key), number) if owners and state == "new" else number
        if first != number:
            duplicates += 1
            others.append(
                (number, source, "duplicate", reason, key, received_at, submitted_at, "{}", None, is_test, first, _OF_FILES)
            )
        elif state == "new" and submitted_at is None and not reason:
            plain.append((number, key, headers, body))
        else:
            others.append(
                (number, source, state, reason, key, received_at, submitted_at, headers, body, is_test, None, _OF_FILES)
            )
    return plain, others, duplicates


def _row(one: Numbered, first: int) -> bulk.Row:
    submission = one.submission
    is_duplicate = first != one.id
    return (
        one.id,
        submission.source,
        "duplicate" if is_duplicate else submission.state,
        submission.reason,
        submission.key,
        submission.received_at,
        submission.submitted_at,
        "{}" if is_duplicate else json.dumps(dict(submission.headers)),
        None if is_duplicate else submission.body,
        submission.is_test,
        first if is_duplicate else None,
        submission.priority,
    )


def _count(connection: Connection, received: Counter[str]) -> None:
    bulk.insert(
        connection,
        tables.counter,
        ("source", "received"),
        sorted(received.items()),
        conflict="ON CONFLICT (source) DO UPDATE SET received = counter.received + excluded.received",
    )


def received(connection: Connection) -> dict[str, int]:
    """The independent counter of each source."""
    return {row.source: row.received for row in connection.execute(tables.counter.select())}


def stored(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Which of these submissions are in the store."""
    return {row.id for row in bulk.select_in(connection, "SELECT id FROM submission WHERE id {in}", ids)}
