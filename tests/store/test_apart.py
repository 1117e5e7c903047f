"""The connection of its own that an import writes through."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from leadrelay.store.database import Database


def pragma(database: Database, name: str) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def test_it_keeps_more_of_sqlite_at_hand_and_leaves_the_other_connections_as_they_were(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/leads.db", busy_timeout_s=7)
    before = pragma(database, "cache_size"), pragma(database, "wal_autocheckpoint")
    with database.apart() as own:
        assert own is not database
        assert pragma(own, "cache_size") < before[0] < 0, "in KiB, which SQLite says as negative numbers"
        assert pragma(own, "wal_autocheckpoint") > before[1]
        assert pragma(own, "synchronous") == pragma(database, "synchronous")
        assert pragma(own, "secure_delete") == pragma(database, "secure_delete") == 2
        assert pragma(own, "busy_timeout") == pragma(database, "busy_timeout") == 7_000
        assert (pragma(database, "cache_size"), pragma(database, "wal_autocheckpoint")) == before
    database.close()


def test_what_is_written_apart_is_there_for_all_beside_what_others_write(empty_store_url: str) -> None:
    database = Database(empty_store_url)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE note (number INTEGER PRIMARY KEY)")

    def add(door: Database, first: int) -> None:
        for number in range(first, first + 100):
            with door.write() as connection:
                connection.exec_driver_sql(f"INSERT INTO note VALUES ({number})")

    with database.apart() as own:
        other = threading.Thread(target=add, args=(database, 1_000))
        other.start()
        add(own, 0)
        other.join()
        with pytest.raises(ZeroDivisionError), own.write() as connection:
            connection.exec_driver_sql("INSERT INTO note VALUES (5000)")
            raise ZeroDivisionError
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM note").scalar_one() == 200
    database.close()


def test_no_connection_stays_open_however_it_ends(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/leads.db")
    with pytest.raises(ZeroDivisionError), database.apart() as own:
        with own.write() as connection:
            connection.exec_driver_sql("CREATE TABLE note (number INTEGER)")
        raise ZeroDivisionError
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["leads.db"], "the last connection to go takes the log with it"
