"""What a source is, returns and raises: posts that arrive, mailboxes that are asked, files that are read.

A source commits nothing itself. Its edge (a post, a fetched mail, a file's row) says what to keep and under which key; the
engine commits that; the reader, which is pure, says later what a kept body means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from core.instants import Instant
from core.lead import Names
from core.problems import Problem

# --- reading what was kept ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What the engine tells a source of itself: its name, and the country and time zone of numbers and times without one."""

    name: str
    region: str = ""
    zone: str = "UTC"


class Unreadable(Exception):
    """A captured body that can not be flattened to names; the submission is held with this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Ignored(Exception):
    """A captured body that is no lead (an auto-reply, a bounce, a newsletter): kept as ignored with a code and a reason.

    `names` are what it says all the same, for a person who decides that it is one.
    """

    def __init__(self, code: str, reason: str, names: Names | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.names: Names = names or {}


class Reader(Protocol):
    """Says what a kept body means. Pure: one instance serves every worker."""

    def names(self, headers: Mapping[str, str], body: bytes) -> Names:
        """The body flattened to literal input names; raises Unreadable, and Ignored for what is no lead."""


@runtime_checkable
class TellsPlaces(Protocol):
    """A reader that can tell where in a body it found what it recognized."""

    def places(self, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """Where each name stood, in words (`signature`, `form (table)`); nothing of names that say it themselves. Raises
        nothing: of an unreadable body nothing is known."""


@runtime_checkable
class TellsColumns(Protocol):
    """A reader of tables that can tell which columns it keeps under which names."""

    def columns(self, reading: str) -> Mapping[str, str]:
        """The columns of each name, in words (``column `E-Mail` ``), by how the file was read (`FileFeed.reading`). Raises
        nothing: of what is no table, or was read by another version, nothing is known."""


# --- sources that are posted to -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request to `/in/{source}`: header names in lower case; `token` is the path's, when there is one."""

    body: bytes
    headers: Mapping[str, str]
    query: str = ""
    token: str | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One of several submissions that came in one post, with its own body and idempotency key."""

    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Captured:
    """A post to commit. `key` is its idempotency key; `is_content_key` says it is only a hash, good for ten minutes.

    `redirect` is the allowed thank-you address a browser post asked for; `state` is `new`, or `ignored` for a filled honeypot.
    With `parts` the post is a batch: each of them is kept as a submission of its own, and the post itself is not.
    """

    key: str
    is_content_key: bool
    headers: Mapping[str, str]
    submitted_at: Instant | None = None
    is_test: bool = False
    redirect: str | None = None
    state: Literal["new", "ignored"] = "new"
    reason: str = ""
    parts: tuple[Part, ...] = ()


BAD_TOKEN = "bad_token"  # noqa: S105 - a code and no secret
"""The problem code of a post whose token is missing or wrong; people are told of these."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A post that is answered with an error: 400, 401, 403, 413 or 415. `keep` names the state it is kept apart in, if any."""

    status: int
    problem: Problem
    keep: Literal["quarantined", "rejected"] | None = None


KEPT_HEADERS = frozenset({
    "accept-language", "content-encoding", "content-length", "content-type",
    "date", "origin", "referer", "user-agent", "x-request-id",
})  # fmt: skip
"""The request headers that are kept with a submission: what it takes to read the body and to see where it came from."""

_MAX_HEADER_LENGTH = 2_000


def kept_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers that may be kept, each cut at 2,000 characters; never one that carries a credential."""
    return {name: value[:_MAX_HEADER_LENGTH].replace("\x00", "") for name, value in headers.items() if name in KEPT_HEADERS}


@runtime_checkable
class PushSource(Reader, Protocol):
    """A source that is posted to. All methods are pure: the web process commits, the worker reads."""

    def receive(self, post: Post, mapped_names: frozenset[str]) -> Captured | Refused:
        """Decide from this source's own settings alone whether a post is taken, and under which key."""

    def cross_origin(self, origin: str | None) -> Mapping[str, str]:
        """The CORS headers for an answer to this origin; empty when the origin is not allowed or none was sent."""


# --- sources that are asked -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fetched:
    """One thing to commit that a source was asked for. `key` is its idempotency key and lasts for ever.

    `repeats` begins the keys of others that would be the same thing with other contents (one Message-ID, another mail):
    where the store has such a key, the submission is kept all the same, and flagged by the header `x-leadrelay-repeats`.
    """

    key: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    submitted_at: Instant | None = None
    is_test: bool = False
    state: Literal["new", "ignored", "rejected"] = "new"
    reason: str = ""
    repeats: str = ""


@dataclass(frozen=True, slots=True)
class Fetch:
    """What one look brought. `position` is stored in the same transaction as the items, in the source's own words; with
    `has_more` the engine asks again at once. `handle` is the source's own, for `settle`."""

    items: tuple[Fetched, ...]
    position: str
    has_more: bool = False
    handle: object = None


