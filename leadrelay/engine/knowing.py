"""What is known of a page of changes before it is decided: the store's rows, in the words of one sink."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import Connection

from connectors.base import Change
from core.mapping import OutboundMapping
from leadrelay.engine.hearing import Known, uid_of
from leadrelay.engine.plan import ProcessPlan, SinkPlan
from leadrelay.engine.telling import Terms
from leadrelay.store import feedback
from leadrelay.store.feedback import Record


def terms_of(plan: ProcessPlan, sink: SinkPlan, object_name: str) -> Terms:
    """How an object is listened to: by its own mapping, or by the one that a converted record is written by."""
    own = [mapping for mapping in sink.mappings if mapping.object == object_name]
    mapping = own[0] if own else sink.converted.get(object_name)
    return Terms(
        sink.name, object_name, cast("OutboundMapping | None", mapping), plan.catalogue, sink.system_of_record, sink.zone,
        sink.region,
    )  # fmt: skip


def in_our_words(sink: SinkPlan, change: Change) -> Change:
    """A queue by the team's own name for it, so that another CRM's queue of the same purpose is found; in a CRM without queues
    the user who stands for one is that queue."""
    if change.queue is not None:
        return replace(change, queue=sink.team_queue(change.queue))
    queue = "" if change.owner is None else sink.team_queue(change.owner)
    return replace(change, owner=None, queue=queue) if queue in sink.queues else change


def known_of(connection: Connection, sink: str, changes: Sequence[Change]) -> tuple[Known, dict[Record, feedback.LinkRow | None]]:
    """What the store holds of the page's records and their leads, and each record as it was read."""
    named = [link for change in changes for link in (change.link, change.merged_into, *change.converted_to) if link is not None]
    records: dict[Record, feedback.LinkRow | None] = {(sink, link.object, link.crm_id): None for link in named}
    links = {row.record: row for row in feedback.links(connection, records)}
    by_uid = [number for change in changes if (number := uid_of(change)) is not None]
    found = feedback.leads(connection, [*(row.lead_id for row in links.values()), *by_uid])
    merging_ones = [
        links[record].lead_id if (record := (sink, change.link.object, change.link.crm_id)) in links else uid_of(change)
        for change in changes
        if change.merged_into is not None
    ]
    losers = {_end(found, number) for number in merging_ones if number is not None}
    known = Known(
        links,
        found,
        feedback.deliveries(connection, sink, found),
        feedback.links_of_leads(connection, sink, found),
        feedback.touches(connection, losers),
    )
    return known, records | links


def _end(found: Mapping[int, feedback.LeadRow], number: int) -> int:
    while number in found and (into := found[number].merged_into) is not None:
        number = into
    return number
