"""A portal on the wire: tokens, limits, counters and faults around the API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot import routes
from leadrelay.sandbox.hubspot.paths import Address, address_of
from leadrelay.sandbox.hubspot.portal import Call
from leadrelay.sandbox.hubspot.refusals import Invalid, Refusal, invalid_input, invalid_values, not_found
from leadrelay.sandbox.struck import StruckApi
from leadrelay.sandbox.wire import Answer, BadJson, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leadrelay.sandbox.faults import Fault, Faults, Where
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal

_ID = re.compile(r"\d{3,}|[^/]*@[^/]*")
_HTML = (
    "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>The web server is not answering.</p></body></html>"
)
_LONGEST_BODY = 3 * 1024 * 1024
_READS = ("/batch/read", "/search")


class HubSpotApi(StruckApi):
    """Serves one portal."""

    REFUSING = (
        "expire_tokens",
        "unavailable",
        "html",
        "unknown_exception",
        "too_many_requests",
        "concurrent_requests",
        "locked",
        "migrating",
    )

    def __init__(self, portal: HubSpotPortal, faults: Faults) -> None:
        super().__init__(portal, faults)
        self._portal = portal
        portal.interfere = self._interfere

    def kind_of(self, request: Request) -> Where:
        """Reads by POST are reads."""
        if request.path.startswith("/oauth/"):
            return "login"
        is_read = request.method in ("GET", "HEAD") or request.path.rstrip("/").endswith(_READS)
        return "read" if is_read else "write"

    # --- faults ---

    def tired(self) -> Answer:
        """A 503."""
        return self._refused(Refusal(503, "SERVICE_UNAVAILABLE", "Service is temporarily unavailable"))

    def refusal(self, fault: Fault) -> Answer | None:
        """What the portal answers instead of working."""
        match fault.kind:
            case "expire_tokens":
                self._portal.accounts.expire_all()
                return None
            case "html":
                return Answer(fault.status or 502, html=_HTML.format(f"{fault.status or 502} Bad gateway"))
            case "unavailable":
                return self.tired()
            case "unknown_exception":
                text = fault.message or "internal error"
                return self._refused(Refusal(fault.status or 500, "INTERNAL_ERROR", text))
            case "locked":
                text = "The resource is locked while another operation works on it"
                return self._refused(Refusal(423, "LOCKED", text, headers=_wait(fault)))
            case "migrating":
                fault_wait = fault.retry_after if fault.retry_after is not None else 60
                text = "This account is being migrated to another data center"
                return self._refused(Refusal(477, "MIGRATION_IN_PROGRESS", text, headers={"Retry-After": f"{fault_wait:g}"}))
            case _:
                policy = fault.code or "TEN_SECONDLY_ROLLING"
                return self._refused(self._portal.limits.refusal(policy, fault.retry_after))

    def _interfere(self, name: str, index: int, values: Mapping[str, Any]) -> Refusal | None:
        fault = self._faults.striking_record(name, index, values)
        if fault is None:
            return None
        if fault.name:
            found = Invalid(fault.name, fault.code or "INVALID_OPTION", fault.message or f"{fault.name} was not accepted")
            settings = self._portal.settings
            return invalid_values([found], settings.portal_id, structured=settings.structured_errors)
        return Refusal(fault.status or 400, fault.code or "VALIDATION_ERROR", fault.message or "This record was refused")

    def _refused(self, refusal: Refusal) -> Answer:
        self._portal.counters[f"refused {refusal.status}"] += 1
        return Answer(refusal.status, refusal.body(self._portal.new_correlation_id()), dict(refusal.headers))

    # --- the service ---

    def answer(self, kind: Where, request: Request) -> Answer:
        """Answer a call by the portal's rules."""
        try:
            if kind == "login":
                return self._log_in(request)
            address = address_of(request.path)
            if address is None:
                raise not_found()
            return self._call(request, address)
        except (BadJson, KeyError, TypeError):
            return self._refused(invalid_input("Invalid input JSON: the body could not be read"))
        except Refusal as refusal:
            return self._refused(refusal)

    def _log_in(self, request: Request) -> Answer:
        """`/oauth/{version}/token`, and what a token is about."""
        accounts = self._portal.accounts
        parts = request.path.strip("/").split("/")[2:]
        match (request.method, *parts):
            case ("POST", "token"):
                return Answer(200, accounts.refresh(_form(request)))
            case ("POST", "token", "introspect"):
                return Answer(200, accounts.introspected(_form(request)))
            case ("POST", "private-apps", "get", "access-token-info"):
                return Answer(200, accounts.of_private_app(str(request.json()["tokenKey"])))
            case ("GET", "access-tokens", text):
                about = accounts.about(text)
                if about is not None:
                    return Answer(200, about)
        raise not_found()

    def _call(self, request: Request, address: Address) -> Answer:
        """A call to the API: token, limits, then the rules; its writes become final with the answer."""
        portal = self._portal
        token = portal.accounts.check(request.headers.get("authorization", ""))
        is_search = address.area == "objects" and address.parts[1:] == ("search",)
        portal.limits.spend(is_search=is_search)
        portal.counters["calls"] += 1
        portal.counters[f"{request.method} {call_kind(address)}"] += 1
        try:
            answer = self._routed(request, address)
        except Refusal as refusal:
            answer = self._refused(refusal)
        finally:
            portal.end_call()
        answer.headers.update(portal.limits.headers(is_oauth=token.is_oauth, is_search=is_search))
        return answer

    def _routed(self, request: Request, address: Address) -> Answer:
        if len(request.body) > _LONGEST_BODY:
            raise Refusal(413, None, "Request body is too large")
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if request.body and kind != "application/json":
            raise Refusal(415, None, "HTTP 415 Unsupported Media Type")
        call = Call(is_enforcing=address.is_enforcing)
        try:
            return routes.answer(routes.Asked(self._portal, address, request, call))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            self._portal.roll_back(0)
            raise invalid_input(f"Invalid input JSON: {type(error).__name__}") from error


def _form(request: Request) -> dict[str, str]:
    """A login's form, which is always a body, never a query; raises Refusal."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Refusal(415, None, "HTTP 415 Unsupported Media Type")
    return request.form


def _wait(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}


def call_kind(address: Address) -> str:
    """An address as counters name it: without version, ids and addresses of people."""
    return "/".join([address.area, *("{id}" if _ID.fullmatch(part) else part for part in address.parts)])
