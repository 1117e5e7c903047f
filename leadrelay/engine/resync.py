"""When a sink's mappings change, every lead is wanted there again; what renders the same settles without a call.

Some minutes later all leads are held against the mappings once more: a worker that followed the change late, or had a batch
on its way meanwhile, may have left rows behind that were written by the old ones, or leads without a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select

from core.instants import HOUR, MINUTE, SECOND, Instant
from core.lead_json import lead_from_json
from leadrelay.engine.plan import ProcessPlan, SinkPlan, digest_of
from leadrelay.engine.timers import Again, add_timer
from leadrelay.store import bulk, leads, markers, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids, to_uid

KIND = "resync"
BACKLOG = 1
"""The priority of leads that nobody waits for: fresh ones (0) go first."""
CHECK_AFTER = 10 * MINUTE
"""When every worker works by the new mappings for certain, and what was on its way has settled."""
_ASK_AGAIN_AFTER = 5 * SECOND
_GIVE_UP_AFTER = HOUR
_SLICE = 500
_MARKER = "mappings:"


def follow(database: Database, ids: Ids, sink: str, fingerprint: str, now: Instant) -> bool:
    """Set a resync timer when the sink's mappings are not those that its leads were last wanted by."""
    with database.read() as connection:
        if markers.get(connection, _MARKER + sink) == fingerprint:
            return False
    number = ids.one(now)
    with database.write() as connection:
        if not markers.change(connection, _MARKER + sink, fingerprint, now):
            return False
        data = json.dumps({"sink": sink, "fingerprint": fingerprint, "since": now})
        add_timer(connection, number, KIND, f"{KIND}:{sink}:{fingerprint}:{number}", now, data)
    return True


def again(database: Database, ids: Ids, sink: str, now: Instant) -> None:
    """Want every lead in a sink once more, because a person says so."""
    number = ids.one(now)
    with database.write() as connection:
        add_timer(connection, number, KIND, f"{KIND}:{sink}::{number}", now, json.dumps({"sink": sink, "since": now}))


def forget(database: Database, sinks: Collection[str]) -> None:
    """Forget sinks that are not configured any more: one that comes back wants all leads that it has missed."""
    with database.read() as connection:
        gone = [name for name in markers.named(connection, _MARKER) if name.removeprefix(_MARKER) not in sinks]
    if gone:
        with database.write() as connection:
            for name in gone:
                markers.remove(connection, name)


class Resync:
    """The timer's work: wants all leads in one sink, a slice at a time, resumable at any point."""

    def __init__(self, database: Database, ids: Ids, plan: Callable[[], ProcessPlan]) -> None:
        self._database = database
        self._ids = ids
        self._plan = plan

    def __call__(self, data: str, now: Instant) -> Again | None:
        """Want the next slice of leads; again at once until all are, and once more later for what slipped through."""
        document = json.loads(data)
        name, fingerprint = document["sink"], document.get("fingerprint", "")
        with self._database.read() as connection:
            if fingerprint and markers.get(connection, _MARKER + name) != fingerprint:
                return None  # the mappings have changed again: a timer of its own wants the leads by those
        sink = next((sink for sink in self._plan().sinks if sink.name == name), None)
        if sink is None or (fingerprint and sink.fingerprint != fingerprint):
            is_over = now - document.get("since", 0) > _GIVE_UP_AFTER
            return None if is_over else Again(now + _ASK_AGAIN_AFTER, data)  # this worker does not follow the change yet
        is_check = bool(document.get("is_check"))
        last = self._database.repeat(lambda: self._want_slice(sink, document.get("after", 0), now, is_check=is_check))
        if last is not None:
            return Again(now, json.dumps(document | {"after": last}))
        return None if is_check else Again(now + CHECK_AFTER, json.dumps(document | {"after": 0, "is_check": True}))

    def _want_slice(self, sink: SinkPlan, after: int, now: Instant, *, is_check: bool) -> int | None:
        if is_check:
            with self._database.read() as connection:
                found = _leads(connection, after)
                wanted = _left_behind(connection, sink, found)
            if wanted:
                with self._database.write(is_durable=False) as connection:
                    self._want(connection, sink, wanted, now)
        else:
            with self._database.write(is_durable=False) as connection:
                found = _leads(connection, after)
                self._want(connection, sink, [(row, name) for row in found for name in sink.objects], now)
        return found[-1].id if len(found) == _SLICE else None

    def _want(self, connection: Connection, sink: SinkPlan, wanted: Sequence[tuple[Any, str]], now: Instant) -> None:
        numbers = self._ids.take(len(wanted), now)
        leads.want_deliveries(
            connection,
            [
                (number, sink.name, object_name, row.id, sink.state_of(bool(row.is_test)), row.version, now, BACKLOG, now)
                for number, (row, object_name) in zip(numbers, wanted, strict=True)
            ],
        )


def _leads(connection: Connection, after: int) -> list[Any]:
    """The next leads that are neither erased nor merged."""
    lead = tables.lead
    query = (
        select(lead.c.id, lead.c.version, lead.c.is_test, lead.c.record)
        .where(lead.c.id > after, lead.c.erased_at.is_(None), lead.c.merged_into.is_(None))
        .order_by(lead.c.id)
        .limit(_SLICE)
    )
    return list(connection.execute(query))


def _left_behind(connection: Connection, sink: SinkPlan, found: Sequence[Any]) -> list[tuple[Any, str]]:
    """Leads and objects without a row, or whose row is in step with something else than the mappings say now."""
    sql = "SELECT lead_id, object, state, sent_hash FROM delivery WHERE sink = ? AND lead_id {in}"
    rows = {(row.lead_id, row.object): row for row in bulk.select_in(connection, sql, [one.id for one in found], sink.name)}
    wanted = []
    for one in found:
        lead = lead_from_json(to_uid(one.id), one.version, json.loads(one.record))
        for mapping in sink.mappings:
            row = rows.get((one.id, mapping.object))
            if row is None or (row.state == "in_sync" and row.sent_hash != digest_of(sink.render(mapping, lead))):
                wanted.append((one, mapping.object))
    return wanted
