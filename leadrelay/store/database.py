"""One door to the database: engines, transactions, and what differs between SQLite and PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError

T = TypeVar("T")
_ASK_EVERY_S = 0.001
_REPEATABLE = {"40001", "40P01"}  # serialization failure and deadlock: PostgreSQL's own word to run it again
_NOT_READY = {"42P01", "42703", "25006"}  # no such table, no such column, a server that only reads (a standby)

_DISK_FULL = "53100"
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


class StoreUnavailable(Exception):
    """The store can not be reached or can not write now; what was being done has not happened."""


class Database:
    """The store's connections. `read` and `write` are the only places where a transaction begins and ends.

    On SQLite every `write` is `BEGIN IMMEDIATE` on a WAL file; `is_durable` (the default) commits with synchronous FULL,
    False with NORMAL: fine where losing the newest commits at a power cut only repeats an idempotent step.
    """

    def __init__(self, url: str, *, pool_size: int = 8, busy_timeout_s: float = 30.0) -> None:
        self.url = url
        self._busy_timeout_s = busy_timeout_s
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.file: Path | None = Path(parsed.database) if parsed.database not in (None, "", ":memory:") else None
            if self.file is not None:
                _make_folder(self.file.parent)
            self.engine: Engine = create_engine(
                url, connect_args={"timeout": busy_timeout_s, "check_same_thread": False}, pool_size=pool_size
            )
            file = self.file  # an engine that held on to us would keep what nobody closed open until the garbage is collected
            event.listen(self.engine, "do_connect", lambda *_: make_private(file))
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", lambda connection: _begin_sqlite(connection, busy_timeout_s))
        else:
            self.file = None
            self.engine = create_engine(
                url, pool_size=pool_size, pool_pre_ping=True, connect_args={"connect_timeout": 5, "prepare_threshold": 1}
            )
            event.listen(self.engine, "connect", _prepare_postgresql)

    @contextmanager
    def apart(self) -> Iterator[Database]:
        """The store through a connection of its own, for one who writes a great many rows whose keys lie scattered: each batch
        touches a thousand pages, most of which the next ones touch again. So SQLite keeps more of them at hand until the end,
        and lets its log grow further before it puts them back."""
        if self.file is None:
            yield self
            return
        own = Database(self.url, pool_size=1, busy_timeout_s=self._busy_timeout_s)
        event.listen(own.engine, "connect", _prepare_for_many)
        try:
            yield own
        finally:
            own.close()

    @contextmanager
    def read(self, *, is_snapshot: bool = False) -> Iterator[Connection]:
        """A transaction that only reads, with one consistent view on SQLite, and with `is_snapshot` on PostgreSQL too."""
        with translated(self.file), self.engine.connect() as connection, connection.begin():
            if is_snapshot and not self.is_sqlite:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self, *, is_durable: bool = True) -> Iterator[Connection]:
        """A transaction that writes; committed at the end of the block, rolled back when it raises."""
        with translated(self.file), self.engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(leadrelay_write="FULL" if is_durable else "NORMAL")
            with connection.begin():
                if not self.is_sqlite and not is_durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection

    def repeat(self, work: Callable[[], T], *, times: int = 5) -> T:
        """Run a whole transaction again when PostgreSQL says that it lost a deadlock or a serialization race."""
        for left in range(times - 1, -1, -1):
            try:
                return work()
            except DBAPIError as error:
                if left == 0 or getattr(error.orig, "sqlstate", None) not in _REPEATABLE:
                    raise
                time.sleep(0.01 * (times - left))
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


@contextmanager
def translated(file: Path | None) -> Iterator[None]:
    """Turn a driver's word for `not reachable` into StoreUnavailable; deadlocks and everything else pass as they are.

    A store whose tables are being made, or that only reads for the moment, is not reachable either; nor is a `file` that is
    damaged, or no database at all.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if getattr(error.orig, "sqlstate", None) in _REPEATABLE:
            raise
        raise StoreUnavailable(_sentence(error.orig, file)) from error
    except (ProgrammingError, InternalError) as error:
        if getattr(error.orig, "sqlstate", None) not in _NOT_READY:
            raise
        raise StoreUnavailable(f"the store does not answer: {error.orig}") from error
    except DatabaseError as error:
        if _code(error.orig) not in _DAMAGED:
            raise
        raise StoreUnavailable(_sentence(error.orig, file)) from error


