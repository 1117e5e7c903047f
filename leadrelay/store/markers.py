"""Small facts that all processes share, by name."""

from __future__ import annotations

from sqlalchemy import Connection, select

from core.instants import Instant
from leadrelay.store import bulk, tables

_MARKER = tables.marker
_PAUSED = "source_paused:"


def get(connection: Connection, name: str) -> str | None:
    """The marker's value, or None."""
    return connection.execute(select(_MARKER.c.value).where(_MARKER.c.name == name)).scalar_one_or_none()


def put(connection: Connection, name: str, value: str, now: Instant) -> None:
    """Set a marker."""
    change(connection, name, value, now)


def change(connection: Connection, name: str, value: str, now: Instant) -> bool:
    """Set a marker; returns whether it said something else before. Of several processes that do so at once one is told so."""
    sql = (
        "INSERT INTO marker (name, value, at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
        "SET value = excluded.value, at = excluded.at WHERE marker.value <> excluded.value"
    )
    return bulk.run(connection, sql, (name, value, now)).rowcount > 0


def named(connection: Connection, prefix: str) -> list[str]:
    """The names of the markers that begin so."""
    return list(connection.execute(select(_MARKER.c.name).where(_MARKER.c.name.startswith(prefix, autoescape=True))).scalars())


def remove(connection: Connection, name: str) -> bool:
    """Remove a marker; returns whether it was there."""
    return connection.execute(_MARKER.delete().where(_MARKER.c.name == name)).rowcount > 0


def pause_source(connection: Connection, source: str, reason: str, now: Instant) -> None:
    """Go on capturing from a source, but leave what it captures unprocessed."""
    put(connection, _PAUSED + source, reason, now)


def resume_source(connection: Connection, source: str) -> bool:
    """Process a source's submissions again; returns whether it was paused."""
    return remove(connection, _PAUSED + source)


def paused_sources(connection: Connection) -> dict[str, str]:
    """The paused sources, with the reason that was given."""
    query = select(_MARKER.c.name, _MARKER.c.value).where(_MARKER.c.name.startswith(_PAUSED))
    return {row.name.removeprefix(_PAUSED): row.value for row in connection.execute(query)}
