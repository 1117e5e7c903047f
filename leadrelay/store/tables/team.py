"""Who gets which lead: the turns of the pools, the ledger of assignments, who has which company, and who is away."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, UniqueConstraint, text

from leadrelay.store.tables.collection import metadata

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
