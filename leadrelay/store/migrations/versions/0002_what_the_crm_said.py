"""What the CRM said"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the store to this revision."""
    op.add_column("crm_link", sa.Column("seen", sa.Text(), nullable=True))
    op.create_table(
        "crm_schema",
        sa.Column("sink", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sink", "object"),
    )
