"""The values that pass between a mapping, the reader of one field type, and the assembled result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from core.lead import Cell, Value
from core.problems import Problem
from core.quick_dataclass import quick_dataclass


class Raw(Protocol):
    """What was found for one lead field: one text, or several for a list field.

    `name` is the input name it came from, `region` the ISO 3166 region that the mapping gives as a hint for phone numbers.
    """

    @property
    def texts(self) -> tuple[str, ...]:
        """As they came."""

    @property
    def name(self) -> str:
        """Empty for what no input gave."""

    @property
    def region(self) -> str:
        """Empty without a hint."""


class RawValue(NamedTuple):
    """A `Raw` of its own."""

    texts: tuple[str, ...]
    name: str = ""
    region: str = ""


@quick_dataclass(frozen=True, slots=True)
class Normalized:
    """The canonical fields of one submission, and what could not be understood."""

    fields: Mapping[str, Cell]
    problems: tuple[Problem, ...]


class Reading(NamedTuple):
    """What a reader made of a text: a value, or None when there is none; `code` and `message` say what is doubtful."""

    value: Value | None
    code: str = ""
    message: str = ""


NOTHING = Reading(None)
