"""The turns of pools and the ledger of who got which lead, written in the transaction that writes the leads."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from core.instants import Instant
from leadrelay.store import bulk, tables
from leadrelay.store.bulk import Row
from leadrelay.store.leads import Moved

_ASSIGNMENT = tables.assignment
COLUMNS = ("id", "lead_id", "at", "pool", "turn", "member", "queue", "line", "day", "trace", "deadline_at", "warn_at")


@dataclass(slots=True)
class Cursor:
    """Where a pool's turns stand: what each member is owed, how many turns there were, how often anything moved, when last."""

    credits: Mapping[str, int] = field(default_factory=dict)
    turns: int = 0
    changes: int = 0
    last_at: Instant = 0


@dataclass(frozen=True, slots=True)
class Assigned:
    """To whom a lead went, or into which queue, as the ledger has it. `warn_at` is when somebody is to be warned that the answer
    is due soon, `warned_at` and `overdue_at` when that was told, and that it was overdue."""

    id: int
    lead_id: int
    at: Instant
    pool: str | None
    turn: int | None
    member: str | None
    queue: str | None
    line: str
    deadline_at: Instant | None
    closed_at: Instant | None
    warn_at: Instant | None = None
    warned_at: Instant | None = None
    overdue_at: Instant | None = None

    @property
    def owner(self) -> str:
        """The member or the queue."""
        return self.member or self.queue or ""


def lock(connection: Connection, pools: Iterable[str]) -> dict[str, Cursor]:
    """The cursors of these pools. On PostgreSQL nobody else moves them until the transaction ends: their rows are locked in the
    order of their names. On SQLite `save` finds out whether somebody did."""
    names = sorted(set(pools))
    found = _cursors(connection, names)
    missing = [name for name in names if name not in found]
    if missing and connection.dialect.name == "sqlite":
        found |= {name: Cursor() for name in missing}
    elif missing:
        rows = [(name,) for name in missing]
        bulk.insert(connection, tables.rotation, ("pool",), rows, conflict="ON CONFLICT (pool) DO NOTHING")
        found = _cursors(connection, names)
    return found


def _cursors(connection: Connection, names: Sequence[str]) -> dict[str, Cursor]:
    held = "" if connection.dialect.name == "sqlite" else " ORDER BY pool FOR UPDATE"
    columns = "pool, credits, turns, changes, last_at"
    rows = bulk.select_in(connection, f"SELECT {columns} FROM rotation WHERE pool {{in}}{held}", names)
    return {row.pool: Cursor(json.loads(row.credits), row.turns, row.changes, row.last_at) for row in rows}


def save(connection: Connection, cursors: Mapping[str, Cursor], at: Instant) -> None:
    """Leave the cursors where they are now, at this time; raises Moved when one of them has moved since it was read."""
    rows = [(pool, json.dumps(dict(one.credits)), one.turns, one.changes + 1, at) for pool, one in sorted(cursors.items())]
    columns = ("pool", "credits", "turns", "changes", "last_at")
    if bulk.insert(connection, tables.rotation, columns, rows, conflict=_UNLESS_MOVED) < len(rows):
        raise Moved


_UNLESS_MOVED = (
    "ON CONFLICT (pool) DO UPDATE SET credits = excluded.credits, turns = excluded.turns, changes = excluded.changes, "
    "last_at = excluded.last_at "
    "WHERE rotation.changes = excluded.changes - 1"
)


def came_on(connection: Connection, day: str, members: Collection[str]) -> dict[str, int]:
    """How many leads each of these got on a day, in any pool and by name."""
    sql = "SELECT member, count(*) AS leads FROM assignment WHERE day = ? AND member {in}"
    return {row.member: row.leads for row in _grouped(connection, sql, members, day)}


def open_of(connection: Connection, members: Collection[str]) -> dict[str, int]:
    """How many leads of each of these are still open."""
    sql = "SELECT member, count(*) AS leads FROM assignment WHERE is_current AND closed_at IS NULL AND member {in}"
    return {row.member: row.leads for row in _grouped(connection, sql, members)}


def _grouped(connection: Connection, sql: str, members: Collection[str], *before: str) -> list[Any]:
    return bulk.select_in(connection, f"{sql} GROUP BY member", sorted(members), *before)


def current(connection: Connection, leads: Iterable[int]) -> dict[int, Assigned]:
    """The current assignment of each of these leads; of one that others were merged into, where it has none itself, theirs."""
    columns = ", ".join(f"a.{name}" for name in Assigned.__slots__ if name != "lead_id")
    wanted = sorted(set(leads))
    own = f"SELECT {columns}, a.lead_id FROM assignment a WHERE a.is_current AND a.lead_id {{in}}"
    kept = f"SELECT {columns}, a.kept_by AS lead_id FROM assignment a WHERE a.is_current AND a.kept_by {{in}}"
    found = {row.lead_id: Assigned(**row._mapping) for row in bulk.select_in(connection, own, wanted)}
    rest = [lead for lead in wanted if lead not in found]
    for row in sorted(bulk.select_in(connection, kept, rest), key=lambda row: int(row.id)):
        found.setdefault(row.lead_id, Assigned(**row._mapping))
    return found


