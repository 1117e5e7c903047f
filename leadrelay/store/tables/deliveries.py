"""What is to be written to the CRMs, and each attempt at it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, text

from leadrelay.store.tables.collection import metadata

DELIVERY_STATES = (
    "waiting", "in_flight", "in_sync", "failed", "paused", "suppressed", "discarded", "merged",
)  # fmt: skip

ACTION_STATES = ("waiting", "in_flight", "done", "failed", "paused", "suppressed", "discarded", "merged")

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
