"""Which function answers which address of the API, and what scopes it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot import accountinfo, batches, consent, links, lists, objects, schemas
from leadrelay.sandbox.hubspot.accounts import check_scopes
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input, not_found
from leadrelay.sandbox.wire import Answer, BadJson, Request

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.paths import Address
    from leadrelay.sandbox.hubspot.portal import Call, HubSpotPortal

_SCOPED = {"contacts": "contacts", "companies": "companies", "deals": "deals"}  # activities go with their contact's scope


@dataclass(slots=True)
class Asked:
    """One call to the API: the portal, the address, the request and who makes it."""

    portal: HubSpotPortal
    address: Address
    request: Request
    call: Call
    method: str = ""
    query: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.method = self.request.method
        self.query = self.request.query

    @property
    def parts(self) -> tuple[str, ...]:
        """The rest of the path below area and version."""
        return self.address.parts

    def body(self) -> Any:
        """The JSON body; raises Refusal."""
        try:
            return self.request.json()
        except BadJson:
            raise invalid_input("Invalid input JSON: the body could not be read") from None

    def object_body(self) -> dict[str, Any]:
        """The JSON body as an object; raises Refusal."""
        body = self.body()
        if not isinstance(body, dict):
            raise invalid_input("Invalid input JSON: an object is expected")
        return body

    def needs(self, *scopes: str) -> None:
        """One of these scopes must be held; raises Refusal."""
        check_scopes(self.portal.settings.scopes, scopes)


Serve = Callable[[Asked], Answer]


def answer(asked: Asked) -> Answer:
    """Serve one call; raises Refusal."""
    serve = _AREAS.get(asked.address.area)
    if serve is None:
        raise not_found()
    return serve(asked)


def not_allowed() -> Refusal:
    """The address exists, the method does not."""
    return Refusal(405, None, "Method not allowed for this resource")


def scope_of(name: str, *, writes: bool) -> str:
    """The scope that an object's records need."""
    return f"crm.objects.{_SCOPED.get(name, 'contacts')}.{'write' if writes else 'read'}"


def _objects(asked: Asked) -> Answer:
    parts = asked.parts
    if not parts:
        raise not_found()
    table = asked.portal.table(parts[0])
    is_read = asked.method == "GET" or parts[1:] in (("batch", "read"), ("search",))
    asked.needs(scope_of(table.name, writes=not is_read))
    if len(parts) == 3 and parts[1] == "batch":
        if asked.method != "POST":
            raise not_allowed()
        return batches.answer(asked.portal, table, parts[2], asked.body(), asked.query, asked.call)
    return objects.answer(asked, table)


_AREAS: dict[str, Serve] = {
    "objects": _objects,
    "associations": links.batches,
    "properties": schemas.properties,
    "owners": accountinfo.owners,
    "pipelines": schemas.pipelines,
    "property-validations": schemas.validations,
    "lists": lists.answer,
    "communication-preferences": consent.answer,
    "account-info": accountinfo.details,
    "integrations": accountinfo.me,
}
