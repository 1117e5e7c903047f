"""How far each source that is asked has been read, which worker holds it, and why it is not asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core.instants import Instant
from core.problems import Problem, problem_from_json
from leadrelay.store import bulk, tables

_CURSOR = tables.cursor
_LONGEST_PROBLEM = 1_000


@dataclass(frozen=True, slots=True)
class CursorState:
    """What is known of one source that is asked. `paused` is what a person must mend before it is asked again; `last_problem`
    the newest one of any kind, which may be over: it is, where `failures` is 0 and nothing is paused."""

    name: str
    position: str = ""
    token: int | None = None
    leased_until: Instant = 0
    connected_at: Instant = 0
    last_ok_at: Instant = 0
    failures: int = 0
    paused: Problem | None = None
    paused_for: str = ""
    last_problem: str = ""

    def is_held(self, now: Instant) -> bool:
        """Whether a worker holds it now."""
        return self.token is not None and self.leased_until > now


def read_all(connection: Connection) -> dict[str, CursorState]:
    """All cursors by their sources' names."""
    return {row.name: _state(row) for row in connection.execute(select(_CURSOR))}


def read(connection: Connection, name: str) -> CursorState:
    """A source's cursor; an empty one where it was never asked."""
    row = connection.execute(select(_CURSOR).where(_CURSOR.c.name == name)).one_or_none()
    return CursorState(name) if row is None else _state(row)


def _state(row: Any) -> CursorState:
    paused = None if row.paused is None else json.loads(row.paused)
    return CursorState(
        row.name, row.position, row.token, row.leased_until, row.connected_at, row.last_ok_at, row.failures,
        None if paused is None else problem_from_json(paused["problem"]),
        "" if paused is None else paused["settings"],
        row.last_problem or "",
    )  # fmt: skip


# --- the lease ------------------------------------------------------------------------------------------------------


def claim(
    connection: Connection, name: str, token: int, now: Instant, until: Instant, *, over: Instant = 0
) -> CursorState | None:
    """Hold a source until an instant; None while another worker holds it, or it is paused. A lease until `over` is known to be
    over, whatever the clock says."""
    bulk.run(connection, "INSERT INTO cursor (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,))
    sql = (
        "UPDATE cursor SET token = ?, leased_until = ?, updated_at = ? "
        "WHERE name = ? AND paused IS NULL AND (token IS NULL OR leased_until <= ?)"
    )
    return read(connection, name) if bulk.run(connection, sql, (token, until, now, name, max(now, over))).rowcount else None


def renew(connection: Connection, name: str, token: int, now: Instant, until: Instant, ok_at: Instant) -> bool:
    """Hold on to a source that was all right at `ok_at`; False when it is another worker's by now, or paused."""
    sql = "UPDATE cursor SET leased_until = ?, updated_at = ?, last_ok_at = ? WHERE name = ? AND token = ?"
    return bulk.run(connection, sql, (until, now, ok_at, name, token)).rowcount > 0


def release(connection: Connection, name: str, token: int) -> None:
    """Give a source back, so that any worker may take it at once."""
    bulk.run(connection, "UPDATE cursor SET token = NULL, leased_until = 0 WHERE name = ? AND token = ?", (name, token))


# --- under the lease ------------------------------------------------------------------------------------------------


def advance(connection: Connection, name: str, token: int, position: str, now: Instant) -> bool:
    """Store a position; False when the source is another worker's by now: the transaction must then come to nothing.

    The row stays locked until the transaction ends, so nobody takes the source over in between."""
    sql = "UPDATE cursor SET position = ?, last_ok_at = ?, updated_at = ? WHERE name = ? AND token = ?"
    return bulk.run(connection, sql, (position, now, now, name, token)).rowcount > 0


def connected(connection: Connection, name: str, token: int, now: Instant) -> None:
    """Note that the source answers."""
    sql = "UPDATE cursor SET connected_at = ?, last_ok_at = ?, failures = 0 WHERE name = ? AND token = ?"
    bulk.run(connection, sql, (now, now, name, token))


def fail(connection: Connection, name: str, token: int, problem: str) -> None:
    """Note that the source did not answer, and give it back: another worker may reach it."""
    sql = (
        "UPDATE cursor SET failures = failures + 1, last_problem = ?, token = NULL, leased_until = 0 WHERE name = ? AND token = ?"
    )
    bulk.run(connection, sql, (problem[:_LONGEST_PROBLEM], name, token))


def note_problem(connection: Connection, name: str, token: int, problem: str) -> None:
    """Note what was wrong, where the source can be asked all the same."""
    sql = "UPDATE cursor SET last_problem = ? WHERE name = ? AND token = ?"
    bulk.run(connection, sql, (problem[:_LONGEST_PROBLEM], name, token))


# --- pausing --------------------------------------------------------------------------------------------------------


def pause(connection: Connection, name: str, problem: Problem, settings: str, token: int | None = None) -> bool:
    """Ask a source no more until `resume`, or until its settings are others than these; it is given back.

    With a token only as long as the source is held by it."""
    paused = json.dumps({"problem": problem.as_json(), "settings": settings})
    bulk.run(connection, "INSERT INTO cursor (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,))
    sql = "UPDATE cursor SET paused = ?, last_problem = ?, token = NULL, leased_until = 0 WHERE name = ?"
    values: tuple[Any, ...] = (paused, problem.message[:_LONGEST_PROBLEM], name)
    if token is not None:
        sql, values = sql + " AND token = ?", (*values, token)
    return bulk.run(connection, sql, values).rowcount > 0


def resume(connection: Connection, name: str) -> bool:
    """Ask a source again at once; returns whether it was paused. Close the alert `source:NAME` in the same transaction."""
    sql = "UPDATE cursor SET paused = NULL, failures = 0 WHERE name = ? AND paused IS NOT NULL"
    return bulk.run(connection, sql, (name,)).rowcount > 0


# --- what repeats ---------------------------------------------------------------------------------------------------

_REPEATED = """
SELECT wanted.prefix, wanted.own, (
    SELECT known.submission_id FROM capture_key AS known
    WHERE known.source = ? AND known.key >= wanted.prefix AND known.key < wanted.prefix || 'z' AND known.key <> wanted.own
    ORDER BY known.key LIMIT 1
) AS first FROM {wanted}
"""
_WANTED = {
    "sqlite": "(SELECT value ->> 0 AS prefix, value ->> 1 AS own FROM json_each(?)) AS wanted",
    "postgresql": "unnest(?::text[], ?::text[]) AS wanted(prefix, own)",
}


def repeated(connection: Connection, source: str, keys: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Of pairs of a prefix and a key: the keys that have a companion in the store, which begins with the prefix and goes on
    otherwise, with that one's submission. What follows a prefix is a hash in hexadecimal digits."""
    if not keys:
        return {}
    dialect = connection.dialect.name
    wanted: tuple[Any, ...] = (
        (json.dumps(keys),) if dialect == "sqlite" else tuple(list(part) for part in zip(*keys, strict=True))
    )
    rows = bulk.run(connection, _REPEATED.replace("{wanted}", _WANTED[dialect]), (source, *wanted))
    return {row.own: row.first for row in rows if row.first is not None}
