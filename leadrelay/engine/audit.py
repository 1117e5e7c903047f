"""The conservation ledger: what was received against what is there, what should be in each CRM against what is known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from connectors.base import Link, Sink
from core.instants import Instant
from core.lead import CRM_CHANGE, Lead
from core.lead_json import cells_from_json, lead_from_json
from core.rendering import Rendered
from core.visits import is_visit
from leadrelay.engine import seen
from leadrelay.engine.audit_routing import audit_routing
from leadrelay.engine.plan import ProcessPlan, SinkPlan, digest_of
from leadrelay.engine.rows import action_key
from leadrelay.engine.spool import Spool
from leadrelay.store import bulk, captures, imports, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import to_uid
from leadrelay.store.imports import Counts
from leadrelay.store.leads import living

_LISTED = 20
"""How many unaccounted rows the report names; the count is of all."""

Json = dict[str, Any]


@dataclass
class _Ledger:
    """One account of the report: counts, and the first rows that are not as they should be."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[Json] = field(default_factory=list)
    unaccounted: int = 0

    def miss(self, what: str, **about: Any) -> None:
        self.unaccounted += 1
        self.counts[what] += 1
        if len(self.wrong) < _LISTED:
            self.wrong.append({"what": what, **about})


def audit(database: Database, spool: Spool, plan: ProcessPlan, now: Instant) -> Json:
    """`unaccounted`, and what it consists of per source, per sink and in the routing; everything is recomputed from the leads and
    touches."""
    with database.read(is_snapshot=True) as connection:
        counted = sources(connection, spool)
    sinks = {sink.name: _sink(database, plan, sink) for sink in plan.sinks}
    routed = audit_routing(database, plan, now)
    total = sum(account["unaccounted"] for account in (*counted.values(), *sinks.values(), routed))
    return {"unaccounted": total, "sources": counted, "sinks": sinks, "routing": routed}


def sources(connection: Connection, spool: Spool) -> dict[str, Json]:
    """Per source, the independent counter against the sum of all submission states, the spool counted on both sides; where files
    were imported, what their readers counted as well."""
    submission = tables.submission
    grouped = select(submission.c.source, submission.c.state, func.count()).group_by(submission.c.source, submission.c.state)
    states: dict[str, dict[str, int]] = {}
    for source, state, count in connection.execute(grouped):
        states.setdefault(source, {})[state] = count
    waiting = Counter(one.submission.source for one in spool.unstored(lambda ids: captures.stored(connection, ids)))
    received = captures.received(connection)
    lost = _without_touch(connection)
    files = imports.totals(connection)
    found: dict[str, Json] = {}
    for source in sorted({*states, *received, *waiting, *files}):
        counted = received.get(source, 0)
        there = sum(states.get(source, {}).values())
        found[source] = {
            "received": counted + waiting[source],
            "states": states.get(source, {}) | ({"spooled": waiting[source]} if waiting[source] else {}),
            "unaccounted": abs(counted - there) + lost.get(source, 0),
        } | ({"without_touch": lost[source]} if source in lost else {})
        if source in files:
            found[source]["files"], missing = _files(*files[source], there)
            found[source]["unaccounted"] += missing
    return found


def _files(count: int, read: Counts, there: int) -> tuple[Json, int]:
    """What the readers of files counted, and how many of their records are neither blank nor among the submissions."""
    told = {
        "imports": count, "records": read.records, "accepted": read.accepted, "duplicates": read.duplicates,
        "rejected": read.rejected, "blank": read.blank,
    }  # fmt: skip
    return told, abs(read.records - read.kept - read.blank) + max(0, read.kept - there)


def _without_touch(connection: Connection) -> dict[str, int]:
    """Per source, the submissions that are said to be processed and have left nothing in any lead."""
    sql = (
        "SELECT source, count(*) FROM submission WHERE state = 'processed' AND NOT EXISTS "
        "(SELECT 1 FROM touch WHERE touch.id = submission.id) GROUP BY source"
    )
    return {source: count for source, count in connection.exec_driver_sql(sql)}  # noqa: C416 - rows are no pairs to dict()


def _sink(database: Database, plan: ProcessPlan, sink: SinkPlan) -> Json:
    """Per sink, what leads and mappings say should be there against all delivery and action states, in_sync by hash."""
    ledger = _Ledger()
    actions = _Ledger()
    for connection, leads in living(database):
        ids = [row.id for row in leads]
        deliveries = _deliveries(connection, sink, ids)
        touches = bulk.select_in(connection, "SELECT id, lead_id, kind, fields, config_hash FROM touch WHERE lead_id {in}", ids)
        states = _action_states(connection, sink, ids)
        for row in leads:
            lead = lead_from_json(to_uid(row.id), row.version, json.loads(row.record))
            for mapping in sink.mappings:
                digest = digest_of(sink.render(mapping, lead))
                _check_delivery(ledger, lead, mapping.object, digest, deliveries.get((row.id, mapping.object)))
        actions.counts.update(states.values())
        by_id = {row.id: row for row in leads}
        for touch in touches:
            if touch.config_hash == plan.config_hash and touch.kind != CRM_CHANGE and not is_visit(json.loads(touch.fields)):
                _check_actions(actions, sink, by_id[touch.lead_id], touch, states)
    unaccounted = ledger.unaccounted + actions.unaccounted
    return {
        "deliveries": dict(ledger.counts), "actions": dict(actions.counts), "unaccounted": unaccounted,
        "wrong": [*ledger.wrong, *actions.wrong],
    }  # fmt: skip


