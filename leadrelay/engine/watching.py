"""A watched folder: files that lie still are imported, then moved to where imported or failed files go.

One worker at a time holds the folder. A file is moved only after its records are committed, so a worker that is killed at
any moment leaves a file that the next one goes on with, or finds done and only moves. A file that stands still for any reason
is told of, and never keeps back another.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from connectors.sources import PROBLEM_FILE, UnreadableFile
from core.instants import SECOND
from leadrelay.engine import alerts
from leadrelay.engine.file_state import name_of
from leadrelay.engine.importing import Busy, Changed, Imported, Importer, Interrupted
from leadrelay.engine.lease import Lease, OthersLease
from leadrelay.engine.moving import OtherFile, move
from leadrelay.engine.rejects import free_name
from leadrelay.plans import file_options, open_file
from leadrelay.store import cursors
from leadrelay.store.database import StoreUnavailable

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.settings import SourceSettings

log = structlog.get_logger(__name__)

_LEASE_FOR = 15 * SECOND
_AGAIN_S = 60.0
"""How long a file is left alone that could not be read or moved."""
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".swp", ".lock")
_OF_THE_FILE = re.compile("`.*`", re.DOTALL)
_FAILED, _STUCK = "file_not_imported", "folder_not_usable"

_PANIC = "pyo3_runtime"
"""Where a reader that is written in Rust says that it has failed inside: no Exception, so that nothing swallows it."""

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Stuck:
    """A file that is left alone until `until`, or until it changes; why, for a person."""

    stamp: Stamp
    until: float
    problem: str


class Watching:
    """Imports what comes into one source's folder; implements `Puller`."""

    def __init__(self, app: App, source: SourceSettings) -> None:
        assert source.spec.watches is not None  # noqa: S101 - asked only of sources that watch
        folder = source.spec.watches(source.config)
        assert folder is not None  # noqa: S101 - asked only of sources whose settings name a folder
        self._app = app
        self._source = source
        self._folder = folder.below(app.path.parent)
        self._lease: Lease | None = None
        self._others = OthersLease(_LEASE_FOR)
        self._seen: dict[Path, tuple[Stamp, float]] = {}
        self._stuck: dict[Path, _Stuck] = {}
        self._told: dict[str, str | None] = {_STUCK: None, _FAILED: None}

    def run_once(self, stopping: threading.Event) -> float:
        """Look once, and import what lies still; returns how long to wait until the next look."""
        if not self._hold():
            return 1.0
        problem = ""
        try:
            ready = self._ready()
        except OSError as error:
            ready = []
            self._seen.clear()
            problem = (
                f"The folder {self._folder.path} of source {self._source.name} can not be looked into: {error.strerror}. Create "
                "it, let leadrelay read and write it, or correct `folder:`."
            )
        for path in ready:
            if stopping.is_set() or self._is_lost():
                return 0.0
            self._bring(path, stopping)
        self._raise_or_resolve(_STUCK, problem or self._stuck_files())
        self._tell_failed()
        return max(1.0 if problem else 0.0, self._folder.every_ms / 1000)

    def close(self) -> None:
        """Give the folder back."""
        lease = self._drop()
        if lease is not None:
            with self._app.database.write(is_durable=False) as connection:
                cursors.release(connection, self._source.name, lease.token)

    # --- whose folder it is ---

    def _hold(self) -> bool:
        """Whether the folder is this worker's, for as long as it lives."""
        if self._lease is not None and not self._lease.is_lost:
            self._lease.is_ok()
            return True
        if self._drop() is not None:
            self._seen.clear()
        now, name = self._app.clock(), self._source.name
        with self._app.database.read() as connection:  # a look first, so that who waits takes no lock
            known = cursors.read(connection, name)
        if known.paused is not None or not self._others.is_over(known.leased_until, now):
            return False
        token = self._app.ids.one(now)
        with self._app.database.write(is_durable=False) as connection:
            if cursors.claim(connection, name, token, now, now + _LEASE_FOR, over=known.leased_until) is None:
                return False
            cursors.connected(connection, name, token, now)
        self._lease = Lease(self._app.database, name, token, _LEASE_FOR, now, self._app.clock)
        self._lease.start()
        return True

    def _is_lost(self) -> bool:
        return self._lease is None or self._lease.is_lost

    def _drop(self) -> Lease | None:
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.stop()
        return lease

    # --- which files ---

    def _ready(self) -> list[Path]:
        """The files that have not changed for long enough, the oldest first."""
        now, seen = time.monotonic(), self._seen
        self._seen = {}
        still: set[Path] = set()
        ready: list[tuple[int, Path]] = []
        for path in self._candidates():
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # it was taken away between two looks
            stamp = _stamp(found)
            if (stuck := self._stuck.get(path)) is not None:
                if stuck.stamp == stamp and now < stuck.until:
                    still.add(path)
                    continue
                still |= {path} if stuck.stamp == stamp else set()
            before = seen.get(path)
            self._seen[path] = before if before is not None and before[0] == stamp else (stamp, now)
            if (now - self._seen[path][1]) * 1000 >= self._folder.quiet_ms:
                ready.append((found.st_mtime_ns, path))
        self._stuck = {path: stuck for path, stuck in self._stuck.items() if path in still}
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
        """Import a file and put it away, whatever comes of it. What is put away is what was imported, and nothing that has come
        to lie under its name since."""
        try:
            found = path.lstat()
            if not self._has_lain_still(path):  # another file's import may have taken long
                return
            if path.is_symlink():  # it may lead to what whoever may write here must not read
                raise UnreadableFile(f"{name_of(path)} is a link. Put the file itself into the folder.")
            self._folder.done.mkdir(parents=True, exist_ok=True)
            done = free_name(self._folder.done / path.name)
            result = self._import(path, done, stopping)
        except (Busy, Interrupted):
            return
        except Changed:
            self._has_gone(path)
        except UnreadableFile as error:
            self._put_aside(path, found, str(error))
        except OSError as error:
            self._stop_at(path, f"{error.filename or path}: {error.strerror}")
        except StoreUnavailable:
            raise
        except BaseException as error:
            if not isinstance(error, Exception) and type(error).__module__ != _PANIC:
                raise
            log.exception("file_failed", source=self._source.name)
            self._stop_at(path, f"reading {name_of(path)} failed inside leadrelay; the log has the trace")
        else:
            self._put_away(path, found, done)
            log.info("file_imported", source=self._source.name, is_known=result.is_known, records=result.counts.records,
                     accepted=result.counts.accepted, rejected=result.counts.rejected)  # fmt: skip

    def _import(self, path: Path, done: Path, stopping: threading.Event) -> Imported:
        app, source = self._app, self._source
        options = file_options(app.configuration, source)
        return Importer(app.database, clock=app.clock, ids=app.ids).run(
            source.name,
            path,
            lambda reading: open_file(source, path, replace(options, reading=reading)),
            beside=done.with_name(f"{done.stem}.rejected.csv"),
            is_test=bool(getattr(source.config, "test", False)),
            is_stopped=lambda: stopping.is_set() or self._is_lost(),
        )

    def _put_away(self, path: Path, found: os.stat_result, done: Path) -> None:
        try:
            move(path, done, found)
            self._has_gone(path)
        except OtherFile:
            self._has_gone(path)
        except OSError as error:
            self._stop_at(path, f"{done.parent}: {error.strerror}. The file is imported and could not be moved")

    def _put_aside(self, path: Path, found: os.stat_result, problem: str) -> None:
        """Move a file to the failed ones, with a text that says why."""
        try:
            self._folder.failed.mkdir(parents=True, exist_ok=True)
            wanted = free_name(self._folder.failed / path.name)
            text = f"{problem}\n\nMend it, then put the file back into {self._folder.path}. What was imported of it already is "
            reason = wanted.with_name(f"{wanted.name}{PROBLEM_FILE}")
            reason.write_text(f"{text}not taken twice.\n", encoding="utf-8", errors="replace")
            try:
                failed = move(path, wanted, found)
            except OtherFile:
                reason.unlink()
            else:
                if failed != wanted:
                    reason.rename(failed.with_name(f"{failed.name}{PROBLEM_FILE}"))
                self._log_refused(path, problem)
            self._has_gone(path)
        except OSError as error:
            self._stop_at(path, f"{self._folder.failed}: {error.strerror}. The file can not be imported and could not be moved")

    def _log_refused(self, path: Path, problem: str) -> None:
        """One line for IT. What stands from the first backtick to the last may come out of the file, whose first row may be a
        person's, so it is left out here; the text beside the failed file has it."""
        reason = _OF_THE_FILE.sub("`...`", problem.encode("utf-8", "replace").decode())
        log.warning("file_refused", source=self._source.name, file=name_of(path), reason=reason)

    def _has_lain_still(self, path: Path) -> bool:
        """Whether a file is as it was when it was found to lie still; one that is not has to lie still again."""
        seen = self._seen.get(path)
        is_still = seen is not None and seen[0] == _stamp(path.stat())
        if not is_still:
            self._has_gone(path)
        return is_still

    def _has_gone(self, path: Path) -> None:
        """Forget what was known of a file: what lies under its name now is looked at as a new one."""
        self._seen.pop(path, None)
        self._stuck.pop(path, None)

    def _stop_at(self, path: Path, problem: str) -> None:
        """Leave a file alone for a while, or until it changes; nothing is wrong with one that was taken away meanwhile."""
        if not os.path.lexists(path):
            self._has_gone(path)
            return
        seen = self._seen.pop(path, None)
        before = self._stuck.get(path)
        if before is None or before.problem != problem:  # it is tried again each minute, and said once
            self._log_refused(path, problem)
        if seen is not None:
            self._stuck[path] = _Stuck(seen[0], time.monotonic() + _AGAIN_S, problem)

    # --- telling ---

    def _stuck_files(self) -> str:
        """What is wrong with the files that can neither be imported nor moved; empty when there are none."""
        if not self._stuck:
            return ""
        first, *others = (stuck.problem for _, stuck in sorted(self._stuck.items()))
        more = f" ({len(others)} more files wait as well)" if others else ""
        message = (
            f"A file of source {self._source.name} can not be put away: {first}{more}. Give leadrelay leave to read, write and "
            "move the files of the folder, and room for them; it tries again each minute."
        )
        return message.encode("utf-8", "replace").decode()

    def _tell_failed(self) -> None:
        """One alert as long as there is a file among the failed ones that has not been looked after."""
        try:
            waiting = sorted(name_of(path) for path in self._folder.failed.iterdir() if path.name.endswith(PROBLEM_FILE))
        except OSError:
            waiting = []
        message = ""
        if waiting:
            more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            message = (
                f"Source {self._source.name} could not import {waiting[0].removesuffix(PROBLEM_FILE)}{more}. "
                f"{self._folder.failed} has the reason beside each; this is over when the reasons are removed."
            )
        self._raise_or_resolve(_FAILED, message)

    def _raise_or_resolve(self, kind: str, message: str) -> None:
        """Open or close the alert of a kind; the store is asked only when something has changed."""
        key, now = f"{kind}:{self._source.name}", self._app.clock()
        if self._told.get(kind, "") == message:
            return
        with self._app.database.write() as connection:
            if message:
                alerts.raise_alert(connection, key, kind, message, now)
            else:
                alerts.resolve(connection, key, now)
        self._told[kind] = message


def _stamp(found: os.stat_result) -> Stamp:
    return (found.st_size, found.st_mtime_ns)