@dataclass(frozen=True, slots=True)
class SourceProbe:
    """What a source sees with its credentials, as name and value, and what is wrong with it."""

    facts: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()


class PullSource(Protocol):
    """A connection to where submissions wait, used by one thread; all workers together hold one at a time.

    Every method raises Retry for what passes and Stop for what a person must mend; after Retry the connection is made anew
    by the next call. Nothing here touches the store.
    """

    def fetch(self, position: str, limit: int) -> Fetch:
        """What waits, at most `limit` of it, going on from a stored position (empty at first). Changes nothing there."""

    def settle(self, fetch: Fetch) -> None:
        """What was fetched is committed: put it away (move a mail). A repeat does no harm, and so does a missing one.

        Raises Retry with the code `put_away` as long as something can not be put away, also where nothing new came.
        """

    def wait(self, for_s: float) -> bool:
        """Rest until something may have arrived (true), or for so many seconds; a dead link is noticed and raised."""

    def probe(self) -> SourceProbe:
        """Check address, credentials and folders without changing anything."""

    def close(self) -> None:
        """Give the connection back, whatever state it is in; raises nothing."""


# --- files ----------------------------------------------------------------------------------------------------------


class UnreadableFile(Exception):
    """A file that can not be imported as it is; the message names it, what is wrong, and what to do."""


class Doubtful(UnreadableFile):
    """A file whose columns leave a doubt that a person must settle; `questions` say what is asked, one a column."""

    def __init__(self, message: str, questions: Sequence[Question]) -> None:
        super().__init__(message)
        self.questions = tuple(questions)


@dataclass(frozen=True, slots=True)
class Question:
    """A column that may fill several lead fields: `choices` are their paths, the likeliest first."""

    column: str
    choices: tuple[str, ...]
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What is known when a file is opened. `mapped_names` are the names that the source's mapping reads; None where it has
    none, so that the reader recognizes the columns itself. `answers` settle questions: a column's name to a path, or to an
    empty text for "leave it unmapped". `who_names` are those of the mapped names that can say who a record is of; None where any
    record is taken. `pinned` are settings under `read:` that go before the source's own, such as `encoding`. `reading` is how
    the file was read before (`FileFeed.reading`), for a resumed import."""

    mapped_names: frozenset[str] | None = None
    who_names: frozenset[str] | None = None
    pinned: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    reading: str = ""


class FileRecord(NamedTuple):
    """One record of a file (a row, a mail, a card): where it begins, and what to keep of it.

    `number` counts all records from 1, blank ones included; `line` is the place in the file. A blank record has no body and
    no key. `key` stands for the record's content alone: the engine adds which occurrence in the file it is, unless the record
    has a `lasting_key`, which it has wherever it comes from (a mail's Message-ID). With `reason` it is rejected; `cells` are
    then the record as it stood. A named tuple, because files have millions of them.
    """

    number: int
    line: int
    body: bytes = b""
    key: bytes = b""
    reason: str = ""
    cells: tuple[str, ...] = ()
    headers: Mapping[str, str] | None = None
    submitted_at: Instant | None = None
    lasting_key: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in it."""
        return not self.key and not self.reason


class FileFeed(Protocol):
    """An open file. `headers` are kept with each of its submissions, `columns` are the names of the cells (empty where the
    records have none), `kept_as` the input name of each, `reading` says how the file is read (JSON), `facts` to people."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of every submission of this file; a record's own go before them."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names over the cells as they stand in the file."""

    @property
    def kept_as(self) -> Mapping[str, str]:
        """The input name under which each column's cells are kept."""

    @property
    def reading(self) -> str:
        """How the file is read, as JSON: enough to read it the same way again."""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """How the file is understood, as name and value, for people."""

    @property
    def size(self) -> int:
        """How long the file is, in bytes."""

    def records(self) -> Iterator[FileRecord]:
        """All records in order, from the first one; memory does not grow with the file."""

    def done_bytes(self) -> int:
        """How far into the file `records` has come, for a progress bar."""

    def close(self) -> None:
        """Give the file back."""


PROBLEM_FILE = ".problem.txt"
"""How the text ends its name that stands beside a failed file and says why."""


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder whose files are imported: once a file has not changed for `quiet_ms` it is read, then moved to `done`, or to
    `failed` with a text that says why."""

    path: Path
    done: Path
    failed: Path
    every_ms: int
    quiet_ms: int
    patterns: tuple[str, ...] = ()

    def below(self, base: Path) -> WatchedFolder:
        """The folders as absolute paths; relative ones begin at `base`, the configuration's folder."""
        base = base.absolute()
        return replace(self, path=base / self.path, done=base / self.done, failed=base / self.failed)
