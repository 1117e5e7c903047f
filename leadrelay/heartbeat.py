"""A sign of life: a file that a machine's worker touches, for health checks that have no port to ask."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from pathlib import Path

TOO_OLD_S = 180.0
"""Housekeeping comes round each second, but looking at a CRM's schema may take it minutes."""


def _path(data_dir: Path) -> Path:
    machine = "".join(letter for letter in platform.node() if letter.isalnum() or letter in "-.") or "here"
    return data_dir / f"worker.{machine}.alive"


def beat(data_dir: Path) -> None:
    """Leave a sign of life. A disk that is full or can not be written is for others to tell of."""
    path = _path(data_dir)
    with contextlib.suppress(OSError):
        path.touch(mode=0o600)
        os.utime(path)


def age_s(data_dir: Path) -> float | None:
    """How long ago a worker of this machine gave its last sign of life; None when none is running."""
    try:
        return max(0.0, time.time() - _path(data_dir).stat().st_mtime)
    except OSError:
        return None


def stop(data_dir: Path) -> None:
    """The worker has ended as it should."""
    with contextlib.suppress(OSError):
        _path(data_dir).unlink()
