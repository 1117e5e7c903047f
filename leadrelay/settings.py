"""What config/leadrelay.yaml may say, and the values it becomes. Docs and JSON Schema are made from these models."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, WithJsonSchema

from connectors.base import Spec
from core.documents import Count, Duration, Flag, OneOrMore, Port, PositiveCount, Secret, Size, Text, Token, refusal
from core.instants import DAY, MINUTE, SECOND
from core.texts import DURATION_SCHEMA
from leadrelay.notify.settings import NotifySettings

DEFAULT_STORE = "sqlite:///data/leadrelay.db"


def _networks(given: tuple[str, ...]) -> tuple[str, ...]:
    for text in given:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise refusal("wants IP addresses or networks, such as `10.0.0.0/8`") from None
    return given


def _keep(given: object) -> object:
    return None if isinstance(given, str) and given.strip().lower() == "forever" else given


def _region(given: str) -> str:
    if given.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise refusal("wants a country by its two letters, such as `DE`, `GB` or `US`")
    return given.upper()


def _zone(given: str) -> str:
    try:
        ZoneInfo(given)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise refusal("wants a time zone, such as `Europe/Berlin` or `UTC`") from None
    return given


Region = Annotated[str, AfterValidator(_region)]
Zone = Annotated[str, AfterValidator(_zone)]
Networks = Annotated[OneOrMore, AfterValidator(_networks)]
Keep = Annotated[
    Duration | None,
    BeforeValidator(_keep),
    WithJsonSchema({**DURATION_SCHEMA, "pattern": f"{DURATION_SCHEMA['pattern']}|forever", "examples": ["90 days", "forever"]}),
]
"""How long something is kept, in milliseconds; None is forever."""


class Section(BaseModel):
    """One part of the file: nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ApiToken(Section):
    """One program or person that may use the API."""

    token: Token = Field(
        description="What the caller sends as `Authorization: Bearer`, at least 16 characters: `openssl rand -hex 24` makes one.",
        examples=["${API_TOKEN}"],
    )
    role: Literal["reader", "operator", "admin"] = Field(
        default="reader",
        description="`reader` sees; `operator` also retries, pauses and resumes; `admin` also erases and reloads.",
    )


class WebSettings(Section):
    """The HTTP side: where posts arrive and the API answers."""

    host: Text = Field(default="127.0.0.1", description="The address to listen on; `0.0.0.0` for all of this machine's.")
    port: Port = Field(default=8080, description="The port to listen on; 0 takes any free one.")
    max_body: Size = Field(
        default=2_000_000, gt=0, description="The largest body taken of any post; a larger one is answered 413."
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Proxies whose `X-Forwarded-For` is believed: IP addresses or networks.",
        examples=[["10.0.0.0/8"]],
    )
    tokens: dict[str, ApiToken] = Field(default={}, description="Who may use the API, by a name of your choice.")


class WorkerSettings(Section):
    """The side that works: from submission to lead to CRM."""

    batch: PositiveCount = Field(default=100, le=10_000, description="How many submissions a worker takes at once.")
    lease: Duration = Field(
        default=3 * MINUTE,
        ge=SECOND,
        description="How long a worker may take for a batch before another one takes it over; longer than the sinks' time-outs.",
    )
    schema_watch: Duration = Field(
        default=15 * MINUTE,
        ge=MINUTE,
        description="How often the mappings of each live sink are held against its CRM, as `leadrelay check --live` does.",
    )


class Retention(Section):
    """How long what is no longer needed is kept: a duration such as `90 days`, or `forever`."""

    submissions: Keep = Field(
        default=365 * DAY, description="The raw bodies of processed submissions, and of those that the rules put aside."
    )
    ignored: Keep = Field(default=30 * DAY, description="Submissions that were ignored, such as those of a honeypot.")
    visits: Keep = Field(
        default=90 * DAY,
        description="Visits of somebody who never said who they are, and who was known on a browser that has not come since.",
    )
    quarantined: Keep = Field(default=30 * DAY, description="Posts that were refused and put aside.")
    attempts: Keep = Field(default=90 * DAY, description="The record of each call to a CRM (it holds no bodies).")
    events: Keep = Field(default=3 * 365 * DAY, description="The history from which `leads why` answers.")


class SourceCommon(Section):
    """What every source has; the other keys are its connector's."""

    connector: Text = Field(description="The kind of source.", examples=["webform"])
    mapping: Text = Field(
        default="",
        description="The mapping (a file in mappings/, by its `mapping:` name) into lead fields. Mailboxes and files can do "
        "without: what they recognize goes into the lead field that it was recognized as.",
        examples=["demo-request"],
    )
    region: Region | None = Field(default=None, description="Like the file's `region`, for this source.", examples=["DE"])
    zone: Zone | None = Field(default=None, description="Like the file's `zone`, for this source.", examples=["Europe/Berlin"])


class ReadBackSettings(Section):
    """How a CRM is asked what people did with our records there."""

    every: Duration = Field(default=MINUTE, ge=SECOND, description="How often to ask for changes.", examples=["60s", "5 minutes"])


def _off(given: object) -> object:
    return None if isinstance(given, str) and given.strip().lower() == "off" else given


