"""What is known of the CRMs: whose record is which lead, what their objects look like, their limits and their own jobs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from leadrelay.store.tables.collection import metadata

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
