"""What counts as a store that is away."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from leadrelay.backup import back_up
from leadrelay.engine.spool import Spool
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.migrate import migrate


def test_a_store_whose_tables_are_not_made_yet_is_away_and_not_broken(empty_store_url: str) -> None:
    database = Database(empty_store_url)
    with pytest.raises(StoreUnavailable), database.write() as connection:
        connection.exec_driver_sql("INSERT INTO counter (source, received) VALUES ('web', 1)")
    database.close()


def test_a_store_that_is_not_there_is_away() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")
    with pytest.raises(StoreUnavailable), database.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()


def test_a_mistake_of_ours_is_not_taken_for_an_outage(empty_store_url: str) -> None:
    database = Database(empty_store_url)
    with pytest.raises(ZeroDivisionError), database.write():
        raise ZeroDivisionError
    database.close()


def test_a_file_that_is_no_database_is_away_and_named_with_the_way_out(tmp_path: Path) -> None:
    file = tmp_path / "leadrelay.db"
    file.write_bytes(os.urandom(5000))
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StoreUnavailable, match="restore a backup") as told, database.write():
        pass
    assert str(file) in str(told.value)
    with pytest.raises(StoreUnavailable, match="restore a backup"):
        back_up(database, Spool(tmp_path / "spool"), tmp_path / "copy", 1)
    assert not list(tmp_path.glob("*copy*"))
    database.close()


def test_a_damaged_page_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "leadrelay.db"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE kept (what TEXT)")
        made.executemany("INSERT INTO kept VALUES (?)", [("x" * 3000,)] * 20)
    made.close()
    raw = bytearray(file.read_bytes())
    raw[4096 : 4096 * 6] = os.urandom(4096 * 5)
    file.write_bytes(raw)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StoreUnavailable, match="is damaged"), database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM kept").all()
    database.close()


def test_a_store_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    file = tmp_path / "leadrelay.db"
    file.mkdir()
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StoreUnavailable, match="can not be opened or written") as told, database.read():
        pass
    assert str(file) in str(told.value)
    with pytest.raises(StoreUnavailable, match="can not be opened or written"):
        back_up(database, Spool(tmp_path / "spool"), tmp_path / "copy", 1)
    database.close()


def test_a_new_store_is_for_its_owner_alone_and_one_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        database = Database(f"sqlite:///{tmp_path / 'new.db'}")
        migrate(database)
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO counter (source, received) VALUES ('web', 1)")
            assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("new.db*")} == {0o600}
        database.close()
        there = tmp_path / "there.db"
        there.touch(mode=0o640)
        database = Database(f"sqlite:///{there}")
        migrate(database)
        database.close()
        assert there.stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)
