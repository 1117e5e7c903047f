"""From claimed rows to what a sink is called with; rows that need no call are settled on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.base import Act, Link, Upsert
from core.identity import NO_KEY_CLASSES
from core.instants import Instant
from core.lead import Lead
from core.lead_json import lead_from_json
from core.normalize import email_class
from core.problems import Problem
from leadrelay.engine import own_owners, settling
from leadrelay.engine.plan import Outbound, SinkPlan, digest_of
from leadrelay.engine.settling import Sent
from leadrelay.store import bulk, erasing, work
from leadrelay.store.ids import to_uid
from leadrelay.store.work import Claimed, Settled

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Prepared:
    """What is put before the CRM, row by row, and the rows for which nothing has to be."""

    sent: list[Sent] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    def add(self, one: Settled | tuple[Sent, Upsert | Act]) -> None:
        """Take up a row."""
        if isinstance(one, Settled):
            self.settled.append(one)
        else:
            self.sent.append(one[0])
            self.inputs.append(one[1])


def leads(connection: Connection, plan: SinkPlan, rows: Sequence[Claimed], now: Instant) -> Prepared:
    """The leads of claimed deliveries as their mappings render them."""
    mappings = {mapping.object: mapping for mapping in plan.mappings}
    stored = _stored(connection, rows)
    instead_of = own_owners.instead_of(connection, plan, rows)
    prepared = Prepared()
    for row in rows:
        one = _lead(plan, mappings[row.object], row, stored.get(row.lead_id), now)
        if isinstance(one, tuple) and row.id in instead_of:
            one = one[0], replace(one[1], rendered=own_owners.taken_from(one[1].rendered, instead_of[row.id]))
        prepared.add(one)
    return prepared


def _lead(plan: SinkPlan, mapping: Outbound, row: Claimed, stored: Any, now: Instant) -> Settled | tuple[Sent, Upsert]:
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
    sent = Sent(row, stored.version, digest_of(rendered), rendered[mapping.object].owner)
    if row.have > 0 and row.sent_hash == sent.digest and not row.is_unsure:
        return settling.unchanged(sent, now)
    return sent, Upsert(uid, mapping.object, rendered, row.crm_id, _emails(lead), row.is_unsure)


_NO_RECORD = Problem("deleted_in_crm", "the lead's last record in the CRM was deleted there, so there is nothing to do this at")


def actions(connection: Connection, plan: SinkPlan, rows: Sequence[Claimed], now: Instant) -> Prepared:
    """Claimed actions with the records of their leads; a delete leaves records alone that another lead has a part in."""
    stored = _stored(connection, rows)
    links = work.links_of(connection, plan.name, [row.lead_id for row in rows])
    gone = [row.lead_id for row in rows if row.kind == erasing.DELETE]
    shared = erasing.shared_records(connection, gone) if gone else set()
    prepared = Prepared()
    for row in rows:
        lead = stored.get(row.lead_id)
        if (lead is None or lead.erased_at is not None) and row.kind != erasing.DELETE:
            prepared.add(settling.ended(row, "discarded", now))
            continue
        records = tuple(Link(object_name, crm_id) for object_name, crm_id in links.get(row.lead_id, ()))
        payload = json.loads(row.payload)
        if not records and row.kind != erasing.DELETE:
            prepared.add(settling.ended(row, "discarded", now, _NO_RECORD))
            continue
        if row.kind == erasing.DELETE and any((plan.name, record.crm_id) in shared for record in records):
            records, payload = tuple(one for one in records if (plan.name, one.crm_id) not in shared), {}
        prepared.add((Sent(row, 0, None), Act(row.key, row.kind, payload, records, row.is_unsure)))
    return prepared


def _stored(connection: Connection, rows: Iterable[Claimed]) -> dict[int, Any]:
    sql = "SELECT id, version, record, is_test, merged_into, erased_at FROM lead WHERE id {in}"
    return {row.id: row for row in bulk.select_in(connection, sql, sorted({row.lead_id for row in rows}))}


def _emails(lead: Lead) -> tuple[str, ...]:
    """The addresses, as they were written, by which an existing record may be taken for this person: none that is shared."""
    more = lead.value("person.emails")
    found = [lead.value("person.email"), *(more if isinstance(more, tuple) else ())]
    return tuple(dict.fromkeys(one for one in found if isinstance(one, str) and email_class(one) not in NO_KEY_CLASSES))
