"""What came in: submissions and the keys that know them again, and visits of people not known yet."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, text

from leadrelay.store.tables.collection import metadata

SUBMISSION_STATES = (
    "new", "processed", "duplicate", "held", "ignored", "visit", "rejected", "quarantined", "erased", "expired",
)  # fmt: skip

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
