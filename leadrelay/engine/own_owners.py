"""Whom a record may be taken from: those to whom we gave its lead before, as long as nobody in the CRM has said otherwise.

An owner that sales set stays under `update: if_empty`. One that we set ourselves is no such owner: a lead that goes to somebody
else goes to them in the CRM too. Who had a lead is in the ledger; where its record was read back, the owner that was seen there
last must be one of those, or a person has given it to them since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from core.rendering import OwnerWanted, Rendered
from leadrelay.engine import seen as seeing
from leadrelay.engine.plan import SinkPlan
from leadrelay.store import feedback, rotation
from leadrelay.store.feedback import Record
from leadrelay.store.work import Claimed

InsteadOf = Mapping[int, tuple[OwnerWanted, ...]]
"""Whom the wanted owner may replace, by the delivery's id."""


def instead_of(connection: Connection, plan: SinkPlan, rows: Sequence[Claimed]) -> InsteadOf:
    """For each delivery to a record that is there already, whom we gave its lead to so far."""
    asked = {one.object for one in plan.mappings if one.owner.assigned_by == "leadrelay" and one.owner.update == "if_empty"}
    mine = {row.id: row for row in rows if row.crm_id is not None and row.object in asked}
    had = rotation.everybody(connection, {row.lead_id for row in mine.values()}) if mine else {}
    mine = {number: row for number, row in mine.items() if row.lead_id in had}
    if not mine:
        return {}
    records = {(plan.name, row.object, str(row.crm_id)) for row in mine.values()}
    seen = {link.record: seeing.read(link.seen).get(seeing.OWNER) for link in feedback.links(connection, records)}
    found: dict[int, tuple[OwnerWanted, ...]] = {}
    for number, row in mine.items():
        record = (plan.name, row.object, str(row.crm_id))
        found[number] = tuple(dict.fromkeys(_owners(plan, record, seen.get(record), had[row.lead_id])))
    return found


def _owners(
    plan: SinkPlan, record: Record, seen: str | None, had: Sequence[tuple[str | None, str | None]]
) -> Iterator[OwnerWanted]:
    for member, queue in had:
        named = plan.queues.get(queue, "") if queue is not None else ""
        wanted = OwnerWanted(email=member) if member is not None else OwnerWanted(queue=named)
        if (member or named) and (seen is None or seen == seeing.owner_digest(record, plan, wanted)):
            yield wanted


def taken_from(rendered: Mapping[str, Rendered], before: tuple[OwnerWanted, ...]) -> dict[str, Rendered]:
    """What is wanted, with an owner who may take the place of those whom we set before."""
    return {name: _taken_from(one, before) for name, one in rendered.items()}


def _taken_from(rendered: Rendered, before: tuple[OwnerWanted, ...]) -> Rendered:
    owner = rendered.owner
    if owner is None or not before:
        return rendered
    others = tuple(one for one in before if (one.email.lower(), one.queue) != (owner.email.lower(), owner.queue))
    return replace(rendered, owner=replace(owner, instead_of=others))
