"""What is kept how long: bodies, ignored and refused posts, attempts and events leave the store when their time is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, Delete, Table, Update, and_, exists, select, tuple_

from core.instants import DAY, Instant
from leadrelay.engine.aside import is_put_aside
from leadrelay.store import calls, captures, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import first_at

_SUBMISSION, _KEY = tables.submission, tables.capture_key
_SLICE = 500
_CALLS_KEPT_FOR = 35 * DAY
"""How long the ledger of calls is kept: a month to compare with, some rows an hour, and nothing personal."""
_RECEIPT = "erased"
"""The kind of event that proves an erasure: it holds nothing personal and stays."""

Kept = Mapping[str, int | None]
"""How long each class is kept, in milliseconds (None: forever): submissions, ignored, visits, quarantined, attempts, events."""


def expire(database: Database, kept: Kept, now: Instant) -> dict[str, int]:
    """Remove what is too old, in slices that never hold the store for long; returns how many rows of each class went.

    A submission's row stays with its kind, time and state, so that `audit` still accounts for it; its content goes. What is
    held or new stays whole however old it is: a person has yet to decide about it. What the rules put aside is kept as long as
    leads' submissions are, since a person may yet find a lead in it.
    """
    event = tables.event

    def end_of(name: str) -> Instant:
        period = kept[name]
        return 0 if period is None else now - period

    return {
        "submissions": _blank(database, ("processed", "duplicate"), end_of("submissions"), {}),
        "put_aside": _blank(database, ("quarantined",), end_of("submissions"), _EXPIRED, is_put_aside()),
        "ignored": _blank(database, ("ignored",), end_of("ignored"), _EXPIRED),
        "visits": _blank(database, ("visit",), end_of("visits"), _EXPIRED),
        "visitors": _forget_visitors(database, end_of("visits")),
        "quarantined": _blank(database, ("quarantined", "rejected"), end_of("quarantined"), _EXPIRED, ~is_put_aside()),
        "attempts": _delete(database, tables.attempt, end_of("attempts")),
        "events": _delete(database, event, end_of("events"), event.c.kind != _RECEIPT),
        "keys": _forget_keys(database, now - captures.CONTENT_KEY_GOOD_FOR),
        "calls": _forget_calls(database, now - _CALLS_KEPT_FOR),
    }


def _forget_visitors(database: Database, before: Instant) -> int:
    """Drop who was known on browsers that were not seen since, and which submissions were the visits that have expired."""
    visit, visitor = tables.visit, tables.visitor
    expired = exists().where(_SUBMISSION.c.id == visit.c.id, _SUBMISSION.c.state == "expired")
    _in_slices(database, visit, before, expired, lambda ids: visit.delete().where(ids))
    count = 0
    while True:
        with database.write(is_durable=False) as connection:
            some = select(visitor.c.id).where(visitor.c.seen_at < before).limit(_SLICE)
            gone = connection.execute(visitor.delete().where(visitor.c.id.in_(some))).rowcount
        count += gone
        if gone < _SLICE:
            return count


def _forget_calls(database: Database, before: Instant) -> int:
    with database.write(is_durable=False) as connection:
        return calls.forget(connection, before)


_EXPIRED: Mapping[str, object] = {"state": "expired", "key": "", "reason": ""}


def _blank(
    database: Database, states: tuple[str, ...], before: Instant, end: Mapping[str, object], *only: ColumnElement[bool]
) -> int:
    """Take the content out of submissions; what was never a lead's is `expired` then, the others stay what they were."""
    old = and_(_SUBMISSION.c.state.in_(states), _SUBMISSION.c.received_at < before, _SUBMISSION.c.headers != "", *only)
    values: dict[str, object] = {"body": None, "headers": "", "problems": None, **end}
    return _in_slices(database, _SUBMISSION, before, old, lambda ids: _SUBMISSION.update().where(ids).values(**values))


def _delete(database: Database, table: Table, before: Instant, *only: ColumnElement[bool]) -> int:
    return _in_slices(database, table, before, and_(table.c.at < before, *only), lambda ids: table.delete().where(ids))


def _in_slices(
    database: Database,
    table: Table,
    before: Instant,
    old: ColumnElement[bool],
    change: Callable[[ColumnElement[bool]], Update | Delete],
) -> int:
    """Apply a change to the rows that a condition names, some hundred in a transaction.

    Ids rise with time, so the primary key bounds the search from above; it goes on where the last slice ended, and no lock is
    held while it looks.
    """
    count, after = 0, -1
    while True:
        wanted = select(table.c.id).where(table.c.id > after, table.c.id < first_at(before), old)
        with database.read() as connection:
            ids = list(connection.execute(wanted.order_by(table.c.id).limit(_SLICE)).scalars())
        if ids:
            with database.write(is_durable=False) as connection:
                count += connection.execute(change(and_(table.c.id.in_(ids), old))).rowcount
            after = ids[-1]
        if len(ids) < _SLICE:
            return count


def _forget_keys(database: Database, before: Instant) -> int:
    """Drop content keys that no repeat can meet any more; a vendor's ids are kept as long as their submission is."""
    stale = and_(_KEY.c.is_content_key, _KEY.c.seen_at < before)
    count, after = 0, ("", "")
    while True:
        wanted = select(_KEY.c.source, _KEY.c.key).where(stale, tuple_(_KEY.c.source, _KEY.c.key) > tuple_(*after))
        with database.read() as connection:
            found = connection.execute(wanted.order_by(_KEY.c.source, _KEY.c.key).limit(_SLICE)).all()
        by_source: dict[str, list[str]] = {}
        for source, key in found:
            by_source.setdefault(source, []).append(key)
        if found:
            with database.write(is_durable=False) as connection:
                for source, keys in by_source.items():
                    these = and_(_KEY.c.source == source, _KEY.c.key.in_(keys), stale)
                    count += connection.execute(_KEY.delete().where(these)).rowcount
            after = (found[-1].source, found[-1].key)
        if len(found) < _SLICE:
            return count
