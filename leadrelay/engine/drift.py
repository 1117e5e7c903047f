"""A field that a CRM no longer has, met while writing: the sink's schema is looked at soon, and not when its timer is due."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from connectors.base import Done, Outcome, Reject
from core.instants import MINUTE, Instant
from leadrelay.store import bulk, tables

NO_SOONER = 5 * MINUTE
"""How long after one look the next one is taken at the soonest: a field that stays away is left out of every record."""

WATCH = "schema_watch"
"""The kind of the timers that look at schemas; each sink has one, whose key ends with its name."""

_GONE = frozenset({"unknown_field", "not_writable"})
_SCHEMA = tables.crm_schema


def look_soon(connection: Connection, sink: str, outcomes: Iterable[Outcome], now: Instant) -> None:
    """Look at the schema soon when a record went without a field that the CRM does not have, or does not let us write."""
    if not any(code in _GONE for outcome in outcomes for code in _codes(outcome)):
        return
    seen_at = connection.execute(select(func.max(_SCHEMA.c.seen_at)).where(_SCHEMA.c.sink == sink)).scalar()
    if seen_at is not None:  # else the first look is due soon anyway
        due = max(now, seen_at + NO_SOONER)
        bulk.run(connection, "UPDATE timer SET due = ? WHERE key = ? AND due > ?", (due, f"{WATCH}:{sink}", due))


def _codes(outcome: Outcome) -> list[str]:
    match outcome:
        case Done():
            return [problem.code for problem in outcome.left_out]
        case Reject():
            return [outcome.problem.code]
        case _:
            return []
