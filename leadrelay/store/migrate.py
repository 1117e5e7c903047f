"""Bring a store's tables to what this version needs: additive steps, one process at a time, after a copy of an embedded store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from leadrelay.store.database import Database

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 4_715_001_203
"""The advisory lock under which PostgreSQL lets one process migrate; any number that nothing else uses."""


class NewerStore(Exception):
    """The store was written by a newer version of leadrelay: install that one, or restore an older backup."""


def migrate(database: Database) -> list[str]:
    """Run the missing steps; returns their names, none when the store is up to date. Raises NewerStore."""
    with database.read() as connection:
        missing = _missing(connection)
        is_empty = _current(connection) is None
    if not missing:
        return []
    if database.file is not None and not is_empty:
        _copy(database.file, missing[0])
    with database.write() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        missing = _missing(connection)
        if missing:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return missing


def pending(database: Database) -> list[str]:
    """The steps that the store still needs. Raises NewerStore."""
    with database.read() as connection:
        return _missing(connection)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _missing(connection: Connection) -> list[str]:
    scripts = ScriptDirectory.from_config(_config())
    current = _current(connection)
    ordered = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    if current is None:
        return ordered
    if current not in ordered:
        raise NewerStore(f"the store is at revision {current}, which this version does not know: install the newer leadrelay")
    return ordered[ordered.index(current) + 1 :]


def _copy(file: Path, revision: str) -> None:
    """A consistent copy beside the store, made once for each revision."""
    target = file.with_name(f"{file.name}.before-{revision}")
    if target.exists():
        return
    with sqlite3.connect(file) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
