"""Fields of an object and how describe shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

_SOAP = {
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "id": "tns:ID",
    "reference": "tns:ID",
}
NUMBERS = frozenset({"int", "double", "currency", "percent"})
TEXTS = frozenset({"string", "textarea", "phone", "url", "email", "picklist", "multipicklist", "combobox"})
_LONG_TEXT = 256  # a text area longer than 255 can not be filtered, sorted or grouped


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a picklist."""

    value: str
    label: str = ""
    active: bool = True
    default: bool = False

    def described(self) -> dict[str, Any]:
        """As describe shows it."""
        return {
            "active": self.active,
            "defaultValue": self.default,
            "label": self.label or self.value,
            "validFor": None,
            "value": self.value,
        }


@dataclass(frozen=True, slots=True)
class Field:
    """One field with what the acting user may do with it."""

    name: str
    label: str = ""
    type: str = "string"
    length: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted_on_create: bool = False
    default: Any = None
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    restricted: bool = False
    choices: tuple[Choice, ...] = ()
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    precision: int = 0
    scale: int = 0
    calculated: bool = False
    name_field: bool = False
    custom: bool = field(default=False)

    @property
    def is_filterable(self) -> bool:
        """False for long text areas: a WHERE or ORDER BY on one is refused."""
        return not (self.type == "textarea" and self.length >= _LONG_TEXT)

    def described(self) -> dict[str, Any]:
        """As `/sobjects/X/describe` shows it."""
        return {
            "aggregatable": self.is_filterable,
            "autoNumber": False,
            "byteLength": self.length * 3 if self.type not in ("id", "reference") else 18,
            "calculated": self.calculated,
            "caseSensitive": self.case_sensitive,
            "createable": self.createable,
            "custom": self.custom,
            "defaultValue": self.default if self.type == "boolean" else None,
            "defaultedOnCreate": self.defaulted_on_create,
            "deprecatedAndHidden": False,
            "digits": self.precision if self.type == "int" else 0,
            "externalId": self.external_id,
            "filterable": self.is_filterable,
            "groupable": self.is_filterable,
            "idLookup": self.external_id or self.type == "id" or self.name == "Email",
            "inlineHelpText": None,
            "label": self.label,
            "length": self.length,
            "name": self.name,
            "nameField": self.name_field,
            "nillable": self.nillable,
            "permissionable": self.custom or self.nillable,
            "picklistValues": [choice.described() for choice in self.choices],
            "precision": self.precision,
            "referenceTo": list(self.reference_to),
            "relationshipName": self.relationship,
            "restrictedPicklist": self.restricted,
            "scale": self.scale,
            "soapType": _SOAP.get(self.type, "xsd:string"),
            "sortable": self.is_filterable,
            "type": self.type,
            "unique": self.unique,
            "updateable": self.updateable,
        }


def choices(values: Iterable[str | Mapping[str, Any] | Choice], default: str | None = None) -> tuple[Choice, ...]:
    """Picklist values from plain texts, JSON objects or choices."""
    made = []
    for value in values:
        if isinstance(value, Choice):
            made.append(value)
        elif isinstance(value, str):
            made.append(Choice(value, default=value == default))
        else:
            made.append(Choice(**value))
    return tuple(made)


_NAMES = {
    "restrictedPicklist": "restricted",
    "externalId": "external_id",
    "caseSensitive": "case_sensitive",
    "defaultedOnCreate": "defaulted_on_create",
    "defaultValue": "default",
    "referenceTo": "reference_to",
    "relationshipName": "relationship",
    "picklistValues": "choices",
}


def field_from(description: Mapping[str, Any], base: Field | None = None) -> Field:
    """A field, or `base` changed, from JSON with describe's names or this module's."""
    known = {one.name for one in fields(Field)}
    given = {_NAMES.get(name, name): value for name, value in description.items()}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ValueError(f"a field has no {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    if "choices" in given:
        given["choices"] = choices(given["choices"], given.get("default"))
    if "reference_to" in given:
        given["reference_to"] = tuple(given["reference_to"])
    if base is not None:
        return replace(base, **given)
    given.setdefault("custom", str(given["name"]).endswith("__c"))
    given.setdefault("label", str(given["name"]).removesuffix("__c").replace("_", " "))
    if given.get("type", "string") == "string":
        given.setdefault("length", 255)
    return Field(**given)
