"""Files on their way into the store: how many records of each are committed, who is at it, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from core.instants import Instant
from leadrelay.store import bulk, tables

_FILE = tables.file_import


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a file's records so far; `records` is the sum of the others."""

    records: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    blank: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.records + other.records, self.accepted + other.accepted, self.duplicates + other.duplicates,
            self.rejected + other.rejected, self.blank + other.blank,
        )  # fmt: skip

    @property
    def kept(self) -> int:
        """How many of them are submissions: all but the blank ones."""
        return self.accepted + self.duplicates + self.rejected


@dataclass(frozen=True, slots=True)
class FileImport:
    """One file by its contents: `state` is running, done or failed, `token` whose turn it is until `leased_until`."""

    id: int
    source: str
    file_hash: str
    file_name: str
    size: int
    reading: str
    state: str
    counts: Counts
    token: int | None
    leased_until: Instant
    started_at: Instant
    updated_at: Instant


_NAMES = (
    "id",
    "source",
    "file_hash",
    "file_name",
    "size",
    "reading",
    "state",
    "token",
    "leased_until",
    "started_at",
    "updated_at",
)
_COUNTS = ("records", "accepted", "duplicates", "rejected", "blank")


def _made(row: Any) -> FileImport:
    return FileImport(counts=Counts(*(getattr(row, name) for name in _COUNTS)), **{name: getattr(row, name) for name in _NAMES})


def find(connection: Connection, source: str, file_hash: str) -> FileImport | None:
    """The import of a file's contents through a source, if there is one."""
    row = connection.execute(select(_FILE).where(_FILE.c.source == source, _FILE.c.file_hash == file_hash)).one_or_none()
    return None if row is None else _made(row)


def of_row(connection: Connection, source: str, file_name: str, at: Instant) -> list[FileImport]:
    """The imports that may have brought a row of a file at a time: more than one only where two files of one name were read by
    turns."""
    query = select(_FILE).where(_FILE.c.source == source, _FILE.c.file_name == file_name)
    query = query.where(_FILE.c.started_at <= at, _FILE.c.updated_at >= at)
    return [_made(row) for row in connection.execute(query.order_by(_FILE.c.id))]


def add(connection: Connection, new: FileImport) -> bool:
    """Begin an import; false when there is one of these contents already."""
    values = tuple(getattr(new, name) for name in _NAMES)
    return bulk.insert(connection, _FILE, _NAMES, [values], conflict="ON CONFLICT (source, file_hash) DO NOTHING") > 0


def take(connection: Connection, known: FileImport, token: int, now: Instant, until: Instant) -> bool:
    """Go on with an import that nobody is at any more, as it was found; false when somebody has gone on with it since."""
    sql = (
        "UPDATE file_import SET token = ?, leased_until = ?, updated_at = ?, state = 'running' "
        "WHERE id = ? AND records = ? AND state <> 'done' AND leased_until = ?"
    )
    values = (token, until, now, known.id, known.counts.records, known.leased_until)
    return bulk.run(connection, sql, values).rowcount > 0


def advance(connection: Connection, number: int, token: int, before: int, counts: Counts, now: Instant, until: Instant) -> bool:
    """Store the new counts and hold the import longer; false when it is another's by now: nothing may be written then."""
    sql = (
        "UPDATE file_import SET records = ?, accepted = ?, duplicates = ?, rejected = ?, blank = ?, updated_at = ?, "
        "leased_until = ? WHERE id = ? AND token = ? AND records = ? AND state = 'running'"
    )
    values = (
        counts.records,
        counts.accepted,
        counts.duplicates,
        counts.rejected,
        counts.blank,
        now,
        until,
        number,
        token,
        before,
    )
    return bulk.run(connection, sql, values).rowcount > 0


def end(connection: Connection, number: int, token: int, state: str, now: Instant) -> bool:
    """Give an import back in a state; false when it is another's by now."""
    sql = "UPDATE file_import SET state = ?, leased_until = 0, updated_at = ? WHERE id = ? AND token = ? AND state = 'running'"
    return bulk.run(connection, sql, (state, now, number, token)).rowcount > 0


def totals(connection: Connection) -> dict[str, tuple[int, Counts]]:
    """Per source, how many files were begun, and the sums of their counts."""
    sums = [func.sum(_FILE.c[name]) for name in _COUNTS]
    query = select(_FILE.c.source, func.count(), *sums).group_by(_FILE.c.source)
    return {source: (files, Counts(*map(int, counts))) for source, files, *counts in connection.execute(query)}


def known_keys(connection: Connection, source: str, keys: Sequence[str]) -> set[str]:
    """Which of these keys a source has brought before."""
    sql = "SELECT key FROM capture_key WHERE source = ? AND key {in}"
    return {row.key for row in bulk.select_in(connection, sql, keys, source)}
