"""A watched folder: files that lie still are imported, then moved to where imported or failed files go.

One worker at a time holds the folder. A file is moved only after its records are committed, so a worker that is killed at
any moment leaves a file that the next one goes on with, or finds done and only moves.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from connectors.sources import UnreadableFile, WatchedFolder
from core.instants import SECOND, Instant
from leadrelay.engine import alerts
from leadrelay.engine.importing import Busy, Changed, Imported, Importer, Interrupted, name_of
from leadrelay.engine.rejects import free_name
from leadrelay.plans import file_options, open_file
from leadrelay.store import cursors

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.settings import SourceSettings

log = structlog.get_logger(__name__)

_LEASE_FOR = 30 * SECOND
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".swp", ".lock")
_PROBLEM = ".problem.txt"
_FAILED, _STUCK = "file_not_imported", "folder_not_usable"

Stamp = tuple[int, int]


class Watching:
    """Imports what comes into one source's folder; implements `Puller`."""

    def __init__(self, app: App, source: SourceSettings) -> None:
        assert source.spec.watches is not None  # noqa: S101 - asked only of sources that watch
        folder = source.spec.watches(source.config)
        assert folder is not None  # noqa: S101 - asked only of sources whose settings name a folder
        self._app = app
        self._source = source
        self._folder = _at(app.path.parent, folder)
        self._token: int | None = None
        self._seen: dict[Path, tuple[Stamp, float]] = {}
        self._stuck: dict[Path, Stamp] = {}
        self._renewed_at: Instant = 0
        self._told: dict[str, str | None] = {_STUCK: None, _FAILED: None}

    def run_once(self, stopping: threading.Event) -> float:
        """Look once, and import what lies still; returns how long to wait until the next look."""
        if not self._hold():
            return 1.0
        try:
            ready = self._ready()
            self._raise_or_resolve(_STUCK, "")
        except OSError as error:
            self._seen.clear()
            self._raise_or_resolve(
                _STUCK,
                f"The folder {self._folder.path} of source {self._source.name} can not be looked into: {error.strerror}. Create "
                "it, let leadrelay read and write it, or correct `folder:`.",
            )
            return max(1.0, self._folder.every_ms / 1000)
        for path in ready:
            if stopping.is_set() or self._token is None:
                return 0.0
            self._bring(path, stopping)
        self._tell_failed()
        return self._folder.every_ms / 1000

    def close(self) -> None:
        """Give the folder back."""
        if self._token is not None:
            with self._app.database.write() as connection:
                cursors.release(connection, self._source.name, self._token)
            self._token = None

    # --- whose folder it is ---

    def _hold(self) -> bool:
        """Whether the folder is this worker's, for some time to come."""
        now = self._app.clock()
        until = now + max(_LEASE_FOR, 3 * self._folder.every_ms)
        with self._app.database.write() as connection:
            if self._token is not None and not cursors.renew(connection, self._source.name, self._token, now, until, now):
                self._token = None
                self._seen.clear()
            if self._token is None:
                token = self._app.ids.one(now)
                if cursors.claim(connection, self._source.name, token, now, until) is None:
                    return False
                cursors.connected(connection, self._source.name, token, now)
                self._token = token
        self._renewed_at = now
        return True

    def _keep(self) -> None:
        """Hold the folder longer, during a long import."""
        if self._app.clock() - self._renewed_at > _LEASE_FOR // 3:
            self._hold()

    # --- which files ---

    def _ready(self) -> list[Path]:
        """The files that have not changed for long enough, the oldest first."""
        now, seen = time.monotonic(), self._seen
        self._seen = {}
        ready: list[tuple[int, Path]] = []
        for path in self._candidates():
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # it was taken away between two looks
            stamp = (found.st_size, found.st_mtime_ns)
            if self._stuck.get(path) == stamp:
                continue
            before = seen.get(path)
            self._seen[path] = before if before is not None and before[0] == stamp else (stamp, now)
            if (now - self._seen[path][1]) * 1000 >= self._folder.quiet_ms:
                ready.append((found.st_mtime_ns, path))
        return [path for _, path in sorted(ready)]

    def _candidates(self) -> Iterator[Path]:
        patterns = [pattern.lower() for pattern in self._folder.patterns]
        for path in self._folder.path.iterdir():
            name = path.name.lower()
            is_hidden = name.startswith((".", "~")) or name.endswith(_UNFINISHED)
            if not is_hidden and path.is_file() and (not patterns or any(fnmatchcase(name, one) for one in patterns)):
                yield path

    # --- one file ---

    def _bring(self, path: Path, stopping: threading.Event) -> None:
        """Import a file and put it away, whatever comes of it."""
        try:
            self._folder.done.mkdir(parents=True, exist_ok=True)
            done = free_name(self._folder.done / path.name)
            result = self._import(path, done, stopping)
        except (Busy, Interrupted):
            return
        except Changed:
            self._seen.pop(path, None)
        except UnreadableFile as error:
            self._put_aside(path, str(error))
        except OSError as error:
            self._stop_at(path, f"{error.filename or path}: {error.strerror}")
        else:
            self._put_away(path, done)
            log.info("file_imported", source=self._source.name, is_known=result.is_known, records=result.counts.records,
                     accepted=result.counts.accepted, rejected=result.counts.rejected)  # fmt: skip

    def _import(self, path: Path, done: Path, stopping: threading.Event) -> Imported:
        app, source = self._app, self._source
        options = file_options(app.configuration, source)

        def is_stopped() -> bool:
            self._keep()
            return stopping.is_set() or self._token is None

        return Importer(app.database, clock=app.clock, ids=app.ids).run(
            source.name,
            path,
            lambda reading: open_file(source, path, replace(options, reading=reading)),
            beside=done.with_name(f"{done.stem}.rejected.csv"),
            is_test=bool(getattr(source.config, "test", False)),
            is_stopped=is_stopped,
        )

    def _put_away(self, path: Path, done: Path) -> None:
        try:
            shutil.move(path, done)
            self._seen.pop(path, None)
        except OSError as error:
            self._stop_at(path, f"{done.parent}: {error.strerror}. The file is imported and could not be moved")

    def _put_aside(self, path: Path, problem: str) -> None:
        """Move a file to the failed ones, with a text that says why."""
        try:
            self._folder.failed.mkdir(parents=True, exist_ok=True)
            failed = free_name(self._folder.failed / path.name)
            text = f"{problem}\n\nMend it, then put the file back into {self._folder.path}. What was imported of it already is "
            failed.with_name(f"{failed.name}{_PROBLEM}").write_text(
                f"{text}not taken twice.\n", encoding="utf-8", errors="replace"
            )
            shutil.move(path, failed)
            self._seen.pop(path, None)
        except OSError as error:
            self._stop_at(path, f"{self._folder.failed}: {error.strerror}. The file can not be imported and could not be moved")

    def _stop_at(self, path: Path, problem: str) -> None:
        """Leave a file alone until it changes or a worker starts anew."""
        if path in self._seen:
            self._stuck[path] = self._seen.pop(path)[0]
        message = (
            f"A file of source {self._source.name} can not be put away: {problem}. Give leadrelay leave to read, write and move "
            "the files of the folder, then start the worker anew."
        )
        self._raise_or_resolve(f"{_STUCK}:{name_of(path)}", message.encode("utf-8", "replace").decode())

    # --- telling ---

    def _tell_failed(self) -> None:
        """One alert as long as there is a file among the failed ones that has not been looked after."""
        try:
            waiting = sorted(name_of(path) for path in self._folder.failed.iterdir() if path.name.endswith(_PROBLEM))
        except OSError:
            waiting = []
        message = ""
        if waiting:
            more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            message = (
                f"Source {self._source.name} could not import {waiting[0].removesuffix(_PROBLEM)}{more}. "
                f"{self._folder.failed} has the reason beside each; this is over when the reasons are removed."
            )
        self._raise_or_resolve(_FAILED, message)

    def _raise_or_resolve(self, kind: str, message: str) -> None:
        key, now = f"{kind}:{self._source.name}", self._app.clock()
        if self._told.get(kind, "") == message:
            return
        with self._app.database.write() as connection:
            if message:
                alerts.raise_alert(connection, key, kind.partition(":")[0], message, now)
            else:
                alerts.resolve(connection, key, now)
        self._told[kind] = message


def _at(base: Path, folder: WatchedFolder) -> WatchedFolder:
    """The folders as absolute paths; relative ones begin at the configuration's folder."""
    base = base.absolute()
    return replace(folder, path=base / folder.path, done=base / folder.done, failed=base / folder.failed)
