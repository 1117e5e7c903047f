"""What the HubSpot tests share: leads to deliver and a sink on a running simulator."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Done, Outcome, SinkContext, Upsert
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.sink import HubSpotSink
from core.lead import Value
from core.rendering import FieldWrite, OwnerWanted, Rendered
from leadrelay.sandbox.hubspot import HubSpotPortal
from leadrelay.sandbox.server import HubSpotServer
from tests.conformance import MemoryTokens

EXTERNAL_ID = "leadrelay_id"
TOKEN = "sandbox-token"


def login(**more: Any) -> dict[str, Any]:
    """An app's login by refresh token."""
    told = {"client_id": "leadrelay", "client_secret": "sandbox-secret", "refresh_token": "sandbox-refresh-token"}
    return told | more


def wanted(number: int, **fields: Value | None) -> tuple[FieldWrite, ...]:
    """The properties of the n-th lead as a usual mapping renders them; `fields` add to them or replace them."""
    values: dict[str, Value | None] = {
        "email": f"anna{number}@acme.example", "firstname": "Anna", "lastname": f"Weber{number}", "company": f"Firma {number}",
    }  # fmt: skip
    return tuple(FieldWrite(name, value) for name, value in (values | fields).items())


def lead(
    number: int,
    *extra: FieldWrite,
    crm_id: str | None = None,
    is_unsure: bool = False,
    owner: OwnerWanted | None = None,
    emails: tuple[str, ...] | None = None,
    **fields: Any,
) -> Upsert:
    """The n-th lead; `extra` writes add to the usual ones or replace those of their name."""
    named = {write.name for write in extra}
    writes = (*(write for write in wanted(number, **fields) if write.name not in named), *extra)
    known = (f"anna{number}@acme.example",) if emails is None else emails
    rendered = {"contacts": Rendered("contacts", writes, number, owner=owner)}
    return Upsert(f"UID{number:010d}", "contacts", rendered, crm_id, known, is_unsure)


def uid(number: int) -> str:
    """The external id of the n-th lead."""
    return f"UID{number:010d}"


def existing(number: int, **fields: Any) -> dict[str, Any]:
    """The n-th lead as sales keyed it in: a contact without our id."""
    return {"lastname": f"Weber{number}", "company": "Keyed in by hand", "email": f"anna{number}@acme.example", **fields}


def ids(outcomes: list[Outcome]) -> list[str]:
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    return [outcome.crm_id for outcome in outcomes if isinstance(outcome, Done)]


@dataclass
class World:
    """A fresh portal, and sinks on it."""

    server: HubSpotServer
    tokens: MemoryTokens = field(default_factory=MemoryTokens)

    @property
    def portal(self) -> HubSpotPortal:
        return self.server.portal

    def sink(self, objects: tuple[str, ...] = ("contacts",), **settings: Any) -> HubSpotSink:
        told = {"auth": {"access_token": TOKEN}, "base_url": self.server.url, **settings}
        return HubSpotSink(HubSpotConfig.model_validate(told), SinkContext("crm", self.tokens, objects))

    def fail(self, kind: str, **more: Any) -> None:
        self.server.faults.add({"kind": kind, **more})

    def seed(self, *records: dict[str, Any]) -> list[str]:
        """Contacts that are there already, by id."""
        return self.portal.seed("contacts", records)

    def stored(self, crm_id: str, name: str = "contacts") -> dict[str, str]:
        """A record's properties as they stand, an empty text for each that is not set."""
        found = self.portal.get(name, crm_id)
        assert found is not None
        return defaultdict(str, found.properties)

    def contacts(self) -> list[dict[str, str]]:
        return [defaultdict(str, record.properties) for record in self.portal.records("contacts")]

    def untraced(self) -> None:
        """A portal that knows no trace ids: one bad record refuses the whole batch."""
        self.portal.settings.traced = frozenset()
