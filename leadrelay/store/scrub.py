"""After an erasure: what SQLite keeps of old rows in its log and in free pages is overwritten."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import Connection

from leadrelay.store.database import Database

log = structlog.get_logger(__name__)

_PATIENCE_S = 10.0
_CHUNK = 1 << 20


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """Have SQLite overwrite with zeros whatever this transaction frees; elsewhere nothing."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=FAST")


def scrub(database: Database, values: Iterable[str]) -> tuple[str, ...]:
    """Empty the log and, when a value still stands in the file, rewrite it; returns what is left for a person to do.

    On PostgreSQL old versions of rows go with its own vacuum.
    """
    file = database.file
    if file is None:
        return ()
    wanted = [value.encode() for value in values if value]
    left = [] if _checkpoint(database) else ["the store's log: it is overwritten when the processes that read it have ended"]
    if wanted and _holds(file, wanted) and not _vacuum(database):
        left.append("free pages of the store's file: run `VACUUM` on it when nothing else uses it")
    copies = sorted(path.name for path in file.parent.glob(f"{file.name}.before-*"))
    if copies:
        left.append(f"copies made before an update ({', '.join(copies)}): delete them when you no longer need them")
    return tuple(left)


def _checkpoint(database: Database) -> bool:
    """Bring the log into the file and cut it to nothing; False while a reader keeps it open."""
    give_up_at = time.monotonic() + _PATIENCE_S
    while True:
        connection = database.engine.raw_connection()
        try:
            is_busy, _, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
        if not is_busy:
            return True
        if time.monotonic() >= give_up_at:
            return False
        time.sleep(0.1)


def _vacuum(database: Database) -> bool:
    """Write the file anew without its free space; False when others do not let go of it."""
    connection = database.engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM")
    except sqlite3.OperationalError as error:
        log.warning("vacuum_refused", reason=str(error))
        return False
    finally:
        connection.close()
    return _checkpoint(database)


def _holds(file: Path, values: list[bytes]) -> bool:
    """Whether one of the values stands anywhere in the file's bytes."""
    overlap = max(map(len, values))
    tail = b""
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            window = tail + chunk
            if any(value in window for value in values):
                return True
            tail = window[-overlap:]
    return False
