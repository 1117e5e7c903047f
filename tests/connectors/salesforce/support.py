"""What the Salesforce tests share: leads to deliver and a sink on a running simulator."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Done, Outcome, SinkContext, Upsert
from connectors.salesforce.config import SalesforceConfig
from connectors.salesforce.sink import SalesforceSink
from core.lead import Value
from core.rendering import FieldWrite, Rendered
from leadrelay.sandbox.salesforce import SalesforceOrg
from leadrelay.sandbox.server import SandboxServer
from tests.conformance import MemoryTokens

EXTERNAL_ID = "Leadrelay_Id__c"


def login(url: str, **more: Any) -> dict[str, Any]:
    return {"flow": "client_credentials", "login_url": url, "client_id": "leadrelay", "client_secret": "sandbox-secret", **more}


def write(name: str, value: Value | None, **more: Any) -> FieldWrite:
    return FieldWrite(name, value, **more)


def wanted(number: int, **fields: Value | None) -> tuple[FieldWrite, ...]:
    """The fields of the n-th lead as a usual mapping renders them; `fields` add to them or replace them."""
    values: dict[str, Value | None] = {
        "LastName": f"Weber{number}", "FirstName": "Anna", "Company": f"Firma {number}", "Email": f"anna{number}@acme.example",
    }  # fmt: skip
    return tuple(FieldWrite(name, value) for name, value in (values | fields).items())


def lead(
    number: int, *extra: FieldWrite, contact: bool = False, crm_id: str | None = None, is_unsure: bool = False, **fields: Any
) -> Upsert:
    """The n-th lead; `contact` renders the mapping's `when_converted` too."""
    writes = (*wanted(number, **fields), *extra)
    rendered = {"Lead": Rendered("Lead", writes, number)}
    if contact:
        rendered["Contact"] = Rendered("Contact", tuple(w for w in writes if w.name != "Company"), number)
    return Upsert(f"uid-{number}", "Lead", rendered, crm_id, (f"anna{number}@acme.example",), is_unsure)


def existing(number: int, **fields: Any) -> dict[str, Any]:
    """The n-th lead as sales keyed it in: a record without our external id."""
    return {"LastName": f"Weber{number}", "Company": "Keyed in by hand", "Email": f"anna{number}@acme.example", **fields}


def ids(outcomes: list[Outcome]) -> list[str]:
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    return [outcome.crm_id for outcome in outcomes if isinstance(outcome, Done)]


@dataclass
class World:
    """A fresh org, and sinks on it that share their tokens."""

    server: SandboxServer
    tokens: MemoryTokens = field(default_factory=MemoryTokens)

    @property
    def org(self) -> SalesforceOrg:
        return self.server.org

    def sink(
        self,
        objects: tuple[str, ...] = ("Lead",),
        *,
        assigned: tuple[str, ...] = (),
        tokens: MemoryTokens | None = None,
        **settings: Any,
    ) -> SalesforceSink:
        config = SalesforceConfig.model_validate({"auth": login(self.server.url), **settings})
        return SalesforceSink(config, SinkContext("crm", tokens or self.tokens, objects, assigned))

    def fail(self, kind: str, **more: Any) -> None:
        self.server.faults.add({"kind": kind, **more})

    def stored(self, crm_id: str, name: str = "Lead") -> dict[str, Any]:
        found = self.org.get(name, crm_id)
        assert found is not None
        return defaultdict(lambda: None, found)
