"""Bring a file's records into the store: some thousand in each durable transaction, resumable at any of them.

How far a file has come is committed together with its records, fenced by a token. So whatever ends an import, the next one
goes on behind the last committed record; and two that import one file at once do not double it.
"""

from __future__ import annotations

import json
import time
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from connectors.sources import FileFeed, FileRecord, UnreadableFile
from core.instants import SECOND, Instant
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.file_state import FileState, name_of
from leadrelay.engine.lease import OthersLease
from leadrelay.engine.occurrences import Occurrences
from leadrelay.engine.rejects import Rejects, free_name
from leadrelay.store import captures, imports
from leadrelay.store.captures import FileRow
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids
from leadrelay.store.imports import Counts, FileImport

BATCH = 1_000
"""Records a transaction: more are hardly faster, and would keep whoever posts a form waiting for the store."""
_MOST_BYTES = 8_000_000
"""What the records of a transaction hold together: of large mails a few are enough."""
_LEASE_FOR = 5 * SECOND
_LOOK_EVERY_S = 0.1
_RENUMBERINGS = 3
_HOLD_EVERY = 20_000

OpenFeed = Callable[[str], FileFeed]
"""Opens the file as it was read before (empty: not yet); raises UnreadableFile."""
Progress = Callable[[Counts, int, int], None]
"""Told after each commit: the counts, how many bytes are read, and of how many."""


class Busy(Exception):
    """Somebody else is importing this file, or has taken it over."""


class Changed(Exception):
    """The file was changed while it was read; `kept` of its records were committed before."""

    def __init__(self, name: str, kept: int) -> None:
        super().__init__(
            f"{name} was changed while it was read. {kept:,} of its records are kept; import it once more when nobody writes to "
            "it: what is kept already is not taken again."
        )


class Interrupted(Exception):
    """The import was told to stop; what is committed stays, and the next one goes on from there."""

    def __init__(self, counts: Counts) -> None:
        super().__init__("stopped")
        self.counts = counts


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: its counts, and where its rejected records are. `is_known` says that these contents were imported
    before, at `at`, and nothing was read now; `resumed_at` how many records an earlier run had committed."""

    name: str
    counts: Counts
    at: Instant
    is_known: bool = False
    resumed_at: int = 0
    rejects: Path | None = None
    facts: tuple[tuple[str, str], ...] = ()


class Importer:
    """Imports files through sources; used by one thread at a time."""

    def __init__(self, database: Database, *, clock: Clock = system_clock, ids: Ids | None = None, batch: int = BATCH) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids or Ids()
        self._batch = batch

    def run(
        self,
        source: str,
        path: Path,
        open_feed: OpenFeed,
        *,
        rejects: Path | None = None,
        beside: Path | None = None,
        is_test: bool = False,
        is_again: bool = False,
        progress: Progress = lambda *_: None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Imported:
        """Import a file, going on where an earlier run has stopped. `rejects` is where its rejected records go; without it to
        the path `beside` (beside the file itself, if none is given), or to the same with a number where there is such a file.
        `is_again` reads a file once more that was imported before.

        Raises UnreadableFile, Changed, Busy and Interrupted; whatever it raises, what is committed stays.
        """
        state = FileState.of(path)
        known = self._known(source, state.digest, is_again)
        if known is not None and known.state == "done":
            return Imported(name_of(path), known.counts, known.updated_at, is_known=True, rejects=_rejects_of(known))
        feed = _opened(path, state, open_feed, "" if known is None else str(_told(known)["reading"]))
        try:
            begun = _rejects_path(known) if known is not None else None
            where = rejects or begun or free_name(beside or path.with_name(f"{path.stem}.rejected.csv"))
            token = self._ids.one(self._clock())
            taken = self._take(source, path, state, feed, where, token, known, is_again, is_stopped)
            with self._database.apart() as apart:
                is_still = partial(state.is_still, path)
                run = _Run(apart, self._clock, self._ids, self._batch, source, taken, is_test, is_still)
                with Rejects(where, feed.columns) as rejected:
                    run.go(feed, rejected, progress, is_stopped)
                run.end("done")
            found = where if rejected.count else None
            return Imported(name_of(path), run.counts, self._clock(), False, taken.counts.records, found, feed.facts)
        finally:
            feed.close()

    def known(self, source: str, digest: str) -> FileImport | None:
        """The newest import of these contents through a source."""
        return self._known(source, digest, is_again=False)

    def _known(self, source: str, digest: str, is_again: bool) -> FileImport | None:
        """The import of these contents; with `is_again` one that is not done yet, if there is one."""
        number, found = 1, None
        with self._database.read() as connection:
            while (one := imports.find(connection, source, _numbered(digest, number))) is not None:
                found = one
                if one.state != "done":
                    return one
                number += 1
        return None if is_again else found

    def _take(
        self, source: str, path: Path, state: FileState, feed: FileFeed, rejects: Path, token: int, known: FileImport | None,
        is_again: bool, is_stopped: Callable[[], bool],
    ) -> FileImport:  # fmt: skip
        """Begin the import or take it over, once nobody is at it any more."""
        begun = self._begin(source, path, state, feed, rejects, token) if known is None else None
        if begun is not None:
            return begun
        held_until: Instant | None = None
        others = OthersLease(_LEASE_FOR)
        while not is_stopped():
            found = self._known(source, state.digest, is_again)
            if found is None or found.state == "done" or (held_until or found.leased_until) != found.leased_until:
                break
            held_until, now = found.leased_until, self._clock()
            if others.is_over(held_until, now):
                with self._database.write() as connection:
                    if imports.take(connection, found, token, now, now + _LEASE_FOR):
                        return replace(found, token=token)
            time.sleep(_LOOK_EVERY_S)
        raise Busy(f"{name_of(path)} is being imported by somebody else at this moment. Wait for its end, then look again.")

    def _begin(self, source: str, path: Path, state: FileState, feed: FileFeed, rejects: Path, token: int) -> FileImport | None:
        """A new import of these contents; None when somebody else has just begun one."""
        now, number = self._clock(), 1
        # In ASCII, so that a path of bytes that are no text comes back as it was.
        told = json.dumps({"reading": feed.reading, "rejects": str(rejects.absolute())})
        with self._database.write() as connection:
            while (one := imports.find(connection, source, _numbered(state.digest, number))) is not None:
                if one.state != "done":
                    return None
                number += 1
            new = FileImport(
                self._ids.one(now), source, _numbered(state.digest, number), name_of(path), state.size, told, "running", Counts(),
                token, now + _LEASE_FOR, now, now,
            )  # fmt: skip
            return new if imports.add(connection, new) else None


def _opened(path: Path, state: FileState, open_feed: OpenFeed, reading: str) -> FileFeed:
    """The file with the contents of that state; raises Changed where it has others by now, and UnreadableFile."""
    try:
        feed = open_feed(reading)
    except UnreadableFile:
        if state.is_still(path):
            raise
        raise Changed(name_of(path), 0) from None
    if not state.is_still(path):
        feed.close()
        raise Changed(name_of(path), 0)
    return feed


def _numbered(digest: str, number: int) -> str:
    """What stands for the n-th import of the same contents."""
    return digest if number == 1 else f"{digest}/{number}"


def _told(known: FileImport) -> Mapping[str, Any]:
    """What an import has noted of itself; nothing, where a person's erasure has blanked it."""
    return json.loads(known.reading) if known.reading else {"reading": "", "rejects": ""}


