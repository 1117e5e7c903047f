"""The REST API of an org below `/services/data/vXX.0/`: paths to methods of the org."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote_plus

from leadrelay.sandbox.salesforce import collections, composite, ingest, reading, writing
from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.org import Call, SalesforceOrg
from leadrelay.sandbox.salesforce.refusals import Refusal, refuse
from leadrelay.sandbox.salesforce.tables import Stored, Table
from leadrelay.sandbox.salesforce.values import read_datetime, stamp
from leadrelay.sandbox.wire import Answer, BadJson, Request

NEWEST, OLDEST = 68, 31
_SEASONS = ("Winter", "Spring", "Summer")


def versions() -> list[dict[str, str]]:
    """What `/services/data/` answers: every version, oldest first."""
    return [
        {
            "label": f"{_SEASONS[(number - 2) % 3]} '{(number + 13) // 3:02d}",
            "url": f"/services/data/v{number}.0",
            "version": f"{number}.0",
        }
        for number in range(OLDEST, NEWEST + 1)
    ]


_SERVED = frozenset(f"v{one['version']}" for one in versions())


def is_version(text: str) -> bool:
    """Whether a path's `v68.0` is served."""
    return text in _SERVED


def call_of(org: SalesforceOrg, request: Request, user_id: str) -> Call:
    """Who calls, and what the request headers say about assignment and duplicates."""
    rule = request.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
    assign = request.headers.get("sforce-auto-assign", "TRUE").strip().lower() != "false"
    return org.call(user_id=user_id, auto_assign=assign, allow_save="allowsave=true" in rule.split(";"))


def answer(org: SalesforceOrg, request: Request, user_id: str) -> Answer:
    """Serve one call; a refusal becomes its error answer."""
    services, _, rest = request.path.strip("/").partition("/data/")
    version, *raw = rest.split("/")
    if services != "services" or not is_version(version):
        return refused(refuse("NOT_FOUND", "The requested resource does not exist"))
    try:
        return _route(org, request, user_id, version, [part for part in raw if part])
    except BadJson as error:
        return refused(refuse("JSON_PARSER_ERROR", f"The HTTP entity body is required, but this is not JSON: {error}"))
    except Refusal as refusal:
        return refused(refusal, version)


def refused(refusal: Refusal, version: str = f"v{NEWEST}.0") -> Answer:
    """A refusal as an HTTP answer; several matches of an external id are a list of URLs."""
    if refusal.status == 300:
        return Answer(300, [f"/services/data/{version}{url}" for url in refusal.errors[0].more["urls"]])
    return Answer(refusal.status, refusal.in_rest())


def _route(org: SalesforceOrg, request: Request, user_id: str, version: str, parts: list[str]) -> Answer:
    match parts:
        case []:
            names = ("sobjects", "query", "queryAll", "composite", "limits", "tooling")
            return Answer(200, {name: f"/services/data/{version}/{name}" for name in names})
        case ["limits"]:
            return Answer(200, org.limits.described())
        case ["query" | "queryAll" as kind, *rest]:
            _only(request, "GET")
            return _query(org, request, version, kind, rest)
        case ["sobjects"]:
            tables = [table for name, table in org.tables.items() if not org.is_denied(name, "read")]
            return Answer(
                200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [reading.summary(org, table) for table in tables]}
            )
        case ["sobjects", name, *rest]:
            return _sobject(org, request, org.table(unquote_plus(name)), rest, call_of(org, request, user_id), version)
        case ["composite"]:
            _only(request, "POST")
            return composite.run(org, request, lambda inner: answer(org, inner, user_id))
        case ["composite", "sobjects", *rest]:
            return collections.answer(org, request, rest, call_of(org, request, user_id))
        case ["jobs", "ingest", *rest] if org.settings.bulk_enabled:
            return ingest.answer(org, request, [unquote_plus(part) for part in rest], user_id, version)
        case ["tooling", "sobjects", "CustomField"]:
            _only(request, "POST")
            return _custom_field(org, request)
    raise refuse("NOT_FOUND", "The requested resource does not exist")


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        text = f"HTTP Method '{request.method}' not allowed. Allowed are {','.join(methods)}"
        raise refuse("METHOD_NOT_ALLOWED", text)


# --- one object --------------------------------------------------------------------------------------------------------


