"""Bring a store's tables to what this version needs: additive steps, one process at a time, after a copy of an embedded store."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from leadrelay.store.database import Database, driven, make_private

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_LOCK = 4_715_001_203
"""The advisory lock under which PostgreSQL lets one process migrate; any number that nothing else uses."""


class NewerStore(Exception):
    """The store was written by a newer version of leadrelay: install that one, or restore an older backup."""


def migrate(database: Database) -> list[str]:
    """Run the missing steps; returns their names, none when the store is up to date. Raises NewerStore."""
    with database.read() as connection:
        missing = _missing(connection)
        is_empty = current_revision(connection) is None
    if not missing:
        return []
    if database.file is not None and not is_empty:
        _copy(database.file, missing[0])
    with database.write() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        missing = _missing(connection)
        if missing:
            upgrade(connection, "head")
    return missing


def upgrade(connection: Connection, revision: str) -> None:
    """Run the missing steps up to a revision, or to `head`, in the transaction that is given."""
    from alembic import command  # only here: it takes a third of a second, and most starts have nothing to migrate

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def pending(database: Database) -> list[str]:
    """The steps that the store still needs. Raises NewerStore."""
    with database.read() as connection:
        return _missing(connection)


def check_known(connection: Connection) -> None:
    """Raise NewerStore where the store holds what this version does not know."""
    _missing(connection)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def current_revision(connection: Connection) -> str | None:
    """The step that a store is at; None while it has no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def revisions() -> list[str]:
    """All steps in order: one file each, numbered."""
    return [_REVISION.findall(file.read_text(encoding="utf-8"))[0] for file in sorted(_FOLDER.glob("versions/[0-9]*.py"))]


def _missing(connection: Connection) -> list[str]:
    ordered = revisions()
    current = current_revision(connection)
    if current is None:
        return ordered
    if current not in ordered:
        raise NewerStore(
            f"the store is at revision {current}, which this version does not know: start the newer leadrelay that has written "
            "it, or restore a backup that was made before"
        )
    return ordered[ordered.index(current) + 1 :]


def _copy(file: Path, revision: str) -> None:
    """A consistent copy beside the store, made once for each revision."""
    target = file.with_name(f"{file.name}.before-{revision}")
    if target.exists():
        return
    half = target.with_name(f"{target.name}.{os.getpid()}")  # named when whole: a killed process leaves nothing to be believed
    make_private(half)
    with driven(file), closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(half)) as copy:
        source.backup(copy)
    half.replace(target)
