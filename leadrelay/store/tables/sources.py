"""How far the sources that are asked, and the files that are imported, have been read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from leadrelay.store.tables.collection import metadata

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
