"""What counts as a store that is away."""

from __future__ import annotations

import pytest

from leadrelay.store.database import Database, StoreUnavailable


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
