"""`/composite`: up to 25 calls in one, later ones naming results of earlier ones as `@{reference.field}`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.salesforce.refusals import refuse
from leadrelay.sandbox.wire import Answer, Request

MOST_CALLS = 25
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")


class _Unknown(Exception):
    """A reference that has no value because its call failed or is not there."""


def run(org: SalesforceOrg, request: Request, serve: Callable[[Request], Answer]) -> Answer:
    """Serve the calls in order; with allOrNone a failure takes all of them back."""
    body = request.json()
    calls = body.get("compositeRequest") if isinstance(body, dict) else None
    if not isinstance(calls, list) or not all(isinstance(one, dict) for one in calls):
        raise refuse("JSON_PARSER_ERROR", "Cannot deserialize request body: 'compositeRequest' must be a list of objects")
    if len(calls) > MOST_CALLS:
        raise refuse("LIMIT_EXCEEDED", f"The number of subrequests {len(calls)} exceeds the maximum of {MOST_CALLS}")
    _check(calls)
    mark = org.mark()
    results: dict[str, Any] = {}
    answers = [_one(request, one, results, serve) for one in calls]
    if body.get("allOrNone") and any(answer["httpStatusCode"] >= 300 for answer in answers):
        org.roll_back(mark)
        answers = [one if one["httpStatusCode"] >= 300 else _halted(one["referenceId"]) for one in answers]
    return Answer(200, {"compositeResponse": answers})


def _check(calls: list[dict[str, Any]]) -> None:
    """Refuse the whole request for what is wrong with its frame, before anything is done."""
    names: set[str] = set()
    for call in calls:
        name = str(call.get("referenceId") or "")
        if not name or name in names:
            raise refuse("JSON_PARSER_ERROR", f"referenceId must be given and unique: {name!r}")
        if not isinstance(call.get("httpHeaders") or {}, dict):
            raise refuse("JSON_PARSER_ERROR", "httpHeaders must be an object")
        names.add(name)


def _one(outer: Request, call: dict[str, Any], results: dict[str, Any], serve: Callable[[Request], Answer]) -> dict[str, Any]:
    name = str(call["referenceId"])
    try:
        url = urlsplit(str(_filled(call.get("url", ""), results)))
        body = _filled(call.get("body"), results)
    except _Unknown as unknown:
        return _halted(name, f"Invalid reference specified. No value for {unknown} found")
    headers = {**outer.headers, **{key.lower(): str(value) for key, value in (call.get("httpHeaders") or {}).items()}}
    inner = Request(str(call.get("method", "GET")).upper(), url.path, url.query, headers, json.dumps(body).encode(), body)
    answer = serve(inner)
    if answer.status < 300:
        results[name] = answer.body
    return {"body": answer.body, "httpHeaders": answer.headers, "httpStatusCode": answer.status, "referenceId": name}


def _halted(
    name: str, text: str = "The transaction was rolled back since another operation in the same transaction failed."
) -> dict[str, Any]:
    body = [{"errorCode": "PROCESSING_HALTED", "message": text}]
    return {"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": name}


def _filled(value: Any, results: dict[str, Any]) -> Any:
    """The value with every reference replaced by what it names."""
    if isinstance(value, dict):
        return {key: _filled(held, results) for key, held in value.items()}
    if isinstance(value, list):
        return [_filled(held, results) for held in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _looked_up(found, results), value)
    return value


def _looked_up(found: re.Match[str], results: dict[str, Any]) -> str:
    here: Any = results.get(found[1])
    for name, number in _STEP.findall(found[2]):
        try:
            here = here[name] if name else here[int(number)]
        except (KeyError, IndexError, TypeError):
            raise _Unknown(found[0][2:-1]) from None
    if here is None or isinstance(here, dict | list):
        raise _Unknown(found[0][2:-1])
    return str(here)
