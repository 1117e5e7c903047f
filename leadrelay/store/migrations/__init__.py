"""Alembic's migrations of the store; additive only. `leadrelay.store.migrate` runs them."""
