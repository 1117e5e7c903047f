"""One property of an object: what an admin defines, and how the properties API shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input

FIELD_TYPES = {
    "string": ("text", "textarea", "html", "phonenumber", "file", "calculation_equation"),
    "number": ("number", "calculation_equation", "calculation_rollup", "calculation_read_time", "calculation_score"),
    "date": ("date",),
    "datetime": ("date",),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox", "calculation_equation"),
    "bool": ("booleancheckbox", "calculation_equation"),
}
_MADE_AT = "2019-08-06T02:41:08.000Z"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: `value` is what the API takes, `label` what people see."""

    value: str
    label: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """A property's definition. `filled_by` is who alone may set it: "" (anybody), or the service itself."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    options: tuple[Option, ...] = ()
    has_unique_value: bool = False
    read_only: bool = False
    calculated: bool = False
    defined_by_hubspot: bool = False
    hidden: bool = False
    references: str = ""
    group: str = ""
    description: str = ""
    values: frozenset[str] = field(default=frozenset())

    def described(self) -> dict[str, Any]:
        """As the properties API answers."""
        body: dict[str, Any] = {
            "updatedAt": _MADE_AT,
            "createdAt": _MADE_AT,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [
                {"label": one.label, "value": one.value, "displayOrder": place, "hidden": one.hidden}
                for place, one in enumerate(self.options)
            ],
            "displayOrder": -1,
            "calculated": self.calculated,
            "externalOptions": bool(self.references),
            "archived": False,
            "hasUniqueValue": self.has_unique_value,
            "hidden": self.hidden,
            "hubspotDefined": self.defined_by_hubspot,
            "modificationMetadata": {
                "archivable": not self.defined_by_hubspot,
                "readOnlyDefinition": self.defined_by_hubspot,
                "readOnlyOptions": self.read_only,
                "readOnlyValue": self.read_only,
            },
            "formField": not self.read_only,
            "dataSensitivity": "non_sensitive",
        }
        if self.references:
            body["referencedObjectType"] = self.references
        return body


YES_NO = (Option("true", "Yes"), Option("false", "No"))


def made(about: Property) -> Property:
    """The property with its set of values, made once for quick checks."""
    return replace(about, values=frozenset(option.value for option in about.options))


def options_from(given: Iterable[Any]) -> tuple[Option, ...]:
    """Options out of JSON: objects, or plain texts that are label and value alike."""
    return tuple(
        Option(str(one["value"]), str(one.get("label", one["value"])), bool(one.get("hidden", False)))
        if isinstance(one, Mapping)
        else Option(str(one), str(one))
        for one in given
    )


def property_from(body: Mapping[str, Any]) -> Property:
    """A new custom property out of the API's JSON; raises Refusal."""
    missing = [name for name in ("name", "label", "type", "fieldType", "groupName") if not body.get(name)]
    if missing:
        raise invalid_input(f"Invalid input JSON: Some required fields were not set: [{', '.join(missing)}]")
    name, kind, field_type = str(body["name"]), str(body["type"]), str(body["fieldType"])
    if not name.replace("_", "").isalnum() or name != name.lower() or not name[0].isalpha() or len(name) > 100:
        raise invalid_input(f'Property name "{name}" must be lower case letters, numbers and underscores', code="INVALID_NAME")
    if field_type not in FIELD_TYPES.get(kind, ()):
        raise invalid_input(f"Property type {kind} does not go with field type {field_type}")
    options = options_from(body.get("options") or ()) or (YES_NO if kind == "bool" else ())
    if kind == "enumeration" and not options and not body.get("externalOptions"):
        raise invalid_input("Enumeration properties need options")
    if body.get("hasUniqueValue") and kind not in ("string", "number"):
        raise invalid_input("Only text and number properties can have unique values")
    return made(
        Property(
            name,
            str(body["label"]),
            kind,
            field_type,
            options,
            has_unique_value=bool(body.get("hasUniqueValue", False)),
            hidden=bool(body.get("hidden", False)),
            group=str(body["groupName"]),
            description=str(body.get("description") or ""),
        )
    )


def changed(old: Property, body: Mapping[str, Any]) -> Property:
    """The property after a PATCH: label, description, options, hidden; never its name, and never its uniqueness."""
    if "hasUniqueValue" in body and bool(body["hasUniqueValue"]) != old.has_unique_value:
        raise invalid_input("hasUniqueValue can only be set when the property is created")
    if old.defined_by_hubspot and "options" in body and old.read_only:
        raise Refusal(400, "VALIDATION_ERROR", f"{old.name} is read only")
    new = old
    if "label" in body:
        new = replace(new, label=str(body["label"]))
    if "description" in body:
        new = replace(new, description=str(body["description"]))
    if "hidden" in body:
        new = replace(new, hidden=bool(body["hidden"]))
    if "options" in body:
        new = replace(new, options=options_from(body["options"]))
    if "type" in body and body["type"] != old.type:
        new = replace(new, type=str(body["type"]), field_type=str(body.get("fieldType", FIELD_TYPES[str(body["type"])][0])))
    return made(new)
