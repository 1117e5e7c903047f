"""Migrations against the tables that the code expects."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from leadrelay.store.database import Database
from leadrelay.store.migrate import NewerStore, migrate, pending
from leadrelay.store.tables import metadata


def test_migrating_an_empty_store_gives_exactly_the_tables_of_the_code(store_url: str) -> None:
    database = Database(store_url)
    assert pending(database)
    assert migrate(database)
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [one for one in differences if "server_default" not in str(one)] == []
    assert migrate(database) == []
    database.close()


def test_a_newer_store_is_refused_with_what_to_do(store_url: str) -> None:
    database = Database(store_url)
    migrate(database)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerStore, match="install the newer leadrelay"):
        migrate(database)
    database.close()


def test_an_embedded_store_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")
    migrate(database)
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        for table in reversed(metadata.sorted_tables):
            table.drop(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
    assert migrate(database)
    assert not list(tmp_path.glob("*.before-*")), "an empty store needs no copy"
    database.close()
