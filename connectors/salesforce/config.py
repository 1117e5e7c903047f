"""The settings of a Salesforce sink, as they stand under `sinks.NAME` beside `connector`, `mode` and `mapping`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.http import checked_url
from core.texts import Rate

Flow = Literal["client_credentials", "jwt", "refresh_token", "password"]
OnDuplicate = Literal["link", "allow", "task", "park"]

MAX_BATCH = 200
_EXAMPLE = "https://example.my.salesforce.com"
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_VERSION = re.compile(r"v?(\d{2,3})(?:\.0)?")
_OLDEST_VERSION = 31
_NEEDED: dict[str, tuple[str, ...]] = {
    "client_credentials": ("client_id", "client_secret"),
    "jwt": ("client_id", "username", "private_key"),
    "refresh_token": ("client_id", "refresh_token"),
    "password": ("client_id", "client_secret", "username", "password"),
}


def _or_off(given: object) -> object:
    """`off` as the 0 that it stands for."""
    return 0 if isinstance(given, str) and given.strip().lower() == "off" else given


class SalesforceAuth(BaseModel):
    """How the sink gets its access token."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    flow: Flow = Field(
        default="client_credentials",
        description="How to log in: client_credentials (an External Client App with a run-as user), jwt, refresh_token, password",
    )
    login_url: str | None = Field(
        default=None,
        description="Where tokens are asked for: the org's My Domain address; https://login.salesforce.com for the other flows",
        examples=["https://example.my.salesforce.com"],
    )
    client_id: str = Field(default="", description="Consumer key of the External Client App")
    client_secret: SecretStr | None = Field(default=None, description="Consumer secret of the External Client App")
    username: str | None = Field(default=None, description="The integration user's name (flows jwt and password)")
    password: SecretStr | None = Field(
        default=None, description="The user's password, followed by the security token if one is asked for"
    )
    refresh_token: SecretStr | None = Field(default=None, description="A refresh token from an interactive authorisation")
    private_key: SecretStr | None = Field(default=None, description="The PEM text of the key that signs the assertion (flow jwt)")
    private_key_file: Path | None = Field(default=None, description="A file with that PEM text")
    audience: str | None = Field(default=None, description="Audience of the assertion; https://test.salesforce.com for sandboxes")

    @field_validator("login_url")
    @classmethod
    def _login_url(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url, _EXAMPLE)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in _NEEDED[self.flow] if not self._has(name)]
        if missing:
            raise ValueError(f"flow {self.flow} needs {' and '.join(f'`{name}`' for name in missing)}")
        return self

    def _has(self, name: str) -> bool:
        if name == "private_key" and self.private_key_file:
            return True
        value = getattr(self, name)
        return bool(value.get_secret_value().strip() if isinstance(value, SecretStr) else value)


class SalesforceConfig(BaseModel):
    """The settings of one Salesforce org as a sink."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    auth: SalesforceAuth = Field(description="How the sink logs in")
    base_url: str | None = Field(
        default=None,
        description="The org's address; without it the one that Salesforce names with the token is used",
        examples=["https://example.my.salesforce.com"],
    )
    api_version: str = Field(default="68.0", description="Version of the Salesforce API", examples=["68.0"])
    external_id: str = Field(
        default="Leadrelay_Id__c",
        description="API name of the External Id field that holds a lead's uid; it makes a repeated delivery harmless",
    )
    match_existing: bool = Field(
        default=True, description="Look for existing leads and contacts by e-mail before the first write of a lead"
    )
    on_duplicate: OnDuplicate = Field(
        default="link",
        description=(
            "What to do when a record with the lead's e-mail can not simply be taken over: link (take over what is free, give"
            " a different person an own record), allow (create in spite of duplicate rules), task (leave a task on the"
            " existing record) or park (hold the lead for a person)"
        ),
    )
    batch: int = Field(default=MAX_BATCH, ge=1, le=MAX_BATCH, description="Leads in one call, at most 200")
    bulk_from: Annotated[int, BeforeValidator(_or_off)] = Field(
        default=5_000,
        ge=0,
        description=(
            "Write new leads through Bulk API 2.0 when so many are due at once, which takes fewer calls and more time; `off` for"
            " never. Salesforce advises it from 2000 on"
        ),
        json_schema_extra={"type": ["integer", "string"], "examples": [5000, "off"]},
    )
    rate: Rate | None = Field(
        default=None,
        description="Most calls in a period, shared by all workers; Salesforce itself limits calls a day, not a second",
        examples=["90/10s"],
    )
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds to wait for an answer")
    proxy: str | None = Field(default=None, description="Address of an HTTP proxy; the environment's proxy settings are not read")
    ca_file: Path | None = Field(
        default=None, description="A file with certificate authorities to trust instead of the bundled ones"
    )

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url, _EXAMPLE)

    @field_validator("external_id")
    @classmethod
    def _external_id(cls, name: str) -> str:
        if not _FIELD_NAME.fullmatch(name):
            raise ValueError("write the API name of a field, such as Leadrelay_Id__c")
        return name

    @field_validator("api_version")
    @classmethod
    def _api_version(cls, version: str) -> str:
        found = _VERSION.fullmatch(version.strip())
        if not found or int(found[1]) < _OLDEST_VERSION:
            raise ValueError(f"write a version from {_OLDEST_VERSION}.0 on, such as 68.0")
        return f"{found[1]}.0"

    @model_validator(mode="after")
    def _login_is_known(self) -> Self:
        if self.auth.flow == "client_credentials" and not (self.auth.login_url or self.base_url):
            raise ValueError(
                "flow client_credentials needs `auth.login_url`: the org's My Domain address (not login.salesforce.com)"
            )
        return self

    @property
    def login_url(self) -> str:
        """Where tokens are asked for."""
        return self.auth.login_url or self.base_url or "https://login.salesforce.com"
