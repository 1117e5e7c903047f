"""An org on the wire: OAuth, session checks, limits, counters and faults around the REST API."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce import rest
from leadrelay.sandbox.salesforce.auth import LoginRefused
from leadrelay.sandbox.salesforce.refusals import Refusal, refuse
from leadrelay.sandbox.struck import StruckApi
from leadrelay.sandbox.wire import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leadrelay.sandbox.faults import Fault, Faults, Where
    from leadrelay.sandbox.salesforce.org import SalesforceOrg

_SOAP_FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_OPERATION</faultcode>'
    "<faultstring>INVALID_OPERATION: SOAP API login() is disabled by default in this org.</faultstring><detail>"
    "<sf:LoginFault><sf:exceptionCode>INVALID_OPERATION</sf:exceptionCode><sf:exceptionMessage>SOAP API login() is disabled "
    "by default in this org.</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
_RECORD_MESSAGES = {
    "UNABLE_TO_LOCK_ROW": "unable to obtain exclusive access to this record or 1 records: {id}",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "LeadTrigger: execution of BeforeInsert caused by: System.DmlException",
    "UNKNOWN_EXCEPTION": "An unexpected error occurred. Please include this ErrorId if you contact support: 1-2 (3)",
}
_ID = re.compile(r"/[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?(?=/|$)")
_TIRED = "Service temporarily unavailable. We are performing maintenance."


class SalesforceApi(StruckApi):
    """Serves one org."""

    REFUSING = ("expire_tokens", "unavailable", "html", "unknown_exception", "too_many_requests", "concurrent_requests")

    def __init__(self, org: SalesforceOrg, faults: Faults, base_url: str | None = None) -> None:
        super().__init__(org, faults)
        self._org = org
        self._base_url = base_url
        org.interfere = self._interfere

    def kind_of(self, request: Request) -> Where:
        """Logging in is whatever is not the REST API."""
        return _kind(request)

    def answer(self, kind: Where, request: Request) -> Answer:
        """A login or a call to the REST API."""
        return self._login(request) if kind == "login" else self._call(request)

    # --- faults ---

    async def wait(self, seconds: float) -> Answer | None:
        """A slow call; a long one takes a place among the concurrent ones and may find none."""
        try:
            is_long = self._org.limits.start(seconds)
        except Refusal as refusal:
            return rest.refused(refusal)
        try:
            await asyncio.sleep(seconds)
        finally:
            if is_long:
                self._org.limits.end()
        return None

    def tired(self) -> Answer:
        """A 503."""
        return rest.refused(refuse("SERVER_UNAVAILABLE", "Server is unavailable, please try again later"))

    def refusal(self, fault: Fault) -> Answer | None:
        """What the org answers instead of working."""
        match fault.kind:
            case "expire_tokens":
                self._org.accounts.expire_all()
                return None
            case "html":
                page = f"<html><head><title>Salesforce - Maintenance</title></head><body><h1>{_TIRED}</h1></body></html>"
                return Answer(fault.status or 503, html=page)
            case "unavailable":
                return self.tired()
            case "unknown_exception":
                return rest.refused(refuse("UNKNOWN_EXCEPTION", fault.message or _RECORD_MESSAGES["UNKNOWN_EXCEPTION"]))
            case "too_many_requests":
                return rest.refused(refuse("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
            case _:
                text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
                return rest.refused(refuse("REQUEST_LIMIT_EXCEEDED", text))

    def _interfere(self, kind: str, name: str, index: int, values: Mapping[str, Any], record_id: str | None) -> Refusal | None:
        fault = self._faults.striking_record(name, index, values)
        if fault is None:
            return None
        code = fault.code or "UNABLE_TO_LOCK_ROW"
        text = fault.message or _RECORD_MESSAGES.get(code, code)
        return refuse(code, text.replace("{id}", record_id or "no id yet"), [])

    # --- the service ---

    def _login(self, request: Request) -> Answer:
        base_url = self._base_url or request.base_url
        if request.path.startswith("/services/Soap/"):
            return Answer(500, html=_SOAP_FAULT)
        if request.path.startswith("/services/oauth2/token"):
            if request.method != "POST":
                return Answer(400, {"error": "invalid_request", "error_description": "must use HTTP POST"})
            self._org.counters["token requests"] += 1
            try:
                return Answer(200, self._org.accounts.log_in(request.form, request.headers.get("authorization"), base_url))
            except LoginRefused as refused:
                return Answer(400, refused.body)
        if request.path.startswith("/services/oauth2/revoke"):
            token = request.form.get("token") or request.query.get("token", "")
            known = self._org.accounts.revoke(token)
            return (
                Answer(200)
                if known
                else Answer(400, {"error": "unsupported_token_type", "error_description": "this token is unknown"})
            )
        return self._identity(request, base_url)

    def _identity(self, request: Request, base_url: str) -> Answer:
        try:
            user_id = self._org.accounts.user_of(_bearer(request))
        except Refusal:
            return Answer(403, html="Bad_OAuth_Token")
        if request.path.startswith("/services/oauth2/userinfo"):
            return Answer(200, self._org.accounts.user_info(user_id, base_url))
        if request.path.startswith(f"/id/{self._org.organization_id}"):
            return Answer(200, self._org.accounts.identity(user_id, base_url))
        return Answer(404, html="<html><body>Not found</body></html>")

    def _call(self, request: Request) -> Answer:
        """A call to the REST API: version, session, allowance, then the rules; its writes become final with the answer."""
        org = self._org
        parts = request.path.strip("/").split("/")
        if parts[:2] != ["services", "data"]:
            return rest.refused(refuse("NOT_FOUND", "The requested resource does not exist"))
        if len(parts) == 2:
            return Answer(200, rest.versions())
        try:
            user_id = org.accounts.user_of(_bearer(request))
            org.limits.spend()
            _check_content(request)
        except Refusal as refusal:
            org.counters[f"refused {refusal.code}"] += 1
            return rest.refused(refusal)
        org.counters["calls"] += 1
        org.counters[f"{request.method} {call_kind(request.path)}"] += 1
        try:
            answer = rest.answer(org, request, user_id)
        finally:
            org.end_call()
        answer.headers["Sforce-Limit-Info"] = org.limits.header()
        return answer


def call_kind(path: str) -> str:
    """An address as counters name it: below the version, ids and values left out."""
    short = "/".join(path.strip("/").split("/")[3:])
    if short.startswith("query"):
        return short.split("/")[0]
    parts = short.split("/")
    if parts[0] == "sobjects" and len(parts) == 4:
        return "/".join([*parts[:3], "{value}"])
    return _ID.sub("/{id}", f"/{short}").strip("/")


def _kind(request: Request) -> Where:
    if not request.path.startswith("/services/data"):
        return "login"
    if request.method in ("GET", "HEAD"):
        return "read"
    # a retrieve by POST writes nothing
    is_retrieve = request.method == "POST" and re.search(r"/composite/sobjects/\w+/?$", request.path)
    return "read" if is_retrieve else "write"


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in ("bearer", "oauth") else None


def _check_content(request: Request) -> None:
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if request.method in ("POST", "PATCH") and request.body and kind != "application/json":
        raise refuse("UNSUPPORTED_MEDIA_TYPE", f"Content type specified ({kind}) is not supported for this call")
