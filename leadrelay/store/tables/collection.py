"""The one collection that all tables stand in."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData()
