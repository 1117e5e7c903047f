"""Previews of what other rules or mappings would make of the leads."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, PrimaryKeyConstraint, Table, Text, text

from leadrelay.store.tables.collection import metadata

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
