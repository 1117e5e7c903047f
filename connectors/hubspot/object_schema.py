"""A HubSpot object in the words that mappings are held against."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.base import Stop
from connectors.hubspot.bodies import OPTED_OUT
from connectors.hubspot.client import HIDDEN, Client, checked_name
from connectors.hubspot.errors import Refused
from connectors.hubspot.schema import LONGEST_TEXT, Kind, Property, read_schema
from core.crm_schema import Choice, CrmType, FieldSchema, ObjectSchema

_TYPES: Mapping[Kind, CrmType] = {
    "text": "text", "email": "email", "phone": "text", "number": "number", "boolean": "boolean", "date": "date",
    "datetime": "datetime", "choice": "choice", "choices": "multichoice", "owner": "reference",
}  # fmt: skip
_CLOSED = ("choice", "choices")
_TEXTS = ("text", "email", "phone")


def object_schema(client: Client, object_name: str) -> ObjectSchema | None:
    """The object as the app sees it now, never from a cache; None when there is no such object for it."""
    client.forget_properties(object_name)
    rows = client.properties_if_visible(object_name)
    if not rows:
        return None
    required = _required(client, object_name)
    known = read_schema(object_name, rows).properties
    return ObjectSchema(object_name, {name: _field(about, name in required) for name, about in known.items()})


def _field(about: Property, is_required: bool) -> FieldSchema:
    is_closed = about.kind in _CLOSED and bool(about.options)
    is_taken = about.is_writable or OPTED_OUT.fullmatch(about.name) is not None  # a read-only opt-out is told by its address
    return FieldSchema(
        name=about.name,
        label=about.label,
        type=_TYPES[about.kind],
        length=LONGEST_TEXT if about.kind in _TEXTS else 0,
        is_createable=is_taken,
        is_updateable=is_taken,
        is_required=is_required and about.is_writable,
        is_unique=about.is_unique,
        is_external_id=about.is_unique and about.is_writable,
        is_closed=is_closed,
        choices=tuple(Choice(option.value, option.label) for option in about.options) if is_closed else (),
    )


def _required(client: Client, object_name: str) -> frozenset[str]:
    """The properties that an admin's rule requires of every record; a portal that does not tell its rules has none for us."""
    try:
        answer = client.call("GET", f"/crm/v3/property-validations/{checked_name(object_name)}")
    except Refused:
        return frozenset()
    except Stop as stop:
        if stop.problem.code not in HIDDEN:
            raise
        return frozenset()
    rows = answer.get("results") if isinstance(answer, dict) else None
    return frozenset(
        str(row.get("propertyName"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and _requires(row.get("propertyValidationRules"))
    )


def _requires(rules: object) -> bool:
    listed = rules if isinstance(rules, list) else ()
    return any(
        isinstance(rule, dict) and str(rule.get("ruleType")).upper() in ("REQUIRED", "REQUIRED_PROPERTY") for rule in listed
    )
