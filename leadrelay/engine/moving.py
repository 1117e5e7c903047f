"""Moving a file so that it never takes another one's place, also to another file system."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from leadrelay.engine.rejects import free_name


def move(path: Path, wanted: Path) -> Path:
    """Move a file to a name, or to the same with a number where there is such a file by now; returns where it is.

    The name is taken by an empty file first, which alone stays when the process is killed between the two steps. Raises OSError;
    the file is then where it was.
    """
    while True:
        found = free_name(wanted)
        try:
            os.close(os.open(found, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            continue
        try:
            _put(path, found)
        except BaseException:
            with contextlib.suppress(OSError):
                found.unlink()
            raise
        return found


def _put(path: Path, found: Path) -> None:
    try:
        path.replace(found)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        half = found.with_name(f".{found.name}.part")
        try:
            shutil.copy2(path, half, follow_symlinks=False)
            half.replace(found)
        finally:
            half.unlink(missing_ok=True)
        path.unlink()
