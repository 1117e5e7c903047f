"""What the API shows, and the two interfaces behind it: views that read the store, operations that change what is worked on.

All methods are called in a thread. A uid that is none, or that nothing has, gives None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from pydantic import JsonValue, PlainSerializer, WithJsonSchema

from core.instants import Instant, to_iso

SubmissionState = Literal[
    "new", "processed", "duplicate", "held", "ignored", "visit", "rejected", "quarantined", "erased", "expired"
]  # fmt: skip
DeliveryState = Literal[
    "waiting", "in_flight", "in_sync", "failed", "paused", "suppressed", "discarded", "merged"
]  # fmt: skip

Time = Annotated[Instant, PlainSerializer(to_iso, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, newest first; `next` is the cursor of the following page, None on the last."""

    items: list[Row]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class ProblemView:
    """What is wrong with something, in one sentence."""

    code: str
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead in a list."""

    uid: str
    version: int
    name: str
    email: str
    company: str
    outcome: str
    is_test: bool
    created_at: Time
    updated_at: Time
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a lead with its provenance: when and by which touch of which source the value came."""

    value: str | int | bool | list[str]
    at: Time
    touch: str
    source: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class TouchView:
    """One touch of a lead; its uid is its submission's."""

    uid: str
    source: str
    kind: str
    at: Time
    is_test: bool
    problems: list[ProblemView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A lead's state towards one CRM object: `have` reaches `want` when the CRM holds the newest version."""

    uid: str
    sink: str
    object: str
    lead: str
    state: DeliveryState
    want: int
    have: int
    tries: int
    crm_id: str | None
    due: Time
    updated_at: Time
    problem: ProblemView | None = None


@dataclass(frozen=True, slots=True)
class RecordView:
    """A CRM record that stands, or stood, for a lead."""

    sink: str
    object: str
    crm_id: str
    linked_at: Time
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class LeadView:
    """A lead with everything known of it."""

    lead: LeadRow
    fields: dict[str, FieldView]
    touches: list[TouchView]
    deliveries: list[DeliveryRow]
    records: list[RecordView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a lineage, as a sentence and as data. `kind` is a stable word for programs, such as `captured`, `mapped`,
    `lost` or `clause`; a step with a greater `depth` belongs to the last one before it with a smaller one."""

    what: str
    at: Time | None = None
    details: dict[str, JsonValue] = field(default_factory=dict)
    kind: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Why:
    """Why a lead, or one thing about it, is as it is: the answer in a sentence, the value where the topic has one, and every step
    that led there."""

    lead: str
    topic: str
    reasons: list[Reason]
    answer: str = ""
    value: JsonValue = None


class UnknownTopic(LookupError):
    """Nothing of this name can be explained; the message says what can be."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a lead: when it did (a CRM's own time where that tells it), and by whom: a source, a sink whose
    people did it, or leadrelay."""

    at: Time
    kind: str
    by: str
    what: str
    details: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """What happened to a lead, oldest first."""

    lead: str
    events: list[Happened]


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """A submission in a list."""

    uid: str
    source: str
    state: SubmissionState
    reason: str
    received_at: Time
    submitted_at: Time | None
    is_test: bool
    lead: str | None = None
    duplicate_of: str | None = None
    problems: list[ProblemView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission as it was captured: `names` as the mapping sees them, None when the body can not be read or is gone."""

    submission: SubmissionRow
    headers: dict[str, str]
    body: str | None
    names: dict[str, str | list[str]] | None


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source: what came in, by state, and whether it is worked on."""

    name: str
    connector: str
    mapping: str
    received: int
    states: dict[str, int]
    last_received_at: Time | None = None
    paused: str | None = None


@dataclass(frozen=True, slots=True)
class SinkView:
    """A sink: its queue by state, what it waits for, what the CRM last said, and what is left of its call allowance.

    `calls_used` and `calls_allowed` are the CRM's own numbers of the day, other programs' calls in them; `calls_hour` and
    `calls_day` are ours by what they were for (fresh, backlog, read_back, watch); `calls_forecast` is what a day of the current
    volume needs. `rate` is the tightest limit in force, with `burst_left` calls left in it.
    """

    name: str
    connector: str
    mode: Literal["observe", "live"]
    states: dict[str, int]
    paused: str | None = None
    hold_until: Time | None = None
    last_problem: str | None = None
    last_ok_at: Time | None = None
    calls_used: int | None = None
    calls_allowed: int | None = None
    account: str | None = None
    rate: str | None = None
    burst_left: int | None = None
    calls_hour: dict[str, int] = field(default_factory=dict)
    calls_day: dict[str, int] = field(default_factory=dict)
    calls_forecast: int = 0
    warning: str | None = None
    backlog_waits: str | None = None


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads: all given conditions hold. `text` is an e-mail address or the start of a name or company; `is_overdue` are the
    open leads that nobody has answered in time."""

    text: str | None = None
    outcome: str | None = None
    updated_since: Instant | None = None
    is_test: bool | None = None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """Which submissions: all given conditions hold."""

    uid: str | None = None
    source: str | None = None
    state: SubmissionState | None = None
    received_since: Instant | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries: all given conditions hold."""

    uid: str | None = None
    sink: str | None = None
    object: str | None = None
    state: DeliveryState | None = None
    lead: str | None = None


class Views(Protocol):
    """Reads the store for people and programs."""

    def leads(self, only: LeadFilter, after: str | None, limit: int) -> Page[LeadRow]:
        """Leads, the last changed first."""

    def lead(self, uid: str) -> LeadView | None:
        """One lead with provenance; a merged one gives the lead it went into."""

    def why(self, uid: str, topic: str) -> Why | None:
        """The lineage of a lead, or of what `topic` names: a field, the owner, the score, the status, a segment, a sink.
        Raises UnknownTopic."""

    def history(self, uid: str) -> History | None:
        """What happened to a lead and to those that were merged into it."""

    def submissions(self, only: SubmissionFilter, after: str | None, limit: int) -> Page[SubmissionRow]:
        """Submissions, the newest first."""

    def submission(self, uid: str) -> SubmissionView | None:
        """One submission as it was captured."""

    def deliveries(self, only: DeliveryFilter, after: str | None, limit: int) -> Page[DeliveryRow]:
        """Deliveries, the last changed first."""

    def sources(self) -> list[SourceView]:
        """All configured sources, by name."""

    def sinks(self) -> list[SinkView]:
        """All configured sinks, by name."""


class Operations(Protocol):
    """Changes what is worked on; `by` names who asked, for the history."""

    def retry_submissions(self, only: SubmissionFilter, *, by: str, dry_run: bool) -> int:
        """Have held, rejected or quarantined submissions worked on again; how many these are."""

    def retry_deliveries(self, only: DeliveryFilter, *, by: str, dry_run: bool) -> int:
        """Have failed deliveries sent again; how many these are."""

    def pause(self, kind: Literal["source", "sink"], name: str, reason: str, *, by: str) -> bool:
        """Stop working on a source or sink, its captures and queue kept; False when there is none of this name."""

    def resume(self, kind: Literal["source", "sink"], name: str, *, by: str) -> bool:
        """Go on with a paused source or sink; False when there is none of this name."""


def plain_names(names: Mapping[str, str | tuple[str, ...]]) -> dict[str, str | list[str]]:
    """A submission's names as JSON values."""
    return {name: value if isinstance(value, str) else list(value) for name, value in names.items()}
