"""Alembic's environment: runs on the connection that `leadrelay.store.migrate` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from leadrelay.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
    render_as_batch=False,
)
context.run_migrations()
