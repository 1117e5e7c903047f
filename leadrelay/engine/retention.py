"""What is kept how long: bodies, ignored and refused posts, attempts and events leave the store when their time is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, Delete, Table, Update, and_, select

from core.instants import Instant
from leadrelay.store import captures, tables
from leadrelay.store.database import Database

_SUBMISSION = tables.submission
_SLICE = 500

Kept = Mapping[str, int]
"""How long each class is kept, in milliseconds: submissions, ignored, quarantined, attempts, events."""


def expire(database: Database, kept: Kept, now: Instant) -> dict[str, int]:
    """Remove what is too old, in slices that never hold the store for long; returns how many rows of each class went.

    A submission's row stays with its kind, time and state, so that `audit` still accounts for it; its content goes.
    """
    gone = {
        "submissions": _blank(database, ("processed", "duplicate"), now - kept["submissions"], "processed"),
        "ignored": _blank(database, ("ignored",), now - kept["ignored"], "expired"),
        "quarantined": _blank(database, ("quarantined", "rejected"), now - kept["quarantined"], "expired"),
        "attempts": _delete(database, tables.attempt, now - kept["attempts"]),
        "events": _delete(database, tables.event, now - kept["events"]),
    }
    with database.write(is_durable=False) as connection:
        gone["keys"] = captures.forget_keys(connection, now - captures.CONTENT_KEY_GOOD_FOR)
    return gone


def _blank(database: Database, states: tuple[str, ...], before: Instant, end: str) -> int:
    """Take the content out of submissions; `expired` ends their state too, a processed one stays what it was."""
    old = and_(_SUBMISSION.c.state.in_(states), _SUBMISSION.c.received_at < before, _SUBMISSION.c.headers != "")
    values: dict[str, object] = {"body": None, "headers": "", "problems": None}
    if end == "expired":
        values |= {"state": "expired", "key": ""}
    return _in_slices(database, _SUBMISSION, old, lambda ids: _SUBMISSION.update().where(ids).values(**values))


def _delete(database: Database, table: Table, before: Instant) -> int:
    return _in_slices(database, table, table.c.at < before, lambda ids: table.delete().where(ids))


def _in_slices(
    database: Database, table: Table, old: ColumnElement[bool], change: Callable[[ColumnElement[bool]], Update | Delete]
) -> int:
    """Apply a change to the rows that a condition names, some hundred in a transaction."""
    count = 0
    while True:
        with database.write(is_durable=False) as connection:
            ids = list(connection.execute(select(table.c.id).where(old).limit(_SLICE)).scalars())
            if ids:
                connection.execute(change(table.c.id.in_(ids)))
        count += len(ids)
        if len(ids) < _SLICE:
            return count
