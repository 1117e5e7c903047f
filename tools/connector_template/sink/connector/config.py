"""The settings of an Acme sink, as they stand under `sinks.NAME`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class AcmeSinkConfig(BaseModel):
    """Where Acme is, who we are there, and how much one call may carry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(description="The address of Acme's API.", examples=["https://api.acme.example"])
    token: SecretStr = Field(description="The API token of the user that writes the leads.", examples=["${ACME_TOKEN}"])
    batch: int = Field(default=100, ge=1, le=100, description="Leads in one call.")
    timeout: float = Field(default=30, gt=0, description="Seconds to wait for an answer.")
