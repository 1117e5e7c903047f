"""A backup brought back: everything that it holds, in a store that is empty or makes way, with its sinks paused.

An erased person stays erased: what the store that makes way and the file beside it remember of erasures holds on. Sinks are
paused, since what was sent after the backup was made is not known any more.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Connection, inspect, text

from core.instants import Instant, to_datetime
from core.problems import Problem
from leadrelay.backup import FORMAT, FORMAT_VERSION, LEFT_OUT, MANIFEST, SPOOLED, NoBackup, Progress, member
from leadrelay.engine import alerts, suppressions
from leadrelay.engine.rejects import free_name
from leadrelay.engine.spool import read_lines
from leadrelay.engine.suppressions import Suppression
from leadrelay.store import bulk, captures, gates, tables
from leadrelay.store.database import Database, driven
from leadrelay.store.migrate import NewerStore, revisions, upgrade

_BATCH = 1_000
_PLACES = ("submission", "lead", "counter", "delivery", "event")
"""Tables of which a store that is empty has no row."""


class InUse(Exception):
    """A process of leadrelay, or another program, has the store open."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup says of itself."""

    file: Path
    made_at: str
    revision: str
    tables: dict[str, dict[str, Any]]
    spooled: dict[str, Any]

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return sum(int(about["rows"]) for about in self.tables.values())


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was brought back; `replaced` is where the store that made way lies now, `paused` which sinks wait for a
    person's word."""

    made_at: str
    rows: int
    spooled: int
    paused: tuple[str, ...]
    replaced: str | None = None


def look(file: Path) -> Contents:
    """What a file holds; raises NoBackup for one that is no backup, NewerStore for one of a newer version."""
    try:
        with zipfile.ZipFile(file) as archive:
            document = json.loads(archive.read(MANIFEST))
            if document["format"] != FORMAT:
                raise NoBackup(f"{file} is no backup that `leadrelay backup` made.")
            found = Contents(file, document["made_at"], document["revision"], document["tables"], document["spooled"])
            version = document["version"]
    except OSError as error:
        raise NoBackup(f"{file}: the file can not be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        raise NoBackup(f"{file} is no backup that `leadrelay backup` made, or it is damaged.") from error
    if found.revision not in revisions() or version > FORMAT_VERSION:
        raise NewerStore(
            f"{file} was made by a newer leadrelay (store revision {found.revision}), which this version does not know: install "
            "the newer leadrelay"
        )
    return found


def is_empty(url: str) -> bool:
    """Whether a store holds nothing that would be lost."""
    path = _sqlite_file(url)
    if path is not None and not path.exists():
        return True
    database = Database(url, pool_size=1, busy_timeout_s=5)
    try:
        with database.read() as connection:
            there = set(inspect(connection).get_table_names())
            return not any(
                connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1')).first() for name in _PLACES if name in there
            )
    finally:
        database.close()


def restore(contents: Contents, url: str, data_dir: Path, sinks: Sequence[str], now: Instant, progress: Progress) -> Restored:
    """Bring a backup into the store of this URL, in the place of whatever it holds. Raises NoBackup for a damaged file, InUse
    while somebody has the store open; the store is then as it was."""
    remembered = suppressions.union(suppressions.read_file(data_dir), _suppressions_of(url))
    path = _sqlite_file(url)
    if path is None:
        with _alone_on_postgresql(url) as connection:
            _drop_all(connection)
            paused = _fill(connection, contents, sinks, remembered, now, progress)
        return Restored(contents.made_at, contents.rows, int(contents.spooled["rows"]), paused)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.restoring-", dir=path.parent)
    os.close(descriptor)
    half = Path(name)
    try:
        database = Database(f"sqlite:///{half}", pool_size=1)
        try:
            with database.write() as connection:
                paused = _fill(connection, contents, sinks, remembered, now, progress)
        finally:
            database.close()
        _checkpointed(half)
        replaced = _make_way(path, now)
        half.replace(path)  # at no moment is there no store, or half of one
    finally:
        for left in (half, half.with_name(f"{half.name}-wal"), half.with_name(f"{half.name}-shm")):
            left.unlink(missing_ok=True)
    return Restored(contents.made_at, contents.rows, int(contents.spooled["rows"]), paused, replaced)


# --- whose place it takes ---------------------------------------------------------------------------------------------------


def _sqlite_file(url: str) -> Path | None:
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def _suppressions_of(url: str) -> list[Suppression]:
    """Whom the store that makes way remembers as erased."""
    path = _sqlite_file(url)
    if path is not None and not path.exists():
        return []
    database = Database(url, pool_size=1, busy_timeout_s=5)
    try:
        with database.read() as connection:
            has_table = inspect(connection).has_table(tables.suppression.name)
            return suppressions.read_table(connection) if has_table else []
    finally:
        database.close()


def check_alone(url: str) -> None:
    """Raises InUse when somebody else has the store open."""
    path = _sqlite_file(url)
    if path is None:
        with _alone_on_postgresql(url):
            return
    elif path.exists():
        _checkpointed(path)


def _checkpointed(path: Path) -> None:
    """Bring a SQLite store's log into its file, which only works while nobody else has it open. Raises InUse then, and
    StoreUnavailable for a file that this user can not open or write."""
    with driven(path), closing(sqlite3.connect(path, timeout=1)) as connection:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            raise InUse(_in_use(str(path))) from error
        except sqlite3.DatabaseError as error:
            raise NoBackup(f"{path} is no SQLite store: {error}. Move it away first.") from error
        if mode != "delete":
            raise InUse(_in_use(str(path)))


def _in_use(what: str) -> str:
    return f"{what} is in use: end `leadrelay run` (web, worker) and other programs that have it open, then restore."


def _make_way(path: Path, now: Instant) -> str | None:
    """Give the store that is there another name as well, with nothing left of it in a log; what the name is."""
    if not path.exists():
        return None
    _checkpointed(path)
    stamp = to_datetime(now).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = free_name(path.with_name(f"{path.name}.replaced-{stamp}"))
    try:
        os.link(path, aside)
    except OSError:  # a file system without links
        path.rename(aside)
    return str(aside)


@contextmanager
def _alone_on_postgresql(url: str) -> Iterator[Connection]:
    database = Database(url, pool_size=1)
    try:
        with database.write() as connection:
            others = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            ).scalar_one()
            if others:
                raise InUse(_in_use("The database"))
            yield connection
    finally:
        database.close()


