"""Moving a file so that it never takes another one's place, nor takes another one along, also to another file system."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from leadrelay.engine.rejects import free_name


class OtherFile(Exception):
    """The file was written to, or another one has its name by now, which is where it was."""


def is_same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether two looks found one file that nobody has written to in between."""
    return _told(one) == _told(other)


def _told(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)


def move(path: Path, wanted: Path, meant: os.stat_result) -> Path:
    """Move the file that was found as `meant` to a name, or to the same with a number where there is such a file by now; returns
    where it is.

    The name is taken by an empty file first, which alone stays when the process is killed between the two steps. Raises OSError
    and OtherFile; whatever lay at the path is then where it was.
    """
    found = _named(wanted)
    try:
        _put(path, found, meant)
    except BaseException:
        with contextlib.suppress(OSError):
            found.unlink()
        raise
    return found


def _named(wanted: Path) -> Path:
    while True:
        found = free_name(wanted)
        try:
            os.close(os.open(found, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            continue
        return found


def _put(path: Path, found: Path, meant: os.stat_result) -> None:
    if not is_same(path.lstat(), meant):
        raise OtherFile
    try:
        path.replace(found)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _put_over(path, found, meant)
    else:
        if not is_same(found.lstat(), meant):
            _put_back(found, path)
            raise OtherFile


def _put_over(path: Path, found: Path, meant: os.stat_result) -> None:
    """To another file system: copied, and removed here once the copy is whole. It loses its name before that, so that whoever
    writes a new file under it meanwhile keeps theirs."""
    half, old = found.with_name(f".{found.name}.part"), path.with_name(f".{path.name}.moved.part")
    try:
        shutil.copy2(path, half, follow_symlinks=False)
        if not is_same(path.lstat(), meant):
            raise OtherFile
        half.replace(found)
    finally:
        half.unlink(missing_ok=True)
    path.replace(old)
    if not is_same(old.lstat(), meant):
        _put_back(old, path)
    old.unlink(missing_ok=True)


def _put_back(found: Path, path: Path) -> None:
    """Give a file its name again, or the same with a number where there is yet another one."""
    try:
        os.link(found, path, follow_symlinks=False)
    except OSError:  # the name is taken, or the file system has no links
        found.replace(_named(path))
