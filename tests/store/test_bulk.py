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


@pytest.mark.parametrize("count", [0, 2, 6, 130])
def test_values_that_all_rows_share_are_given_once_and_those_that_exist_are_not_counted(database: Database, count: int) -> None:
    conflict = "ON CONFLICT (source, key) DO NOTHING"
    shared = {"source": "lists", "seen_at": 7, "is_content_key": False}
    with database.write() as connection:
        for start in (0, count // 2):
            rows = [(f"k{number}", number) for number in range(start, start + count)]
            written = bulk.insert(connection, tables.capture_key, ("key", "submission_id"), rows, same=shared, conflict=conflict)
            assert written == (count if start == 0 else count // 2)
    with database.read() as connection:
        found = {row.key: tuple(row) for row in connection.execute(select(tables.capture_key))}
    assert found == {f"k{number}": ("lists", f"k{number}", number, 7, False) for number in range(count + count // 2)}


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
