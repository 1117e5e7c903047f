"""One object's fields and records in memory, with the indexes that keep look-ups of 200 values fast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from leadrelay.sandbox.salesforce.fields import Field
from leadrelay.sandbox.salesforce.ids import make_id
from leadrelay.sandbox.salesforce.refusals import refuse

Stored = dict[str, Any]


class Table:
    """The records of one object. Records are never changed in place: a write puts a new dict."""

    def __init__(self, name: str, prefix: str, fields: Iterable[Field]) -> None:
        self.name = name
        self.prefix = prefix
        self.records: dict[str, Stored] = {}
        self.fields: dict[str, Field] = {}
        self._by_lower_name: dict[str, Field] = {}
        self._indexes: dict[str, dict[Any, dict[str, None]]] = {}
        self._count = 0
        self._defaults: Stored = {}
        for one in fields:
            self.set_field(one)

    # --- fields ---

    def set_field(self, field: Field) -> None:
        """Add a field or replace the one of the same name."""
        self.fields[field.name] = field
        self._by_lower_name[field.name.lower()] = field
        if field.external_id or field.unique or field.type == "email" or field.type == "reference":
            self._build_index(field.name)
        else:
            self._indexes.pop(field.name, None)
        self._settle_defaults()

    def drop_field(self, name: str) -> None:
        """Delete a field with its values, as an admin would."""
        field = self.field(name)
        del self.fields[field.name], self._by_lower_name[field.name.lower()]
        self._indexes.pop(field.name, None)
        for record_id, record in self.records.items():
            self.records[record_id] = {key: value for key, value in record.items() if key != field.name}
        self._settle_defaults()

    def field(self, name: str) -> Field:
        """The field of this name in any case; an unknown one is refused as the API does."""
        found = self._by_lower_name.get(name.lower())
        if found is None:
            raise refuse("INVALID_FIELD", f"No such column '{name}' on sobject of type {self.name}")
        return found

    def find_field(self, name: str) -> Field | None:
        """The field of this name in any case, if there is one."""
        return self._by_lower_name.get(name.lower())

    @property
    def unique_fields(self) -> list[Field]:
        """Fields that no two records may share a value of."""
        return [field for field in self.fields.values() if field.unique]

    def _settle_defaults(self) -> None:
        self._defaults = {
            field.name: False if field.default is None else field.default
            for field in self.fields.values()
            if field.type == "boolean" or field.default is not None
        }

    # --- records ---

    def new_id(self) -> str:
        """The next record's id."""
        self._count += 1
        return make_id(self.prefix, self._count)

    def blank(self) -> Stored:
        """A record with only the fields' defaults."""
        return dict(self._defaults)

    def put(self, record: Stored) -> Stored | None:
        """Store a record under its Id; answers what stood there before."""
        record_id = record["Id"]
        old = self.records.get(record_id)
        self.records[record_id] = record
        self._reindex(record_id, old, record)
        return old

    def take_out(self, record_id: str) -> None:
        """Forget a record as if it had never been (a roll-back)."""
        self._reindex(record_id, self.records.pop(record_id), {})

    def get(self, record_id: str, *, with_deleted: bool = False) -> Stored | None:
        """The record of an 18-character id."""
        record = self.records.get(record_id)
        return record if record is not None and (with_deleted or not record["IsDeleted"]) else None

    def live(self) -> Iterator[Stored]:
        """All records that are not deleted."""
        return (record for record in self.records.values() if not record["IsDeleted"])

    def has_index(self, name: str) -> bool:
        """Whether `matching` is fast for this field."""
        return name in self._indexes

    def matching(self, name: str, value: Any) -> list[Stored]:
        """Live and deleted records with this value; text compares without case unless the field says otherwise."""
        if name in self._indexes:
            return [self.records[record_id] for record_id in self._indexes[name].get(self._key(name, value), ())]
        wanted = self._key(name, value)
        return [record for record in self.records.values() if self._key(name, record.get(name)) == wanted]

    def _key(self, name: str, value: Any) -> Any:
        field = self.fields[name]
        if isinstance(value, str) and not field.case_sensitive and field.type not in ("reference", "id"):
            return value.lower()
        return value

    def _build_index(self, name: str) -> None:
        self._indexes[name] = {}
        for record_id, record in self.records.items():
            self._index(name, record_id, record.get(name))

    def _index(self, name: str, record_id: str, value: Any) -> None:
        if value is not None:
            self._indexes[name].setdefault(self._key(name, value), {})[record_id] = None

    def _reindex(self, record_id: str, old: Stored | None, new: Stored) -> None:
        for name, index in self._indexes.items():
            before, after = (old or {}).get(name), new.get(name)
            if before == after:
                continue
            if before is not None:
                index[self._key(name, before)].pop(record_id, None)
            self._index(name, record_id, after)
