"""The settings of a webform source, as they stand under `sources.NAME` beside `connector` and `mapping`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from connectors.webform.origins import web_address

_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(s|second|min|minute|h|hour))?")
_RATE_SECONDS = {"s": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_SIZE = re.compile(r"(\d+)\s*(KB|MB|B)?", re.IGNORECASE)
_SIZE_BYTES = {"B": 1, "KB": 1_000, "MB": 1_000_000}
_LARGEST_BODY = 50_000_000


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | SecretStr) else value


def _origin(text: str) -> str:
    if text == "*":
        return text
    address = web_address(text)
    if address is None or address.path != "/" or address.rest:
        raise ValueError(f"`{text}` is not an origin: write scheme and host only, such as https://www.example.com")
    return address.origin


def _address(text: str) -> str:
    address = web_address(text)
    if address is None:
        raise ValueError(f"`{text}` is not an absolute http(s) address, such as https://www.example.com/thanks")
    return str(address)


def _allowed_address(text: str) -> str:
    if re.search(r"[?#*]", text):
        raise ValueError(f"`{text}`: an allowed address is an origin or the start of a path, without `?`, `#` or `*`")
    return _address(text)


def _secret(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("a token must not be empty")
    return secret


def _rate(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _RATE.fullmatch(value.strip())
    if found is None:
        raise ValueError("a rate is a number of posts per second, or such as 600/min or 5000/h")
    return float(found[1]) / _RATE_SECONDS[found[2] or "s"]


def _size(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value.strip())
    if found is None:
        raise ValueError("a size is a number of bytes, or such as 500 KB or 2 MB")
    return int(found[1]) * _SIZE_BYTES[(found[2] or "B").upper()]


Origin = Annotated[str, AfterValidator(_origin)]
Address = Annotated[str, AfterValidator(_address)]
AllowedAddress = Annotated[str, AfterValidator(_allowed_address)]
Token = Annotated[SecretStr, AfterValidator(_secret)]


class WebformConfig(BaseModel):
    """Who may post to this source, what browsers are answered, and how much is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auth: Literal["token", "public"] = Field(
        default="token",
        description="`token`: every post carries a token, in the path or as `Authorization: Bearer`. `public`: anyone may "
        "post; say with `origins` and `honeypot` what keeps strangers out.",
    )
    token: Annotated[tuple[Token, ...], BeforeValidator(_listed)] = Field(
        default=(),
        max_length=2,
        description="The secret token. During a change of token, a list of the old and the new one: both are taken.",
        examples=["${DEMO_FORM_TOKEN}"],
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 2}]},
    )
    origins: Annotated[tuple[Origin, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="The websites whose pages may post: scheme, host and port, compared exactly. A browser's post from another "
        "website is answered 403; pages on these may read the answer (CORS). `*` allows every website. Empty: forms of every "
        "website may post, scripts may not read the answer.",
        examples=[["https://www.example.com"]],
    )
    honeypot: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="Names of inputs that people do not see. A post that fills one is answered as usual and ignored.",
        examples=["website_url"],
    )
    redirects: Annotated[tuple[AllowedAddress, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="Where a form may send the browser afterwards (its redirect, _redirect, _next or retURL field): an origin, "
        "or the start of an address up to a whole path segment.",
        examples=[["https://www.example.com"]],
    )
    thank_you: Address | None = Field(
        default=None,
        description="The page a browser is sent to when its form names no allowed one.",
        examples=["https://www.example.com/thanks"],
    )
    test: bool = Field(default=False, description="Every submission of this source is a test: never sent, never counted.")
    rate: Annotated[float, BeforeValidator(_rate)] | None = Field(
        default=None,
        gt=0,
        description="Posts taken on average, such as 20 (a second), 600/min or 5000/h; up to ten seconds' worth at once. "
        "More are answered 429. Empty: as many as come.",
        examples=["600/min"],
        json_schema_extra={"type": ["number", "string"]},
    )
    max_body: Annotated[int, BeforeValidator(_size)] = Field(
        default=2_000_000,
        gt=0,
        le=_LARGEST_BODY,
        description="The largest body taken, in bytes or such as 500 KB or 2 MB; a larger one is answered 413.",
        examples=["2 MB"],
        json_schema_extra={"type": ["integer", "string"]},
    )
    quarantine_per_hour: int = Field(
        default=100,
        ge=0,
        description="How many refused posts (wrong token, foreign website) are kept for a look, per hour; more are only counted.",
    )

    @model_validator(mode="after")
    def _is_closed(self) -> WebformConfig:
        if self.auth == "token" and not self.token:
            raise ValueError(
                "a token is missing: set `token` (write it as ${NAME} and put a long random text into that variable), "
                "or say `auth: public` if anyone may post"
            )
        return self
