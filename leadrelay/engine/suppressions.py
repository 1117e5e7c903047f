"""What is remembered of erased persons: keyed hashes, in the store and in a file beside it that outlives a restored backup."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from core.identity import erase_hash
from core.instants import Instant
from leadrelay.engine.mentions import Key
from leadrelay.store import bulk, markers, tables

KIND = "suppressions"
"""The timer that a drained spool sets: what it brought may be of a person who was erased meanwhile."""

FILE = "suppressions.jsonl"
_MARKER = "suppressions_applied"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One thing that an erased person must not come back by. `kind` is email, phone, lead or submission; the last two stand
    for the ids that a restored backup brings back."""

    hash: str
    kind: str
    erased_at: Instant
    receipt: str


class Suppressed:
    """Suppressions that can be asked: what was captured at or before the erasure is meant, what came later is not."""

    def __init__(self, secret: bytes, entries: Iterable[Suppression]) -> None:
        self._secret = secret
        self._until: dict[str, Instant] = {}
        for entry in entries:
            self._until[entry.hash] = max(entry.erased_at, self._until.get(entry.hash, 0))

    def __bool__(self) -> bool:
        return bool(self._until)

    def means(self, keys: Iterable[Key], captured_at: Instant) -> bool:
        """Whether one of these keys was erased at or after this time."""
        return any(captured_at <= self._until.get(erase_hash(self._secret, *key), -1) for key in keys)


def hashed(secret: bytes, keys: Iterable[Key], erased_at: Instant, receipt: str) -> list[Suppression]:
    """The suppressions of these keys."""
    return [Suppression(erase_hash(secret, *key), key[0], erased_at, receipt) for key in sorted(set(keys))]


# --- the file ---------------------------------------------------------------------------------------------------------


def append(folder: Path, entries: Iterable[Suppression]) -> None:
    """Add entries to the file and return once the disk has them."""
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    lines = "".join(json.dumps(asdict(entry)) + "\n" for entry in entries)
    with open(path, "a+b", opener=_private) as file:
        if _ends_torn(file.fileno()):
            lines = "\n" + lines
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _sync_folder(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _ends_torn(descriptor: int) -> bool:
    """Whether the last line was not written to its end."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_file(folder: Path) -> list[Suppression]:
    """The file's entries; a torn line, which the same erasure wrote again when it was repeated, is passed over."""
    path = folder / FILE
    if not path.exists():
        return []
    found = []
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            found.append(Suppression(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


# --- the table --------------------------------------------------------------------------------------------------------


def read_table(connection: Connection) -> list[Suppression]:
    """The store's entries."""
    table = tables.suppression
    query = select(table.c.hash, table.c.kind, table.c.erased_at, table.c.receipt)
    return [Suppression(*row) for row in connection.execute(query)]


def write_table(connection: Connection, entries: Iterable[Suppression]) -> None:
    """Add entries to the store; of two for one hash the later one stays."""
    rows = sorted((entry.hash, entry.kind, entry.erased_at, entry.receipt) for entry in union(entries))
    conflict = (
        "ON CONFLICT (hash) DO UPDATE SET erased_at = excluded.erased_at, receipt = excluded.receipt "
        "WHERE suppression.erased_at < excluded.erased_at"
    )
    bulk.insert(connection, tables.suppression, ("hash", "kind", "erased_at", "receipt"), rows, conflict=conflict)


# --- how far they are applied -----------------------------------------------------------------------------------------


def fingerprint(entries: Iterable[Suppression]) -> str:
    """What the applied entries were: the same for the same hashes and times, whatever their order."""
    times = sorted((entry.hash, entry.erased_at) for entry in union(entries))
    return hashlib.blake2b(json.dumps(times).encode(), digest_size=16).hexdigest() if times else ""


def is_applied(connection: Connection, entries: Iterable[Suppression]) -> bool:
    """Whether this store has been brought in step with exactly these entries."""
    return (markers.get(connection, _MARKER) or "") == fingerprint(entries)


def mark_applied(connection: Connection, entries: Iterable[Suppression], now: Instant) -> None:
    """Remember that this store is in step with these entries."""
    markers.put(connection, _MARKER, fingerprint(entries), now)


def union(*several: Iterable[Suppression]) -> list[Suppression]:
    """All entries of the file and the table, the latest for each hash."""
    found: dict[str, Suppression] = {}
    for entries in several:
        for entry in entries:
            if entry.hash not in found or found[entry.hash].erased_at < entry.erased_at:
                found[entry.hash] = entry
    return list(found.values())
