"""The records of one object, found by id, by any unique property, and for contacts by any of their e-mail addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from leadrelay.sandbox.hubspot.properties import Property
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input, not_found

MOST_UNIQUE = 10  # properties with unique values an object may have besides the standard ones
Entry = dict[str, Any]


@dataclass(slots=True)
class Record:
    """One version of a record. Versions are never changed in place; `before` leads to older ones that search may still show."""

    id: str
    properties: Mapping[str, str]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    before: Record | None = None

    @property
    def is_archived(self) -> bool:
        """Whether it lies in the recycle bin."""
        return self.archived_at is not None

    def get(self, name: str) -> str:
        """A property's value, "" for an empty one."""
        return self.properties.get(name, "")

    def emails(self) -> list[str]:
        """The primary and the secondary addresses."""
        text = f"{self.get('email')};{self.get('hs_additional_emails')}"
        return [one for one in text.lower().split(";") if one]


class Table:
    """All records of one object."""

    def __init__(self, name: str, type_id: str, properties: dict[str, Property], first_id: int) -> None:
        self.name = name
        self.type_id = type_id
        self.properties = properties
        self.records: dict[str, Record] = {}
        self.merged: dict[str, str] = {}
        self.erased: set[str] = set()
        self.writes: dict[str, list[Entry]] = {}
        self._next_id = first_id
        self._keys: dict[str, dict[str, str]] = {}
        for about in properties.values():
            if about.has_unique_value and about.name != "hs_object_id":
                self._keys[about.name] = {}

    # --- schema ---

    def property(self, name: str) -> Property:
        """A property by name; raises Refusal."""
        found = self.properties.get(name)
        if found is None:
            raise Refusal(
                404, "OBJECT_NOT_FOUND", f"No property named {name} exists", subCategory="PropertyError.PROPERTY_NOT_FOUND"
            )
        return found

    def add_property(self, about: Property) -> None:
        """Define a property; raises Refusal when it exists or there are too many unique ones."""
        if about.name in self.properties:
            text = f"A property named '{about.name}' already exists."
            raise Refusal(409, "OBJECT_ALREADY_EXISTS", text, subCategory="Properties.PROPERTY_EXISTS")
        if about.has_unique_value:
            custom = sum(one.has_unique_value and not one.defined_by_hubspot for one in self.properties.values())
            if custom >= MOST_UNIQUE:
                raise invalid_input(f"There can be at most {MOST_UNIQUE} properties with unique values")
            self._keys[about.name] = {}
        self.properties[about.name] = about

    def set_property(self, about: Property) -> None:
        """Put a changed definition in the place of the old one."""
        self.properties[about.name] = about

    def drop_property(self, name: str) -> None:
        """Delete a property with its values."""
        self.properties.pop(name)
        self._keys.pop(name, None)
        for record in self.records.values():
            if name in record.properties:
                record.properties = {key: value for key, value in record.properties.items() if key != name}

    def is_key(self, name: str) -> bool:
        """Whether records can be named by this property."""
        return name == "hs_object_id" or name in self._keys

    # --- records ---

    def new_id(self, step: int) -> str:
        """An id that was never given before."""
        self._next_id += step
        return str(self._next_id)

    def put(self, record: Record) -> Record | None:
        """Put a version in the place of the last one and answer that."""
        old = self.records.get(record.id)
        if old is not None:
            self._forget(old)
        self.records[record.id] = record
        if not record.is_archived:
            for name, known in self._keys.items():
                for value in self._values(record, name):
                    known[value] = record.id
        return old

    def absorb(self, record: Record) -> None:
        """A record goes into another one by a merge."""
        self._forget(self.records.pop(record.id))

    def erase(self, record_id: str) -> None:
        """Delete a record for good, with the values that were ever written to it."""
        self._forget(self.records.pop(record_id))
        self.erased.add(record_id)
        for entry in self.writes.pop(record_id, []):
            entry["fields"] = {}

    def take_out(self, record_id: str) -> None:
        """Remove a record that never was."""
        self._forget(self.records.pop(record_id))
        self.writes.pop(record_id, None)

    def _forget(self, record: Record) -> None:
        for name, known in self._keys.items():
            for value in self._values(record, name):
                if known.get(value) == record.id:
                    del known[value]

    @staticmethod
    def _values(record: Record, name: str) -> list[str]:
        if name == "email":
            return record.emails()
        value = record.properties.get(name)
        return [value] if value else []

    def resolved(self, record_id: str) -> str:
        """The id that answers for this one: a merged record's survivor."""
        while record_id in self.merged:
            record_id = self.merged[record_id]
        return record_id

    def find(self, key: str | None, value: str, *, archived: bool = False) -> Record | None:
        """A record by id or by a unique property; with `archived` only one of the recycle bin."""
        if key and not self.is_key(key):
            raise invalid_input(
                f"{key} is not a unique property of {self.name}; give a property with hasUniqueValue as idProperty"
            )
        if archived:
            return self._find_archived(key, value)
        if key in (None, "", "hs_object_id"):
            found = self.records.get(self.resolved(value))
        else:
            wanted = value.strip().lower() if key == "email" else value
            found = self.records.get(self._keys[str(key)].get(wanted, ""))
        return found if found is not None and not found.is_archived else None

    def _find_archived(self, key: str | None, value: str) -> Record | None:
        if key in (None, "", "hs_object_id"):
            found = self.records.get(value)
            return found if found is not None and found.is_archived else None
        wanted = value.strip().lower() if key == "email" else value
        bin_ = (one for one in reversed(self.records.values()) if one.is_archived)
        return next((one for one in bin_ if wanted in self._values(one, str(key))), None)

    def needed(self, record_id: str) -> Record:
        """The living record with this id or the survivor of it; raises Refusal."""
        found = self.find(None, record_id)
        if found is None:
            raise not_found()
        return found

    def living(self) -> Iterator[Record]:
        """All records that are not in the recycle bin."""
        return (one for one in self.records.values() if not one.is_archived)


def changed(record: Record, properties: Mapping[str, str], at: datetime) -> Record:
    """The next version of a record: empty values fall out."""
    merged = {**record.properties, **properties}
    return replace(record, properties={name: value for name, value in merged.items() if value}, updated_at=at, before=record)
