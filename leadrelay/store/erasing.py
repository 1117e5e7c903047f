"""Blanking everything personal of leads and submissions in one transaction; ids, kinds, times and counts stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Delete, Table, Update, func, select

from core.instants import Instant
from leadrelay.store import bulk, tables

_SLICE = 500
_BLANK_RECORD = '{"won":[],"kinds":{}}'
_LEAD, _SUBMISSION, _DELIVERY, _ACTION = tables.lead, tables.submission, tables.delivery, tables.action
_ENDED = ("done", "merged", "discarded")
DELETE = "delete"
"""The kind of action that removes an erased person's records from a CRM."""


def lock(connection: Connection, leads: Iterable[int], submissions: Iterable[int]) -> tuple[list[int], list[Any]]:
    """The leads that are not erased yet and the submissions to blank with them, locked in the order that processing locks.

    A submission that has meanwhile become another lead's touch is left out: the next look finds that lead.
    """
    query = select(_LEAD.c.id).where(_LEAD.c.erased_at.is_(None))
    found = [row.id for row in _in(connection, query, _LEAD.c.id, leads, lock_by=_LEAD.c.id)]
    columns = select(_SUBMISSION.c.id, _SUBMISSION.c.source, _SUBMISSION.c.key, _SUBMISSION.c.lead_id, _SUBMISSION.c.state)
    rows = {row.id: row for row in _in(connection, columns, _SUBMISSION.c.lead_id, found, lock_by=_SUBMISSION.c.id)}
    unlinked = columns.where(_SUBMISSION.c.lead_id.is_(None))
    rows |= {row.id: row for row in _in(connection, unlinked, _SUBMISSION.c.id, submissions, lock_by=_SUBMISSION.c.id)}
    return found, [row for row in rows.values() if row.state != "erased"]


def blank_submissions(connection: Connection, rows: Sequence[Any], is_personal: Callable[[str], bool]) -> int:
    """Blank submissions and forget their keys, but for a vendor's own id that says nothing of the person: by it a vendor's
    repeat is known for one, and does not bring the person back."""
    kept = _vendor_keys(connection, rows, is_personal)
    for source, keys in _by_source(rows).items():
        gone = [key for key in keys if (source, key) not in kept]
        for part in _parts(gone):
            table = tables.capture_key
            connection.execute(table.delete().where(table.c.source == source, table.c.key.in_(part)))
    for part in _parts([row.id for row in rows]):
        connection.execute(tables.visit.delete().where(tables.visit.c.id.in_(part)))
    blanked = [(row.key if (row.source, row.key) in kept else "", row.id) for row in sorted(rows, key=_by_id)]
    return bulk.update(connection, _SUBMISSION, ("key",), ("id",), blanked, extra=_BLANK_SUBMISSION)


_BLANK_SUBMISSION = (
    ", state = 'erased', reason = '', headers = '{}', body = NULL, problems = NULL, lease = NULL, leased_until = 0"
)


def _vendor_keys(connection: Connection, rows: Sequence[Any], is_personal: Callable[[str], bool]) -> set[tuple[str, str]]:
    table = tables.capture_key
    kept: set[tuple[str, str]] = set()
    for source, keys in _by_source(rows).items():
        query = select(table.c.key).where(table.c.source == source, table.c.is_content_key.is_(False))
        kept.update((source, row.key) for row in _in(connection, query, table.c.key, keys) if not is_personal(row.key))
    return kept