def _deliveries(connection: Connection, sink: SinkPlan, ids: Sequence[int]) -> dict[tuple[int, str], Any]:
    sql = "SELECT id, lead_id, object, state, want, have, sent_hash, crm_id FROM delivery WHERE sink = ? AND lead_id {in}"
    return {(row.lead_id, row.object): row for row in bulk.select_in(connection, sql, ids, sink.name)}


def _objects(connection: Connection, sink: SinkPlan, ids: Sequence[int]) -> dict[str, str]:
    """Each linked record's own object: a lead whose person is a Contact there has no record of the mapping's object."""
    sql = "SELECT object, crm_id FROM crm_link WHERE sink = ? AND lead_id {in} ORDER BY linked_at DESC"
    return {row.crm_id: row.object for row in bulk.select_in(connection, sql, ids, sink.name)}


def _moved(connection: Connection, sink: SinkPlan, ids: Sequence[int]) -> dict[int, Link]:
    """The record that each converted lead lives on as."""
    sql = "SELECT lead_id, object, crm_id, seen FROM crm_link WHERE sink = ? AND lead_id {in} ORDER BY linked_at"
    return {
        row.lead_id: Link(row.object, row.crm_id)
        for row in bulk.select_in(connection, sql, ids, sink.name)
        if row.object in sink.converted and row.object not in sink.objects and seen.GONE not in seen.read(row.seen)
    }


def _action_states(connection: Connection, sink: SinkPlan, ids: Sequence[int]) -> dict[str, str]:
    sql = "SELECT key, state FROM action WHERE sink = ? AND lead_id {in}"
    return {row.key: row.state for row in bulk.select_in(connection, sql, ids, sink.name)}


def _check_delivery(ledger: _Ledger, lead: Lead, object_name: str, digest: int, row: Any) -> None:
    if row is None:
        ledger.miss("missing", lead=lead.uid, object=object_name)
        return
    ledger.counts[row.state] += 1
    if row.state != "in_sync":
        return
    if row.have < row.want or row.sent_hash != digest or not row.crm_id:
        ledger.miss("stale", lead=lead.uid, object=object_name, delivery=to_uid(row.id), want=row.want, have=row.have)


def _check_actions(ledger: _Ledger, sink: SinkPlan, lead_row: Any, touch: Any, states: dict[str, str]) -> None:
    """What is wanted for a touch is decided once, by its lead as it was then. So only what follows from the touch alone is wanted
    for certain, and all of it while the lead is as it was made."""
    lead = lead_from_json(to_uid(lead_row.id), lead_row.version, json.loads(lead_row.record))
    values = {path: cell.value for path, cell in cells_from_json(json.loads(touch.fields)).items()}
    for mapping in sink.mappings:
        for number, wanted in enumerate(mapping.touch_actions(lead, values)):
            key = action_key(sink.name, mapping.object, to_uid(touch.id), wanted, lead.uid)
            if key not in states and _before_lines(key, number) not in states and (wanted.is_certain or lead.version == 1):
                ledger.miss("missing_action", lead=lead.uid, touch=to_uid(touch.id), kind=wanted.kind)


def _before_lines(key: str, number: int) -> str:
    """The key as older versions made it: they counted the lines that matched."""
    return f"{key.rpartition('-')[0]}-{number}"


def audit_live(database: Database, plan: SinkPlan, sink: Sink) -> Json:
    """Hold what is in step against the CRM itself: records that are gone, and values that we always keep which differ.

    Raises Retry or Stop when the CRM does not answer, also while there is nothing to compare.
    """
    ledger = _Ledger()
    sink.account()
    for connection, leads in living(database):
        ids = [row.id for row in leads]
        deliveries = _deliveries(connection, plan, ids)
        objects = _objects(connection, plan, ids)
        moved = _moved(connection, plan, ids)
        for mapping in plan.mappings:
            wanted = []
            for row in leads:
                delivery = deliveries.get((row.id, mapping.object))
                if delivery is not None and delivery.state == "in_sync" and delivery.crm_id:
                    lead = lead_from_json(to_uid(row.id), row.version, json.loads(row.record))
                    own = Link(objects.get(delivery.crm_id, mapping.object), delivery.crm_id)
                    link = moved.get(row.id, own)
                    rendered = plan.render(mapping, lead)
                    wanted.append((lead, rendered.get(link.object, rendered[mapping.object]), link))
            _compare(ledger, sink, wanted)
    return {"counts": dict(ledger.counts), "unaccounted": ledger.unaccounted, "wrong": ledger.wrong}


def _compare(ledger: _Ledger, sink: Sink, wanted: Sequence[tuple[Lead, Rendered, Link]]) -> None:
    for start in range(0, len(wanted), sink.max_batch):
        part = wanted[start : start + sink.max_batch]
        own = [rendered for _, rendered, link in part if link.object == rendered.object]
        names = sorted({write.name for rendered in own for write in rendered.writes if write.update == "always"})
        for (lead, rendered, link), record in zip(part, sink.read([link for _, _, link in part], names), strict=True):
            ledger.counts["compared"] += 1
            if record.fields is None and not record.moved_to:
                ledger.miss("gone", lead=lead.uid, crm_id=link.crm_id)
                continue
            held = (record.fields or {}) if link.object == rendered.object else {}
            for write in rendered.writes:
                is_ours = write.update == "always" and write.value is not None and write.name in held
                if is_ours and str(held[write.name]) != str(write.value):
                    ledger.counts["changed_in_crm"] += 1
