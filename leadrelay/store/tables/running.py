"""What the running product keeps for itself: timers, alerts and their notices, credentials, versions of the configuration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from leadrelay.store.tables.collection import metadata

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

marker = Table(
    "marker",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
)
"""Small facts that all processes share: which source is paused, which mappings a sink was last brought in step with."""
