"""The association calls: in batches below `/associations`, for one record below `/objects`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot.associations import PLAIN, PRIMARY
from leadrelay.sandbox.hubspot.batches import inputs_of
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input, not_found
from leadrelay.sandbox.hubspot.values import stamp
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal
    from leadrelay.sandbox.hubspot.routes import Asked
    from leadrelay.sandbox.hubspot.tables import Table

MOST_CREATED = 2_000
MOST_READ = 1_000
MOST_ARCHIVED = 100
_CATEGORY = "HUBSPOT_DEFINED"
_PRIMARY_LABEL = "Primary"
Row = Mapping[str, Any]


def batches(asked: Asked) -> Answer:
    """`/associations/{from}/{to}/batch/...` and `/labels`; raises Refusal."""
    if len(asked.parts) < 3:
        raise not_found()
    portal = asked.portal
    table, to = portal.table(asked.parts[0]), portal.table(asked.parts[1])
    is_read = asked.method == "GET" or asked.parts[-1] == "read"
    asked.needs(*(f"crm.objects.{name}.{'read' if is_read else 'write'}" for name in _scoped(table, to)))
    match (asked.method, *asked.parts[2:]):
        case ("POST", "batch", "create"):
            return _each(portal, inputs_of(asked.body(), MOST_CREATED), _creating(portal, table, to), 201)
        case ("POST", "batch", "associate", "default"):
            return _each(portal, inputs_of(asked.body(), MOST_CREATED), _default(portal, table, to), 200)
        case ("POST", "batch", "read"):
            return _read(portal, table, to, inputs_of(asked.body(), MOST_READ))
        case ("POST", "batch", "archive"):
            for one in inputs_of(asked.body(), MOST_ARCHIVED):
                for target in one["to"] if isinstance(one["to"], list) else [one["to"]]:
                    portal.associations.remove(table.name, _id(one, "from"), to.name, str(target["id"]))
            return Answer(204)
        case ("GET", "labels"):
            return Answer(200, {"results": _labels(table, to)})
        case _:
            raise not_found()


def of_record(asked: Asked, table: Table) -> Answer:
    """`/objects/{from}/{id}/associations/...`; raises Refusal."""
    portal, record_id = asked.portal, table.resolved(asked.parts[1])
    match (asked.method, *asked.parts[3:]):
        case ("GET", to_name):
            table.needed(record_id)
            return Answer(200, {"results": _targets(portal, table, portal.table(to_name), record_id)})
        case ("PUT", "default", to_name, to_id):
            body = {"from": {"id": record_id}, "to": {"id": to_id}}
            return _each(portal, [body], _default(portal, table, portal.table(to_name)), 200)
        case ("PUT", to_name, to_id):
            to = portal.table(to_name)
            types = {int(one["associationTypeId"]) for one in asked.body()}
            portal.associations.add(table, record_id, to, to_id, types)
            return Answer(201, _described(portal, table, record_id, to, to_id))
        case ("PUT", to_name, to_id, type_id) if type_id.isdigit():
            portal.associations.add(table, record_id, portal.table(to_name), to_id, {int(type_id)})
            return Answer(200, {"id": record_id, "properties": {}})
        case ("DELETE", to_name, to_id):
            portal.associations.remove(table.name, record_id, portal.table(to_name).name, to_id)
            return Answer(204)
        case _:
            raise not_found()


def _scoped(*tables: Table) -> list[str]:
    return [one.name for one in tables if one.name in ("contacts", "companies", "deals")] or ["contacts"]


def _id(one: Row, name: str) -> str:
    found = (one.get(name) or {}).get("id")
    if not found:
        raise invalid_input(f"Invalid input JSON: Some required fields were not set: [{name}.id]")
    return str(found)


def _creating(portal: HubSpotPortal, table: Table, to: Table) -> Callable[[Row], list[dict[str, Any]]]:
    def write(one: Row) -> list[dict[str, Any]]:
        types = {int(kind["associationTypeId"]) for kind in one.get("types") or ()}
        if not types:
            raise invalid_input("Invalid input JSON: Some required fields were not set: [types]")
        source, target = _id(one, "from"), _id(one, "to")
        portal.associations.add(table, source, to, target, types)
        return [_described(portal, table, source, to, target)]

    return write


def _described(portal: HubSpotPortal, table: Table, source: str, to: Table, target: str) -> dict[str, Any]:
    types = portal.associations.of(table.name, table.resolved(source), to.name).get(to.resolved(target), set())
    labels = [_PRIMARY_LABEL] if PRIMARY.get((table.name, to.name)) in types else []
    return {
        "fromObjectTypeId": table.type_id,
        "fromObjectId": int(source),
        "toObjectTypeId": to.type_id,
        "toObjectId": int(target),
        "labels": labels,
    }


def _default(portal: HubSpotPortal, table: Table, to: Table) -> Callable[[Row], list[dict[str, Any]]]:
    def write(one: Row) -> list[dict[str, Any]]:
        source, target = _id(one, "from"), _id(one, "to")
        portal.associations.add(table, source, to, target)
        pairs = [((source, target), PLAIN[(table.name, to.name)]), ((target, source), PLAIN[(to.name, table.name)])]
        return [
            {
                "from": {"id": first},
                "to": {"id": second},
                "associationSpec": {"associationCategory": _CATEGORY, "associationTypeId": number},
            }
            for (first, second), number in pairs
        ]

    return write


def _each(
    portal: HubSpotPortal, inputs: list[dict[str, Any]], write: Callable[[Row], list[dict[str, Any]]], status: int
) -> Answer:
    """Write row by row; what is refused is told beside the others."""
    results, errors = [], []
    for one in inputs:
        try:
            results += write(one)
        except Refusal as refusal:
            errors.append(refusal.row() | refusal.more)
    if portal.settings.shuffle:
        portal.random.shuffle(results)
    return _answer(portal, results, errors, status)


def _answer(portal: HubSpotPortal, results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int) -> Answer:
    at = stamp(portal.now())
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Answer(207 if errors else status, body)


def _targets(portal: HubSpotPortal, table: Table, to: Table, record_id: str) -> list[dict[str, Any]]:
    primary = PRIMARY.get((table.name, to.name))
    return [
        {
            "toObjectId": int(to_id),
            "associationTypes": [
                {"category": _CATEGORY, "typeId": number, "label": _PRIMARY_LABEL if number == primary else None}
                for number in sorted(types)
            ],
        }
        for to_id, types in portal.associations.of(table.name, record_id, to.name).items()
        if not to.records[to_id].is_archived
    ]


def _read(portal: HubSpotPortal, table: Table, to: Table, inputs: list[dict[str, Any]]) -> Answer:
    results, errors = [], []
    for one in inputs:
        record_id = str(one.get("id") or "")
        found = _targets(portal, table, to, table.resolved(record_id))
        if found:
            results.append({"from": {"id": record_id}, "to": found})
        else:
            errors.append(
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                    "message": f"No {to.name} is associated with {table.name} {record_id}.",
                    "context": {"fromObjectId": [record_id], "fromObjectType": [table.type_id], "toObjectType": [to.type_id]},
                }
            )
    return _answer(portal, results, errors, 200)


def _labels(table: Table, to: Table) -> list[dict[str, Any]]:
    pair = (table.name, to.name)
    found = [{"category": _CATEGORY, "typeId": PLAIN[pair], "label": None}] if pair in PLAIN else []
    if pair in PRIMARY:
        found.append({"category": _CATEGORY, "typeId": PRIMARY[pair], "label": _PRIMARY_LABEL})
    return found
