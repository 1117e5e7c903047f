"""When a sink's mappings change, every lead is wanted there again; what renders the same settles without a call."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import select

from core.instants import Instant
from leadrelay.engine.plan import ProcessPlan, SinkPlan
from leadrelay.engine.timers import Again, set_timer
from leadrelay.store import leads, markers, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids

KIND = "resync"
BACKLOG = 1
"""The priority of leads that nobody waits for: fresh ones (0) go first."""
_SLICE = 500


def follow(database: Database, ids: Ids, sink: str, fingerprint: str, now: Instant) -> bool:
    """Set a resync timer when the sink's mappings are not those that its leads were last wanted by."""
    name = f"mappings:{sink}"
    with database.read() as connection:
        if markers.get(connection, name) == fingerprint:
            return False
    set_timer(database, ids, KIND, f"{KIND}:{sink}:{fingerprint}", now, json.dumps({"sink": sink}))
    with database.write() as connection:
        markers.put(connection, name, fingerprint, now)
    return True


class Resync:
    """The timer's work: wants all leads in one sink, a slice at a time, resumable at any point."""

    def __init__(self, database: Database, ids: Ids, plan: Callable[[], ProcessPlan]) -> None:
        self._database = database
        self._ids = ids
        self._plan = plan

    def __call__(self, data: str, now: Instant) -> Again | None:
        """Want the next slice of leads; again at once until all are."""
        document = json.loads(data)
        sink = next((sink for sink in self._plan().sinks if sink.name == document["sink"]), None)
        if sink is None:
            return None
        last = self._want_slice(sink, document.get("after", 0), now)
        return None if last is None else Again(now, json.dumps({"sink": sink.name, "after": last}))

    def _want_slice(self, sink: SinkPlan, after: int, now: Instant) -> int | None:
        lead = tables.lead
        with self._database.write(is_durable=False) as connection:
            query = (
                select(lead.c.id, lead.c.version, lead.c.is_test)
                .where(lead.c.id > after, lead.c.erased_at.is_(None), lead.c.merged_into.is_(None))
                .order_by(lead.c.id)
                .limit(_SLICE)
            )
            found = list(connection.execute(query))
            wanted = [(row, object_name) for row in found for object_name in sink.objects]
            numbers = self._ids.take(len(wanted), now)
            leads.want_deliveries(
                connection,
                [
                    (number, sink.name, object_name, row.id, sink.state_of(bool(row.is_test)), row.version, now, BACKLOG, now)
                    for number, (row, object_name) in zip(numbers, wanted, strict=True)
                ],
            )
        return found[-1].id if len(found) == _SLICE else None