def _rejects_path(known: FileImport) -> Path | None:
    told = str(_told(known)["rejects"])
    return Path(told) if told else None


def _rejects_of(known: FileImport) -> Path | None:
    path = _rejects_path(known)
    return path if path is not None and known.counts.rejected and path.is_file() else None


def _merged(headers: str, own: Mapping[str, str]) -> str:
    return json.dumps(json.loads(headers) | dict(own), ensure_ascii=False)


@dataclass(slots=True)
class _Batch:
    """Records of one transaction, and how many they are of which kind."""

    rows: list[FileRow]
    counts: Counts


class _Run:
    """One pass over a file, from where an earlier one stopped."""

    def __init__(
        self, database: Database, clock: Clock, ids: Ids, batch: int, source: str, taken: FileImport, is_test: bool,
        is_still: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.counts = taken.counts
        self._database = database
        self._clock = clock
        self._ids = ids
        self._batch = batch
        self._source = source
        self._import = taken
        self._is_test = is_test
        self._is_still = is_still
        self._occurrences = Occurrences()
        self._committing: tuple[Future[None], Counts] | None = None

    def go(self, feed: FileFeed, rejects: Rejects, progress: Progress, is_stopped: Callable[[], bool]) -> None:
        """Commit every record that is not committed yet, and none that a changed file has in the place of its own."""
        records = feed.records()
        self._pass_over(records, rejects)
        headers = json.dumps(dict(feed.headers), ensure_ascii=False)
        with ThreadPoolExecutor(1, "commit") as committer:
            try:
                for batch in self._batches(records, headers, rejects):
                    self._settle()
                    progress(self.counts, feed.done_bytes(), feed.size)
                    if is_stopped():
                        self.end("running")
                        raise Interrupted(self.counts)
                    self._confirm()
                    self._write(batch, committer)
            except UnreadableFile:
                self._settle()
                self._confirm()
                self.end("failed")
                raise
            self._settle()
        self._confirm()
        progress(self.counts, feed.size, feed.size)
        rejects.flush()

    def _confirm(self) -> None:
        """Raises Changed when the file is not any more what the import is of."""
        if not self._is_still():
            self.end("running")
            raise Changed(self._import.file_name, self.counts.records)

    def end(self, state: str) -> None:
        """Give the import back."""
        with self._database.write() as connection:
            is_ours = imports.end(connection, self._import.id, self._token, state, self._clock())
        if not is_ours:
            raise Busy(f"{self._import.file_name} was taken over by somebody else, who goes on with it.")

    @property
    def _token(self) -> int:
        assert self._import.token is not None  # noqa: S101 - it was taken under one
        return self._import.token

    def _pass_over(self, records: Iterator[FileRecord], rejects: Rejects) -> None:
        """The records that are committed are counted again, and the file of the rejected ones is written from its start."""
        for number in range(self.counts.records):
            record = next(records, None)
            if record is None:
                return
            if number % _HOLD_EVERY == 0:
                self._hold()
            if record.reason:
                rejects.add(record)
            elif record.key and not record.lasting_key:
                self._occurrences.next(record.key)

    def _hold(self) -> None:
        with self._database.write(is_durable=False) as connection:
            self._advance(connection, self.counts, self._clock())

    def _advance(self, connection: Connection, counts: Counts, now: Instant) -> None:
        until = self._clock() + _LEASE_FOR
        if not imports.advance(connection, self._import.id, self._token, self.counts.records, counts, now, until):
            raise Busy(f"{self._import.file_name} was taken over by somebody else, who goes on with it.")

    def _batches(self, records: Iterator[FileRecord], headers: str, rejects: Rejects) -> Iterator[_Batch]:
        rows: list[FileRow] = []
        count = rejected = blank = length = 0
        begin = headers.removesuffix("}") + (", " if len(headers) > len("{}") else "") + '"x-leadrelay-line": "'
        nth_of, new = self._occurrences.next, tuple.__new__
        for record in records:
            if length >= _MOST_BYTES:
                yield _Batch(rows, Counts(count, 0, 0, rejected, blank))
                rows, count, rejected, blank, length = [], 0, 0, 0, 0
            count += 1
            number, line, body, key, reason, _, own, at, lasting = record
            said = f'{begin}{line}"}}' if own is None else _merged(f'{begin}{line}"}}', own)
            if reason:
                rejected += 1
                rejects.add(record)
                why, name = f"line {line}: {reason}", f"{self._import.file_hash}:{number}"
                rows.append(FileRow("rejected", why, name, at, said, body))
            elif lasting:
                rows.append(FileRow("new", "", lasting, at, said, body))
            elif key:
                nth, text = nth_of(key), b2a_base64(key, newline=False).decode()
                # Written out, since a named tuple's own constructor would be felt.
                rows.append(new(FileRow, ("new", "", text if nth == 1 else f"{text}#{nth}", at, said, body)))
            else:
                blank += 1
            length += len(body)
            if count == self._batch:
                yield _Batch(rows, Counts(count, 0, 0, rejected, blank))
                rows, count, rejected, blank, length = [], 0, 0, 0, 0
        if count:
            yield _Batch(rows, Counts(count, 0, 0, rejected, blank))

    def _write(self, batch: _Batch, committer: Executor) -> None:
        """Write a batch and let its commit begin: the disk works on that while the next records are read."""
        for left in range(_RENUMBERINGS, -1, -1):
            now = self._clock()
            try:
                counts, transaction = self._database.repeat(partial(self._written, batch, now))
            except IntegrityError:  # another process drew the same id
                if left == 0:
                    raise
            else:
                self._committing = (committer.submit(transaction.close), counts)
                return

    def _written(self, batch: _Batch, now: Instant) -> tuple[Counts, ExitStack]:
        """The counts with these rows, and the transaction that is to be committed by closing it."""
        with ExitStack() as transaction:
            connection = transaction.enter_context(self._database.write())
            read, rows, duplicates = batch.counts, batch.rows, 0
            if rows:
                ids = self._ids.take(len(rows), now)
                duplicates = captures.commit_rows(connection, self._source, ids, rows, received_at=now, is_test=self._is_test)
            accepted = read.records - read.rejected - read.blank - duplicates
            counts = self.counts + replace(read, accepted=accepted, duplicates=duplicates)
            self._advance(connection, counts, now)
            return counts, transaction.pop_all()

    def _settle(self) -> None:
        """Wait for the commit that has begun, if there is one; raises what has kept it from happening."""
        if self._committing is not None:
            (done, counts), self._committing = self._committing, None
            done.result()
            self.counts = counts
