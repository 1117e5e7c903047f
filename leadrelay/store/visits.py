"""Visitors of websites: whose visits are whose, and the visits that wait until somebody is known by them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from core.identity import MatchKey
from core.instants import Instant
from leadrelay.store import bulk, tables
from leadrelay.store.leads import Moved

_MOST_MERGES = 50


class Known(NamedTuple):
    """The lead that was known on a browser most recently, as a form or a mail's link said it, and when that was."""

    lead: int
    at: Instant


def lock_keys(visitors: Iterable[str]) -> list[MatchKey]:
    """What is locked on PostgreSQL beside the persons' own keys (`leads.lock_keys`), so that a visit is not put aside while its
    visitor becomes known."""
    return [MatchKey("message", visitor, hash_of(visitor)) for visitor in visitors]


def hash_of(visitor: str) -> int:
    """A signed 64-bit number for a visitor; two with the same one only wait for each other."""
    return int.from_bytes(hashlib.blake2b(f"visitor\0{visitor}".encode(), digest_size=8).digest(), "big", signed=True)


def known(connection: Connection, visitors: Collection[str]) -> dict[str, Known]:
    """Who is known on these browsers."""
    sql = "SELECT id, lead_id, known_at FROM visitor WHERE id {in}"
    return {row.id: Known(row.lead_id, row.known_at) for row in bulk.select_in(connection, sql, sorted(visitors))}


def of(connection: Connection, leads: Collection[int]) -> frozenset[str]:
    """The visitors that one of these leads was the last to be known as."""
    rows = bulk.select_in(connection, "SELECT id FROM visitor WHERE lead_id {in}", sorted(leads))
    return frozenset(row.id for row in rows)


def living(connection: Connection, leads: Iterable[int]) -> dict[int, int]:
    """For each of these leads the one that it is now: itself, or what it went into; erased ones are left out."""
    now_is: dict[int, int] = {number: number for number in leads}
    for _ in range(_MOST_MERGES):
        sql = "SELECT id, merged_into, erased_at FROM lead WHERE id {in}"
        rows = {row.id: row for row in bulk.select_in(connection, sql, sorted(set(now_is.values())))}
        now_is = {asked: found for asked, found in now_is.items() if found in rows and rows[found].erased_at is None}
        moved = {asked: rows[found].merged_into for asked, found in now_is.items() if rows[found].merged_into is not None}
        if not moved:
            break
        now_is |= moved
    return now_is


def confirm(connection: Connection, read: Mapping[str, Known], visitors: Collection[str]) -> None:
    """Raises Moved when somebody else is known on one of these browsers than was read, or nobody any more."""
    if known(connection, visitors) != {visitor: read[visitor] for visitor in visitors if visitor in read}:
        raise Moved


def write_known(connection: Connection, visitors: Mapping[str, Known], now: Instant) -> None:
    """From now on these visitors' visits are these leads'; what they did before is decided again."""
    rows = [(visitor, *one, now) for visitor, one in sorted(visitors.items())]
    conflict = (
        "ON CONFLICT (id) DO UPDATE SET lead_id = excluded.lead_id, known_at = excluded.known_at, seen_at = excluded.seen_at"
    )
    bulk.insert(connection, tables.visitor, ("id", "lead_id", "known_at", "seen_at"), rows, conflict=conflict)
    waiting = bulk.select_in(connection, "SELECT id FROM visit WHERE visitor {in}", sorted(visitors))
    bulk.update(
        connection, tables.submission, ("priority",), ("id",), sorted((_AFTER_FORMS, row.id) for row in waiting),
        extra=", state = 'new', tries = 0, lease = NULL, leased_until = 0", where=" AND state = 'visit'",
    )  # fmt: skip


_AFTER_FORMS = 1


def write_waiting(connection: Connection, visits: Sequence[tuple[int, str]]) -> None:
    """Visits of nobody known yet: (submission id, visitor)."""
    bulk.insert(connection, tables.visit, ("id", "visitor"), sorted(visits), conflict="ON CONFLICT (id) DO NOTHING")


def write_joined(connection: Connection, visits: Collection[int], visitors: Collection[str], now: Instant) -> None:
    """These visits wait no more, and these visitors were seen."""
    if visits:
        connection.execute(tables.visit.delete().where(tables.visit.c.id.in_(sorted(visits))))
        seen = tables.visitor.update().where(tables.visitor.c.id.in_(sorted(visitors)), tables.visitor.c.seen_at < now)
        connection.execute(seen.values(seen_at=now))
