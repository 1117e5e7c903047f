"""The settings of an Acme source, as they stand under `sources.NAME`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class AcmeSourceConfig(BaseModel):
    """How Acme shows that a post is its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretStr = Field(description="The secret Acme signs its webhooks with.", examples=["${ACME_SECRET}"])
