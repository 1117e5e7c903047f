"""What an org's objects look like, as `describe` tells it to our user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.base import Retry
from core.crm_schema import Choice, CrmType, FieldSchema, ObjectSchema


@dataclass(frozen=True, slots=True)
class CrmField:
    """One field of an object: its type, its length and what our user may do with it."""

    name: str
    label: str
    type: str
    length: int = 0
    is_nillable: bool = True
    is_createable: bool = True
    is_updateable: bool = True
    is_defaulted: bool = False
    is_external_id: bool = False
    is_unique: bool = False
    is_restricted: bool = False
    picklist: tuple[Choice, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether a record can not be created without it; a check box that is not sent is simply not ticked."""
        return self.is_createable and not self.is_nillable and not self.is_defaulted and self.type != "boolean"


@dataclass(frozen=True)
class Schema:
    """One object: its fields by API name, and the three characters its ids begin with."""

    object: str
    key_prefix: str
    is_createable: bool
    is_updateable: bool
    fields: Mapping[str, CrmField]

    @cached_property
    def by_label(self) -> Mapping[str, str]:
        """API names by lower-case name and label, as error texts use either."""
        labels = {field.label.lower(): name for name, field in self.fields.items()}
        return labels | {name.lower(): name for name in self.fields}

    @cached_property
    def required(self) -> frozenset[str]:
        """The fields without which a record can not be created."""
        return frozenset(name for name, field in self.fields.items() if field.is_required)

    def has(self, name: str) -> bool:
        """Whether our user sees the field."""
        return name in self.fields


def read_schema(answer: object) -> Schema:
    """The schema in a describe call's answer."""
    if not isinstance(answer, dict) or not isinstance(answer.get("fields"), list):
        raise Retry("the answer to describe holds no fields", code="strange_answer")
    fields = (_field(item) for item in answer["fields"])
    return Schema(
        object=str(answer.get("name")),
        key_prefix=str(answer.get("keyPrefix") or ""),
        is_createable=answer.get("createable") is not False,
        is_updateable=answer.get("updateable") is not False,
        fields={field.name: field for field in fields},
    )


def _field(item: Mapping[str, Any]) -> CrmField:
    picklist = tuple(_choice(choice) for choice in item.get("picklistValues") or ())
    return CrmField(
        name=str(item["name"]),
        label=str(item.get("label") or item["name"]),
        type=str(item.get("type") or "string"),
        length=int(item.get("length") or 0),
        is_nillable=item.get("nillable") is not False,
        is_createable=item.get("createable") is not False,
        is_updateable=item.get("updateable") is not False,
        is_defaulted=item.get("defaultedOnCreate") is True,
        is_external_id=item.get("externalId") is True,
        is_unique=item.get("unique") is True,
        is_restricted=item.get("restrictedPicklist") is True,
        picklist=picklist,
        choices=tuple(choice.value for choice in picklist if choice.is_active),
    )


def _choice(item: Mapping[str, Any]) -> Choice:
    value = str(item.get("value"))
    return Choice(value, str(item.get("label") or value), item.get("active") is not False)


_TYPES: Mapping[str, CrmType] = {
    "string": "text", "textarea": "text", "phone": "text", "url": "text", "encryptedstring": "text", "email": "email",
    "int": "integer", "long": "integer", "double": "number", "currency": "number", "percent": "number", "boolean": "boolean",
    "date": "date", "datetime": "datetime", "picklist": "choice", "combobox": "choice", "multipicklist": "multichoice",
    "reference": "reference", "id": "reference",
}  # fmt: skip
"""Salesforce's types in the words of every CRM; what is missing (address, location, base64, time) can not be judged."""


def object_schema(schema: Schema) -> ObjectSchema:
    """The object in the words that mappings are held against."""
    fields = {name: _field_schema(field) for name, field in schema.fields.items()}
    return ObjectSchema(schema.object, fields, schema.is_createable, schema.is_updateable)


def _field_schema(field: CrmField) -> FieldSchema:
    return FieldSchema(
        name=field.name,
        label=field.label,
        type=_TYPES.get(field.type, "other"),
        length=field.length,
        is_createable=field.is_createable,
        is_updateable=field.is_updateable,
        is_required=field.is_required,
        is_unique=field.is_unique,
        is_external_id=field.is_external_id,
        is_closed=field.is_restricted,
        choices=field.picklist,
    )
