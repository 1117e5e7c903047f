"""One `leadrelay run` a SQLite store: a lock file beside it, which the system lets go of when its process ends, however."""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
from pathlib import Path
from typing import IO


class Taken(Exception):
    """Another `leadrelay run` works on the store; the text says which."""


def hold(store: Path) -> IO[str]:
    """Lock the store for this `run`, as long as the returned file is open. Raises Taken, or OSError when it can not be tried."""
    path = store.with_name(f"{store.name}.run")
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        by = file.read(200).strip() or "another process"
        file.close()
        raise Taken(by) from None
    except OSError:
        file.close()
        raise
    with contextlib.suppress(OSError):  # a full disk keeps nobody from locking; the name is for people only
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), f"process {os.getpid()} on {platform.node()}".encode())  # past the buffer: closing it would fail
    return file
