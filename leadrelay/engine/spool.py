"""Where submissions go while the store is away: local files, fsynced before anyone is answered, drained when it is back.

One file belongs to one process, which holds a lock on it; a file whose process has died can be drained by any other.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from core.instants import Instant
from leadrelay.engine.captures import NewSubmission
from leadrelay.store.captures import Numbered


class Spool:
    """The spool folder of this machine. Not for several threads at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: IO[bytes] | None = None

    def append(self, batch: Sequence[Numbered]) -> None:
        """Keep a batch durably; raises OSError when the disk will not."""
        if self._open is None:
            self._open = self._create(batch[0].id)
        start = self._open.tell()
        try:
            self._open.write(b"".join(_line(one) for one in batch))
            self._open.flush()
            os.fsync(self._open.fileno())
        except OSError:
            self._drop_tail(start)
            raise

    def _create(self, first: int) -> IO[bytes]:
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync_folder(self.folder.parent)
        while True:
            file = (self.folder / f"{first}.jsonl").open("ab")
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(file, Path(file.name)):
                break
            file.close()  # another process found it empty and removed it before the lock was ours
        _sync_folder(self.folder)
        return file

    def _drop_tail(self, start: int) -> None:
        """Forget a half-written batch, which nobody was told of, so that the next one starts on a line of its own."""
        broken, self._open = self._open, None
        if broken is not None:
            os.ftruncate(broken.fileno(), start)
            with contextlib.suppress(OSError):  # closing flushes what the disk refused; the file is cut back already
                broken.close()
            os.truncate(broken.name, start)

    def close(self) -> None:
        """Let go of this process' file; what it holds stays until someone drains it."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def waiting(self) -> int:
        """How many submissions wait in this machine's spool."""
        return sum(1 for path in self._paths() for _ in read(path))

    def oldest(self) -> Instant | None:
        """Since when this machine's spool has not been empty; None while it is."""
        times = []
        for path in self._paths():
            with contextlib.suppress(FileNotFoundError):
                times.append(int(path.stat().st_mtime * 1000))
        return min(times, default=None)

    def unstored(self, stored: Callable[[Sequence[int]], set[int]]) -> list[Numbered]:
        """The submissions that wait here and are not in the store yet; a file may outlive its draining by a crash."""
        held = [one for path in self._paths() for one in read(path)]
        known = stored([one.id for one in held]) if held else set()
        return [one for one in held if one.id not in known]

    def is_empty(self) -> bool:
        """Whether there is nothing to drain; cheap."""
        return not self._paths()

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.jsonl")) if self.folder.is_dir() else []

    def claim(self) -> Iterator[tuple[Path, IO[bytes]]]:
        """Each file that no living process writes, locked; remove it once its lines are in the store."""
        self.close()
        for path in self._paths():
            try:
                file = path.open("rb")
            except FileNotFoundError:  # drained by another process between the listing and now
                continue
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            try:
                if _is_at(file, path):  # else another process has drained it between the opening and the lock
                    yield path, file
            finally:
                file.close()


def finish(path: Path) -> None:
    """Remove a file whose submissions are in the store; its unreadable lines, and no others, are put aside for a person."""
    unreadable = [line for line in _lines(path) if _parsed(line) is None]
    if unreadable:
        with path.with_suffix(".damaged").open("wb") as aside:
            aside.writelines(unreadable)
            aside.flush()
            os.fsync(aside.fileno())
    path.unlink()


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """Make the folder's names as durable as its files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(one: Numbered) -> bytes:
    document: dict[str, Any] = asdict(one.submission)
    document["headers"] = dict(one.submission.headers)
    document["body"] = base64.b64encode(one.submission.body).decode("ascii")
    document["id"] = one.id
    return json.dumps(document).encode() + b"\n"


def read(path: Path) -> Iterator[Numbered]:
    """The submissions of one spool file; unreadable lines are passed over, and a file that was just drained has none."""
    return read_lines(_lines(path))


def read_lines(lines: Iterable[bytes]) -> Iterator[Numbered]:
    """The submissions of these lines of a spool file; unreadable ones are passed over."""
    for line in lines:
        one = _parsed(line)
        if one is not None:
            yield one


def _lines(path: Path) -> Iterator[bytes]:
    """The whole lines: a torn last one was never acknowledged."""
    try:
        with path.open("rb") as lines:
            yield from (line for line in lines if line.endswith(b"\n"))
    except FileNotFoundError:  # drained by another process between the listing and now
        return


def _parsed(line: bytes) -> Numbered | None:
    """The submission that a line keeps; None when a failing disk has made it unreadable."""
    try:
        document = json.loads(line)
        number = document.pop("id")
        document["body"] = base64.b64decode(document["body"])
        return Numbered(number, NewSubmission(**document))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
