"""The catalogue of lead fields: what a mapping may name, its type, whose it is, and how several touches agree on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from core.problems import did_you_mean

FieldType = Literal[
    "text", "name", "email", "phone", "url", "domain", "country", "region", "language",
    "integer", "decimal", "range", "boolean", "date", "datetime", "choice", "list",
]  # fmt: skip

Rule = Literal["latest", "first", "union", "restrictive", "touch", "derived", "crm"]
"""How a lead's value follows from its touches: the newest, the oldest, all of them, the most restrictive one; `touch` fields
belong to one touch and never to the lead; `derived` ones are computed by the core and can not be mapped to; `crm` ones are told
by a CRM when it is read back, the newest telling counts, and no source can fill them."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the catalogue. Fields of one `group` travel together: the touch that wins one wins them all."""

    path: str
    type: FieldType
    label: str
    personal: bool
    rule: Rule = "latest"
    group: str = ""
    choices: tuple[str, ...] = ()


CUSTOM_PREFIX = "custom."
SET_PREFIX = "qualification."
"""What the field of each named list of the qualification begins with."""
FIRST_TOUCH, LAST_TOUCH = "first_touch.", "last_touch."
FIRST_ACTIVITY = "sales.first_activity_at"
"""The one field that CRMs tell of which the oldest telling counts."""

MESSAGE_ID, IN_REPLY_TO = "touch.message_id", "touch.in_reply_to"
"""What a mail is called, and the mails that it answers: by them a reply finds its lead."""

CONFIRMED = "person.confirmed"
"""Whether somebody said that a person is real: sales, or who released a submission that had been put aside."""
SIGNS = "touch.signs"
"""The codes of what speaks against a submission (`core.realness.SIGNS`): no source fills it, it is worked out with the touch."""

VISITOR = "touch.visitor_id"
"""The first-party id of a website's visitor: by it visits join the lead that the visitor turns out to be."""

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CLICK_IDS = ("gclid", "gbraid", "wbraid", "fbclid", "msclkid", "li_fat_id", "ttclid")
TIMEFRAMES = ("now", "within_3_months", "within_6_months", "within_12_months", "later", "unknown")
CONSENT_STATES = ("not_given", "pending", "given", "opted_out")
CONSENT_PURPOSES = ("email_marketing", "phone_marketing", "profiling")


def _person() -> Iterator[Field]:
    yield Field("person.full_name", "name", "Full name", True, "touch")
    yield Field("person.salutation", "text", "Salutation", True)
    yield Field("person.first_name", "name", "First name", True, group="name")
    yield Field("person.middle_name", "name", "Middle name", True, group="name")
    yield Field("person.last_name", "name", "Last name", True, group="name")
    yield Field("person.name_suffix", "text", "Name suffix", True, group="name")
    yield Field("person.email", "email", "E-mail", True)
    yield Field("person.emails", "list", "All e-mail addresses", True, "union")
    yield Field("person.email_class", "choice", "Class of the e-mail address", False, "derived",
                choices=("personal", "business", "role", "free", "disposable", "placeholder", "invalid"))  # fmt: skip
    yield Field("person.phone", "phone", "Phone", True, group="phone")
    yield Field("person.phone_extension", "text", "Phone extension", True, group="phone")
    yield Field("person.mobile", "phone", "Mobile phone", True)
    yield Field("person.phones", "list", "All phone numbers", True, "union")
    yield Field("person.job_title", "text", "Job title", True, group="job")
    yield Field("person.department", "text", "Department", True, group="job")
    yield Field("person.language", "language", "Language", False)
    yield Field("person.website", "url", "Own website", True)
    yield Field(CONFIRMED, "boolean", "Confirmed to be a real person", False)
    yield Field("person.verdict", "choice", "Whether the person is real", False, "derived", choices=("real", "doubtful", "spam"))
    yield Field("person.verdict_reasons", "list", "What speaks against the person being real", False, "derived")
    yield Field("person.reachable", "choice", "Whether the person can be reached", False, "derived",
                choices=("proved", "yes", "no", "unknown"))  # fmt: skip
    yield Field("person.reachable_reasons", "list", "Why the person can be reached or not", False, "derived")


