"""The settings of an imap source, as they stand under `sources.NAME` beside `connector` and `mapping`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from core.documents import Duration, Flag, LoopbackOrHttpsUrl, OneOrMore, Port, Secret, Size, Text, refusal
from core.instants import MINUTE, SECOND
from core.texts import NO, YES, is_loopback

Provider = Literal["google", "microsoft", "custom"]
Grant = Literal["refresh_token", "client_credentials"]

_TLS = {
    **dict.fromkeys((*YES, "implicit", "ssl", "tls", "imaps"), "implicit"),
    **dict.fromkeys(("starttls", "explicit"), "starttls"),
    **dict.fromkeys((*NO, "none", "plain"), "off"),
}
_NEEDED = {"refresh_token": ("client_id", "refresh_token"), "client_credentials": ("client_id", "client_secret")}
_TOKEN_URLS = {
    "google": "https://oauth2.googleapis.com/token",
    "microsoft": "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
}
_SCOPES = {
    ("google", "refresh_token"): "",  # the refresh token holds what was agreed to
    ("microsoft", "refresh_token"): "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    ("microsoft", "client_credentials"): "https://outlook.office365.com/.default",
}


def _tls(given: object) -> object:
    word = str(given).strip().lower()
    if word not in _TLS:
        raise refusal("wants `implicit` (TLS from the start), `starttls`, or `off` for a server on this machine")
    return _TLS[word]


Tls = Annotated[
    Literal["implicit", "starttls", "off"],
    BeforeValidator(_tls),
    WithJsonSchema({"enum": ["implicit", "starttls", "off", True, False, *YES, *NO]}),
]


class OAuthConfig(BaseModel):
    """How access tokens for the mailbox are got, where the server takes no passwords."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    provider: Provider = Field(description="`google`, `microsoft`, or `custom` with a `token_url`.", examples=["microsoft"])
    grant: Grant = Field(
        default="refresh_token",
        description="`refresh_token`: a person has agreed once. `client_credentials`: the app itself (Microsoft 365, app-only).",
    )
    client_id: Text = Field(description="The app's id.")
    client_secret: Secret | None = Field(default=None, description="The app's secret.", examples=["${MAIL_CLIENT_SECRET}"])
    refresh_token: Secret | None = Field(
        default=None, description="The token that the person's agreement brought; a newer one is kept by itself."
    )
    tenant: Text | None = Field(
        default=None, description="The Microsoft tenant's id or domain.", examples=["acme.onmicrosoft.com"]
    )
    token_url: LoopbackOrHttpsUrl | None = Field(
        default=None, description="Where tokens are asked for. Default: the provider's address."
    )
    scope: Text | None = Field(default=None, description="What is asked for. Default: what the provider needs for IMAP.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in _NEEDED[self.grant] if getattr(self, name) is None]
        if missing:
            raise refusal(f"wants {' and '.join(f'`{name}`' for name in missing)} for the grant `{self.grant}`")
        if self.provider == "custom" and self.token_url is None:
            raise refusal("wants `token_url` for the provider `custom`")
        if self.provider == "google" and self.grant == "client_credentials":
            raise refusal("wants `grant: refresh_token` for the provider `google`, which has no other for mailboxes")
        if self.provider == "microsoft" and self.grant == "client_credentials" and self.tenant is None and self.token_url is None:
            raise refusal("wants `tenant` for an app without a person")
        return self

    @property
    def address(self) -> str:
        """Where tokens are asked for."""
        return self.token_url or _TOKEN_URLS[self.provider].format(tenant=self.tenant or "organizations")

    @property
    def asked_scope(self) -> str:
        """What is asked for; may be empty."""
        return self.scope or _SCOPES.get((self.provider, self.grant), "")


def _host(given: str) -> str:
    if any(mark in given for mark in "/@ ") or given.count(":") == 1:
        raise refusal("wants the server's name alone, such as `imap.example.com`: no `https://`, and the port in `port`")
    return given


class ImapConfig(BaseModel):
    """Where the mailbox is, how to log in, and where mails go once they are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Annotated[Text, AfterValidator(_host)] = Field(description="The mail server.", examples=["imap.example.com"])
    port: Port | None = Field(default=None, description="Its port. Default: 993; with `tls: starttls` or `off` 143.")
    tls: Tls = Field(
        default="implicit", description="`implicit` TLS (yes), `starttls`, or `off` (no; for a server on this machine only)."
    )
    ca_file: Text | None = Field(default=None, description="A file of certificates to trust instead of the system's.")
    user: Text = Field(description="The mailbox' user, usually its address.", examples=["leads@example.com"])
    password: Secret | None = Field(default=None, description="Its password; or `oauth`.", examples=["${MAIL_PASSWORD}"])
    oauth: OAuthConfig | None = Field(default=None, description="Access tokens instead of a password.")
    folder: Text = Field(default="INBOX", description="The folder that is read.")
    done_folder: Text | None = Field(
        default=None,
        description="Where mails are moved once they are kept; it is made where it is missing. Without it they stay where they "
        "are, and leadrelay remembers how far it has read.",
        examples=["Leadrelay"],
    )
    failed_folder: Text | None = Field(
        default=None, description="Where a mail is moved that the server can not hand over. Without it: it stays where it is."
    )
    max_size: Size = Field(
        default=10_000_000,
        ge=1_000,
        description="Of a larger mail only the headers and the first 64 KB are kept; it becomes a lead all the same.",
    )
    own_addresses: OneOrMore = Field(
        default=(), description="Further addresses of ours: what they send is no lead. The user's address is one by itself."
    )
    own_domains: OneOrMore = Field(
        default=(), description="Domains of ours: what they send is no lead.", examples=[["acme.example"]]
    )
    lists: Literal["ignored", "taken"] = Field(
        default="ignored", description="Whether mails of mailing lists are leads: `ignored` (they are kept apart) or `taken`."
    )
    forms: OneOrMore = Field(
        default=(),
        description="Addresses or domains whose mails are form notifications, where leadrelay does not see it by itself.",
        examples=[["wordpress@acme.example"]],
    )
    idle: Flag = Field(default=True, description="Whether the server tells of new mail at once (IDLE), where it can.")
    every: Duration = Field(
        default=MINUTE, ge=SECOND, description="How often to look where the server does not tell by itself, and at any rate."
    )
    timeout: Duration = Field(default=30 * SECOND, ge=SECOND, le=10 * MINUTE, description="How long to wait for an answer.")

    @model_validator(mode="after")
    def _is_sensible(self) -> Self:
        if (self.password is None) == (self.oauth is None):
            raise refusal("wants either `password` or `oauth`")
        if self.tls == "off" and not is_loopback(f"imap://[{self.host}]" if ":" in self.host else f"imap://{self.host}"):
            raise refusal("wants TLS: `tls: off` is accepted for a server on this machine only (localhost, 127.0.0.1, ::1)")
        for name in ("done_folder", "failed_folder"):
            other = getattr(self, name)
            if other is not None and folder_key(other) == folder_key(self.folder):
                raise refusal(f"wants another folder in `{name}` than the one that is read")
        return self

    @property
    def own_port(self) -> int:
        """The port that is connected to."""
        return self.port or (993 if self.tls == "implicit" else 143)


def folder_key(name: str) -> str:
    """Equal for names of one folder: INBOX alone is written in any case."""
    return "INBOX" if name.upper() == "INBOX" else name
