"""Reading and writing what a CRM tells of its records: links, the leads behind them, and their deliveries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from core.instants import Instant
from core.lead import Lead, Touch
from core.lead_json import cells_from_json, lead_from_json
from leadrelay.store import bulk, tables
from leadrelay.store.bulk import Row
from leadrelay.store.erasing import DELETE
from leadrelay.store.ids import to_uid
from leadrelay.store.leads import Moved

Record = tuple[str, str, str]
"""A CRM record: sink, object, id."""

DELETED_IN_CRM = "deleted_in_crm"
"""The code of the problem of a delivery whose record a person deleted; also what a sink says when it finds the record gone."""


def is_deleted_there(problem: str | None) -> bool:
    """Whether a delivery's stored problem says that its record was deleted in the CRM."""
    return bool(problem) and any(one["code"] == DELETED_IN_CRM for one in json.loads(problem or "[]"))


class Touched(NamedTuple):
    """A delivery of the sink that is read, and the record that it is about from now on."""

    object: str
    lead_id: int
    crm_id: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as it is stored."""

    record: Record
    lead_id: int
    seen: str | None


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead as it was read; `lead` None when it was erased."""

    id: int
    version: int
    lead: Lead | None
    merged_into: int | None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A lead's state towards one object of the sink that is read."""

    lead_id: int
    object: str
    state: str
    crm_id: str | None
    is_unsure: bool
    is_deleted_there: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody knows for now what the record holds: a call is under way, or an earlier one may have been made."""
        return self.state == "in_flight" or (self.state == "waiting" and self.is_unsure)


# --- reading ----------------------------------------------------------------------------------------------------------


def links(connection: Connection, records: Iterable[Record], *, lock: bool = False) -> list[LinkRow]:
    """The links of these records; with `lock` nobody changes them on PostgreSQL until the transaction ends."""
    by_object: dict[tuple[str, str], list[str]] = {}
    for sink, object_name, crm_id in sorted(set(records)):
        by_object.setdefault((sink, object_name), []).append(crm_id)
    behind = " ORDER BY crm_id FOR UPDATE" if lock and connection.dialect.name != "sqlite" else ""
    sql = f"SELECT crm_id, lead_id, seen FROM crm_link WHERE sink = ? AND object = ? AND crm_id {{in}}{behind}"
    return [
        LinkRow((*key, row.crm_id), row.lead_id, row.seen)
        for key, ids in by_object.items()
        for row in bulk.select_in(connection, sql, ids, *key)
    ]


def is_linked(connection: Connection, sink: str, object_name: str) -> bool:
    """Whether any record of an object stands for a lead."""
    sql = "SELECT 1 FROM crm_link WHERE sink = ? AND object = ? LIMIT 1"
    return bulk.run(connection, sql, (sink, object_name)).first() is not None


def links_of_leads(connection: Connection, sink: str, lead_ids: Iterable[int]) -> dict[int, list[LinkRow]]:
    """All records of these leads in one sink, oldest link first."""
    sql = "SELECT object, crm_id, lead_id, seen FROM crm_link WHERE sink = ? AND lead_id {in} ORDER BY linked_at, crm_id"
    found: dict[int, list[LinkRow]] = {}
    for row in bulk.select_in(connection, sql, sorted(set(lead_ids)), sink):
        found.setdefault(row.lead_id, []).append(LinkRow((sink, row.object, row.crm_id), row.lead_id, row.seen))
    return found


def leads(connection: Connection, ids: Iterable[int]) -> dict[int, LeadRow]:
    """These leads, and those that they were merged into."""
    found: dict[int, LeadRow] = {}
    wanted = set(ids)
    while wanted:
        sql = "SELECT id, version, record, merged_into, erased_at FROM lead WHERE id {in}"
        for row in bulk.select_in(connection, sql, sorted(wanted)):
            is_there = row.erased_at is None and row.merged_into is None
            lead = lead_from_json(to_uid(row.id), row.version, json.loads(row.record)) if is_there else None
            found[row.id] = LeadRow(row.id, row.version, lead, row.merged_into)
        wanted = {row.merged_into for row in found.values() if row.merged_into is not None} - set(found)
    return found


def deliveries(connection: Connection, sink: str, lead_ids: Iterable[int]) -> dict[int, list[DeliveryRow]]:
    """What one sink wants of these leads."""
    sql = "SELECT lead_id, object, state, crm_id, is_unsure, problem FROM delivery WHERE sink = ? AND lead_id {in}"
    found: dict[int, list[DeliveryRow]] = {}
    for row in bulk.select_in(connection, sql, sorted(set(lead_ids)), sink):
        gone = row.state == "discarded" and is_deleted_there(row.problem)
        one = DeliveryRow(row.lead_id, row.object, row.state, row.crm_id, bool(row.is_unsure), gone)
        found.setdefault(row.lead_id, []).append(one)
    return found


def touches(connection: Connection, lead_ids: Iterable[int]) -> dict[int, list[Touch]]:
    """The touches of these leads, oldest first."""
    sql = "SELECT id, lead_id, source, kind, at, fields, is_test FROM touch WHERE lead_id {in} ORDER BY at, id"
    found: dict[int, list[Touch]] = {}
    for row in bulk.select_in(connection, sql, sorted(set(lead_ids))):
        cells = cells_from_json(json.loads(row.fields))
        found.setdefault(row.lead_id, []).append(
            Touch(to_uid(row.id), row.source, row.at, row.kind, cells, (), bool(row.is_test))
        )
    return found


def key_owners(connection: Connection, hashes: Iterable[int]) -> dict[int, int]:
    """Who owns which of these match keys, by hash."""
    sql = "SELECT hash, lead_id FROM lead_key WHERE hash {in}"
    return {row.hash: row.lead_id for row in bulk.select_in(connection, sql, sorted(set(hashes)))}


# --- holding what was read against what is there ----------------------------------------------------------------------


def confirm_leads(connection: Connection, versions: Mapping[int, int]) -> None:
    """Raises Moved when one of these leads has another version than was read; on PostgreSQL they stay locked, in order."""
    lock = "" if connection.dialect.name == "sqlite" else " ORDER BY id FOR UPDATE"
    rows = bulk.select_in(connection, f"SELECT id, version FROM lead WHERE id {{in}}{lock}", sorted(versions))
    if {row.id: row.version for row in rows} != versions:
        raise Moved


def confirm_links(connection: Connection, read: Mapping[Record, LinkRow | None]) -> None:
    """Raises Moved when a link is not as it was read: another lead's, newly there, or written by the reconciler meanwhile."""
    there = {row.record: row for row in links(connection, read, lock=True)}
    if any(there.get(record) != row for record, row in read.items()):
        raise Moved