def _company() -> Iterator[Field]:
    yield Field("company.name", "text", "Company", True, group="job")
    yield Field("company.domain", "domain", "Company domain", True)
    yield Field("company.website", "url", "Company website", True)
    yield Field("company.employees", "range", "Number of employees", False)
    yield Field("company.revenue", "range", "Annual revenue", False)
    yield Field("company.industry", "text", "Industry", False)
    yield Field("company.country", "country", "Country of the company", False)


def _address() -> Iterator[Field]:
    for name, kind, label in (
        ("street", "text", "Street"), ("city", "text", "City"), ("postcode", "text", "Postcode"),
        ("region", "region", "State or region"), ("country", "country", "Country"),
    ):  # fmt: skip
        yield Field(f"address.{name}", kind, label, name not in ("country", "region"), group="address")  # type: ignore[arg-type]


def _interest() -> Iterator[Field]:
    yield Field("interest.product", "text", "Product of interest", False)
    yield Field("interest.confirmed", "boolean", "Interest confirmed", False)
    yield Field("interest.timeframe", "choice", "Timeframe", False, choices=TIMEFRAMES)
    yield Field("interest.budget", "range", "Budget", False)
    yield Field("interest.currency", "text", "Currency of the budget", False)
    yield Field("interest.authority", "choice", "Authority to decide", False, choices=("yes", "no", "influencer", "unknown"))
    yield Field("interest.need", "text", "Need", True)
    yield Field("interest.decision_date", "date", "Date of the decision", False)


def _touch() -> Iterator[Field]:
    for name, label, personal in (
        ("kind", "Kind", False), ("name", "Name of the form or campaign piece", False), ("campaign", "Campaign", False),
        ("content_id", "Content", False), ("lead_source", "Lead source", False), ("message", "Message", True),
        ("page_url", "Page", True), ("landing_page", "Landing page", True), ("referrer", "Referrer", True),
        ("form_id", "Form", False),
    ):  # fmt: skip
        yield Field(f"touch.{name}", "text", label, personal, "touch")
    for name in UTM:
        yield Field(f"touch.{name}", "text", name, False, "touch")
    for name in CLICK_IDS:
        yield Field(f"touch.{name}", "text", name, True, "touch")
    yield Field(VISITOR, "text", "Visitor of the website", True, "touch")
    yield Field("touch.submitted_at", "datetime", "Submitted at", False, "touch")
    yield Field("touch.seconds_to_fill", "integer", "Seconds that filling in the form took", False, "touch")
    yield Field(SIGNS, "list", "What speaks against the submission", False, "touch")


def _mail() -> Iterator[Field]:
    yield Field("touch.subject", "text", "Subject", True, "touch")
    yield Field(MESSAGE_ID, "text", "Message-ID", True, "touch")
    yield Field(IN_REPLY_TO, "list", "Message-IDs of the mails that it answers", True, "touch")
    yield Field("touch.attachments", "list", "Attached files", True, "touch")


def _consent() -> Iterator[Field]:
    for purpose in CONSENT_PURPOSES:
        label = purpose.replace("_", " ")
        yield Field(f"consent.{purpose}", "choice", f"Consent to {label}", False, "restrictive", choices=CONSENT_STATES)
        yield Field(f"consent.{purpose}.opted_out", "boolean", f"Opted out of {label}", False, "derived")