def _sobject(org: SalesforceOrg, request: Request, table: Table, rest: Sequence[str], call: Call, version: str) -> Answer:
    match rest:
        case []:
            _only(request, "GET", "POST", "HEAD")
            if request.method == "POST":
                return _create(org, table, _fields_of(request), call, version)
            return Answer(200, {"objectDescribe": reading.summary(org, table), "recentItems": []})
        case ["describe"]:
            _only(request, "GET", "HEAD")
            return Answer(200, org.describe(table.name))
        case ["updated" | "deleted" as kind]:
            _only(request, "GET")
            return _changes(org, request, table, kind)
        case [record_id]:
            _only(request, "GET", "HEAD", "PATCH", "DELETE")
            return _record(org, request, table, unquote_plus(record_id), call)
        case [key, value]:
            _only(request, "GET", "HEAD", "PATCH", "DELETE", "POST")
            return _by_external_id(org, request, table, unquote_plus(key), unquote_plus(value), call)
    raise refuse("NOT_FOUND", "The requested resource does not exist")


def _fields_of(request: Request) -> dict[str, Any]:
    body = request.json()
    if not isinstance(body, dict):
        raise refuse(
            "JSON_PARSER_ERROR", "Cannot deserialize instance of record from the HTTP entity body: an object is expected"
        )
    return body


def _create(org: SalesforceOrg, table: Table, fields: dict[str, Any], call: Call, version: str) -> Answer:
    record_id = org.create(table.name, fields, call)
    location = f"/services/data/{version}/sobjects/{table.name}/{record_id}"
    return Answer(201, {"id": record_id, "success": True, "errors": []}, {"Location": location})


def _found(table: Table, text: str) -> Stored:
    """The record of a path; an unknown id there is a 404, unlike in a collection."""
    try:
        return writing.existing(table, text)
    except Refusal as refusal:
        if refusal.code == "INVALID_CROSS_REFERENCE_KEY":
            raise refuse("NOT_FOUND", "The requested resource does not exist") from None
        if refusal.code == "MALFORMED_ID":
            raise refuse("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {text}") from None
        raise


def _record(org: SalesforceOrg, request: Request, table: Table, text: str, call: Call) -> Answer:
    record = _found(table, text)
    if request.method in ("GET", "HEAD"):
        return Answer(200, _shown(table, record, request))
    if request.method == "DELETE":
        org.delete(table.name, record["Id"], call)
        return Answer(204)
    org.update(table.name, record["Id"], _fields_of(request), call)
    return Answer(204)


def _shown(table: Table, record: Stored, request: Request) -> dict[str, Any]:
    wanted = request.query.get("fields")
    return reading.shown(table, record, [name.strip() for name in wanted.split(",")] if wanted else None)


def _by_external_id(org: SalesforceOrg, request: Request, table: Table, key: str, value: str, call: Call) -> Answer:
    field = writing.external_id_field(table, key)
    if request.method in ("PATCH", "POST"):
        return _upsert(org, request, table, field.name, value, call)
    found = [_found(table, value)] if field.type == "id" else writing.find_by_external_id(table, field, value)
    if not found:
        raise refuse("NOT_FOUND", "The requested resource does not exist")
    if len(found) > 1:
        return Answer(300, [f"/services/data/v{NEWEST}.0/sobjects/{table.name}/{record['Id']}" for record in found])
    if request.method == "DELETE":
        org.delete(table.name, found[0]["Id"], call)
        return Answer(204)
    return Answer(200, _shown(table, found[0], request))


def _upsert(org: SalesforceOrg, request: Request, table: Table, key: str, value: str, call: Call) -> Answer:
    fields = _fields_of(request)
    for name in fields:
        if name.lower() in (key.lower(), "id"):
            raise refuse("INVALID_FIELD", f"The {name} field should not be specified in the sobject data.", [name])
    record_id, created = org.upsert(table.name, key, value, fields, call)
    return Answer(201 if created else 200, {"id": record_id, "success": True, "errors": [], "created": created})


