"""What a portal's objects look like, as its property definitions tell it to our user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

from core.problems import did_you_mean

Kind = Literal["text", "email", "phone", "number", "boolean", "date", "datetime", "choice", "choices", "owner"]
"""How a property's value is written and compared; `choices` are several of its options in one text."""

LIFECYCLE = "lifecyclestage"
OWNER = "hubspot_owner_id"
LONGEST_TEXT = 65_536
"""HubSpot's limit for single-line and multi-line text (knowledge base, `Property field types`)."""

_STAGES = (
    "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other",
)  # fmt: skip
_NEVER_WRITTEN = frozenset({
    "hs_object_id", "createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate", "hs_marketable_status",
    "hs_marketable_until_renewal", "hs_marketable_reason_id", "hs_marketable_reason_type", "hs_additional_emails",
    "hs_merged_object_ids",
})  # fmt: skip
"""What HubSpot alone sets, also where a definition does not say so. Whether a contact is a marketing one costs money."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration: `value` is the internal name that is sent, `label` what people see."""

    value: str
    label: str
    order: int = 0


@dataclass(frozen=True)
class Property:
    """One property of an object: its type, its options and what may be done with it."""

    name: str
    label: str = ""
    type: str = "string"
    field_type: str = "text"
    is_unique: bool = False
    is_read_only: bool = False
    is_calculated: bool = False
    references: str = ""
    options: tuple[Option, ...] = ()

    @property
    def is_writable(self) -> bool:
        """Whether a value of ours is taken at all."""
        return not (self.is_read_only or self.is_calculated or self.name in _NEVER_WRITTEN)

    @cached_property
    def kind(self) -> Kind:
        """How the property's values are written and compared."""
        if self.type == "number":
            return "number"
        if self.type in ("date", "datetime"):
            return "date" if self.type == "date" else "datetime"
        if self.type == "bool" or (self.field_type == "booleancheckbox" and not self._has_own_options):
            return "boolean"
        if self.type == "enumeration":
            return self._kind_of_choice
        if self.name == "email":
            return "email"
        return "phone" if self.field_type == "phonenumber" or self.type == "phone_number" else "text"

    @property
    def _has_own_options(self) -> bool:
        return any(option.value.lower() not in ("true", "false") for option in self.options)

    @property
    def _kind_of_choice(self) -> Kind:
        if self.references == "OWNER" or self.name == OWNER:
            return "owner"
        return "choices" if self.field_type == "checkbox" else "choice"

    @cached_property
    def values(self) -> frozenset[str]:
        """The internal names of all options."""
        return frozenset(option.value for option in self.options)

    @cached_property
    def by_spelling(self) -> Mapping[str, str]:
        """Internal names by the ways to spell them: in another case, or by label; a spelling that fits several is left out."""
        found: dict[str, set[str]] = {}
        for option in self.options:
            for spelling in (option.value, option.label):
                found.setdefault(folded(spelling), set()).add(option.value)
        return {spelling: next(iter(values)) for spelling, values in found.items() if len(values) == 1}

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The place of each option in the portal's own order; HubSpot's usual stages where it tells no options."""
        if not self.options:
            return {stage: place for place, stage in enumerate(_STAGES)}
        ordered = sorted(self.options, key=lambda option: option.order)
        return {option.value: place for place, option in enumerate(ordered)}


@dataclass(frozen=True)
class Schema:
    """One object: its properties by internal name."""

    object: str
    properties: Mapping[str, Property]

    @cached_property
    def _near(self) -> dict[str, str]:
        return {}

    @cached_property
    def owner_properties(self) -> frozenset[str]:
        """The properties that hold an owner's id."""
        return frozenset(name for name, known in self.properties.items() if known.kind == "owner")

    def has(self, name: str) -> bool:
        """Whether our user sees the property."""
        return name in self.properties

    def has_key(self, name: str) -> bool:
        """Whether records can be told apart by this property: a unique one that we may write."""
        known = self.properties.get(name)
        return known is not None and known.is_unique and known.is_writable

    def near(self, name: str) -> str:
        """A sentence with the property that an unknown name may mean; looked for once a name, since it takes milliseconds."""
        if name not in self._near:
            self._near[name] = did_you_mean(name, self.properties)
        return self._near[name]


def folded(text: str) -> str:
    """A spelling without case and without outer or doubled spaces."""
    return " ".join(text.split()).casefold()


def read_schema(object_name: str, rows: Iterable[Mapping[str, Any]]) -> Schema:
    """The schema in the rows of the properties API; every key of a row but its name may be missing."""
    properties = [_property(row) for row in rows if row.get("name") and row.get("archived") is not True]
    return Schema(object_name, {known.name: known for known in properties})


def _property(row: Mapping[str, Any]) -> Property:
    metadata = row.get("modificationMetadata")
    field_type = str(row.get("fieldType") or "text")
    listed = row.get("options")
    return Property(
        name=str(row["name"]),
        label=str(row.get("label") or row["name"]),
        type=str(row.get("type") or "string"),
        field_type=field_type,
        is_unique=row.get("hasUniqueValue") is True,
        is_read_only=isinstance(metadata, Mapping) and metadata.get("readOnlyValue") is True,
        is_calculated=row.get("calculated") is True or field_type.startswith("calculation"),
        references=str(row.get("referencedObjectType") or ""),
        options=_options(listed) if isinstance(listed, list) else (),
    )


def _options(listed: Sequence[Any]) -> tuple[Option, ...]:
    """The options in the order that people see; without one, or with the same for all, in the order of the list."""
    rows = [row for row in listed if isinstance(row, Mapping) and row.get("value") is not None]
    orders = [row.get("displayOrder") for row in rows]
    is_ordered = all(isinstance(order, int) for order in orders) and len(set(orders)) == len(orders)
    return tuple(
        Option(str(row["value"]), str(row.get("label") or row["value"]), int(row["displayOrder"]) if is_ordered else place)
        for place, row in enumerate(rows)
    )


class _TellsProperties(Protocol):
    def properties(self, object_name: str) -> list[dict[str, Any]]: ...

    def forget_properties(self, object_name: str) -> None: ...


class Schemas:
    """The schemas of a portal's objects, read anew only when the client has new definitions."""

    def __init__(self, client: _TellsProperties) -> None:
        self._client = client
        self._known: dict[str, tuple[object, Schema]] = {}

    def of(self, object_name: str) -> Schema:
        """The object's schema, at most as old as the client's definitions."""
        rows = self._client.properties(object_name)
        known = self._known.get(object_name)
        if known is None or known[0] is not rows:
            known = self._known[object_name] = (rows, read_schema(object_name, rows))
        return known[1]

    def forget(self, object_name: str) -> None:
        """Have the definitions read again before they are used next."""
        self._client.forget_properties(object_name)
