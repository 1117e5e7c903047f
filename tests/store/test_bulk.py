"""Many rows at once: the same on both stores, whatever their number."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select

from leadrelay.store import bulk, tables
from leadrelay.store.database import Database

COLUMNS = ("source", "received")


@pytest.mark.parametrize("count", [0, 1, 3, 4, 63, 64, 65, 149])
def test_every_row_is_written_and_counted_once(database: Database, count: int) -> None:
    rows = [(f"source {number}", number) for number in range(count)]
    with database.write() as connection:
        assert bulk.insert(connection, tables.counter, COLUMNS, rows) == count
    with database.read() as connection:
        assert sorted(tuple(row) for row in connection.execute(select(tables.counter))) == sorted(rows)


def test_rows_that_exist_are_not_counted(database: Database) -> None:
    conflict = "ON CONFLICT (source) DO NOTHING"
    with database.write() as connection:
        bulk.insert(connection, tables.counter, COLUMNS, [(f"source {number}", 1) for number in range(0, 100, 2)])
        again = [(f"source {number}", 2) for number in range(100)]
        assert bulk.insert(connection, tables.counter, COLUMNS, again, conflict=conflict) == 50
    with database.read() as connection:
        found = {row.source: row.received for row in connection.execute(select(tables.counter))}
    assert found == {f"source {number}": 1 + number % 2 for number in range(100)}


@pytest.mark.parametrize("count", [0, 1, 7, 66])
def test_each_row_gets_its_own_values_and_only_those_that_match_are_counted(database: Database, count: int) -> None:
    with database.write() as connection:
        bulk.insert(connection, tables.counter, COLUMNS, [(f"source {number}", number) for number in range(count)])
        new = [(1000 + number, f"source {number}", number) for number in range(count)]
        stale = [(2000, "source 0", 77), (3000, "nowhere", 0)]
        found = bulk.update(connection, tables.counter, ("received",), ("source", "received"), [*new, *stale])
    assert found == count
    with database.read() as connection:
        after = {row.source: row.received for row in connection.execute(select(tables.counter))}
    assert after == {f"source {number}": 1000 + number for number in range(count)}


def test_whoever_waits_to_write_gets_the_lock_within_milliseconds(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL queues its waiters")
    released: list[float] = []

    def hold() -> None:
        with database.write():
            holding.set()
            time.sleep(0.3)
        released.append(time.monotonic())

    holding = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    with database.write():
        got = time.monotonic()
    holder.join()
    assert got - released[0] < 0.08
