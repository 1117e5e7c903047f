"""The settings of a webform source, as they stand under `sources.NAME` beside `connector` and `mapping`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from connectors.webform.origins import web_address
from core.documents import Count, Flag, OneOrMore, Rate, Size, Text, Token, refusal


def _listed(given: object) -> object:
    return given if isinstance(given, list | tuple) else (given,)


def _origin(text: str) -> str:
    if text.strip() == "*":
        return "*"
    address = web_address(text.strip())
    if address is None or address.path != "/" or address.rest:
        raise refusal("wants a website's scheme and host only, such as `https://www.example.com`, or `*` for every website")
    return address.origin


def _address(text: str) -> str:
    address = web_address(text.strip())
    if address is None:
        raise refusal("wants a whole web address, such as `https://www.example.com/thanks`")
    return str(address)


def _start(text: str) -> str:
    if re.search(r"[?#*]", text):
        raise refusal("wants an address or the start of one, without `?`, `#` or `*`, such as `https://www.example.com`")
    return _address(text)


_ONE_OR_MORE = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
Tokens = Annotated[tuple[Token, ...], BeforeValidator(_listed), _ONE_OR_MORE]
Origins = Annotated[tuple[Annotated[Text, AfterValidator(_origin)], ...], BeforeValidator(_listed), _ONE_OR_MORE]
Starts = Annotated[tuple[Annotated[Text, AfterValidator(_start)], ...], BeforeValidator(_listed), _ONE_OR_MORE]


class WebformConfig(BaseModel):
    """Who may post to this source, what browsers are answered, and how much is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    auth: Literal["token", "public"] = Field(
        default="token",
        description="`token`: every post carries a token, in the path or as `Authorization: Bearer`. `public`: anyone may "
        "post; say with `origins` and `honeypot` what keeps strangers out.",
    )
    token: Tokens = Field(
        default=(),
        max_length=2,
        description="The secret token, at least 16 characters: `openssl rand -hex 24` makes one. During a change of token, a "
        "list of the old and the new one: both are taken.",
        examples=["${DEMO_FORM_TOKEN}"],
    )
    origins: Origins = Field(
        default=(),
        description="The websites whose pages may post: scheme, host and port, compared exactly. A browser's post from another "
        "website is answered 403; pages on these may read the answer (CORS). `*` allows every website. Empty: forms of every "
        "website may post, scripts may not read the answer.",
        examples=[["https://www.example.com"]],
    )
    honeypot: OneOrMore = Field(
        default=(),
        description="Names of inputs that people do not see. A post that fills one is answered as usual and ignored.",
        examples=["website_url"],
    )
    redirects: Starts = Field(
        default=(),
        description="Where a form may send the browser afterwards (its redirect, _redirect, _next or retURL field): an origin, "
        "or the start of an address up to a whole path segment.",
        examples=[["https://www.example.com"]],
    )
    thank_you: Annotated[Text, AfterValidator(_address)] | None = Field(
        default=None,
        description="The page a browser is sent to when its form names no allowed one.",
        examples=["https://www.example.com/thanks"],
    )
    tracks: Flag = Field(
        default=False,
        description="Whether the script `/capture.js` may send page views, clicks and downloads here. Visits of somebody unknown "
        "wait until a form says who it is, and make no lead. Wants `auth: public` and `origins`.",
    )
    test: Flag = Field(default=False, description="Every submission of this source is a test: never sent, never counted.")
    rate: Rate | None = Field(
        default=None,
        description="How many posts are taken in how long; more are answered 429. Empty: as many as come.",
        examples=["600/minute"],
    )
    max_body: Size | None = Field(
        default=None,
        gt=0,
        description="The largest body taken, when it shall be less than `web.max_body`; a larger one is answered 413.",
        examples=["100 KB"],
    )
    quarantine_per_hour: Count = Field(
        default=100,
        description="How many refused posts (wrong token, foreign website) are kept for a look, per hour; more are only counted.",
    )

    @model_validator(mode="after")
    def _is_closed(self) -> WebformConfig:
        if self.auth == "token" and not self.token:
            raise refusal("wants `token: ${NAME}` with a long random text in that variable, or `auth: public` if anyone may post")
        if self.tracks and (self.auth != "public" or not self.origins):
            raise refusal("wants `auth: public` and `origins` for `tracks: true`: the script posts from the visitors' browsers")
        return self