def _changes(org: SalesforceOrg, request: Request, table: Table, kind: str) -> Answer:
    """`updated` and `deleted`: ids of what changed between two instants; seconds are cut off."""
    try:
        start, end = (stamp(read_datetime(request.query[name].replace(" ", "+")).replace(second=0)) for name in ("start", "end"))
    except (KeyError, ValueError):
        raise refuse("INVALID_PARAMETER", "start and end must be ISO 8601 instants") from None
    if start >= end:
        raise refuse("INVALID_REPLICATION_DATE", "endDate: must be greater than startDate")
    gone = kind == "deleted"
    hits = [one for one in table.records.values() if one["IsDeleted"] == gone and start <= one["SystemModstamp"] < end]
    if gone:
        records = [{"id": one["Id"], "deletedDate": one["SystemModstamp"]} for one in hits]
        return Answer(200, {"deletedRecords": records, "earliestDateAvailable": start, "latestDateCovered": end})
    return Answer(200, {"ids": [one["Id"] for one in hits], "latestDateCovered": end})


# --- queries -----------------------------------------------------------------------------------------------------------


def _query(org: SalesforceOrg, request: Request, version: str, kind: str, rest: list[str]) -> Answer:
    if rest:
        return _next_page(org, version, kind, rest[0])
    text = request.query.get("q")
    if not text:
        raise refuse("MALFORMED_QUERY", "A query has to be specified")
    found = org.query(text, with_deleted=kind == "queryAll")
    if isinstance(found, int):
        return Answer(200, {"totalSize": found, "done": True, "records": []})
    size = _page_size(org, request)
    if len(found) <= size:
        return Answer(200, {"totalSize": len(found), "done": True, "records": found})
    locator = f"01gHs{len(org.pages) + 1:010d}"
    org.pages[locator] = found
    return _page(locator, found, 0, size, version, kind)


def _page_size(org: SalesforceOrg, request: Request) -> int:
    option = request.headers.get("sforce-query-options", "").replace(" ", "").lower()
    if option.startswith("batchsize=") and option[10:].isdigit():
        return min(max(int(option[10:]), 200), 2000)
    return org.settings.page_size


def _next_page(org: SalesforceOrg, version: str, kind: str, text: str) -> Answer:
    locator, *numbers = text.split("-")
    if locator not in org.pages or len(numbers) != 2 or not all(number.isdigit() for number in numbers):
        raise refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(locator, org.pages[locator], int(numbers[0]), int(numbers[1]), version, kind)


def _page(locator: str, found: list[dict[str, Any]], start: int, size: int, version: str, kind: str) -> Answer:
    end = start + size
    body: dict[str, Any] = {"totalSize": len(found), "done": end >= len(found), "records": found[start:end]}
    if end < len(found):
        body["nextRecordsUrl"] = f"/services/data/{version}/{kind}/{locator}-{end}-{size}"
    return Answer(200, body)


# --- set-up ------------------------------------------------------------------------------------------------------------

_TOOLING_TYPES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "Text": lambda about: {"type": "string", "length": int(about.get("length", 255))},
    "LongTextArea": lambda about: {"type": "textarea", "length": int(about.get("length", 32768))},
    "Checkbox": lambda about: {"type": "boolean", "nillable": False, "defaultedOnCreate": True, "default": False},
    "Number": lambda about: {"type": "double", "precision": int(about.get("precision", 18)), "scale": int(about.get("scale", 0))},
    "Email": lambda about: {"type": "email", "length": 80},
    "Date": lambda about: {"type": "date"},
    "DateTime": lambda about: {"type": "datetime"},
}


def _custom_field(org: SalesforceOrg, request: Request) -> Answer:
    """Create a custom field through the Tooling API."""
    body = _fields_of(request)
    owner, _, name = str(body.get("FullName", "")).partition(".")
    about = body.get("Metadata") or {}
    if not name.endswith("__c") or about.get("type") not in _TOOLING_TYPES:
        raise refuse("INVALID_FIELD", "FullName must be Object.Name__c and Metadata.type a field type", ["FullName"])
    table = org.table(owner)
    if table.find_field(name) is not None:
        raise refuse(
            "DUPLICATE_DEVELOPER_NAME",
            f"There is already a field named {name.removesuffix('__c')} on {owner}.",
            ["DeveloperName"],
        )
    shape = _TOOLING_TYPES[about["type"]](about)
    more = {key: bool(about.get(key, False)) for key in ("externalId", "unique", "caseSensitive")}
    org.add_field(owner, {"name": name, "label": about.get("label", name), **shape, **more})
    made = full_id(f"00NHs{len(table.fields):010d}")
    return Answer(201, {"id": made, "success": True, "errors": [], "warnings": [], "infos": []})
