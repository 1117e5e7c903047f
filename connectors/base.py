"""What a sink is, returns and raises, and what every connector declares of itself. Sources: connectors/sources.py.

A sink does one thing per call and returns one outcome per input, in order; it raises only for the whole call. It does not
sleep, count, retry (but once after a 401) or touch the store: the engine does that, the same way for every sink.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from connectors.sources import FileFeed, FileOptions, PullSource, Reader, SourceContext, WatchedFolder
from core.crm_schema import ObjectSchema
from core.instants import Instant
from core.problems import Problem
from core.rendering import Rendered

# --- outcomes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A record in a CRM that stands for a lead; a lead may have several (a converted Lead and its Contact)."""

    object: str
    crm_id: str


@dataclass(frozen=True, slots=True)
class Done:
    """The CRM holds what was wanted. `sent` names the fields that went out, `left_out` what was wrong with the others, and
    `wrote` holds what went out by the CRM's name, as the CRM will answer it: by it a read-back knows its own echo. `gave_owner`
    says that the wanted owner was part of it."""

    crm_id: str
    created: bool = False
    sent: tuple[str, ...] = ()
    left_out: tuple[Problem, ...] = ()
    links: tuple[Link, ...] = ()
    note: str = ""
    wrote: Mapping[str, object] = field(default_factory=dict)
    gave_owner: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """An existing record was found and nothing written yet: the engine stores the link and sends the row again at once."""

    crm_id: str
    links: tuple[Link, ...] = ()


class Retry(Exception):
    """Busy, limited or down. Raised for a whole call (the gate holds) or returned for one row (that row backs off).

    `after` is the wait the other side asked for, in seconds; `until` an instant at which a limit resets.
    `may_have_happened` says that the write may have been carried out although no answer came.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: float | None = None,
        until: Instant | None = None,
        may_have_happened: bool = False,
        code: str = "busy",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.until = until
        self.may_have_happened = may_have_happened
        self.code = code


class Reject(Exception):
    """This one will not be accepted as it is: failed, visible, editable, replayable."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Stop(Exception):
    """Nothing works until a person acts (credentials, permission, wrong org): pauses the connector, keeps the queue."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class TooLarge(Exception):
    """The call as a whole was refused for its size: the engine sends it again in smaller batches."""


Outcome = Done | Found | Retry | Reject

# --- sinks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upsert:
    """One lead to bring to one CRM object.

    `external_id` is the lead's uid, constant for its life. `crm_id` is None until a record is known. `rendered` holds the
    mapping's own object first and, by name, the object that `when_converted` names. `emails` find existing records.
    `is_unsure` says that an earlier write may have been carried out: look by external id before create-only fields go out.
    """

    external_id: str
    object: str
    rendered: Mapping[str, Rendered]
    crm_id: str | None = None
    emails: tuple[str, ...] = ()
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that must happen exactly once beside a lead's record (a task, a campaign membership).

    `key` is its idempotency key, `links` the lead's records in this CRM, `is_unsure` that an earlier try may have happened.
    """

    key: str
    kind: str
    payload: Mapping[str, str]
    links: tuple[Link, ...]
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Burst:
    """How many calls a CRM allows in a short rolling window, and how many of them were left when it answered."""

    limit: int
    remaining: int
    per_ms: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a CRM said of its call allowance in the newest answer: of the day (None where it says nothing), and of the burst."""

    used: int | None
    limit: int | None
    burst: Burst | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """Who we are at the CRM: the org or portal the sink is bound to, the acting user, and what is missing."""

    account_id: str
    user: str
    api_version: str
    problems: tuple[Problem, ...] = ()
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """One thing the CRM needs before the first write: done already, done now, or for a person to do with `how`."""

    name: str
    state: Literal["ready", "created", "missing"]
    how: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A CRM record as it stands: `fields` None when it is gone; `moved_to` where a conversion or merge has taken it."""

    link: Link
    fields: Mapping[str, object] | None
    moved_to: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of one record in a CRM, as the CRM tells it.

    `at` is the CRM's time of the change. `external_id` is the uid of ours that the record carries, or empty. `fields` holds
    the fields that were asked for, by the CRM's name and as it holds them, None for an empty one; it is empty when the record
    is gone. `merged_into` is the surviving record, `converted_to` every record that a conversion made or chose (for Salesforce
    Contact, Account, Opportunity; for HubSpot the deals of the contact) and `converted_at` when.
    `owner` is the owning user's e-mail and `queue` the owning queue's name, in lower case and as it stands there; both are
    None when nobody owns the record or the owner can not be told. `activity_at` is when a person (not our own user) first did
    something with it: called, wrote, completed a task. `is_ours` says that our own user made the newest change.
    """

    link: Link
    at: Instant
    external_id: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    is_deleted: bool = False
    merged_into: Link | None = None
    converted_to: tuple[Link, ...] = ()
    converted_at: Instant | None = None
    owner: str | None = None
    queue: str | None = None
    activity_at: Instant | None = None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes, oldest first. `cursor` is where to go on, in the connector's own words; with `has_more` at once."""

    changes: tuple[Change, ...]
    cursor: str
    has_more: bool = False


