"""Scores and stages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_IS_DECIDED = sa.text("decide_at IS NOT NULL AND erased_at IS NULL AND merged_into IS NULL")


def upgrade() -> None:
    """Bring the store to this revision."""
    op.add_column("lead", sa.Column("score", sa.Integer(), nullable=True))
    op.add_column("lead", sa.Column("stage", sa.Text(), server_default="", nullable=False))
    op.add_column("lead", sa.Column("decide_at", sa.BigInteger(), nullable=True))
    op.create_index("lead_decide_at", "lead", ["decide_at"], sqlite_where=_IS_DECIDED, postgresql_where=_IS_DECIDED)
