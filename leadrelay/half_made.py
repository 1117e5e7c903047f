"""Files that hold personal data before they have their name: locked while somebody makes them, removed when they were killed."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RANDOM = "[a-z0-9_]{8}"  # what `tempfile` puts between
_BACKUP = re.compile(rf"\..+\.leadrelay-{_RANDOM}\.partial")
_OF_SQLITE = ("", "-wal", "-shm", "-journal")


@contextmanager
def half_backup(file: Path) -> Iterator[tuple[int, Path]]:
    """A new file beside a backup, for its owner alone, that is to get the backup's name; gone at the end, under its own name."""
    with _half(file.parent, f".{file.name}.leadrelay-", ".partial") as made:
        yield made


@contextmanager
def half_store(store: Path) -> Iterator[Path]:
    """A new file beside a SQLite store that is to take its place; gone at the end, with SQLite's files beside it."""
    with _half(store.parent, f".{store.name}.restoring-", "") as (_, path):
        yield path


def copy_beside(half: Path) -> Path:
    """Where a half backup keeps the copy of the store that it reads from."""
    return half.with_suffix(".copy")


def remove_sqlite(file: Path) -> None:
    """Remove a SQLite file with the files that SQLite keeps beside it."""
    for end in reversed(_OF_SQLITE):  # itself at last: without it nobody would look for the others
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)


def give_name(half: Path, file: Path) -> None:
    """Give a whole file its name, which lasts through a power cut; raises FileExistsError where another file has the name."""
    try:
        os.link(half, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(file):
            raise FileExistsError(file) from None
        half.rename(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_backups(folder: Path) -> int:
    """Remove what killed backups left in a folder; how many there were. What another one is writing stays."""
    return sum(_clear(path) for path in _named(folder, _BACKUP))


def clear_stores(store: Path) -> int:
    """Remove what killed restores left beside a SQLite store; how many there were. What another one is filling stays."""
    return sum(_clear(path) for path in _named(store.parent, re.compile(rf"\.{re.escape(store.name)}\.restoring-{_RANDOM}")))


@contextmanager
def _half(folder: Path, prefix: str, suffix: str) -> Iterator[tuple[int, Path]]:
    descriptor, path = _locked(folder, prefix, suffix)
    try:
        yield descriptor, path
    finally:
        _remove(path)
        os.close(descriptor)  # lets go of the lock; not before, since SQLite's own locks on the file would go with it


def _locked(folder: Path, prefix: str, suffix: str) -> tuple[int, Path]:
    while True:
        descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=folder)
        with suppress(OSError):  # a file system without locks, where nobody gets the lock to remove it either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.path.lexists(name):
            return descriptor, Path(name)
        os.close(descriptor)  # somebody who clears up had it before the lock


def _named(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if pattern.fullmatch(path.name) and path.is_file() and not path.is_symlink()]
    except OSError:  # no folder, or one that may not be listed: then nothing can be removed there
        return []


def _clear(path: Path) -> bool:
    """Remove one, if nobody holds its lock; a system lets go of the lock when its process ends, however."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # gone meanwhile, or not ours to remove
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(path)
    except OSError:  # held, or on a file system that can not tell
        return False
    finally:
        os.close(descriptor)
    return True


def _remove(path: Path) -> None:
    if _BACKUP.fullmatch(path.name):
        remove_sqlite(copy_beside(path))
    remove_sqlite(path)