# --- writing ----------------------------------------------------------------------------------------------------------


def remember(connection: Connection, rows: Sequence[Row]) -> None:
    """Store what was seen in records: (seen, sink, object, crm_id)."""
    bulk.update(connection, tables.crm_link, ("seen",), ("sink", "object", "crm_id"), sorted(rows, key=lambda row: row[1:]))


def link(connection: Connection, rows: Sequence[Row]) -> None:
    """Link records, or move their links: (sink, object, crm_id, lead_id, linked_at, seen)."""
    columns = ("sink", "object", "crm_id", "lead_id", "linked_at", "seen")
    conflict = "ON CONFLICT (sink, object, crm_id) DO UPDATE SET lead_id = excluded.lead_id, seen = excluded.seen"
    bulk.insert(connection, tables.crm_link, columns, sorted(rows), conflict=conflict)


_KEYS = ("sink", "object", "lead_id")
_FREE = ", token = NULL, leased_until = 0, sent_hash = NULL"


def discard(connection: Connection, sink: str, rows: Iterable[Touched], problem: str, now: Instant) -> None:
    """Give up deliveries whose record a person deleted in the CRM; whoever has one in flight comes too late."""
    values = [(problem, now, one.crm_id, sink, one.object, one.lead_id) for one in sorted(rows)]
    bulk.update(
        connection, tables.delivery, ("problem", "updated_at", "crm_id"), _KEYS, values,
        extra=f", state = 'discarded'{_FREE}", where=" AND delivery.state NOT IN ('discarded', 'merged')",
    )  # fmt: skip


def restore(connection: Connection, sink: str, rows: Iterable[Touched], now: Instant) -> None:
    """Go on with deliveries that were given up, since their record is back."""
    values = [(now, now, one.crm_id, sink, one.object, one.lead_id) for one in sorted(rows)]
    bulk.update(
        connection, tables.delivery, ("due", "updated_at", "crm_id"), _KEYS, values,
        extra=f", state = 'waiting', problem = NULL, tries = 0, strikes = 0{_FREE}", where=" AND delivery.state = 'discarded'",
    )  # fmt: skip


def follow(connection: Connection, sink: str, rows: Iterable[Touched], now: Instant) -> None:
    """Point deliveries at the record that theirs was merged into, and hold it against the lead once more."""
    values = [(now, now, one.crm_id, sink, one.object, one.lead_id) for one in sorted(rows)]
    again = "delivery.state IN ('in_sync', 'failed', 'in_flight')"
    bulk.update(
        connection, tables.delivery, ("due", "updated_at", "crm_id"), _KEYS, values,
        extra=f", is_unsure = (delivery.state = 'in_flight' OR is_unsure), tries = 0, strikes = 0, state = CASE WHEN {again} "
              f"THEN 'waiting' ELSE delivery.state END{_FREE}",
    )  # fmt: skip


def give_up_actions(connection: Connection, sink: str, lead_ids: Iterable[int], problem: str, now: Instant) -> None:
    """End the actions that wait for a lead whose last record in this CRM is gone; a removal that is wanted stays wanted."""
    values = [(problem, now, sink, lead_id) for lead_id in sorted(set(lead_ids))]
    bulk.update(
        connection, tables.action, ("problem", "updated_at"), ("sink", "lead_id"), values,
        extra=", state = 'discarded'", where=f" AND action.state = 'waiting' AND action.kind <> '{DELETE}'",
    )  # fmt: skip


def recreate(connection: Connection, sink: str, lead_ids: Iterable[int], now: Instant) -> None:
    """Want deliveries again whose record a person deleted: the lead has come in once more, and the sink's policy says so."""
    sql = "SELECT object, lead_id, problem FROM delivery WHERE state = 'discarded' AND sink = ? AND lead_id {in}"
    found = bulk.select_in(connection, sql, sorted(set(lead_ids)), sink)
    values = [(now, now, sink, row.object, row.lead_id) for row in found if is_deleted_there(row.problem)]
    bulk.update(
        connection, tables.delivery, ("due", "updated_at"), _KEYS, sorted(values, key=lambda one: one[2:]),
        extra=f", state = 'waiting', crm_id = NULL, have = 0, problem = NULL, tries = 0, strikes = 0{_FREE}",
        where=" AND delivery.state = 'discarded'",
    )  # fmt: skip
