"""Who we are at the org and what it lacks: the probe, and the external-id field created or explained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.base import Preparation, Probe, Retry, Stop, TooLarge
from connectors.salesforce.client import Client, Refused, long_id
from connectors.salesforce.config import SalesforceConfig
from connectors.salesforce.schema import Schema
from connectors.salesforce.upserting import has_external_id
from core.problems import Problem

_LENGTH = 40
_LABEL = "Leadrelay Id"


def probe(client: Client, config: SalesforceConfig, objects: Sequence[str]) -> Probe:
    """Log in, name org and user, and list what is missing on the objects; nothing is written."""
    token = client.token()
    organization = client.first(("Id",), "Organization")
    account_id = long_id(str(organization["Id"])) if organization else long_id(token.organization_id)
    problems = [problem for name in dict.fromkeys(objects) for problem in _missing(client, config, name, _verbs(name, objects))]
    return Probe(account_id, long_id(token.user_id), config.api_version, tuple(problems), client.usage)


def _verbs(object_name: str, objects: Sequence[str]) -> tuple[str, ...]:
    """What is done with an object's records: a contact beside leads comes from conversions and is never created by us."""
    is_from_conversion = object_name == "Contact" and "Lead" in objects and objects.count("Contact") == 1
    return ("edit",) if is_from_conversion else ("create", "edit")


def _missing(client: Client, config: SalesforceConfig, object_name: str, verbs: Sequence[str]) -> Iterator[Problem]:
    client.forget_schema(object_name)
    try:
        schema = client.describe(object_name)
    except (Stop, Refused):
        yield Problem(
            "no_object", f"The integration user can not see {object_name}: give its permission set access to it", object_name
        )
        return
    for may, verb in ((schema.is_createable, "create"), (schema.is_updateable, "edit")):
        if verb in verbs and not may:
            yield Problem(
                "no_permission", f"The integration user may not {verb} {object_name}: extend its permission set", object_name
            )
    how = "" if has_external_id(schema, config.external_id) else _how(schema, config.external_id)
    if how:
        yield Problem("no_external_id", how, f"{object_name}.{config.external_id}")
    elif not schema.fields[config.external_id].is_unique:
        sentence = f"{object_name}.{config.external_id} is not unique: tick `Unique` (case-insensitive) in its definition"
        yield Problem("external_id_not_unique", sentence, f"{object_name}.{config.external_id}")


def prepare(client: Client, config: SalesforceConfig, objects: Sequence[str]) -> list[Preparation]:
    """The external-id field on each object: there, created now, or how an admin creates it."""
    return [_prepare(client, config.external_id, name) for name in objects]


def _prepare(client: Client, field: str, object_name: str) -> Preparation:
    name = f"{object_name}.{field}"
    client.forget_schema(object_name)
    schema = client.describe(object_name)
    if has_external_id(schema, field):
        return Preparation(name, "ready")
    if schema.has(field) or not field.endswith("__c"):
        return Preparation(name, "missing", _how(schema, field))
    try:
        client.call("POST", "tooling/sobjects/CustomField", json=_definition(name), writes=True)
    except (Refused, Stop, Retry, TooLarge):
        return Preparation(name, "missing", _how(schema, field))
    client.forget_schema(object_name)
    schema = client.describe(object_name)
    return Preparation(name, "created") if has_external_id(schema, field) else Preparation(name, "missing", _how_to_see(name))


def _definition(full_name: str) -> dict[str, object]:
    metadata = {
        "type": "Text", "label": _LABEL, "length": _LENGTH, "externalId": True, "unique": True, "caseSensitive": False,
        "required": False, "description": "The lead's uid in leadrelay. Do not edit.",
    }  # fmt: skip
    return {"FullName": full_name, "Metadata": metadata}


def _how(schema: Schema, field: str) -> str:
    """What an admin has to do on this object, step by step."""
    known = schema.fields.get(field)
    name = f"{schema.object}.{field}"
    if known is None:
        return (
            f"{schema.object} has no field {field} that the integration user can see. In Salesforce: Setup > Object Manager >"
            f" {schema.object} > Fields & Relationships > New > Text, label '{_LABEL}', length {_LENGTH}, API name {field},"
            " tick 'Unique' (case-insensitive) and 'External ID'; then give the integration user's permission set Read and Edit"
            " access to it. If the field is there, only that access is missing"
        )
    if not known.is_external_id:
        return f"{name} is no external id: open the field in Setup > Object Manager, edit it and tick 'External ID' and 'Unique'"
    return _how_to_see(name)


def _how_to_see(name: str) -> str:
    return (
        f"Give the integration user's permission set Read and Edit access to {name} (Setup > Permission Sets > Object Settings)"
    )
