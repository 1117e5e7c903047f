"""Claiming and settling rows of the two work tables, `delivery` and `action`: leases, fencing tokens, one statement a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Table

from core.instants import Instant
from leadrelay.store import bulk, tables

NO_RECORD_YET: Instant = 1 << 62
"""When an action is due whose lead has no record in the CRM: not before `wake_actions` says so."""

State = Literal["waiting", "in_flight", "in_sync", "done", "failed", "paused", "suppressed", "discarded", "merged"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that this worker alone may act on until `leased_until`, and only under `token`.

    For an action `want`, `have` and `sent_hash` are 0, 0 and None, and `object` is empty.
    """

    id: int
    lead_id: int
    token: int
    leased_until: Instant
    due: Instant
    priority: int
    tries: int
    strikes: int
    struck_at: Instant
    is_unsure: bool
    crm_id: str | None
    object: str = ""
    want: int = 0
    have: int = 0
    sent_hash: int | None = None
    key: str = ""
    kind: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a claimed row becomes. `version` is the lead's version that was sent, 0 for an action."""

    id: int
    state: State
    due: Instant
    tries: int = 0
    strikes: int = 0
    struck_at: Instant = 0
    is_unsure: bool = False
    crm_id: str | None = None
    problem: str | None = None
    have: int = 0
    sent_hash: int | None = None
    version: int = 0


def expire(connection: Connection, table: Table, sink: str, now: Instant) -> int:
    """Give back rows whose worker has not settled in time: unsure, since nobody knows whether their call was made, and with a
    strike, since one of them may be what ended the worker."""
    skip = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    sql = (
        f"UPDATE {table.name} SET state = 'waiting', is_unsure = true, strikes = strikes + 1, struck_at = ?, token = NULL, "
        "leased_until = 0 WHERE id IN ("
        f"SELECT id FROM {table.name} WHERE state = 'in_flight' AND sink = ? AND leased_until <= ? ORDER BY lead_id{skip})"
    )
    return bulk.run(connection, sql, (now, sink, now)).rowcount


def due_deliveries(connection: Connection, sink: str, object_name: str, now: Instant, limit: int) -> list[Any]:
    """Rows that may be sent now, most urgent first; on PostgreSQL locked, passing over what another worker holds."""
    skip = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    sql = (
        "SELECT id, lead_id, due, priority, tries, strikes, struck_at, is_unsure, crm_id, object, want, have, sent_hash "
        "FROM delivery WHERE state = 'waiting' AND sink = ? AND object = ? AND due <= ? ORDER BY priority, due LIMIT ?" + skip
    )
    return list(bulk.run(connection, sql, (sink, object_name, now, limit)))


def due_actions(connection: Connection, sink: str, now: Instant, limit: int) -> list[Any]:
    """Actions that may be made now, most urgent first; one whose lead has no record yet is not due (`wake_actions`)."""
    skip = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    sql = (
        "SELECT id, lead_id, due, priority, tries, strikes, struck_at, is_unsure, crm_id, key, kind, payload FROM action "
        "WHERE state = 'waiting' AND sink = ? AND due <= ? ORDER BY priority, due LIMIT ?" + skip
    )
    return list(bulk.run(connection, sql, (sink, now, limit)))


_WAKE = (
    "UPDATE action SET due = ? WHERE state = 'waiting' AND due = ? AND (EXISTS (SELECT 1 FROM crm_link WHERE "
    "crm_link.lead_id = action.lead_id AND crm_link.sink = action.sink) OR EXISTS (SELECT 1 FROM delivery WHERE "
    "delivery.lead_id = action.lead_id AND delivery.sink = action.sink AND delivery.crm_id IS NOT NULL))"
)


def wake_actions(connection: Connection, now: Instant, lead_ids: Collection[int] | None = None) -> int:
    """Make actions due that waited for their lead's record and need not any more; of all leads when none are named."""
    if lead_ids is None:
        return bulk.run(connection, _WAKE, (now, NO_RECORD_YET)).rowcount
    if not lead_ids:
        return 0
    ids = sorted(lead_ids)
    if connection.dialect.name == "sqlite":
        listed = f" AND lead_id IN ({', '.join('?' * len(ids))})"
        return bulk.run(connection, _WAKE + listed, (now, NO_RECORD_YET, *ids)).rowcount
    listed = " AND lead_id = ANY(?::bigint[])"
    return bulk.run(connection, _WAKE + listed, (now, NO_RECORD_YET, ids)).rowcount


def take(connection: Connection, table: Table, rows: Sequence[Any], token: int, leased_until: Instant) -> list[Claimed]:
    """Lease these rows, which the transaction has just read as waiting, under a fencing token."""
    bulk.update(
        connection,
        table,
        ("state", "token", "leased_until"),
        ("id",),
        [("in_flight", token, leased_until, row.id) for row in sorted(rows, key=lambda row: row.lead_id)],
    )
    return [Claimed(token=token, leased_until=leased_until, **_row(row)) for row in rows]