class Sink(Protocol):
    """One CRM account, spoken to through its client package over a pooled connection; used by one thread at a time."""

    max_batch: int

    @property
    def calls(self) -> int:
        """How many API calls were sent so far."""

    @property
    def usage(self) -> Usage | None:
        """What the newest answer said of the account's call allowance."""

    def upsert(self, batch: Sequence[Upsert]) -> list[Outcome]:
        """Bring each lead's record to what is wanted; one outcome per input, in order."""

    def act(self, batch: Sequence[Act]) -> list[Outcome]:
        """Make each action happen once; one outcome per input, in order."""

    def read(self, links: Sequence[Link], fields: Sequence[str]) -> list[Record]:
        """The records as they stand in the CRM, in order."""

    def account(self) -> str:
        """The org or portal that the credentials lead to, from the login alone; empty when the login does not tell."""

    def probe(self) -> Probe:
        """Check credentials, account and permissions without writing anything."""

    def prepare(self, objects: Sequence[str]) -> list[Preparation]:
        """Create what the CRM needs (an external-id field), or say how a person does."""

    def close(self) -> None:
        """Give the connections back."""


@runtime_checkable
class KnowsSchema(Protocol):
    """A sink that can tell what its CRM's objects look like, so that mappings can be held against them."""

    def schema(self, object_name: str) -> ObjectSchema | None:
        """The object as our user sees it now, never from a cache; None when there is no such object for our user."""


@runtime_checkable
class ReadsBack(Protocol):
    """A sink that can tell what people did with its records."""

    def changes(self, object_name: str, cursor: str, since: Instant, fields: Sequence[str], limit: int) -> Changes:
        """What has changed in an object's records since the cursor; since `since`, when the cursor is empty.

        At least once: a change may come again, since a cursor goes back a little to miss nothing that was committed late.
        Deleted and merged records are among them. `fields` that the object does not have are left out. At most about `limit`
        changes; raises only for the whole call (Retry, Stop).
        """


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A row that was taken into a bulk job's file; `left_out` says what was wrong with some of its fields."""

    left_out: tuple[Problem, ...] = ()


class BulkRows(Protocol):
    """The file of one bulk job, filled in parts before it is sent."""

    def __len__(self) -> int:
        """How many rows were taken."""

    def add(self, batch: Sequence[Upsert]) -> list[Outcome | BulkRow]:
        """Take new records' rows; the outcome of each one that does not go into the file, in order. Only reads are made."""


