"""How far each object of each CRM is read back: a timer row each, leased by one worker at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from core.instants import Instant
from leadrelay.store import bulk

KIND = "read_back"


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading an object goes on. `cursor` is in the connector's own words, `since` counts where it is empty; all that
    happened before `as_of` is read. `counts` are the events made so far by kind; `doubted_at` is since when a page is held
    back for a call of ours that is under way, `trouble` why the last look came to nothing."""

    sink: str
    object: str
    since: Instant
    as_of: Instant
    cursor: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    doubted_at: Instant = 0
    trouble: str = ""
    id: int = 0
    token: int = 0

    def document(self) -> str:
        """The position as it is stored."""
        return json.dumps({
            "sink": self.sink, "object": self.object, "cursor": self.cursor, "since": self.since, "as_of": self.as_of,
            "counts": dict(self.counts), "doubted_at": self.doubted_at,
            "trouble": self.trouble,
        })  # fmt: skip


def key(sink: str, object_name: str) -> str:
    """The timer's key."""
    return f"{KIND}:{sink}:{object_name}"


def follow(connection: Connection, sink: str, objects: Sequence[str], now: Instant, numbers: Sequence[int]) -> None:
    """Begin to read objects that were not read before, from now on, and forget those that are not written any more."""
    for number, name in zip(numbers, objects, strict=True):
        document = Position(sink, name, now, now).document()
        sql = "INSERT INTO timer (id, kind, key, due, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
        bulk.run(connection, sql, (number, KIND, key(sink, name), now, document))
    wanted = {key(sink, name) for name in objects}
    for row in list(bulk.run(connection, "SELECT id, key FROM timer WHERE kind = ?", (KIND,))):
        if row.key.startswith(key(sink, "")) and row.key not in wanted:
            bulk.run(connection, "DELETE FROM timer WHERE id = ?", (row.id,))


def is_due(connection: Connection, sink: str, objects: Sequence[str], now: Instant) -> bool:
    """A cheap look before the write lock is asked for."""
    return _due(connection, sink, objects, now, "") is not None


def claim(connection: Connection, sink: str, objects: Sequence[str], now: Instant, token: int, until: Instant) -> Position | None:
    """The position that is due longest, leased until then; None when all of them are read or another worker's."""
    skip = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    row = _due(connection, sink, objects, now, skip)
    if row is None:
        return None
    bulk.run(connection, "UPDATE timer SET token = ?, leased_until = ? WHERE id = ?", (token, until, row.id))
    return Position(**json.loads(row.data), id=row.id, token=token)


def _due(connection: Connection, sink: str, objects: Sequence[str], now: Instant, lock: str) -> Any:
    sql = f"SELECT id, data FROM timer WHERE due <= ? AND leased_until <= ? AND key {{in}} ORDER BY due LIMIT 1{lock}"
    rows = bulk.select_in(connection, sql, [key(sink, name) for name in objects], now, now)
    return rows[0] if rows else None


def settle(connection: Connection, position: Position, due: Instant) -> bool:
    """Store a leased position and give the lease back; False when it is another worker's by now, and nothing was stored."""
    sql = "UPDATE timer SET data = ?, due = ?, token = NULL, leased_until = 0 WHERE id = ? AND token = ?"
    return bulk.run(connection, sql, (position.document(), due, position.id, position.token)).rowcount > 0


def positions(connection: Connection) -> list[Position]:
    """All positions, by sink and object."""
    rows = bulk.run(connection, "SELECT data FROM timer WHERE kind = ? ORDER BY key", (KIND,))
    return [Position(**json.loads(row.data)) for row in rows]
