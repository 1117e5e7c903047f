"""Two leads that turned out to be one person become one: touches, keys, records and what is still to be done move over.

A decision row keeps everything that moved, so that the merge can be undone exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select, update

from core.fields import Catalogue
from core.golden import fold
from core.instants import Instant
from core.lead import Lead, Touch
from leadrelay.engine import owning
from leadrelay.store import tables
from leadrelay.store.erasing import DELETE
from leadrelay.store.ids import to_uid
from leadrelay.store.leads import Moved

_LEAD, _TOUCH, _KEY, _LINK = tables.lead, tables.touch, tables.lead_key, tables.crm_link
_ACTION, _DELIVERY = tables.action, tables.delivery


@dataclass(frozen=True, slots=True)
class Merge:
    """The lead `loser`, as it was read at `version`, goes into the lead `winner`; `by` says who decided, `why` why."""

    decision: int
    winner: int
    loser: int
    version: int
    by: str
    why: Mapping[str, Any] = field(default_factory=dict)


def folded(winner: Lead, touches: Iterable[Touch], catalogue: Catalogue) -> Lead:
    """The winner with the loser's touches as well; the order in which leads are merged does not matter."""
    for touch in touches:
        winner = fold(winner, touch, catalogue, uid=winner.uid)
    return winner


def write(connection: Connection, merges: Sequence[Merge], now: Instant) -> None:
    """Move everything of the losers. The winners' records and deliveries are the caller's to write, in the same transaction.

    Raises Moved when a loser has another version than was read, was erased, or has gone into another lead meanwhile.
    """
    for merge in merges:
        gone = _LEAD.update().where(
            _LEAD.c.id == merge.loser,
            _LEAD.c.version == merge.version,
            _LEAD.c.erased_at.is_(None),
            _LEAD.c.merged_into.is_(None),
        )
        values = {"merged_into": merge.winner, "version": merge.version + 1, "updated_at": now}
        if not connection.execute(gone.values(**values)).rowcount:
            raise Moved
        before = _before(connection, merge.winner)
        moved = _move(connection, merge)
        ended = {"state": "merged", "token": None, "leased_until": 0, "updated_at": now}
        is_open = _DELIVERY.c.state != "merged"
        connection.execute(_DELIVERY.update().where(_DELIVERY.c.lead_id == merge.loser, is_open).values(**ended))
        document = json.dumps({"why": dict(merge.why), "moved": moved, "before": before}, ensure_ascii=False)
        owning.merged(connection, merge.winner, merge.loser, now)
        decision = {"id": merge.decision, "at": now, "kind": "merge", "lead_id": merge.winner, "other_lead_id": merge.loser}
        connection.execute(tables.decision.insert().values(**decision, by=merge.by, data=document))


def _move(connection: Connection, merge: Merge) -> dict[str, list[Any]]:
    """Everything that is the loser's made the winner's; what it was, for an undo."""
    links = [
        [row.sink, row.object, row.crm_id]
        for row in connection.execute(select(_LINK).where(_LINK.c.lead_id == merge.loser).order_by(_LINK.c.linked_at))
    ]
    states = select(_DELIVERY.c.id, _DELIVERY.c.state, _DELIVERY.c.is_unsure).where(_DELIVERY.c.lead_id == merge.loser)
    moved: dict[str, list[Any]] = {
        "touches": _ids(connection, _TOUCH, merge),
        "actions": _ids(connection, _ACTION, merge),
        "links": links,
        "deliveries": [[to_uid(row.id), row.state, bool(row.is_unsure)] for row in connection.execute(states)],
        **_keys(connection, merge.loser),
    }
    for table in (_TOUCH, _KEY, _LINK):
        connection.execute(update(table).where(table.c.lead_id == merge.loser).values(lead_id=merge.winner))
    ours = (_ACTION.c.lead_id == merge.loser) & (_ACTION.c.kind != DELETE)
    connection.execute(_ACTION.update().where(ours).values(lead_id=merge.winner))
    return moved


def _before(connection: Connection, lead_id: int) -> dict[str, Any]:
    """The winner as it was: its record, its touches and its keys."""
    touches = connection.execute(select(_TOUCH.c.id).where(_TOUCH.c.lead_id == lead_id).order_by(_TOUCH.c.id)).scalars()
    record = connection.execute(select(_LEAD.c.record).where(_LEAD.c.id == lead_id)).scalar_one_or_none()
    return {"record": record, "touches": [to_uid(number) for number in touches], **_keys(connection, lead_id)}


def _keys(connection: Connection, lead_id: int) -> dict[str, list[Any]]:
    """A lead's match keys by their hashes, and the folded name that stands beside each."""
    rows = list(connection.execute(select(_KEY.c.hash, _KEY.c.name).where(_KEY.c.lead_id == lead_id).order_by(_KEY.c.hash)))
    return {"keys": [row.hash for row in rows], "key_names": [row.name for row in rows]}


def _ids(connection: Connection, table: Table, merge: Merge) -> list[str]:
    query = select(table.c.id).where(table.c.lead_id == merge.loser).order_by(table.c.id)
    if table is _ACTION:
        query = query.where(_ACTION.c.kind != DELETE)
    return [to_uid(number) for number in connection.execute(query).scalars()]
