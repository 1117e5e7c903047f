"""One gate an account"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the store to this revision."""
    op.add_column("gate", sa.Column("shared", sa.Text(), nullable=True))
    op.add_column("gate", sa.Column("used_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("gate", sa.Column("burst_limit", sa.Integer(), server_default="0", nullable=False))
    op.add_column("gate", sa.Column("burst_ms", sa.Integer(), server_default="0", nullable=False))
    op.add_column("gate", sa.Column("workers", sa.Integer(), server_default="0", nullable=False))
    op.add_column("gate", sa.Column("workers_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("gate", sa.Column("backlog_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("gate", sa.Column("state", sa.Text(), nullable=True))
    op.create_table(
        "call_count",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("leads", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "hour", "kind"),
    )