def keep(connection: Connection, winner: int, loser: int) -> None:
    """One lead went into another: what it, and those that went into it before, were assigned stands for the other now."""
    mine = (_ASSIGNMENT.c.lead_id == loser) | (_ASSIGNMENT.c.kept_by == loser)
    connection.execute(_ASSIGNMENT.update().where(mine).values(kept_by=winner))


def give_back(connection: Connection, loser: int, family: Iterable[int]) -> None:
    """A lead came out of another again, with those that had gone into it before."""
    others = [one for one in family if one != loser]
    connection.execute(_ASSIGNMENT.update().where(_ASSIGNMENT.c.lead_id.in_(others)).values(kept_by=loser))
    connection.execute(_ASSIGNMENT.update().where(_ASSIGNMENT.c.lead_id == loser).values(kept_by=None))


def everybody(connection: Connection, leads: Iterable[int]) -> dict[int, list[tuple[str | None, str | None]]]:
    """Everybody who had one of these leads so far, or one that went into it: (member, queue), oldest first."""
    wanted, found = sorted(set(leads)), dict[int, list[tuple[int, str | None, str | None]]]()
    for name in ("lead_id", "kept_by"):
        sql = f"SELECT {name} AS lead_id, id, member, queue FROM assignment WHERE {name} {{in}}"
        for row in bulk.select_in(connection, sql, wanted):
            found.setdefault(row.lead_id, []).append((row.id, row.member, row.queue))
    return {lead: [(member, queue) for _, member, queue in sorted(rows)] for lead, rows in found.items()}


def write(connection: Connection, rows: Sequence[Row]) -> None:
    """Append to the ledger: (id, lead_id, at, pool, turn, member, queue, line, day, trace, deadline_at, warn_at)."""
    bulk.insert(connection, _ASSIGNMENT, COLUMNS, rows)


def end(connection: Connection, ids: Iterable[int], now: Instant) -> None:
    """These are current no longer: the lead went to somebody else."""
    bulk.update(
        connection, _ASSIGNMENT, ("closed_at",), ("id",), [(now, one) for one in sorted(ids)], extra=", is_current = false"
    )


def tell(connection: Connection, told: Literal["warned_at", "overdue_at"], ids: Iterable[int], now: Instant) -> None:
    """Note that these were told; raises Moved when one of them has been told already, or is current no longer."""
    wanted = [(now, one) for one in sorted(ids)]
    where = f" AND assignment.{told} IS NULL AND assignment.is_current"
    if bulk.update(connection, _ASSIGNMENT, (told,), ("id",), wanted, where=where) < len(wanted):
        raise Moved


def close(connection: Connection, closed: Mapping[int, Instant | None]) -> None:
    """Set when these stopped being work, or None where they are work again."""
    over = [(at, one) for one, at in sorted(closed.items()) if at is not None]
    bulk.update(connection, _ASSIGNMENT, ("closed_at",), ("id",), over)
    again = sorted(one for one, at in closed.items() if at is None)
    if again:
        connection.execute(_ASSIGNMENT.update().where(_ASSIGNMENT.c.id.in_(again)).values(closed_at=None))


def shares(connection: Connection, first: str, last: str) -> list[Any]:
    """The ledger of some days, both included and by each pool's clock, summed up: (pool, member, queue, turns, leads, moved on,
    open). Rows without a pool are leads that went to somebody by name, or straight into a queue."""
    a = _ASSIGNMENT.c
    is_open, moved = a.is_current & a.closed_at.is_(None), ~a.is_current
    query = (
        select(
            a.pool, a.member, a.queue, func.count(a.turn).label("turns"), func.count().label("leads"),
            func.count().filter(moved).label("moved_on"), func.count().filter(is_open).label("open"),
        )
        .where(a.day >= first, a.day <= last)
        .group_by(a.pool, a.member, a.queue)
        .order_by(a.pool.is_(None), a.pool, a.member.is_(None), a.member, a.queue)
    )  # fmt: skip
    return list(connection.execute(query))


def traces(connection: Connection, leads: Collection[int]) -> list[tuple[Assigned, str, bool]]:
    """Every assignment of these leads, oldest first, with its trace and whether it is current."""
    query = select(_ASSIGNMENT).where(_ASSIGNMENT.c.lead_id.in_(leads)).order_by(_ASSIGNMENT.c.id)
    return [
        (Assigned(**{name: getattr(row, name) for name in Assigned.__slots__}), row.trace, bool(row.is_current))
        for row in connection.execute(query)
    ]
