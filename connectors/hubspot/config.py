"""The settings of a HubSpot sink, as they stand under `sinks.NAME` beside `connector`, `mode` and `mapping`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.http import checked_url
from core.texts import Rate

Erase = Literal["gdpr_delete", "archive"]

MAX_BATCH = 100
_PROPERTY_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_DATED = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_OAUTH = ("client_id", "client_secret", "refresh_token")


def _has(value: str | SecretStr | None) -> bool:
    return bool((value.get_secret_value() if isinstance(value, SecretStr) else value or "").strip())


class HubSpotAuth(BaseModel):
    """How the sink gets its access token: a static one, or a refresh token of an app that was authorised."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    access_token: SecretStr | None = Field(
        default=None, description="The access token of a service key or private app; it does not expire"
    )
    client_id: str = Field(default="", description="Client id of the app (with a refresh token)")
    client_secret: SecretStr | None = Field(default=None, description="Client secret of the app (with a refresh token)")
    refresh_token: SecretStr | None = Field(
        default=None, description="The refresh token that the app got when it was authorised for the account"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        given = [name for name in _OAUTH if _has(getattr(self, name))]
        if _has(self.access_token):
            if given:
                raise ValueError(f"give either `access_token` or {' and '.join(f'`{name}`' for name in _OAUTH)}, not both")
            return self
        missing = [f"`{name}`" for name in _OAUTH if name not in given]
        if not given:
            raise ValueError("needs `access_token`, or `client_id`, `client_secret` and `refresh_token`")
        if missing:
            raise ValueError(f"a refresh token's login also needs {' and '.join(missing)}")
        return self


class HubSpotConfig(BaseModel):
    """The settings of one HubSpot account as a sink."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    auth: HubSpotAuth = Field(description="How the sink logs in")
    base_url: str = Field(
        default="https://api.hubapi.com", description="Where the API answers", examples=["https://api.hubapi.com"]
    )
    api_version: str = Field(
        default="2026-09",
        description="Version of the HubSpot API: a dated one, such as 2026-09, or v3 for the paths that end in September 2027",
        examples=["2026-09", "2026-03", "v3"],
    )
    external_id: str = Field(
        default="leadrelay_id",
        description="Name of the unique property that holds a lead's uid; it makes a repeated delivery harmless",
    )
    match_existing: bool = Field(
        default=True, description="Look for existing contacts by e-mail before the first write of a lead"
    )
    erase: Erase = Field(
        default="gdpr_delete",
        description="How an erased person's contact is removed: gdpr_delete (for good) or archive (can be restored for 90 days)",
    )
    batch: int = Field(default=MAX_BATCH, ge=1, le=MAX_BATCH, description="Leads in one call, at most 100")
    rate: Rate | None = Field(
        default=None,
        description="Most calls in a period, shared by all workers; without it what HubSpot's answers tell is kept to",
        examples=["90/10s"],
    )
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds to wait for an answer")
    proxy: str | None = Field(default=None, description="Address of an HTTP proxy; the environment's proxy settings are not read")
    ca_file: Path | None = Field(
        default=None, description="A file with certificate authorities to trust instead of the bundled ones"
    )
    zone: str = Field(
        default="UTC",
        description="Time zone in which a point in time becomes a `date` property's day",
        examples=["Europe/Berlin"],
    )

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, url: str) -> str:
        return checked_url(url, "https://api.hubapi.com")

    @field_validator("external_id")
    @classmethod
    def _external_id(cls, name: str) -> str:
        if not _PROPERTY_NAME.fullmatch(name):
            raise ValueError("write the internal name of a property in lower case, such as leadrelay_id")
        return name

    @field_validator("api_version")
    @classmethod
    def _api_version(cls, version: str) -> str:
        plain = version.strip().lower()
        if plain != "v3" and not _DATED.fullmatch(plain):
            raise ValueError("write a dated version, such as 2026-09, or v3")
        return plain

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("write a time zone's name, such as Europe/Berlin") from None
        return name
