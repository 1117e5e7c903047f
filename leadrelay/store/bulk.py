"""Many rows in one statement: VALUES lists of a few sizes on SQLite, arrays through unnest on PostgreSQL.

A batch costs a handful of statements whatever its size, and each text is compiled once: SQLAlchemy's multi-row VALUES would
compile a new statement for each batch size. `executemany` lets go of Python's interpreter lock at every row, and beside a
busy thread gets it back 5 ms later, with SQLite's write lock held all the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, CursorResult, Integer, LargeBinary, Table

Row = tuple[Any, ...]
_SQLITE_VARIABLES = 30_000
_SLICES = (64, 16, 4, 1)
"""How many rows a statement for SQLite takes; a batch is cut into these, so that there are few texts to compile."""


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


def _values(columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"VALUES {', '.join([row] * rows)}"


def _in_slices(connection: Connection, sql: Callable[[int], str], rows: Sequence[Row], before: Row = ()) -> int:
    """Run a statement, whose text depends on how many rows it takes, for all rows; `before` are the parameters ahead of theirs.
    Returns how many rows it touched."""
    count = start = 0
    while start < len(rows):
        size = next(size for size in _SLICES if size <= len(rows) - start)
        part = (*before, *chain.from_iterable(rows[start : start + size]))
        count += connection.exec_driver_sql(sql(size), part).rowcount
        start += size
    return count


@lru_cache(maxsize=512)
def _insert_sql(table: Table, columns: tuple[str, ...], same: tuple[str, ...], conflict: str, sqlite_rows: int) -> str:
    into = f"INSERT INTO {_quoted(table.name)} ({', '.join(map(_quoted, (*same, *columns)))})"
    if not sqlite_rows:
        given = "".join(f"%b::{_array_type(table, column).removesuffix('[]')}, " for column in same)
        arrays = ", ".join(f"%b::{_array_type(table, column)}" for column in columns)
        return f"{into} SELECT {given}new.* FROM unnest({arrays}) AS new {conflict}"
    values = _values(len(columns), sqlite_rows)
    if not same:
        return f"{into} {values} {conflict}"
    # Without a condition SQLite would take ON CONFLICT for that of a join.
    return f"{into} SELECT {'?, ' * len(same)}* FROM ({values}) WHERE true {conflict}"


def insert(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    same: Mapping[str, Any] | None = None,
    conflict: str = "",
) -> int:
    """Insert rows given as tuples in the order of `columns`; `same` are columns whose value all of them share, `conflict` is
    an ON CONFLICT clause. Returns the rows written."""
    if not rows:
        return 0
    names, shared = tuple(columns), same or {}
    if connection.dialect.name == "sqlite":
        return _in_slices(connection, partial(_insert_sql, table, names, tuple(shared), conflict), rows, (*shared.values(),))
    sql = _insert_sql(table, names, tuple(shared), conflict, 0)
    values = (*shared.values(), *(list(column) for column in zip(*rows, strict=True)))
    return connection.exec_driver_sql(sql, values).rowcount


@lru_cache(maxsize=512)
def _update_sql(table: Table, columns: tuple[str, ...], keys: tuple[str, ...], extra: str, where: str, sqlite_rows: int) -> str:
    if sqlite_rows:
        sets = ", ".join(f"{_quoted(column)} = new.column{number}" for number, column in enumerate(columns, start=1))
        named = enumerate(keys, start=len(columns) + 1)
        match = " AND ".join(f"{_quoted(table.name)}.{_quoted(key)} = new.column{number}" for number, key in named)
        values = _values(len(columns) + len(keys), sqlite_rows)
        return f"UPDATE {_quoted(table.name)} SET {sets}{extra} FROM ({values}) AS new WHERE {match}{where}"
    sets = ", ".join(f"{_quoted(column)} = new.{_quoted(column)}" for column in columns)
    arrays = ", ".join(f"%b::{_array_type(table, column)}" for column in (*columns, *keys))
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
    named = tuple(columns), tuple(keys)
    if connection.dialect.name == "sqlite":
        return _in_slices(connection, lambda size: _update_sql(table, *named, extra, where, size), rows)
    sql = _update_sql(table, *named, extra, where, 0)
    return connection.exec_driver_sql(sql, tuple(list(column) for column in zip(*rows, strict=True))).rowcount


def run(connection: Connection, sql: str, values: tuple[Any, ...] = ()) -> CursorResult[Any]:
    """A statement of our own with `?` for each value, on both databases: what SQLAlchemy would compile anew or can not say."""
    return connection.exec_driver_sql(marked(connection, sql), values)


def marked(connection: Connection, sql: str) -> str:
    """The statement with the driver's own marks in the place of `?`."""
    return sql if connection.dialect.name == "sqlite" else sql.replace("?", "%s")


def select_in(connection: Connection, sql: str, values: Iterable[int | str], *before: Any) -> list[Any]:
    """Rows of a SELECT whose text holds `{in}` where `IN (...)` or `= ANY(...)` of `values` belongs.

    `before` are the parameters ahead of the list; the list must stand last. A long list is read in slices on SQLite.
    """
    wanted = list(values)
    if not wanted:
        return []
    if connection.dialect.name != "sqlite":
        kind = "bigint[]" if isinstance(wanted[0], int) else "text[]"
        text = marked(connection, sql).replace("{in}", f"= ANY(%b::{kind})")
        return list(connection.exec_driver_sql(text, (*before, wanted)))
    found: list[Any] = []
    for start in range(0, len(wanted), _SQLITE_VARIABLES):
        part = wanted[start : start + _SQLITE_VARIABLES]
        text = sql.replace("{in}", f"IN ({', '.join('?' * len(part))})")
        found.extend(connection.exec_driver_sql(text, (*before, *part)))
    return found
