"""Many rows in one statement: executemany on SQLite, arrays through unnest on PostgreSQL.

A batch costs a handful of statements whatever its size, and PostgreSQL plans each once: SQLAlchemy's multi-row VALUES
would compile a new statement for each batch size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Integer, LargeBinary, Table

Row = tuple[Any, ...]
_SQLITE_VARIABLES = 30_000


def _array_type(table: Table, name: str) -> str:
    kind = table.c[name].type
    if isinstance(kind, BigInteger):
        return "bigint[]"
    if isinstance(kind, Integer):
        return "integer[]"
    if isinstance(kind, Boolean):
        return "boolean[]"
    if isinstance(kind, LargeBinary):
        return "bytea[]"
    return "text[]"


def _quoted(name: str) -> str:
    return f'"{name}"'


@lru_cache(maxsize=256)
def _insert_sql(table: Table, columns: tuple[str, ...], conflict: str, is_sqlite: bool) -> str:
    names = ", ".join(map(_quoted, columns))
    if is_sqlite:
        marks = ", ".join("?" for _ in columns)
        return f"INSERT INTO {_quoted(table.name)} ({names}) VALUES ({marks}) {conflict}"
    arrays = ", ".join(f"%s::{_array_type(table, column)}" for column in columns)
    return f"INSERT INTO {_quoted(table.name)} ({names}) SELECT * FROM unnest({arrays}) {conflict}"


def insert(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row], *, conflict: str = "") -> int:
    """Insert rows given as tuples in the order of `columns`; `conflict` is an ON CONFLICT clause. Returns the rows written."""
    if not rows:
        return 0
    is_sqlite = connection.dialect.name == "sqlite"
    sql = _insert_sql(table, tuple(columns), conflict, is_sqlite)
    if is_sqlite:
        return connection.exec_driver_sql(sql, list(rows)).rowcount
    return connection.exec_driver_sql(sql, tuple(list(column) for column in zip(*rows, strict=True))).rowcount


@lru_cache(maxsize=256)
def _update_sql(table: Table, columns: tuple[str, ...], keys: tuple[str, ...], extra: str, where: str, is_sqlite: bool) -> str:
    if is_sqlite:
        sets = ", ".join(f"{_quoted(column)} = ?" for column in columns)
        match = " AND ".join(f"{_quoted(key)} = ?" for key in keys)
        return f"UPDATE {_quoted(table.name)} SET {sets}{extra} WHERE {match}{where}"
    sets = ", ".join(f"{_quoted(column)} = new.{_quoted(column)}" for column in columns)
    arrays = ", ".join(f"%s::{_array_type(table, column)}" for column in (*columns, *keys))
    names = ", ".join([*map(_quoted, columns), *(_quoted(f"key_{key}") for key in keys)])
    match = " AND ".join(f"{_quoted(table.name)}.{_quoted(key)} = new.{_quoted(f'key_{key}')}" for key in keys)
    return f"UPDATE {_quoted(table.name)} SET {sets}{extra} FROM unnest({arrays}) AS new({names}) WHERE {match}{where}"


def update(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    keys: Sequence[str],
    rows: Sequence[Row],
    *,
    extra: str = "",
    where: str = "",
) -> int:
    """Update rows given as tuples of the new values, then the keys' values; returns how many rows matched.

    `extra` adds fixed assignments (`, "state" = 'done'`), `where` fixed conditions (` AND "state" = 'new'`).
    """
    if not rows:
        return 0
    is_sqlite = connection.dialect.name == "sqlite"
    sql = _update_sql(table, tuple(columns), tuple(keys), extra, where, is_sqlite)
    if is_sqlite:
        return connection.exec_driver_sql(sql, list(rows)).rowcount
    return connection.exec_driver_sql(sql, tuple(list(column) for column in zip(*rows, strict=True))).rowcount


def select_in(connection: Connection, sql: str, values: Iterable[int | str], *before: Any) -> list[Any]:
    """Rows of a SELECT whose text holds `{in}` where `IN (...)` or `= ANY(...)` of `values` belongs.

    `before` are the parameters ahead of the list; the list must stand last. A long list is read in slices on SQLite.
    """
    wanted = list(values)
    if not wanted:
        return []
    if connection.dialect.name != "sqlite":
        kind = "bigint[]" if isinstance(wanted[0], int) else "text[]"
        text = sql.replace("?", "%s").replace("{in}", f"= ANY(%s::{kind})")
        return list(connection.exec_driver_sql(text, (*before, wanted)))
    found: list[Any] = []
    for start in range(0, len(wanted), _SQLITE_VARIABLES):
        part = wanted[start : start + _SQLITE_VARIABLES]
        text = sql.replace("{in}", f"IN ({', '.join('?' * len(part))})")
        found.extend(connection.exec_driver_sql(text, (*before, *part)))
    return found
