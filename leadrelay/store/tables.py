"""The tables. Times are integer milliseconds (core.instants), documents are JSON text, states are words of design.

`PERSONAL` lists every column that may hold a personal value; erasure blanks exactly these, and a test scans all others.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

SUBMISSION_STATES = (
    "new", "processed", "duplicate", "held", "ignored", "visit", "rejected", "quarantined", "erased", "expired",
)  # fmt: skip
DELIVERY_STATES = (
    "waiting", "in_flight", "in_sync", "failed", "paused", "suppressed", "discarded", "merged",
)  # fmt: skip
ACTION_STATES = ("waiting", "in_flight", "done", "failed", "paused", "suppressed", "discarded", "merged")

submission = Table(
    "submission",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("key", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("submitted_at", BigInteger),
    Column("headers", Text, nullable=False, server_default="{}"),
    Column("body", LargeBinary),
    Column("is_test", Boolean, nullable=False, server_default=text("false")),
    Column("duplicate_of", BigInteger),
    Column("lead_id", BigInteger),
    Column("problems", Text),
    Column("config_hash", Text),
    Column("leased_until", BigInteger, nullable=False, server_default="0"),
    Column("lease", BigInteger),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("priority", Integer, nullable=False, server_default="0"),
    Index(
        "submission_new",
        "leased_until",
        "priority",
        "id",
        sqlite_where=text("state = 'new'"),
        postgresql_where=text("state = 'new'"),
    ),
    Index("submission_source_state", "source", "state"),
    Index("submission_lead", "lead_id"),
)

capture_key = Table(
    "capture_key",
    metadata,
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("submission_id", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("is_content_key", Boolean, nullable=False),
    PrimaryKeyConstraint("source", "key"),
)

counter = Table(
    "counter",
    metadata,
    Column("source", Text, primary_key=True),
    Column("received", BigInteger, nullable=False),
)

_IS_DECIDED = text("decide_at IS NOT NULL AND erased_at IS NULL AND merged_into IS NULL")

lead = Table(
    "lead",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("is_test", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("merged_into", BigInteger),
    Column("erased_at", BigInteger),
    Column("score", Integer),
    Column("stage", Text, nullable=False, server_default=""),
    Column("decide_at", BigInteger),
    Index("lead_updated", "updated_at"),
    Index("lead_decide_at", "decide_at", sqlite_where=_IS_DECIDED, postgresql_where=_IS_DECIDED),
)
"""`score` and `stage` are the record's, for lists. `decide_at` is when time alone may change what the rules say of the lead."""

touch = Table(
    "touch",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    Column("problems", Text),
    Column("config_hash", Text, nullable=False),
    Column("is_test", Boolean, nullable=False, server_default=text("false")),
    Index("touch_lead", "lead_id", "at"),
)

