"""What a lead should look like in a CRM, and which of it may be written now: values, not effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.lead import Value
from core.problems import Problem

Update = Literal["always", "if_empty", "never", "opt_out"]
"""When an existing record's field may be written: `never` is only on create; `opt_out` sends True always and nothing else."""


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """One CRM field that a mapping wants: `value` is the lead's (None: nothing known), `default` stands in on create only."""

    name: str
    value: Value | None
    update: Update = "if_empty"
    default: Value | None = None
    is_required: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One CRM object as a mapping wants it for one lead; `digest` is equal when nothing to send has changed."""

    object: str
    writes: tuple[FieldWrite, ...]
    digest: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """Which fields go out now (`body`, CRM field to value) and why each other one stays (`not_sent`, CRM field to reason)."""

    body: Mapping[str, Value]
    not_sent: Mapping[str, str] = field(default_factory=dict)