def _derived() -> Iterator[Field]:
    yield Field("outcome", "text", "Qualification outcome", False, "derived")
    yield Field("outcome_reason", "text", "Reason of the outcome", False, "derived")
    yield Field("segments", "list", "Segments", False, "derived")
    yield Field("persona", "text", "Persona", False, "derived")
    yield Field("score.total", "integer", "Score", False, "derived")
    yield Field("score.fit", "integer", "Score: fit", False, "derived")
    yield Field("score.behaviour", "integer", "Score: behaviour", False, "derived")
    yield Field("score.engagement", "integer", "Score: engagement", False, "derived")
    yield Field("score.band", "text", "Band of the score", False, "derived")
    yield Field("score.grade", "text", "Grade of the fit", False, "derived")
    yield Field("response_due_at", "datetime", "Response due at", False, "derived")
    yield Field("lead.uid", "text", "Lead", False, "derived")
    yield Field("lead.created_at", "datetime", "Created at", False, "derived")


def _crm() -> Iterator[Field]:
    yield Field("status", "text", "Status", False, "crm")
    yield Field("lifecycle_stage", "text", "Lifecycle stage", False, "crm")
    yield Field("journey_stage", "text", "Journey stage", False, "crm")
    yield Field("owner.email", "email", "Owner", False, "crm", group="owner")
    yield Field("owner.queue", "text", "Owning queue", False, "crm", group="owner")
    yield Field("account.owner", "email", "Owner of the known company", False, "crm")
    yield Field("sales.converted_at", "datetime", "Converted at", False, "crm")
    yield Field("sales.contact_id", "text", "Contact in the CRM", False, "crm")
    yield Field("sales.account_id", "text", "Company in the CRM", False, "crm")
    yield Field("sales.opportunity_id", "text", "Opportunity or deal in the CRM", False, "crm")
    yield Field(FIRST_ACTIVITY, "datetime", "First activity of sales", False, "crm")
    yield Field("sales.answered_at", "datetime", "The person answered sales at", False, "crm")
    yield Field("sales.bounced_at", "datetime", "A mail of sales came back at", False, "crm")


def _standard() -> Iterator[Field]:
    for part in (_person, _company, _address, _interest, _touch, _mail, _consent, _derived, _crm):
        yield from part()
    for field in _touch():
        name = field.path.removeprefix("touch.")
        yield Field(FIRST_TOUCH + name, field.type, f"First touch: {field.label}", field.personal, "derived")
        yield Field(LAST_TOUCH + name, field.type, f"Last touch: {field.label}", field.personal, "derived")


@dataclass(frozen=True)
class Catalogue:
    """All fields that mappings and rules may name: the standard ones and the company's own from fields.yaml."""

    fields: Mapping[str, Field]

    def __contains__(self, path: object) -> bool:
        return path in self.fields

    def __getitem__(self, path: str) -> Field:
        return self.fields[path]

    def get(self, path: str) -> Field | None:
        """The field at a path, or None."""
        return self.fields.get(path)

    @cached_property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """The paths of each group of fields that travel together."""
        found: dict[str, tuple[str, ...]] = {}
        for path, field in self.fields.items():
            if field.group:
                found[field.group] = (*found.get(field.group, ()), path)
        return found

    def is_input(self, path: str) -> bool:
        """Whether a source mapping may fill this field."""
        field = self.fields.get(path)
        return field is not None and field.rule not in ("derived", "crm") and path != SIGNS

    def is_told(self, path: str) -> bool:
        """Whether a CRM that is read back may fill this field: all but those of a touch and those that the core computes."""
        field = self.fields.get(path)
        return field is not None and field.rule not in ("derived", "touch")

    def unknown(self, path: str) -> str:
        """The sentence for a path that is no lead field, with the nearest one that is."""
        hint = did_you_mean(path, self.fields, likeness=0.75 if path.startswith(CUSTOM_PREFIX) else 0.6)
        declared = " Declare it in fields.yaml, or correct it here." if path.startswith(CUSTOM_PREFIX) and not hint else ""
        return f"field `{path}` is not a lead field.{hint}{declared}"

    def with_custom(self, custom: Iterable[Field]) -> Catalogue:
        """This catalogue and a company's own fields."""
        return Catalogue({**self.fields, **{field.path: field for field in custom}})


STANDARD = Catalogue({field.path: field for field in _standard()})
