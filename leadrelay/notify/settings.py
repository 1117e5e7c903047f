"""`notify:` of config/leadrelay.yaml: who is told of which alerts, and how."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, WithJsonSchema, model_validator

from core.documents import Duration, OneOrMore, Port, PositiveCount, Secret, Text, refusal
from core.instants import DAY, MINUTE
from core.problems import did_you_mean
from core.texts import DURATION_SCHEMA, https_or_loopback, is_loopback
from leadrelay.notify.kinds import KINDS, ROLES, Role

_PORTS = {"implicit": 465, "starttls": 587, "off": 25}
DOCS = "docs/runbooks.md"
"""Where the runbooks are in the repository: the default while nobody says where they can be read."""


def _known_kind(given: str) -> str:
    if given not in KINDS:
        hint = did_you_mean(given, KINDS) or f" There are: {', '.join(sorted(KINDS))}."
        raise refusal(f"wants a kind of alert.{hint}")
    return given


def _known_role(given: str) -> str:
    if given not in ROLES:
        raise refusal(f"wants one of: {', '.join(ROLES)}.{did_you_mean(given, ROLES)}")
    return given


def _list(given: object) -> object:
    return (given,) if isinstance(given, str) else given


def _address(given: str) -> str:
    name, address = parseaddr(given)
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or not given.isascii() or any(letter in given for letter in "\r\n") or "," in name:
        raise refusal("wants a mail address, such as `it@example.com`")
    return given


def _addresses(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given:
        raise refusal("wants at least one mail address")
    return tuple(_address(one) for one in given)


def _url(given: SecretStr) -> SecretStr:
    return SecretStr(https_or_loopback(given.get_secret_value()))


def _off(given: object) -> object:
    return None if isinstance(given, str) and given.strip().lower() == "off" else given


Address = Annotated[Text, AfterValidator(_address)]
Addresses = Annotated[OneOrMore, AfterValidator(_addresses)]
Kinds = Annotated[
    tuple[Annotated[str, AfterValidator(_known_kind)], ...],
    BeforeValidator(_list),
    WithJsonSchema({"type": ["array", "string"], "items": {"enum": sorted(KINDS)}}),
]
Roles = Annotated[
    tuple[Annotated[Role, BeforeValidator(_known_role)], ...],
    BeforeValidator(_list),
    WithJsonSchema({"anyOf": [{"enum": [*ROLES]}, {"type": "array", "items": {"enum": [*ROLES]}}]}),
]
DurationOrOff = Annotated[
    Annotated[Duration, Field(ge=MINUTE)] | None,
    BeforeValidator(_off),
    WithJsonSchema({**DURATION_SCHEMA, "pattern": f"{DURATION_SCHEMA['pattern']}|off", "examples": ["24 hours", "off"]}),
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SmtpTarget(_Part):
    """A mail server that takes our mails."""

    host: Text = Field(description="The mail server.", examples=["mail.example.com"])
    port: Port | None = Field(default=None, description="Its port. Default: 587 with `starttls`, 465 with `implicit`, 25 else.")
    tls: Literal["starttls", "implicit", "off"] = Field(
        default="starttls",
        description="`starttls` begins in clear and must switch, `implicit` is TLS from the first byte; `off` for a relay in "
        "your own network, which takes no password.",
    )
    ca_file: Path | None = Field(default=None, description="Certificates to trust instead of the system's.")
    user: Text | None = Field(default=None, description="The user's name, where the server asks for one.")
    password: Secret | None = Field(default=None, description="The user's password.", examples=["${SMTP_PASSWORD}"])
    sender: Address = Field(alias="from", description="The address that the mails come from.", examples=["leadrelay@example.com"])
    to: Addresses = Field(description="Who gets them: an address or several.", examples=[["it@example.com", "crm@example.com"]])

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise refusal("wants `user` and `password` together, or neither")
        if self.password is not None and self.tls == "off" and not is_loopback(f"smtp://{self.host}"):
            raise refusal("would send the password in clear: use `tls: starttls` or `tls: implicit`, or leave the login out")
        return self

    @property
    def port_used(self) -> int:
        """The port to connect to."""
        return self.port or _PORTS[self.tls]


class WebhookTarget(_Part):
    """An address that takes JSON by POST."""

    url: Annotated[Secret, AfterValidator(_url)] = Field(
        description="Where to post: it holds the secret of most chat services.", examples=["${SLACK_WEBHOOK}"]
    )
    format: Literal["slack", "json"] = Field(
        default="slack",
        description="`slack`: text and blocks, which Mattermost and others take too; `json`: the body that docs/operations.md "
        "describes.",
    )
    secret: Secret | None = Field(
        default=None,
        description="Signs each post: `X-Leadrelay-Signature` holds the HMAC-SHA256 of time stamp, dot and body.",
        examples=["${NOTIFY_SECRET}"],
    )
    ca_file: Path | None = Field(default=None, description="Certificates to trust instead of the bundled ones.")


class TargetSettings(_Part):
    """Somebody who is told: by `smtp` or by `webhook`."""

    smtp: SmtpTarget | None = Field(default=None, description="Told by mail.")
    webhook: WebhookTarget | None = Field(default=None, description="Told by a webhook.")
    alerts: Kinds = Field(
        default=(), description="Only these kinds of alerts; [Runbooks](../runbooks.md) has all.", examples=[["sink_paused"]]
    )
    role: Roles = Field(
        default=(),
        description="Only alerts that concern this role: `it`, `marketing`, `crm_admin` or `sales`, or several. With neither: "
        "all.",
        examples=["it"],
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.smtp is None) == (self.webhook is None):
            raise refusal("wants either `smtp:` or `webhook:` below it")
        return self

    def to_people(self, people: Sequence[str]) -> TargetSettings:
        """The same target, for these people alone where it sends mails."""
        if self.smtp is None:
            return self
        return self.model_copy(update={"smtp": self.smtp.model_copy(update={"to": tuple(people)})})

    @property
    def way(self) -> SmtpTarget | WebhookTarget:
        """How this target is reached."""
        found = self.smtp or self.webhook
        assert found is not None  # noqa: S101 - `_one_way` has made sure
        return found

    def wants(self, name: str, role: Role) -> bool:
        """Whether alerts of a kind are for this target; named kinds and roles add up."""
        return (not self.alerts and not self.role) or name in self.alerts or role in self.role


class NotifySettings(_Part):
    """Who is told of what a person must act on."""

    name: Text = Field(default="leadrelay", description="What this installation is called in each message.")
    docs_url: Text = Field(
        default=DOCS,
        description="Where docs/runbooks.md can be read, without `#`; each message links to the section of its alert.",
        examples=["https://wiki.example.com/leadrelay/runbooks"],
    )
    grace: Duration = Field(
        default=MINUTE, le=DAY, description="What is over within this time is not told at all, and `resolved` waits as long."
    )
    remind: DurationOrOff = Field(default=DAY, description="How often to remind of what is still open; `off` for never.")
    most_per_hour: PositiveCount = Field(
        default=3, description="How often in an hour one target is told of the same trouble that comes and goes."
    )
    failed_deliveries: PositiveCount = Field(
        default=10, description="From how many failed deliveries of a sink, or held submissions of a source, an alert is raised."
    )
    targets: dict[str, TargetSettings] = Field(default={}, description="Who is told, by a name of your choice.")

    def mails(self, name: str, role: Role) -> str:
        """The target by whose mail server people themselves are told of a kind of alert: the first one that asks for it by kind
        or role, else the first one with a mail server; empty without any."""
        servers = {key: target for key, target in self.targets.items() if target.smtp is not None}
        asking = (key for key, target in servers.items() if name in target.alerts or role in target.role)
        return next(asking, next(iter(servers), ""))


def secret_values(*parts: Any) -> frozenset[str]:
    """Every secret's value inside settings, so that none gets into a message."""
    return frozenset(found for part in parts for found in _secrets(part) if len(found) >= 4)


def _secrets(value: Any) -> list[str]:
    if isinstance(value, SecretStr):
        return [value.get_secret_value()]
    if isinstance(value, BaseModel):
        return [found for name in type(value).model_fields for found in _secrets(getattr(value, name))]
    if isinstance(value, dict):
        return [found for part in value.values() for found in _secrets(part)]
    if isinstance(value, list | tuple):
        return [found for part in value for found in _secrets(part)]
    return []
