"""A copy of the whole store in one file, made while web and workers go on, which can be brought back into either kind of store.

The file is a zip: `manifest.json`, one member a table with a JSON list a row, and what waited in the spool. Tokens got from a
CRM are left out, and so is the secret key.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, inspect, select, text

from core.instants import Instant, to_iso
from leadrelay.engine.spool import Spool
from leadrelay.store import tables
from leadrelay.store.database import Database, driven
from leadrelay.store.migrate import check_known, current_revision

FORMAT = "leadrelay backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
SPOOLED = "spool.jsonl"
LEFT_OUT = frozenset({"credential"})
"""Tables that no backup holds: a token that lies about is a token lost."""

_FETCH = 2_000
Progress = Callable[[int, int], None]
"""Told how many rows are done, of how many."""


class NoBackup(Exception):
    """The backup can not be made or used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: where it lies, and what it holds."""

    file: str
    size: int
    made_at: str
    revision: str
    tables: dict[str, int] = field(default_factory=dict)
    spooled: int = 0


def back_up(
    database: Database, spool: Spool, file: Path, now: Instant, *, force: bool = False, progress: Progress | None = None
) -> Made:
    """Write a backup of a live store; the file has its name once it is whole. Raises NoBackup, StoreUnavailable and NewerStore."""
    if file.is_dir():
        raise NoBackup(f"{file} is a folder: name a file in it, such as {file / 'leadrelay.backup'}.")
    if file.exists() and not force:
        raise NoBackup(f"{file} is there already: name another file, or say --force to put the new backup in its place.")
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".partial", dir=file.parent)
    half = Path(name)
    try:
        spooled = _spooled(spool)  # first: what drains meanwhile is in both, and known for one by its id
        with os.fdopen(descriptor, "wb") as out, _still(database, half) as connection:
            manifest = _write(out, connection, spooled, now, progress or _silent)
            out.flush()
            os.fsync(out.fileno())
        _name(half, file, force=force)
    finally:
        half.unlink(missing_ok=True)
    counts = {name: about["rows"] for name, about in manifest["tables"].items()}
    return Made(str(file), file.stat().st_size, manifest["made_at"], manifest["revision"], counts, manifest["spooled"]["rows"])


def _silent(_done: int, _of: int) -> None:
    pass


def _name(half: Path, file: Path, *, force: bool) -> None:
    """Give the whole file its name, and another one's never."""
    if force:
        half.replace(file)
    else:
        try:
            os.link(half, file)
        except FileExistsError:
            raise NoBackup(f"{file} has come to be meanwhile: name another file.") from None
        except OSError:  # a file system without links
            half.rename(file)
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _spooled(spool: Spool) -> bytes:
    return (
        b"".join(line for path in sorted(spool.folder.glob("*.jsonl")) for line in _whole_lines(path))
        if spool.folder.is_dir()
        else b""
    )


def _whole_lines(path: Path) -> list[bytes]:
    try:
        return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    except FileNotFoundError:  # drained just now
        return []


@contextmanager
def _still(database: Database, beside: Path) -> Iterator[Connection]:
    """The store as it is at one moment. SQLite is copied by its own backup call first, so that however long the reading takes
    the live store's log does not grow; PostgreSQL keeps a snapshot."""
    if database.file is None:
        with database.read(is_snapshot=True) as connection:
            yield connection
        return
    copy = beside.with_suffix(".copy")
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        live, target = partial(sqlite3.connect, database.file, timeout=30), partial(sqlite3.connect, copy)
        with driven(database.file), closing(live()) as source, closing(target()) as made:
            _copy(source, made, copy)
            made.execute("PRAGMA journal_mode=DELETE")
        still = Database(f"sqlite:///{copy}", pool_size=1)
        try:
            with still.read() as connection:
                yield connection
        finally:
            still.close()
    finally:
        for path in (copy, copy.with_name(f"{copy.name}-wal"), copy.with_name(f"{copy.name}-shm")):
            path.unlink(missing_ok=True)


def _copy(live: sqlite3.Connection, target: sqlite3.Connection, copy: Path) -> None:
    try:
        live.backup(target)
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(copy.parent)) from error
        raise


# --- writing --------------------------------------------------------------------------------------------------------------


def _write(out: Any, connection: Connection, spooled: bytes, now: Instant, progress: Progress) -> dict[str, Any]:
    revision = current_revision(connection)
    if revision is None:
        raise NoBackup("This store has no tables yet: there is nothing to back up.")
    check_known(connection)  # tables of a newer version would be missing from the backup
    there = set(inspect(connection).get_table_names())
    wanted = [table for table in tables.metadata.sorted_tables if table.name in there and table.name not in LEFT_OUT]
    total = sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in wanted)
    manifest: dict[str, Any] = {
        "format": FORMAT, "version": FORMAT_VERSION, "made_at": to_iso(now), "revision": revision, "tables": {},
        "spooled": {"rows": spooled.count(b"\n"), "sha256": hashlib.sha256(spooled).hexdigest()},
        "left_out": sorted(LEFT_OUT),
    }  # fmt: skip
    done = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4, allowZip64=True) as archive:
        for table in wanted:
            columns = [column["name"] for column in inspect(connection).get_columns(table.name)]
            about = _write_table(archive, connection, table, columns, partial(_advance, progress, done, total))
            manifest["tables"][table.name] = about
            done += about["rows"]
        archive.writestr(SPOOLED, spooled)
        archive.writestr(MANIFEST, json.dumps(manifest, indent=2))
    return manifest


def _advance(progress: Progress, before: int, total: int, count: int) -> None:
    progress(before + count, total)


def member(table: str) -> str:
    """The name of a table's member in the file."""
    return f"tables/{table}.jsonl"


def _write_table(
    archive: zipfile.ZipFile, connection: Connection, table: Table, columns: Sequence[str], progress: Callable[[int], None]
) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    listed = ", ".join(f'"{name}"' for name in columns)
    rows = connection.execution_options(yield_per=_FETCH).execute(text(f'SELECT {listed} FROM "{table.name}"'))
    with archive.open(member(table.name), "w", force_zip64=True) as out:
        for part in rows.partitions(_FETCH):
            lines = "".join(f"{_encode(list(map(_plain, row)))}\n" for row in part).encode()
            digest.update(lines)
            out.write(lines)
            count += len(part)
            progress(count)
    return {"rows": count, "columns": list(columns), "sha256": digest.hexdigest()}


_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), check_circular=False).encode


def _plain(value: Any) -> Any:
    """A cell as JSON; bytes as an object, which no other cell is."""
    return {"b64": base64.b64encode(bytes(value)).decode("ascii")} if isinstance(value, bytes | memoryview) else value