ReadBackOrOff = Annotated[
    ReadBackSettings | None,
    BeforeValidator(_off),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "properties": {"every": {**DURATION_SCHEMA}}, "additionalProperties": False},
                {"const": "off"},
            ],
            "examples": [{"every": "60s"}, "off"],
        }
    ),
]
"""Whether a CRM is read back, and how; None is `off`."""


class SinkCommon(Section):
    """What every sink has; the other keys are its connector's."""

    connector: Text = Field(description="The kind of CRM.", examples=["salesforce"])
    mapping: OneOrMore = Field(description="The mapping, or a list of mappings, into the CRM's objects.")
    mode: Literal["observe", "live"] = Field(
        default="observe", description="`observe` prepares and shows every call and sends nothing; `live` sends."
    )
    linger: Duration = Field(default=200, le=60_000, description="How long a change may wait for others to share its call.")
    test_leads: Flag = Field(default=False, description="Whether leads of test submissions are sent too.")
    read_back: ReadBackOrOff = Field(
        default=ReadBackSettings(),
        description="What people do in the CRM comes back to the lead: `{every: 60s}`, or `off`. Only live sinks are asked.",
    )
    on_deleted: Literal["leave", "recreate"] = Field(
        default="leave",
        description="What a person deleted in the CRM stays deleted (`leave`), or is made again when the lead comes in once more "
        "(`recreate`).",
    )
    daily_calls: PositiveCount | None = Field(
        default=None,
        description="The most calls that leadrelay makes to this CRM in 24 hours; without it, all that the CRM allows.",
        examples=[20000],
    )
    reserve: Count = Field(
        default=20,
        le=90,
        description="How many per cent of a day's calls a backlog (a resync, an import, a replay) leaves to fresh leads.",
    )


class SystemOfRecordSettings(Section):
    """Which CRM has the last word, where several are connected: a sink's name for each group of a lead's fields."""

    owner: Text | None = Field(default=None, description="Who owns a lead (`owner.*`).", examples=["salesforce"])
    status: Text | None = Field(
        default=None,
        description="How far sales is: `status`, `lifecycle_stage`, `journey_stage`, `sales.*`.",
        examples=["salesforce"],
    )
    contact: Text | None = Field(default=None, description="Everything else that is known of a person.", examples=["hubspot"])


class SettingsFile(Section):
    """config/leadrelay.yaml as a whole."""

    store: Secret = Field(
        default=SecretStr(DEFAULT_STORE),
        description="Where everything is kept: `sqlite:///path` (relative to this file's folder) or `postgresql://...`.",
    )
    data_dir: Text | None = Field(
        default=None, description="The folder for the spool, backups and the made secret key. Default: the store's folder."
    )
    secret_key: Secret | None = Field(
        default=None,
        description="Encrypts tokens kept in the store. Default: the variable LEADRELAY_SECRET_KEY, else one made in data_dir.",
    )
    region: Region = Field(
        default="", description="The country of phone numbers written without a country code.", examples=["DE", "US"]
    )
    zone: Zone = Field(default="UTC", description="The time zone of times written without one.", examples=["Europe/Berlin"])
    web: WebSettings = Field(default=WebSettings(), description="The HTTP side.")
    worker: WorkerSettings = Field(default=WorkerSettings(), description="The working side.")
    sources: dict[str, dict[str, Any]] = Field(default={}, description="Where leads come from, by a name of your choice.")
    sinks: dict[str, dict[str, Any]] = Field(default={}, description="Where leads go, by a name of your choice.")
    system_of_record: SystemOfRecordSettings = Field(
        default=SystemOfRecordSettings(),
        description="With several CRMs: the sink whose word counts for each group of fields. What it tells goes to the others "
        "over what they hold, and what the others tell of the group is passed over. Without an entry every CRM may tell.",
    )
    retention: Retention = Field(default=Retention(), description="How long things are kept.")
    notify: NotifySettings = Field(default=NotifySettings(), description="Who is told when a person has to act.")


@dataclass(frozen=True)
class SourceSettings:
    """One source: its mapping's name, empty where it has none, and its connector's own settings in `config`; `region` may be
    empty."""

    name: str
    spec: Spec
    mapping: str
    config: BaseModel
    region: str = ""
    zone: str = "UTC"


@dataclass(frozen=True)
class SinkSettings:
    """One sink: its mappings' names, and its connector's own settings in `config`; `linger` in milliseconds."""

    name: str
    spec: Spec
    mappings: tuple[str, ...]
    mode: Literal["observe", "live"]
    linger: int
    test_leads: bool
    config: BaseModel
    daily_calls: int | None = None
    reserve: int = 20
    read_back_every: int | None = MINUTE
    """In milliseconds; None where the CRM is not read back."""
    on_deleted: Literal["leave", "recreate"] = "leave"
    zone: str = "UTC"
    region: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything that leadrelay.yaml and the environment say; `store` is a SQLAlchemy URL."""

    store: str = field(repr=False)
    data_dir: Path
    secret_key: SecretStr | None = None
    web: WebSettings = field(default_factory=WebSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    retention: Retention = field(default_factory=Retention)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    sinks: Mapping[str, SinkSettings] = field(default_factory=dict)
    system_of_record: Mapping[str, str] = field(default_factory=dict)
    """Group of fields to the name of the sink that has the last word on it."""
    notify: NotifySettings = field(default_factory=NotifySettings)
    region: str = ""
    zone: str = "UTC"