lead_key = Table(
    "lead_key",
    metadata,
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("lead_id", BigInteger, nullable=False),
    Index("lead_key_lead", "lead_id"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("other_lead_id", BigInteger),
    Column("by", Text, nullable=False),
    Column("data", Text, nullable=False, server_default="{}"),
    Index("decision_lead", "lead_id"),
)

event = Table(
    "event",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("lead_id", BigInteger),
    Column("submission_id", BigInteger),
    Column("data", Text, nullable=False, server_default="{}"),
    Index("event_lead", "lead_id", "id"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("sink", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("want", Integer, nullable=False),
    Column("have", Integer, nullable=False, server_default="0"),
    Column("sent_hash", BigInteger),
    Column("crm_id", Text),
    Column("is_unsure", Boolean, nullable=False, server_default=text("false")),
    Column("token", BigInteger),
    Column("leased_until", BigInteger, nullable=False, server_default="0"),
    Column("due", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("strikes", Integer, nullable=False, server_default="0"),
    Column("struck_at", BigInteger, nullable=False, server_default="0"),
    Column("problem", Text),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("sink", "object", "lead_id", name="delivery_sink_object_lead"),
    Index("delivery_lead", "lead_id"),
    Index(
        "delivery_waiting",
        "sink",
        "object",
        "priority",
        "due",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "delivery_in_flight",
        "sink",
        "leased_until",
        sqlite_where=text("state = 'in_flight'"),
        postgresql_where=text("state = 'in_flight'"),
    ),
    Index("delivery_failed", "sink", sqlite_where=text("state = 'failed'"), postgresql_where=text("state = 'failed'")),
)

action = Table(
    "action",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("sink", Text, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("touch_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("crm_id", Text),
    Column("is_unsure", Boolean, nullable=False, server_default=text("false")),
    Column("token", BigInteger),
    Column("leased_until", BigInteger, nullable=False, server_default="0"),
    Column("due", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("strikes", Integer, nullable=False, server_default="0"),
    Column("struck_at", BigInteger, nullable=False, server_default="0"),
    Column("problem", Text),
    Column("updated_at", BigInteger, nullable=False),
    Index("action_lead", "lead_id"),
    Index(
        "action_waiting",
        "sink",
        "priority",
        "due",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "action_in_flight",
        "sink",
        "leased_until",
        sqlite_where=text("state = 'in_flight'"),
        postgresql_where=text("state = 'in_flight'"),
    ),
)

crm_link = Table(
    "crm_link",
    metadata,
    Column("sink", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("crm_id", Text, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("seen", Text),
    PrimaryKeyConstraint("sink", "object", "crm_id"),
    Index("crm_link_lead", "lead_id", "sink"),
)
"""`seen` holds, by the CRM's field name, a keyed hash of the value that we last wrote or read there: a read-back knows by it
what a person changed, and what is only the echo of our own write."""

crm_schema = Table(
    "crm_schema",
    metadata,
    Column("sink", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("sink", "object"),
)
"""What each CRM object that a mapping writes looked like when it was last asked for."""

attempt = Table(
    "attempt",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("sink", Text, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("row_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("outcome", Text, nullable=False),
    Column("data", Text, nullable=False, server_default="{}"),
    Index("attempt_lead", "lead_id", "id"),
    Index("attempt_at", "at"),
)

gate = Table(
    "gate",
    metadata,
    Column("account", Text, primary_key=True),
    Column("crm_account_id", Text),
    Column("hold_until", BigInteger, nullable=False, server_default="0"),
    Column("hold_reason", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("batch", Integer, nullable=False, server_default="0"),
    Column("last_ok_at", BigInteger, nullable=False, server_default="0"),
    Column("tokens", BigInteger, nullable=False, server_default="0"),
    Column("tokens_at", BigInteger, nullable=False, server_default="0"),
    Column("paused", Text),
    Column("calls", BigInteger, nullable=False, server_default="0"),
    Column("used", BigInteger),
    Column("allowed", BigInteger),
    Column("last_problem", Text),
    Column("shared", Text),
    Column("used_at", BigInteger, nullable=False, server_default="0"),
    Column("burst_limit", Integer, nullable=False, server_default="0"),
    Column("burst_ms", Integer, nullable=False, server_default="0"),
    Column("workers", Integer, nullable=False, server_default="0"),
    Column("workers_at", BigInteger, nullable=False, server_default="0"),
    Column("backlog_reason", Text, nullable=False, server_default=""),
    Column("state", Text),
)
"""A sink's row and, named by `shared`, its CRM account's. `state` holds the calls under way, the calls of the rolling windows
and a summary of `call_count` as JSON. `tokens` and `tokens_at` were the first version's bucket: they stay only for workers of
that version that are still running beside newer ones."""

call_count = Table(
    "call_count",
    metadata,
    Column("account", Text, nullable=False),
    Column("hour", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("leads", BigInteger, nullable=False),
    PrimaryKeyConstraint("account", "hour", "kind"),
)
"""How many calls were made for a CRM account in each hour, what for, and how many leads they brought in step."""

bulk_job = Table(
    "bulk_job",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("sink", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("crm_job_id", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("rows", Text, nullable=False, server_default="[]"),
    Column("due", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Index("bulk_job_due", "sink", "due"),
)
"""Jobs that a CRM works on by itself; their deliveries are in flight under `token`, and `rows` says what stands in the file."""

timer = Table(
    "timer",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("due", BigInteger, nullable=False),
    Column("data", Text, nullable=False, server_default="{}"),
    Column("token", BigInteger),
    Column("leased_until", BigInteger, nullable=False, server_default="0"),
    Index("timer_due", "due"),
)

suppression = Table(
    "suppression",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("erased_at", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),
)

config_version = Table(
    "config_version",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("loaded_at", BigInteger, nullable=False),
)

credential = Table(
    "credential",
    metadata,
    Column("name", Text, primary_key=True),
    Column("document", LargeBinary),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("token", BigInteger),
    Column("leased_until", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", BigInteger, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("data", Text, nullable=False, server_default="{}"),
    Column("since_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", Text, nullable=False, server_default=""),
    Column("token", BigInteger),
    Column("leased_until", BigInteger, nullable=False, server_default="0"),
    Column("connected_at", BigInteger, nullable=False, server_default="0"),
    Column("last_ok_at", BigInteger, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused", Text),
    Column("last_problem", Text),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
)
"""How far a source that is asked (a mailbox, a watched folder) has been read: one worker holds it at a time. `paused` is the
problem, as JSON, that a person must mend before it is asked again; `last_problem` the newest one of any kind."""

file_import = Table(
    "file_import",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("file_hash", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("reading", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("records", BigInteger, nullable=False, server_default="0"),
    Column("accepted", BigInteger, nullable=False, server_default="0"),
    Column("duplicates", BigInteger, nullable=False, server_default="0"),
    Column("rejected", BigInteger, nullable=False, server_default="0"),
    Column("blank", BigInteger, nullable=False, server_default="0"),
    Column("token", BigInteger),
    Column("leased_until", BigInteger, nullable=False, server_default="0"),
    Column("started_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("source", "file_hash", name="file_import_source_file_hash"),
)
"""Each file that was imported, by its contents: how many of its records are committed, and what became of them; `state` is
running, done or failed. records = accepted + duplicates + rejected + blank, always."""

notice = Table(
    "notice",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("alert_key", Text, nullable=False),
    Column("since_at", BigInteger, nullable=False),
    Column("target", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("token", BigInteger),
    Column("leased_until", BigInteger, nullable=False, server_default="0"),
    Column("sent_at", BigInteger),
    Column("problem", Text),
    UniqueConstraint("alert_key", "since_at", "target", "kind", name="notice_once"),
    Index("notice_due", "due", sqlite_where=text("sent_at IS NULL"), postgresql_where=text("sent_at IS NULL")),
)
"""Who is to be told, or was told, of an alert that was raised at `since_at`; `kind` is raised or resolved."""

visitor = Table(
    "visitor",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lead_id", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index("visitor_lead", "lead_id"),
    Index("visitor_seen", "seen_at"),
)
"""Whose visits a browser's visits are: the lead that was known on it most recently, at `known_at`. A merge changes nothing
here; who asks follows the merged lead to the one that it went into."""

visit = Table(
    "visit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("visitor", Text, nullable=False),
    Index("visit_visitor", "visitor"),
)
"""The submissions that are visits of nobody known yet, by their ids: they wait in the state `visit`."""

marker = Table(
    "marker",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
)
"""Small facts that all processes share: which source is paused, which mappings a sink was last brought in step with."""

rotation = Table(
    "rotation",
    metadata,
    Column("pool", Text, primary_key=True),
    Column("credits", Text, nullable=False, server_default="{}"),
    Column("turns", BigInteger, nullable=False, server_default="0"),
    Column("changes", BigInteger, nullable=False, server_default="0"),
    Column("last_at", BigInteger, nullable=False, server_default="0"),
)
"""Where each pool's turns stand: what each member is owed, and how many turns there were. Whoever routes locks the row, or writes
only where `changes`, which every assignment to one of the pool's members raises, is still what was read. `last_at` is when that
was last: later assignments come later, whatever the clocks of their processes say."""

assignment = Table(
    "assignment",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("pool", Text),
    Column("turn", BigInteger),
    Column("member", Text),
    Column("queue", Text),
    Column("line", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("trace", Text, nullable=False, server_default="{}"),
    Column("deadline_at", BigInteger),
    Column("warn_at", BigInteger),
    Column("warned_at", BigInteger),
    Column("overdue_at", BigInteger),
    Column("is_current", Boolean, nullable=False, server_default=text("true")),
    Column("closed_at", BigInteger),
    Column("kept_by", BigInteger),
    UniqueConstraint("pool", "turn", name="assignment_turn"),
    Index("assignment_lead", "lead_id", "id"),
    Index(
        "assignment_kept_by",
        "kept_by",
        sqlite_where=text("kept_by IS NOT NULL"),
        postgresql_where=text("kept_by IS NOT NULL"),
    ),
    Index(
        "assignment_current",
        "lead_id",
        unique=True,
        sqlite_where=text("is_current"),
        postgresql_where=text("is_current"),
    ),
    Index("assignment_day", "member", "day"),
    Index(
        "assignment_open",
        "member",
        sqlite_where=text("is_current AND closed_at IS NULL"),
        postgresql_where=text("is_current AND closed_at IS NULL"),
    ),
)
"""The ledger of routing: each lead that went to a member (by a turn of a pool, or by name) or into a queue. `turn` counts those
of its pool; `day` is the day by the pool's clock; `closed_at` is set while the lead is nobody's work any more. Of a lead one row
is current; `kept_by` is the lead that this one went into. `member` is one of the team, never the person that the lead is of."""

account = Table(
    "account",
    metadata,
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("is_told", Boolean, nullable=False, server_default=text("false")),
    Index("account_lead", "lead_id"),
)
"""Who has which company: `owner` is one of the team or a user of a CRM, known by the lead of the company that they have.
`is_told` says that a CRM told so. `hash` stands for the company's domain, which is not kept here."""

absence = Table(
    "absence",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("person", Text, nullable=False),
    Column("first", Text, nullable=False),
    Column("last", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Index("absence_last", "last"),
)
"""Days on which one of the team takes no leads, beside those of team.yaml."""

replay = Table(
    "replay",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("as_of", BigInteger, nullable=False),
    Column("config_hash", Text, nullable=False),
    Column("asked_since", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("counts", Text, nullable=False, server_default="{}"),
    Column("updated_at", BigInteger, nullable=False),
)
"""Previews of what other rules or mappings would make of the leads at `as_of`; `state` is making, ready, applying or done."""

replay_lead = Table(
    "replay_lead",
    metadata,
    Column("replay_id", BigInteger, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", BigInteger, nullable=False),
    Column("is_applied", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("replay_id", "lead_id"),
)
"""The leads that a preview would change: the version it was made from, and a digest of what it would make of them."""

PERSONAL: dict[str, tuple[str, ...]] = {
    "submission": ("key", "reason", "headers", "body", "problems"),
    "capture_key": ("key",),
    "lead": ("record",),
    "touch": ("fields", "problems"),
    "lead_key": ("text", "name"),
    "decision": ("data",),
    "event": ("data",),
    "delivery": ("problem",),
    "action": ("payload", "problem"),
    "attempt": ("data",),
    "crm_link": ("seen",),
    "gate": ("hold_reason", "paused", "last_problem"),
    "timer": ("data",),
    "alert": ("message", "data"),
    "cursor": ("paused", "last_problem"),
    "file_import": ("file_name", "reading"),
    "notice": ("problem",),
    "marker": ("value",),
    "assignment": ("trace",),
    "visitor": ("id",),
    "visit": ("visitor",),
}
"""Columns that may hold a personal value. The store holds none anywhere else; tests/engine/test_erase.py proves it."""
