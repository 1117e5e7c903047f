"""What has changed in a CRM's object since it was last looked at, and an object's schema as JSON to remember it by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from difflib import SequenceMatcher
from typing import Any, Literal

from core.crm_schema import Choice, FieldSchema, ObjectSchema

ChangeKind = Literal[
    "object_gone", "gone", "renamed", "required", "type", "shorter", "longer", "options", "closed", "read_only", "writable",
]  # fmt: skip
_ALIKE = 0.8
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One change of one object: `kind` for programs, one sentence for people. `renamed_to` is a guess."""

    kind: ChangeKind
    object: str
    field: str
    message: str
    renamed_to: str = ""

    def as_json(self) -> dict[str, str]:
        """The change as plain JSON values."""
        return {name: value for name, value in asdict(self).items() if value}


def change_from_json(document: Mapping[str, Any]) -> SchemaChange:
    """The change that `as_json` wrote."""
    known = {one.name for one in fields(SchemaChange)}
    return SchemaChange(**{"field": "", **{name: value for name, value in document.items() if name in known}})


def schema_changes(before: ObjectSchema, after: ObjectSchema | None) -> list[SchemaChange]:
    """What has changed from one look to the next; new fields that need nothing are left out."""
    if after is None:
        sentence = f"{before.object} is gone, or the user of the sink can not see it any more"
        return [SchemaChange("object_gone", before.object, "", sentence)]
    gone = [field for name, field in before.fields.items() if name not in after.fields]
    new = [field for name, field in after.fields.items() if name not in before.fields]
    renamed = _renamed(gone, new)
    found = [_gone(after.object, field, renamed.get(field.name, "")) for field in gone]
    for field in new:
        if field.is_required:
            sentence = f"{after.object}.{field.name} is new and must be filled in every new record"
            found.append(SchemaChange("required", after.object, field.name, sentence))
    for name, field in after.fields.items():
        if name in before.fields:
            found += _changed(after.object, before.fields[name], field)
    return found


def is_over(change: SchemaChange, now: ObjectSchema | None) -> bool:
    """Whether something that was told to be gone is there again."""
    if now is None:
        return False
    return change.kind == "object_gone" or (change.kind in ("gone", "renamed") and change.field in now.fields)


def _gone(name: str, field: FieldSchema, new: str) -> SchemaChange:
    where = f"{name}.{field.name}"
    if new:
        return SchemaChange("renamed", name, field.name, f"{where} is gone; it seems to have been renamed to {new}", new)
    return SchemaChange("gone", name, field.name, f"{where} is gone, or the user of the sink can not see it any more")


def _renamed(gone: Sequence[FieldSchema], new: Sequence[FieldSchema]) -> dict[str, str]:
    """For fields that are gone the new one that is most like them: of the same type, with the same label, options or name."""
    found: dict[str, str] = {}
    for field in gone:
        alike = [(_likeness(field, other), other.name) for other in new if other.name not in found.values()]
        best = max(alike, default=(0.0, ""))
        if best[0] >= _ALIKE:
            found[field.name] = best[1]
    return found


def _likeness(field: FieldSchema, other: FieldSchema) -> float:
    if field.type != other.type:
        return 0.0
    if field.label and field.label.casefold() == other.label.casefold():
        return 1.0
    if field.choices and [choice.value for choice in field.choices] == [choice.value for choice in other.choices]:
        return 0.95
    return SequenceMatcher(None, field.name.lower(), other.name.lower()).ratio()


def _changed(name: str, before: FieldSchema, after: FieldSchema) -> Iterator[SchemaChange]:
    where = f"{name}.{after.name}"

    def change(kind: ChangeKind, what: str) -> SchemaChange:
        return SchemaChange(kind, name, after.name, f"{where} {what}")

    if before.type != after.type:
        yield change("type", f"was of type {before.type} and is of type {after.type}")
    elif before.length != after.length:
        kind: ChangeKind = "shorter" if after.length and (not before.length or after.length < before.length) else "longer"
        yield change(kind, f"took {_length(before)} and takes {_length(after)}")
    if after.is_required and not before.is_required:
        yield change("required", "must be filled in every new record now")
    if (before.is_createable, before.is_updateable) != (after.is_createable, after.is_updateable):
        kind = (
            "writable"
            if after.is_createable >= before.is_createable and after.is_updateable >= before.is_updateable
            else "read_only"
        )
        yield change(kind, f"was {_access(before)} and is {_access(after)}")
    if after.is_closed and not before.is_closed:
        yield change("closed", "took any text and takes nothing but its options now")
    options = _options(before, after)
    if options:
        yield change("options", options)


def _length(field: FieldSchema) -> str:
    return f"{field.length} characters" if field.length else "any length"


def _access(field: FieldSchema) -> str:
    if field.is_createable:
        return "writable" if field.is_updateable else "to be set on create only"
    return "to be edited only" if field.is_updateable else "read-only"


def _options(before: FieldSchema, after: FieldSchema) -> str:
    """Which options came and went, in words."""
    was, now = ({choice.value for choice in field.choices if choice.is_active} for field in (before, after))
    lost = [choice.value for choice in before.choices if choice.value in was - now]
    won = [choice.value for choice in after.choices if choice.value in now - was]
    parts = [f"lost the option {_listed(lost)}"] if lost else []
    parts += [f"has the new option {_listed(won)}"] if won else []
    return " and ".join(parts)


def _listed(values: Sequence[str]) -> str:
    more = f" and {len(values) - _MOST_LISTED} more" if len(values) > _MOST_LISTED else ""
    return ", ".join(f"`{value}`" for value in values[:_MOST_LISTED]) + more


def schema_as_json(schema: ObjectSchema) -> dict[str, Any]:
    """A schema as plain JSON values."""
    return {**asdict(schema), "fields": [_as_json(field) for field in schema.fields.values()]}


def _as_json(field: FieldSchema) -> dict[str, Any]:
    plain = FieldSchema(field.name)
    found = {one.name: getattr(field, one.name) for one in fields(FieldSchema)}
    kept = {name: value for name, value in found.items() if name == "name" or value != getattr(plain, name)}
    if field.choices:
        kept["choices"] = [[choice.value, choice.label, choice.is_active] for choice in field.choices]
    return kept


def schema_from_json(document: Mapping[str, Any]) -> ObjectSchema:
    """The schema that `schema_as_json` wrote; what an older or newer version wrote beside it is passed over."""
    known = {one.name for one in fields(FieldSchema)}
    found: dict[str, FieldSchema] = {}
    for item in document["fields"]:
        values = {name: value for name, value in item.items() if name in known}
        values["choices"] = tuple(Choice(*choice) for choice in item.get("choices", ()))
        found[item["name"]] = FieldSchema(**values)
    createable, updateable = document.get("is_createable", True), document.get("is_updateable", True)
    return ObjectSchema(document["object"], found, createable, updateable)