def _drop_all(connection: Connection) -> None:
    tables.metadata.drop_all(connection)
    connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")


# --- filling ----------------------------------------------------------------------------------------------------------------


def _fill(
    connection: Connection, contents: Contents, sinks: Sequence[str], remembered: Sequence[Suppression], now: Instant,
    progress: Progress,
) -> tuple[str, ...]:  # fmt: skip
    """Everything of the backup into a store without tables, in one transaction: made at the backup's own revision, filled,
    and then brought up to date."""
    upgrade(connection, contents.revision)
    known = {table.name: table for table in tables.metadata.sorted_tables}
    done = 0
    with zipfile.ZipFile(contents.file) as archive:
        for name, about in contents.tables.items():
            if name in known and name not in LEFT_OUT:
                for count in _fill_table(connection, archive, known[name], about):
                    done += count
                    progress(done, contents.rows)
        spooled = _read_whole(archive, SPOOLED, contents.spooled["sha256"])
    upgrade(connection, "head")
    waiting = list(read_lines(spooled.splitlines(keepends=True)))
    for start in range(0, len(waiting), _BATCH):
        captures.commit(connection, waiting[start : start + _BATCH], may_exist=True)
    suppressions.write_table(connection, remembered)
    return _pause(connection, contents, sinks, now)


def _fill_table(connection: Connection, archive: zipfile.ZipFile, table: Any, about: dict[str, Any]) -> Iterator[int]:
    columns = [str(name) for name in about["columns"]]
    flags = [isinstance(table.c[name].type, Boolean) for name in columns]
    digest, count = hashlib.sha256(), 0
    part: list[bulk.Row] = []
    try:
        with archive.open(member(table.name)) as lines:
            for line in lines:
                digest.update(line)
                row = zip(json.loads(line), flags, strict=True)
                part.append(tuple(_cell(value, is_flag=is_flag) for value, is_flag in row))
                if len(part) >= _BATCH:
                    count += bulk.insert(connection, table, columns, part)
                    yield len(part)
                    part = []
        count += bulk.insert(connection, table, columns, part)
        yield len(part)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise _damaged(member(table.name)) from error
    if digest.hexdigest() != about["sha256"] or count != about["rows"]:
        raise _damaged(member(table.name))


def _cell(value: Any, *, is_flag: bool) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["b64"])
    return bool(value) if is_flag and value is not None else value


def _read_whole(archive: zipfile.ZipFile, name: str, sha256: str) -> bytes:
    try:
        found = archive.read(name)
    except (zipfile.BadZipFile, KeyError) as error:
        raise _damaged(name) from error
    if hashlib.sha256(found).hexdigest() != sha256:
        raise _damaged(name)
    return found


def _damaged(what: str) -> NoBackup:
    return NoBackup(f"The backup is damaged: {what} is not what was written. Nothing was changed; take another backup.")


def _pause(connection: Connection, contents: Contents, sinks: Sequence[str], now: Instant) -> tuple[str, ...]:
    """No sink sends before a person has looked: what it was sent since the backup is not known here."""
    stored = connection.exec_driver_sql("SELECT DISTINCT sink FROM delivery").scalars()
    paused = tuple(sorted({*sinks, *stored}))
    for name in paused:
        said = (
            f"restored from a backup of {contents.made_at}: what was sent after that is not known here. Check some leads in the "
            f"CRM, then `leadrelay sinks resume {name}`"
        )
        gates.pause(connection, name, Problem("restored", said, name))
        alerts.raise_alert(connection, f"sink:{name}", "sink_paused", said, now)
    return paused
