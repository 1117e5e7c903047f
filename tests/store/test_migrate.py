"""Migrations against the tables that the code expects."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from leadrelay.store import feedback, gates, tables
from leadrelay.store import work as work_store
from leadrelay.store.database import Database
from leadrelay.store.migrate import NewerStore, _config, migrate, pending, revisions
from leadrelay.store.tables import ACTION_STATES, DELIVERY_STATES, metadata


def test_migrating_an_empty_store_gives_exactly_the_tables_of_the_code(empty_store_url: str) -> None:
    database = Database(empty_store_url)
    assert pending(database)
    assert migrate(database)
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [one for one in differences if "server_default" not in str(one)] == []
    assert migrate(database) == []
    database.close()


def test_a_newer_store_is_refused_with_what_to_do(empty_store_url: str) -> None:
    database = Database(empty_store_url)
    migrate(database)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerStore, match="start the newer leadrelay"):
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


def test_a_store_of_the_first_version_keeps_rows_of_every_state_and_workers_of_that_version_go_on_beside_newer_ones(
    empty_store_url: str,
) -> None:
    database = Database(empty_store_url)
    _migrate_to(database, "0001")
    work = [
        (number, f"{table}-{state}", table, state)
        for table, states in (("delivery", DELIVERY_STATES), ("action", ACTION_STATES))
        for number, state in enumerate(states)
    ]
    with database.write() as connection:
        for number, key, table, state in work:
            _insert_work(connection, number, key, table, state)
        connection.exec_driver_sql(_OLD_GATE)
        connection.exec_driver_sql(_OLD_LINK.format(crm_id="003A"))
    before = _contents(database)
    assert migrate(database) == revisions()[1:]
    after = _contents(database)
    for table, rows in before.items():
        assert [{name: row[name] for name in rows[0]} for row in after[table]] == rows
    with database.write() as connection:  # what a worker of the first version still writes
        connection.exec_driver_sql(_OLD_LINK.format(crm_id="003B"))
        connection.exec_driver_sql("UPDATE gate SET tokens = 5, tokens_at = 7, calls = 9 WHERE account = 'salesforce'")
        connection.exec_driver_sql("INSERT INTO gate (account) VALUES ('other') ON CONFLICT (account) DO NOTHING")
    with database.write() as connection:
        assert gates.bind(connection, "salesforce", "salesforce", "00D1") == "00D1"
        gate = gates.lock(connection, "salesforce")
        assert (gate.shared, gate.hold_until, gate.calls, gate.used, gate.failures) == ("salesforce:00D1", 50, 9, 3, 2)
        assert {row.record[2]: row.seen for row in feedback.links(connection, [("salesforce", "Lead", "003B")])} == {"003B": None}
        assert work_store.expire(connection, tables.delivery, "salesforce", 100) == 1
    database.close()


_OLD_GATE = (
    "INSERT INTO gate (account, crm_account_id, hold_until, hold_reason, failures, batch, last_ok_at, tokens, tokens_at, calls, "
    "used, allowed) VALUES ('salesforce', '00D1', 50, 'busy', 2, 25, 40, 12, 41, 7, 3, 1000)"
)
_OLD_LINK = "INSERT INTO crm_link (sink, object, crm_id, lead_id, linked_at) VALUES ('salesforce', 'Lead', '{crm_id}', 1, 1)"


def _migrate_to(database: Database, revision: str) -> None:
    config = _config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _insert_work(connection: Connection, number: int, key: str, table: str, state: str) -> None:
    token, until = ("77", 90) if state == "in_flight" else ("NULL", 0)
    own = ("object, want", f"'Lead{number}', 3") if table == "delivery" else ("key, kind, payload", f"'{key}', 'task', '{{}}'")
    connection.exec_driver_sql(
        f"INSERT INTO {table} (id, sink, lead_id, state, token, leased_until, due, updated_at, {own[0]}) "
        f"VALUES ({number + 1}, 'salesforce', {number + 1}, '{state}', {token}, {until}, 10, 10, {own[1]})"
    )


def _contents(database: Database) -> dict[str, list[dict[str, object]]]:
    with database.read() as connection:
        return {
            table: [dict(row._mapping) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")]
            for table in ("delivery", "action", "gate", "crm_link")
        }
