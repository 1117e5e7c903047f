"""What a CRM's object looks like: the schema that mappings are held against, in the same words for every CRM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CrmType = Literal[
    "text", "number", "integer", "boolean", "date", "datetime", "choice", "multichoice", "reference", "email", "other",
]  # fmt: skip
"""The kinds of value that a CRM field takes; `other` is one that a mapping can not judge."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a choice field takes: `value` is what is sent, `label` what people see."""

    value: str
    label: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One field of a CRM's object, as our user sees it.

    `length` is the most characters it takes, 0 when it says none. `is_required`: no record can be created without a value of
    ours. `is_closed`: nothing but the active `choices` is taken.
    """

    name: str
    label: str = ""
    type: CrmType = "text"
    length: int = 0
    is_createable: bool = True
    is_updateable: bool = True
    is_required: bool = False
    is_unique: bool = False
    is_external_id: bool = False
    is_closed: bool = False
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """One object of a CRM: its fields by API name, and whether our user may create and edit records."""

    object: str
    fields: Mapping[str, FieldSchema]
    is_createable: bool = True
    is_updateable: bool = True
