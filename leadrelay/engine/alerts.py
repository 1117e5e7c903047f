"""Things a person must act on: one row a problem, raised once, resolved when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from core.instants import Instant
from leadrelay.store import bulk, tables
from leadrelay.store.database import Database

_ALERT = tables.alert


def raise_alert(connection: Connection, key: str, kind: str, message: str, now: Instant, *, data: str = "{}") -> bool:
    """Open the alert `key`, or renew its words when it is open already; returns whether it is new. `data` is JSON."""
    insert = "INSERT INTO alert (key, kind, message, data, since_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
    if bulk.run(connection, insert, (key, kind, message, data, now)).rowcount:
        return True
    row = connection.execute(select(_ALERT.c.resolved_at).where(_ALERT.c.key == key)).one()
    is_new = row.resolved_at is not None
    values = {"kind": kind, "message": message, "data": data, "resolved_at": None} | ({"since_at": now} if is_new else {})
    connection.execute(_ALERT.update().where(_ALERT.c.key == key).values(**values))
    return is_new


def raise_anew(connection: Connection, key: str, kind: str, message: str, now: Instant, *, data: str = "{}") -> None:
    """Open the alert `key` as a new one, whether it is open or not: for what is told once each time it happens."""
    insert = (
        "INSERT INTO alert (key, kind, message, data, since_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
        "message = excluded.message, data = excluded.data, since_at = excluded.since_at, resolved_at = NULL"
    )
    bulk.run(connection, insert, (key, kind, message, data, now))


def resolve_all(connection: Connection, keys: Iterable[str], now: Instant) -> None:
    """Close those of these alerts that are open."""
    wanted = sorted(set(keys))
    if wanted:
        open_ones = bulk.select_in(connection, "SELECT key FROM alert WHERE resolved_at IS NULL AND key {in}", wanted)
        rows = [(now, row.key) for row in open_ones]
        bulk.update(connection, _ALERT, ("resolved_at",), ("key",), rows, where=" AND alert.resolved_at IS NULL")


def resolve(connection: Connection, key: str, now: Instant) -> None:
    """Close the alert, if it is open."""
    is_open = (_ALERT.c.key == key) & _ALERT.c.resolved_at.is_(None)
    connection.execute(_ALERT.update().where(is_open).values(resolved_at=now))


def settle(database: Database, kind: str, told: Mapping[str, str], now: Instant) -> None:
    """Open or renew the alert of each key that has a message, and close those of the kind that have none any more."""
    with database.read() as connection:
        query = select(_ALERT.c.key).where(_ALERT.c.kind == kind, _ALERT.c.resolved_at.is_(None))
        known = set(connection.execute(query).scalars())
    changed = {key: message for key, message in told.items() if message or key in known}
    if not changed:
        return
    with database.write(is_durable=False) as connection:
        for key, message in sorted(changed.items()):
            if message:
                raise_alert(connection, key, kind, message, now)
            else:
                resolve(connection, key, now)


def open_alerts(connection: Connection) -> list[dict[str, object]]:
    """What a person must act on now, oldest first."""
    query = select(_ALERT).where(_ALERT.c.resolved_at.is_(None)).order_by(_ALERT.c.since_at)
    return [dict(row._mapping) for row in connection.execute(query)]
