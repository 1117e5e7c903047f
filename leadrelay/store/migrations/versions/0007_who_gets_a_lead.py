"""Who gets a lead"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_CURRENT, _OPEN = sa.text("is_current"), sa.text("is_current AND closed_at IS NULL")
_KEPT = sa.text("kept_by IS NOT NULL")


def upgrade() -> None:
    """Bring the store to this revision."""
    op.create_table(
        "rotation",
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("credits", sa.Text(), server_default="{}", nullable=False),
        sa.Column("turns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("changes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("pool"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=True),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), server_default="{}", nullable=False),
        sa.Column("deadline_at", sa.BigInteger(), nullable=True),
        sa.Column("warn_at", sa.BigInteger(), nullable=True),
        sa.Column("warned_at", sa.BigInteger(), nullable=True),
        sa.Column("overdue_at", sa.BigInteger(), nullable=True),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("kept_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pool", "turn", name="assignment_turn"),
    )
    op.create_index("assignment_lead", "assignment", ["lead_id", "id"])
    op.create_index(
        "assignment_current", "assignment", ["lead_id"], unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT
    )
    op.create_index("assignment_kept_by", "assignment", ["kept_by"], sqlite_where=_KEPT, postgresql_where=_KEPT)
    op.create_index("assignment_day", "assignment", ["member", "day"])
    op.create_index("assignment_open", "assignment", ["member"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("absence_last", "absence", ["last"])