def _row(row: Any) -> dict[str, Any]:
    values = dict(row._mapping)
    values["is_unsure"] = bool(values["is_unsure"])
    return values


def still_ours(connection: Connection, table: Table, token: int, ids: Iterable[int]) -> dict[int, int]:
    """Which of these rows are still leased under this token, each with the version wanted by now (0 for an action).

    On PostgreSQL the rows stay locked, in the order in which intake's upserts lock them.
    """
    want = "want" if table is tables.delivery else "0"
    lock = "" if connection.dialect.name == "sqlite" else " ORDER BY lead_id FOR UPDATE"
    sql = f"SELECT id, {want} AS want FROM {table.name} WHERE state = 'in_flight' AND token = ? AND id {{in}}" + lock
    return {row.id: row.want for row in bulk.select_in(connection, sql, ids, token)}


def settle(connection: Connection, table: Table, token: int, results: Sequence[Settled], now: Instant) -> list[Settled]:
    """Write what became of claimed rows, each only while it is still leased under `token`; returns those written.

    A row that wants a newer version by now goes straight back to waiting with fresh tries.
    """
    wanted = still_ours(connection, table, token, [result.id for result in results])
    ours = [_moved_on(result, wanted[result.id], now) for result in results if result.id in wanted]
    columns = ["state", "due", "tries", "strikes", "struck_at", "is_unsure", "crm_id", "problem", "updated_at"]
    if table is tables.delivery:
        columns += ["have", "sent_hash"]
    rows = []
    for one in ours:
        values: list[Any] = [
            one.state,
            one.due,
            one.tries,
            one.strikes,
            one.struck_at,
            one.is_unsure,
            one.crm_id,
            one.problem,
            now,
        ]
        if table is tables.delivery:
            values += [one.have, one.sent_hash]
        rows.append((*values, one.id))
    bulk.update(connection, table, columns, ("id",), rows, extra=", token = NULL, leased_until = 0")
    return ours


def _moved_on(result: Settled, want: int, now: Instant) -> Settled:
    if result.state in ("in_sync", "failed", "suppressed") and want > result.version:
        return Settled(
            id=result.id, state="waiting", due=now, is_unsure=result.is_unsure, crm_id=result.crm_id,
            problem=result.problem, have=result.have, sent_hash=result.sent_hash, version=result.version,
        )  # fmt: skip
    return result


def doubt(connection: Connection, table: Table, ids: Iterable[int], now: Instant) -> None:
    """Look again at rows that a worker wrote after its lease had run out: it may have put an older version over a newer one.

    Actions are left alone: to do one again is worse than to have done it late.
    """
    numbers = sorted(ids)
    if numbers and table is tables.delivery:
        delivery = tables.delivery.c
        values = {"state": "waiting", "is_unsure": True, "sent_hash": None, "due": now}
        connection.execute(tables.delivery.update().where(delivery.id.in_(numbers), delivery.state == "in_sync").values(**values))


def link(connection: Connection, rows: Iterable[tuple[str, str, str, int, Instant]]) -> None:
    """Remember CRM records as (sink, object, crm_id, lead_id, linked_at); what is linked already stays."""
    bulk.insert(
        connection,
        tables.crm_link,
        ("sink", "object", "crm_id", "lead_id", "linked_at"),
        sorted(set(rows)),
        conflict="ON CONFLICT (sink, object, crm_id) DO NOTHING",
    )


GONE = "@gone"
"""What `crm_link.seen` holds of a record that a person deleted or merged away in the CRM."""


def links_of(connection: Connection, sink: str, lead_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """The CRM records of each lead as (object, crm_id), oldest link first, at last one that it shares with another lead; none
    that a person has deleted or merged away there."""
    found: dict[int, list[tuple[str, str]]] = {}
    gone: set[str] = set()
    sql = "SELECT lead_id, object, crm_id, seen FROM crm_link WHERE sink = ? AND lead_id {in} ORDER BY linked_at"
    for row in bulk.select_in(connection, sql, lead_ids, sink):
        if row.seen and f'"{GONE}"' in row.seen:
            gone.add(row.crm_id)
        else:
            found.setdefault(row.lead_id, []).append((row.object, row.crm_id))
    sql = "SELECT lead_id, object, crm_id FROM delivery WHERE crm_id IS NOT NULL AND sink = ? AND lead_id {in}"
    for row in bulk.select_in(connection, sql, lead_ids, sink):
        links = found.setdefault(row.lead_id, [])
        if row.crm_id not in gone and all(crm_id != row.crm_id for _, crm_id in links):
            links.append((row.object, row.crm_id))
    return found
