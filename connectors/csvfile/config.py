"""The settings of a csvfile source, as they stand under `sources.NAME` beside `connector` and `mapping`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from core.documents import Text


class CsvFileConfig(BaseModel):
    """Which folder is watched, and how its files are read where they leave a doubt."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    folder: Text | None = Field(
        default=None, description="A folder whose files are imported by themselves. Without it: `leadrelay import` alone."
    )