@contextmanager
def driven(file: Path) -> Iterator[None]:
    """The same for whoever speaks with SQLite's driver itself, as copies of a whole file do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not isinstance(error, sqlite3.OperationalError) and _code(error) not in _DAMAGED:
            raise
        raise StoreUnavailable(_sentence(error, file)) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{error.strerror or error}: create it, writable for leadrelay's user, or change `store`"
        raise StoreUnavailable(f"the store's folder {folder} can not be made: {reason}") from error


def make_private(file: Path | None) -> None:
    """Make a new file of a store for its owner alone, which SQLite's files beside it take over; one that is there keeps its
    rights. Where it can not be made, opening it says so."""
    if file is None:
        return
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _code(error: BaseException | None) -> int:
    """SQLite's primary code for what went wrong; 0 for any other driver."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _sentence(error: BaseException | None, file: Path | None) -> str:
    """What keeps the store from answering, with what to do where a person can."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL or getattr(error, "sqlstate", None) == _DISK_FULL:
        where = "" if file is None else f"; the store is {file}"
        return (
            "the disk of the store is full: make room there (copies named `.before-` beside an SQLite store may go, its `-wal` "
            f"file must stay{where})"
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        right = "give leadrelay's user the right to read and write it and its folder, or correct `store`"
        return f"the store's file {file} can not be opened or written ({error}): {right}"
    if code in _DAMAGED:
        way = "move it away and restore a backup, or correct `store`"
        return f"the store's file {file} is damaged, or no database of SQLite ({error}): {way}"
    told = " ".join(str(error).split())
    if file is not None or isinstance(error, sqlite3.Error):
        return f"the store does not answer: {told}"
    return f"the store does not answer ({told}): {next(fix for mark, fix in _FIXES if mark in told)}"


_FIXES = (
    ("password authentication failed", "correct the user and the password in `store`"),
    ("no password supplied", "put a password into `store`"),
    ("does not exist", "create it, or correct `store`"),
    ("", "see whether its server runs and can be reached, or correct `store`"),
)
"""What to do about what PostgreSQL or its driver says; the first mark that is found in it counts."""


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA cache_size=-32000")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.execute("PRAGMA secure_delete=FAST")  # what a newer version replaces does not stay readable in the page beside it
    cursor.execute("PRAGMA journal_size_limit=67108864")
    cursor.close()


def _prepare_for_many(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA cache_size=-72000")
    connection.execute("PRAGMA wal_autocheckpoint=12000")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """Compile no plans: PostgreSQL overrates what a few hundred rows in arrays cost, and compiling them can take
    longer than the batch itself. `python -m benchmarks --only process` prints what is left of SQLite's speed."""
    connection.execute("SET jit = off")
    connection.commit()


def _begin_sqlite(connection: Connection, busy_timeout_s: float) -> None:
    level = connection.get_execution_options().get("leadrelay_write")
    if level is None:
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        _lock_sqlite(connection, busy_timeout_s)


def _lock_sqlite(connection: Connection, give_up_after_s: float) -> None:
    """Begin to write, asking for the lock every millisecond: SQLite's own waiting sleeps up to 100 ms between two looks,
    which whoever posts a form would wait for behind a busy worker."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        give_up_at = time.monotonic() + give_up_after_s
        while time.monotonic() < give_up_at:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_ASK_EVERY_S)
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # raises the error in SQLAlchemy's words
    finally:
        driver.execute(f"PRAGMA busy_timeout={round(give_up_after_s * 1000)}")