@runtime_checkable
class WritesInBulk(Protocol):
    """A sink that can write many new records through an asynchronous job of the CRM. A row that the job did not take comes
    back as a Retry with the code `partly` and goes the ordinary way; it is unsure where it must not go into a job again."""

    def bulk_open(self, object_name: str) -> str | None:
        """Open a job that takes no data yet, and its id; None when the CRM offers our user no such jobs."""

    def bulk_file(self, object_name: str) -> BulkRows:
        """A file for one job, still empty."""

    def bulk_send(self, job: str, file: BulkRows) -> None:
        """Upload the file, and let the job begin."""

    def bulk_collect(self, job: str, external_ids: Sequence[str]) -> list[Outcome] | None:
        """What became of the rows with these external ids, in order; None while the job is not done. A job that never got its
        file is ended, and its rows come back."""


OWNER_INACTIVE = "owner_inactive"
"""The code of the problem with a person who was a user of the CRM and is none any more: routing passes such people over."""


@runtime_checkable
class KnowsOwners(Protocol):
    """A sink that can tell whether the people and queues that leads are given to are there."""

    def owner_problems(self, emails: Sequence[str], queues: Sequence[str]) -> list[Problem]:
        """Each e-mail that is no active user there and each queue that is none, with it as the problem's `field`; with the
        code OWNER_INACTIVE those who are known there and deactivated."""


class Tokens(Protocol):
    """Where access tokens live, shared by all workers of an account; one refresh at a time."""

    def current(self) -> str | None:
        """The newest token document (the connector's own JSON), or None when there is none yet."""

    def refresh(self, stale: str | None, fetch: Callable[[], str]) -> str:
        """A document newer than `stale`: another worker's if there is one by now, else `fetch()`'s, stored before use."""


@dataclass(frozen=True, slots=True)
class SinkContext:
    """What the engine hands a sink when it opens it: its name, where tokens live, the objects it will write, and those of
    them whose new records the CRM's own rule assigns (the mapping's `owner: {assigned_by: ...}`)."""

    name: str
    tokens: Tokens
    objects: tuple[str, ...] = ()
    assigned_by_crm: tuple[str, ...] = ()


# --- declaration ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spec:
    """What a connector declares of itself; docs, JSON Schema, forms and checks come from here. Importing it must stay cheap:
    the openers import the connector's heavy modules when they are called."""

    name: str
    title: str
    source_config: type[BaseModel] | None = None
    sink_config: type[BaseModel] | None = None
    open_source: Callable[[SourceContext, BaseModel], Reader] | None = None
    """A source's reader; a `PushSource` where it is posted to."""
    open_pull: Callable[[SourceContext, BaseModel, Tokens], PullSource] | None = None
    """The connection of a source that is asked, such as a mailbox, and where its access tokens live. Nothing is connected yet."""
    open_file: Callable[[SourceContext, BaseModel, Path, FileOptions], FileFeed] | None = None
    """A file of this source as its records; raises UnreadableFile."""
    watches: Callable[[BaseModel], WatchedFolder | None] | None = None
    """The folder whose files are imported by themselves, if these settings name one."""
    recognizes: bool = False
    """Whether the reader finds out by itself what is what: names that are lead fields then fill them without a mapping."""
    open_sink: Callable[[BaseModel, SinkContext], Sink] | None = None
    objects: tuple[str, ...] = field(default_factory=tuple)
    action_objects: Mapping[str, str] = field(default_factory=dict)
    """The CRM object that each kind of action makes, as far as it has one."""
    prepared_actions: frozenset[str] = frozenset()
    """The kinds of action whose object `prepare` makes ready too, since by a property of ours each is made once."""
    ending: Callable[[BaseModel, Instant], Sequence[Problem]] | None = None
    """What of these settings the vendor has said will have stopped working by an instant, such as an API version. The problem's
    `field` is the settings key."""
    burst: Burst | None = None
    """The smallest burst limit that the CRM's accounts have: what the engine goes by until the CRM has told its own."""
