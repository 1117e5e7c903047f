"""Definitions over the API: properties, deal pipelines, and admin validation rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot.batches import inputs_of
from leadrelay.sandbox.hubspot.properties import changed, property_from
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input, not_found
from leadrelay.sandbox.hubspot.schema import DEAL_STAGES, GROUPS
from leadrelay.sandbox.hubspot.values import stamp
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.routes import Asked
    from leadrelay.sandbox.hubspot.tables import Table


def properties(asked: Asked) -> Answer:
    """`/properties/{object}`, `/properties/{object}/{name}`, `/groups` and `/batch/...` below it."""
    if not asked.parts:
        raise not_found()
    table = asked.portal.table(asked.parts[0])
    scoped = table.name if table.name in ("contacts", "companies", "deals") else "contacts"
    rest = asked.parts[1:]
    is_read = asked.method == "GET" or rest == ("batch", "read")
    schema_scope = f"crm.schemas.{scoped}."
    asked.needs(*([f"{schema_scope}read", f"crm.objects.{scoped}.read"] if is_read else [f"{schema_scope}write"]))
    match (asked.method, *rest):
        case ("GET",):
            return Answer(200, {"results": [one.described() for one in table.properties.values()]})
        case ("POST",):
            return Answer(201, _add(asked, table, asked.object_body()))
        case (method, "groups", *_):
            return _groups(asked, table, method)
        case ("POST", "batch", "read"):
            wanted = [str(one.get("name")) for one in inputs_of(asked.body(), 100)]
            found = [table.properties[name].described() for name in wanted if name in table.properties]
            return Answer(200, {"status": "COMPLETE", "results": found})
        case ("POST", "batch", "create"):
            made = [_add(asked, table, one) for one in inputs_of(asked.body(), 100)]
            return Answer(201, {"status": "COMPLETE", "results": made})
        case (method, name):
            return _one(asked, table, method, name)
        case _:
            raise not_found()


def _add(asked: Asked, table: Table, body: dict[str, Any]) -> dict[str, Any]:
    about = property_from(body)
    if about.group not in _group_names(asked, table):
        raise invalid_input(f"Property group {about.group} does not exist", subCategory="PropertyError.GROUP_NOT_FOUND")
    table.add_property(about)
    return about.described()


def _group_names(asked: Asked, table: Table) -> set[str]:
    return {GROUPS[table.name], *(one.group for one in table.properties.values()), *asked.portal.groups[table.name]}


def _groups(asked: Asked, table: Table, method: str) -> Answer:
    """The groups that properties stand in; making one that is there already is a 409."""
    names = _group_names(asked, table)
    if method == "GET":
        listed = [{"name": name, "label": name, "displayOrder": -1, "archived": False} for name in sorted(names)]
        return Answer(200, {"results": listed})
    body = asked.object_body()
    name = str(body.get("name") or "")
    if not name:
        raise invalid_input("Invalid input JSON: Some required fields were not set: [name]")
    if name in names:
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"A property group named '{name}' already exists.")
    asked.portal.groups[table.name].add(name)
    return Answer(201, {"name": name, "label": str(body.get("label", name)), "displayOrder": -1, "archived": False})


def _one(asked: Asked, table: Table, method: str, name: str) -> Answer:
    about = table.property(name)
    match method:
        case "GET":
            return Answer(200, about.described())
        case "PATCH":
            new = changed(about, asked.object_body())
            table.set_property(new)
            return Answer(200, new.described())
        case "DELETE":
            if about.defined_by_hubspot:
                raise invalid_input(f"{name} is defined by HubSpot and can not be archived")
            table.drop_property(name)
            return Answer(204)
        case _:
            raise Refusal(405, None, "Method not allowed for this resource")


def pipelines(asked: Asked) -> Answer:
    """`/pipelines/{object}`: deals have one with the usual stages."""
    if not asked.parts or asked.method != "GET":
        raise not_found()
    table = asked.portal.table(asked.parts[0])
    at = stamp(asked.portal.now())
    stages = [
        {
            "id": stage,
            "label": label,
            "displayOrder": place,
            "metadata": {"isClosed": "true" if stage.startswith("closed") else "false", "probability": probability},
            "archived": False,
            "createdAt": at,
            "updatedAt": at,
        }
        for place, (stage, label, probability) in enumerate(DEAL_STAGES)
    ]
    one = {"id": "default", "label": "Sales Pipeline", "displayOrder": 0, "stages": stages, "archived": False, "createdAt": at}
    found = [one] if table.name == "deals" else []
    if len(asked.parts) == 1:
        return Answer(200, {"results": found})
    if not found or asked.parts[1] != "default":
        raise not_found()
    return Answer(200, one if len(asked.parts) == 2 else {"results": stages})


def validations(asked: Asked) -> Answer:
    """`/property-validations/{object}`: the rules that admins made, by property."""
    if not asked.parts or asked.method != "GET":
        raise not_found()
    table = asked.portal.table(asked.parts[0])
    rules: dict[str, list[dict[str, Any]]] = {}
    for rule in asked.portal.rules:
        if rule.object == table.name:
            kind = "CONDITIONAL_REQUIRED" if rule.when else "REQUIRED"
            for name in rule.required:
                about = {"ruleType": kind, "ruleArguments": [f"{key}={value}" for key, value in rule.when.items()]}
                rules.setdefault(name, []).append(about)
    for one in asked.portal.formats:
        if one.object == table.name:
            rules.setdefault(one.name, []).append(one.described())
    if len(asked.parts) > 1:
        return Answer(200, {"results": rules.get(asked.parts[1], [])})
    return Answer(200, {"results": [{"propertyName": name, "propertyValidationRules": found} for name, found in rules.items()]})
