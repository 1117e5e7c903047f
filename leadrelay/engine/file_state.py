"""Which contents a file has at one moment, and whether it has them still."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20


@dataclass(slots=True)
class FileState:
    """A file's contents as a digest, and what would differ if it were written to."""

    digest: str
    size: int
    stamp: tuple[int, ...]

    @classmethod
    def of(cls, path: Path) -> FileState:
        """The file as it is now."""
        with path.open("rb") as file:
            before = _stamp(os.fstat(file.fileno()))
            digest = hashlib.blake2b(digest_size=20)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return cls(digest.hexdigest(), before[0], before)

    def is_still(self, path: Path) -> bool:
        """Whether the file has the same contents; they are read again only where somebody has touched it, and once for that."""
        try:
            if _stamp(path.stat()) == self.stamp:
                return True
            now = FileState.of(path)
        except OSError:
            return True  # it was moved away or removed after it was opened, which changes nothing of what was read
        if now.digest == self.digest:
            self.stamp = now.stamp
        return now.digest == self.digest


def name_of(path: Path) -> str:
    """A file's name as text: bytes in it that are none become question marks."""
    return path.name.encode("utf-8", "replace").decode()


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