def _by_source(rows: Sequence[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.source, []).append(row.key)
    return found


def _by_id(row: Any) -> int:
    return int(row.id)


def blank_leads(connection: Connection, leads: Sequence[int], now: Instant) -> dict[str, int]:
    """Blank leads and all that hangs on them; returns how many rows of each table.

    The version rises, so that whoever decides by what it read before has to read again; a delivery or action that is in
    flight loses its token, so that its worker's answer is not written any more.
    """
    event, attempt, touch = tables.event, tables.attempt, tables.touch
    counts = {"leads": 0, "touches": 0, "deliveries": 0, "actions": 0, "keys": 0, "events": 0, "attempts": 0}

    def change(name: str, table: Table, condition: ColumnElement[bool], values: dict[Any, Any]) -> None:
        counts[name] += connection.execute(table.update().where(condition).values(values)).rowcount

    for part in _parts(leads):
        change("leads", _LEAD, _LEAD.c.id.in_(part), {
            "record": _BLANK_RECORD, "version": _LEAD.c.version + 1, "erased_at": now, "updated_at": now,
        })  # fmt: skip
        change("deliveries", _DELIVERY, _DELIVERY.c.lead_id.in_(part), _no_longer(now) | {"sent_hash": None})
        ours = _ACTION.c.lead_id.in_(part) & (_ACTION.c.kind != DELETE)
        change("actions", _ACTION, ours & _ACTION.c.state.not_in(_ENDED), _no_longer(now) | {"payload": "{}"})
        connection.execute(_ACTION.update().where(ours).values(payload="{}", problem=None))
        change("touches", touch, touch.c.lead_id.in_(part), {"fields": "{}", "problems": None})
        change("attempts", attempt, attempt.c.lead_id.in_(part), {"data": "{}"})
        change("events", event, event.c.lead_id.in_(part), {"data": "{}"})
        connection.execute(tables.decision.update().where(tables.decision.c.lead_id.in_(part)).values(data="{}"))
        connection.execute(tables.decision.update().where(tables.decision.c.other_lead_id.in_(part)).values(data="{}"))
        routed = tables.assignment.update().where(tables.assignment.c.lead_id.in_(part))
        connection.execute(routed.values(trace="{}", closed_at=func.coalesce(tables.assignment.c.closed_at, now)))
        connection.execute(tables.crm_link.update().where(tables.crm_link.c.lead_id.in_(part)).values(seen=None))
        connection.execute(tables.visitor.delete().where(tables.visitor.c.lead_id.in_(part)))
        connection.execute(tables.account.delete().where(tables.account.c.lead_id.in_(part)))
        counts["keys"] += connection.execute(tables.lead_key.delete().where(tables.lead_key.c.lead_id.in_(part))).rowcount
    return counts


def _no_longer(now: Instant) -> dict[str, object]:
    """A delivery or action that is given up, whoever has it in flight."""
    return {"state": "discarded", "token": None, "leased_until": 0, "problem": None, "updated_at": now}


def in_flight_until(connection: Connection, leads: Sequence[int]) -> dict[tuple[str, int], Instant]:
    """Until when a worker may still be sending a lead, by sink and lead."""
    found: dict[tuple[str, int], Instant] = {}
    for table in (_DELIVERY, _ACTION):
        query = select(table.c.sink, table.c.lead_id, table.c.leased_until).where(table.c.state == "in_flight")
        for row in _in(connection, query, table.c.lead_id, leads, lock_by=table.c.lead_id):
            key = (row.sink, row.lead_id)
            found[key] = max(row.leased_until, found.get(key, 0))
    return found


def in_crm(connection: Connection, leads: Sequence[int]) -> list[tuple[str, int]]:
    """The sinks that hold, or may hold, a record of a lead: by a link, or because something was sent."""
    links = tables.crm_link
    found = {(row.sink, row.lead_id) for row in _in(connection, select(links.c.sink, links.c.lead_id), links.c.lead_id, leads)}
    sent = (_DELIVERY.c.have > 0) | _DELIVERY.c.is_unsure | (_DELIVERY.c.state == "in_flight") | _DELIVERY.c.crm_id.is_not(None)
    query = select(_DELIVERY.c.sink, _DELIVERY.c.lead_id).where(sent)
    found |= {(row.sink, row.lead_id) for row in _in(connection, query, _DELIVERY.c.lead_id, leads)}
    return sorted(found)


def shared_records(connection: Connection, leads: Sequence[int]) -> set[tuple[str, str]]:
    """The CRM records of erased leads that stand for somebody else as well, as (sink, crm id): these are not ours to delete."""
    links, found = tables.crm_link, set[tuple[str, str]]()
    wanted: dict[str, set[str]] = {}
    for table in (links, _DELIVERY):
        query = select(table.c.sink, table.c.crm_id).where(table.c.crm_id.is_not(None))
        for row in _in(connection, query, table.c.lead_id, leads):
            wanted.setdefault(row.sink, set()).add(row.crm_id)
    for table in (links, _DELIVERY):
        living = select(_LEAD.c.id).where(_LEAD.c.id == table.c.lead_id, _LEAD.c.erased_at.is_(None)).exists()
        for sink, ids in wanted.items():
            query = select(table.c.crm_id).where(table.c.sink == sink, table.c.lead_id.not_in(leads), living)
            found |= {(sink, row.crm_id) for row in _in(connection, query, table.c.crm_id, ids)}
    return found


def want_deletes(connection: Connection, rows: Sequence[tuple[int, str, str, int, Instant]], now: Instant) -> None:
    """Want records removed from CRMs: (action id, sink, lead's uid, lead id, due). One that was done is done once more: a
    record that a slow worker made meanwhile has to go as well."""
    conflict = (
        "ON CONFLICT (key) DO UPDATE SET state = 'waiting', due = excluded.due, tries = 0, strikes = 0, token = NULL, "
        "leased_until = 0, problem = NULL, updated_at = excluded.updated_at"
    )
    columns = ("id", "key", "sink", "lead_id", "kind", "payload", "state", "due", "priority", "updated_at")
    bulk.insert(
        connection,
        _ACTION,
        columns,
        [
            (
                number,
                f"{sink}-{uid}-{DELETE}".lower(),
                sink,
                lead,
                DELETE,
                json.dumps({"external_id": uid}),
                "waiting",
                due,
                0,
                now,
            )
            for number, sink, uid, lead, due in rows
        ],
        conflict=conflict,
    )


def erased_among(connection: Connection, leads: Iterable[int]) -> set[int]:
    """Which of these leads are erased."""
    query = select(_LEAD.c.id).where(_LEAD.c.erased_at.is_not(None))
    return {row.id for row in _in(connection, query, _LEAD.c.id, leads)}


Change = Update | Delete
"""A change of one row that holds only while the row is as it was read."""


def personal_texts(
    connection: Connection, is_personal: Callable[[str], bool], is_named_in: Callable[[str], bool]
) -> Iterator[Change]:
    """What blanks all that alerts, notices, gates, cursors, imported files, markers, timers and general events quote of a person.
    Looking at them takes a while, so it is done without a lock."""
    alert, marker, timer, event = tables.alert, tables.marker, tables.timer, tables.event
    yield from _of_gates(connection, is_personal)
    yield from _of_sources(connection, is_personal)
    for row in connection.execute(select(alert)):
        if is_personal(row.message) or is_personal(row.data):
            same = (alert.c.key == row.key) & (alert.c.message == row.message) & (alert.c.data == row.data)
            yield alert.update().where(same).values(message="erased", data="{}")
    for row in connection.execute(select(marker.c.name, marker.c.value)):
        if is_personal(row.value):
            yield marker.update().where(marker.c.name == row.name, marker.c.value == row.value).values(value="")
    for row in connection.execute(select(timer.c.id, timer.c.data)):
        if is_named_in(row.data):
            yield timer.delete().where(timer.c.id == row.id)
    for row in connection.execute(select(event.c.id, event.c.data).where(event.c.lead_id.is_(None))):
        if is_personal(row.data):
            yield event.update().where(event.c.id == row.id).values(data="{}")


def _of_gates(connection: Connection, is_personal: Callable[[str], bool]) -> Iterator[Change]:
    gate = tables.gate
    for row in connection.execute(select(gate.c.account, gate.c.hold_reason, gate.c.last_problem, gate.c.paused)):
        ours = gate.c.account == row.account
        if is_personal(row.hold_reason):
            yield gate.update().where(ours, gate.c.hold_reason == row.hold_reason).values(hold_reason="erased")
        if row.last_problem and is_personal(row.last_problem):
            yield gate.update().where(ours, gate.c.last_problem == row.last_problem).values(last_problem=None)
        if row.paused and is_personal(row.paused):
            blanked = json.dumps({**json.loads(row.paused), "message": "erased"})
            yield gate.update().where(ours, gate.c.paused == row.paused).values(paused=blanked)


def _of_sources(connection: Connection, is_personal: Callable[[str], bool]) -> Iterator[Change]:
    """What is told of mailboxes, files and notices: answers of servers, and the names that people give files."""
    cursor, file, notice = tables.cursor, tables.file_import, tables.notice
    for row in connection.execute(select(cursor.c.name, cursor.c.paused, cursor.c.last_problem)):
        ours = cursor.c.name == row.name
        if row.last_problem and is_personal(row.last_problem):
            yield cursor.update().where(ours, cursor.c.last_problem == row.last_problem).values(last_problem=None)
        if row.paused and is_personal(row.paused):
            paused = json.loads(row.paused)
            blanked = json.dumps({**paused, "problem": {**paused["problem"], "message": "erased"}})
            yield cursor.update().where(ours, cursor.c.paused == row.paused).values(paused=blanked)
    for one in connection.execute(select(file.c.id, file.c.file_name, file.c.reading)):
        if is_personal(one.file_name):
            yield file.update().where(file.c.id == one.id).values(file_name="erased")
        if is_personal(one.reading):
            yield file.update().where(file.c.id == one.id).values(reading="")
    for told in connection.execute(select(notice.c.id, notice.c.problem).where(notice.c.problem.is_not(None))):
        if is_personal(told.problem):
            yield notice.update().where(notice.c.id == told.id, notice.c.problem == told.problem).values(problem=None)


def _in(
    connection: Connection, query: Any, column: ColumnElement[Any], values: Iterable[Any], *, lock_by: Any = None
) -> Iterator[Any]:
    """The query's rows where a column has one of many values; locked on PostgreSQL, in order, when `lock_by` says so."""
    for part in _parts(sorted(set(values))):
        found = query.where(column.in_(part))
        if lock_by is not None:
            found = found.order_by(lock_by).with_for_update()
        yield from connection.execute(found).all()


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _SLICE):
        yield values[start : start + _SLICE]
