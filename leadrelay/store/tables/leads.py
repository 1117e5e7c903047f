"""Leads with their touches, the keys that find them, what was decided of them and what happened, and who was erased."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from leadrelay.store.tables.collection import metadata

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

suppression = Table(
    "suppression",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("erased_at", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),
)
