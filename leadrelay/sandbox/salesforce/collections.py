"""`/composite/sobjects`: up to 200 records in one call, each with its own result, in the order asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote_plus

from leadrelay.sandbox.salesforce import reading, writing
from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.org import Call, SalesforceOrg
from leadrelay.sandbox.salesforce.refusals import Refusal, refuse
from leadrelay.sandbox.wire import Answer, Request

MOST_WRITTEN, MOST_READ = 200, 2000
Outcome = dict[str, Any]
_ROLLED_BACK = {
    "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
    "fields": [],
}


def answer(org: SalesforceOrg, request: Request, rest: Sequence[str], call: Call) -> Answer:
    """Serve create, update, upsert, delete or retrieve of a collection."""
    match request.method, list(rest):
        case "POST", []:
            return _write(org, request, lambda record, index: _create(org, record, call, index))
        case "PATCH", []:
            return _update(org, request, call)
        case "DELETE", []:
            return _delete(org, request, call)
        case "PATCH", [name, key]:
            return _upsert(org, request, unquote_plus(name), unquote_plus(key), call)
        case (("GET" | "POST"), [name]):
            return _retrieve(org, request, unquote_plus(name))
    if len(rest) > 2:
        raise refuse("NOT_FOUND", "The requested resource does not exist")
    raise refuse("METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed. Allowed are DELETE,GET,HEAD,PATCH,POST")


# --- what all writes share ---------------------------------------------------------------------------------------------


def _records(request: Request) -> tuple[list[dict[str, Any]], bool]:
    body = request.json()
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise refuse("JSON_PARSER_ERROR", "Cannot deserialize request body: 'records' must be a list of objects")
    all_or_none = body.get("allOrNone", False)
    if not isinstance(all_or_none, bool):
        raise refuse("JSON_PARSER_ERROR", "Cannot deserialize instance of boolean from 'allOrNone'")
    _limit(len(records), MOST_WRITTEN)
    return records, all_or_none


def _limit(count: int, most: int) -> None:
    if count > most:
        text = f"record limit reached. cannot submit more than {most} records into this call"
        raise refuse("EXCEEDED_ID_LIMIT", text)


def _write(org: SalesforceOrg, request: Request, one: Callable[[dict[str, Any], int], Outcome]) -> Answer:
    records, all_or_none = _records(request)
    return _each(org, records, one, all_or_none=all_or_none)


def _each(org: SalesforceOrg, items: Sequence[Any], one: Callable[[Any, int], Outcome], *, all_or_none: bool) -> Answer:
    """Run the items one after another; with allOrNone a single failure takes all of them back."""
    mark = org.mark()
    outcomes: list[Outcome] = []
    for index, item in enumerate(items):
        inner = org.mark()
        try:
            outcomes.append(one(item, index))
        except Refusal as refusal:
            org.roll_back(inner)
            if refusal.code == "JSON_PARSER_ERROR" and org.settings.wrong_type_fails_call:
                org.roll_back(mark)
                raise
            outcomes.append(refusal.in_collection())
    if all_or_none and not all(outcome["success"] for outcome in outcomes):
        org.roll_back(mark)
        outcomes = [outcome if not outcome["success"] else {"success": False, "errors": [_ROLLED_BACK]} for outcome in outcomes]
    org.counters["records written"] += sum(bool(outcome["success"]) for outcome in outcomes)
    return Answer(200, outcomes)


def _type_of(record: dict[str, Any]) -> str:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str) or not name:
        raise refuse("INVALID_INPUT", "Include an entity type with each record: attributes.type is missing", [])
    return name


def _table_name(org: SalesforceOrg, record: dict[str, Any]) -> str:
    name = _type_of(record)
    if name not in org.tables:
        raise refuse("INVALID_TYPE", f"sObject type '{name}' is not supported.", [])
    return name


def _taken_id(record: dict[str, Any]) -> str | None:
    value = next((value for key, value in record.items() if key.lower() == "id"), None)
    return str(value) if value else None


# --- the five calls ----------------------------------------------------------------------------------------------------


def _create(org: SalesforceOrg, record: dict[str, Any], call: Call, index: int) -> Outcome:
    return {"id": org.create(_table_name(org, record), record, call, index), "success": True, "errors": []}


def _update(org: SalesforceOrg, request: Request, call: Call) -> Answer:
    records, all_or_none = _records(request)
    seen = Counter(full_id(_taken_id(record) or "") for record in records)

    def one(record: dict[str, Any], index: int) -> Outcome:
        name, record_id = _table_name(org, record), _taken_id(record)
        if record_id is None:
            raise refuse("MISSING_ARGUMENT", "Id not specified in an update call", [])
        if full_id(record_id) is not None and seen[full_id(record_id)] > 1:
            raise refuse("DUPLICATE_VALUE", f"duplicate id specified: {record_id}", ["Id"])
        values = {key: value for key, value in record.items() if key.lower() != "id"}
        org.update(name, record_id, values, call, index)
        return {"id": full_id(record_id), "success": True, "errors": []}

    return _each(org, records, one, all_or_none=all_or_none)


def _upsert(org: SalesforceOrg, request: Request, name: str, key: str, call: Call) -> Answer:
    table = org.table(name)
    field = writing.external_id_field(table, key)
    records, all_or_none = _records(request)
    lowered = field.name.lower()

    def key_of(record: dict[str, Any]) -> Any:
        return next((value for name, value in record.items() if name.lower() == lowered), None)

    keys = [str(value).strip().lower() if (value := key_of(record)) not in (None, "") else None for record in records]
    seen = Counter(keys)

    def one(record: dict[str, Any], index: int) -> Outcome:
        if _table_name(org, record) != table.name:
            raise refuse("INVALID_INPUT", f"Record type {_type_of(record)} does not match {table.name}", [])
        value = key_of(record)
        if keys[index] is None and field.type != "id":
            raise refuse("MISSING_ARGUMENT", f"{field.name} not specified", [])
        if keys[index] is not None and seen[keys[index]] > 1:
            raise refuse("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [field.name])
        if field.type != "id" and _taken_id(record):
            raise refuse("INVALID_FIELD", "The Id field should not be specified in the sobject data.", ["Id"])
        values = {name: held for name, held in record.items() if name.lower() != lowered}
        record_id, created = org.upsert(table.name, field.name, value, values, call, index)
        return {"id": record_id, "success": True, "errors": [], "created": created}

    return _each(org, records, one, all_or_none=all_or_none)


def _delete(org: SalesforceOrg, request: Request, call: Call) -> Answer:
    ids = [text for text in request.query.get("ids", "").split(",") if text]
    _limit(len(ids), MOST_WRITTEN)

    def one(text: str, index: int) -> Outcome:
        name = org.object_of_id(text)
        if full_id(text) is None or name is None:
            raise refuse("MALFORMED_ID", f"malformed id {text}", [])
        org.delete(name, text, call, index)
        return {"id": full_id(text), "success": True, "errors": []}

    return _each(org, ids, one, all_or_none=request.query.get("allOrNone", "false").lower() == "true")


def _retrieve(org: SalesforceOrg, request: Request, name: str) -> Answer:
    """Records by id, in the order asked; null for one that is gone, unknown or of another object."""
    table = org.table(name)
    if request.method == "POST":
        body = request.json()
        ids, fields = (body.get("ids"), body.get("fields")) if isinstance(body, dict) else (None, None)
        if not isinstance(ids, list) or not isinstance(fields, list):
            raise refuse("JSON_PARSER_ERROR", "Cannot deserialize request body: 'ids' and 'fields' must be lists")
    else:
        ids, fields = ([part.strip() for part in request.query.get(key, "").split(",") if part] for key in ("ids", "fields"))
    if not fields:
        raise refuse("MISSING_ARGUMENT", "The fields parameter is required")
    _limit(len(ids), MOST_READ)
    names = [table.field(str(field)).name for field in fields]
    found = (org.get(table.name, str(text)) for text in ids)
    return Answer(200, [reading.shown(table, record, names) if record else None for record in found])
