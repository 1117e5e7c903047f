"""What an admin sets up in the org: validation rules, duplicate rules, the lead assignment rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Record = Mapping[str, Any]
Action = Literal["allow", "alert", "block"]


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """Refuses a record with the admin's own text: by a callable that says so, or when `field` does not match `pattern`."""

    name: str
    message: str
    object: str = "Lead"
    refuses: Callable[[Record], bool] | None = None
    field: str | None = None
    pattern: str | None = None
    empty_is_wrong: bool = False

    def is_broken_by(self, record: Record) -> bool:
        """Whether the record, as it would be stored, is refused."""
        if self.refuses is not None:
            return self.refuses(record)
        value = record.get(self.field or "")
        if value is None:
            return self.empty_is_wrong
        return re.search(self.pattern or "", str(value)) is None


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Finds records that look like the one being saved; `alert` can be overruled by allowSave, `block` can not."""

    name: str = "Standard_Lead_Duplicate_Rule"
    object: str = "Lead"
    on_create: Action = "alert"
    on_update: Action = "allow"
    fields: tuple[str, ...] = ("Email",)
    against: tuple[str, ...] = ("Lead", "Contact")
    message: str = "Use one of these records?"


@dataclass(frozen=True, slots=True)
class AssignmentEntry:
    """One entry of the assignment rule: the owner of leads whose fields have these values (none: every lead)."""

    owner: str
    when: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """The active lead assignment rule; the first entry that fits decides. A callable may decide instead."""

    entries: Sequence[AssignmentEntry] = ()
    decide: Callable[[Record], str | None] | None = None

    def owner_of(self, record: Record) -> str | None:
        """The owner the rule gives, or None when no entry fits."""
        if self.decide is not None:
            return self.decide(record)
        for entry in self.entries:
            if all(record.get(name) == value for name, value in entry.when.items()):
                return entry.owner
        return None


@dataclass(slots=True)
class Rules:
    """All rules of an org."""

    validation: list[ValidationRule] = field(default_factory=list)
    duplicates: list[DuplicateRule] = field(default_factory=list)
    assignment: AssignmentRule | None = None
