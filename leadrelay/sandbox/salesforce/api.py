"""An org on the wire: OAuth, session checks, limits, counters and faults around the REST API."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce import rest
from leadrelay.sandbox.salesforce.auth import LoginRefused
from leadrelay.sandbox.salesforce.refusals import Refusal, refuse
from leadrelay.sandbox.wire import Answer, Broken, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leadrelay.sandbox.faults import Faults, Kind, Where
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
_REFUSING: tuple[Kind, ...] = (
    "expire_tokens",
    "unavailable",
    "html",
    "unknown_exception",
    "too_many_requests",
    "concurrent_requests",
)
_ID = re.compile(r"/[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?(?=/|$)")
_TIRED = "Service temporarily unavailable. We are performing maintenance."


class SalesforceApi:
    """Serves one org; the faults strike here, outside the rules."""

    def __init__(self, org: SalesforceOrg, faults: Faults, base_url: str | None = None) -> None:
        self._org = org
        self._faults = faults
        self._base_url = base_url
        org.interfere = self._interfere

    async def serve(self, request: Request) -> Answer | Broken:
        """Answer one call of the service's API."""
        kind = _kind(request)
        began = self._faults.clearings
        for fault in self._faults.striking(kind, request.path, "slow"):
            outcome = await self._wait(fault.seconds)
            if outcome is not None:
                return outcome
            if self._faults.clearings != began:  # a call of the test before: nobody waits for it, and the faults are not its own
                return Broken()
        for fault in self._faults.striking(kind, request.path, "slow_unavailable"):
            await asyncio.sleep(fault.seconds)
            return rest.refused(refuse("SERVER_UNAVAILABLE", "Server is unavailable, please try again later"))
        if any(self._faults.striking(kind, request.path, "cut_before")):
            return Broken()
        broken = self._broken_answer(kind, request.path)
        if broken is not None:
            return broken
        mark = len(self._org.history)
        answer = self._login(request) if kind == "login" else self._call(request)
        if answer.status < 300:
            for fault in self._faults.striking(kind, request.path, "cut_after_write"):
                self._edit_written(mark, fault.then_edit)
                return Broken()
        if answer.status < 500:
            for _ in self._faults.striking(kind, request.path, "truncate"):
                return Broken(answer)
        return answer

    # --- faults ---

    async def _wait(self, seconds: float) -> Answer | None:
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

    def _broken_answer(self, kind: Where, path: str) -> Answer | None:
        for fault in self._faults.striking(kind, path, *_REFUSING):
            match fault.kind:
                case "expire_tokens":
                    self._org.accounts.expire_all()
                case "html":
                    return Answer(
                        503,
                        html=f"<html><head><title>Salesforce - Maintenance</title></head><body><h1>{_TIRED}</h1></body></html>",
                    )
                case "unavailable":
                    return rest.refused(refuse("SERVER_UNAVAILABLE", "Server is unavailable, please try again later"))
                case "unknown_exception":
                    return rest.refused(refuse("UNKNOWN_EXCEPTION", fault.message or _RECORD_MESSAGES["UNKNOWN_EXCEPTION"]))
                case "too_many_requests":
                    return rest.refused(refuse("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
                case _:
                    text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
                    return rest.refused(refuse("REQUEST_LIMIT_EXCEEDED", text))
        return None

    def _interfere(self, kind: str, name: str, index: int, values: Mapping[str, Any], record_id: str | None) -> Refusal | None:
        fault = self._faults.striking_record(name, index, values)
        if fault is None:
            return None
        text = fault.message or _RECORD_MESSAGES.get(fault.code, fault.code)
        return refuse(fault.code, text.replace("{id}", record_id or "no id yet"), [])

    def _edit_written(self, mark: int, changes: Mapping[str, Any]) -> None:
        """Sales edits what the cut call has just written, before the client can look."""
        if changes:
            written = {(entry["object"], entry["id"]) for entry in self._org.history[mark:]}
            for name, record_id in sorted(written):
                self._org.edit(name, record_id, changes)

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
