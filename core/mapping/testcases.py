"""The tests that stand in a mapping file, as compiled: what is given and what is expected, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.problems import Place


@dataclass(frozen=True, slots=True)
class Expected:
    """One line of an `expect`: a lead field or CRM field, the texts it must have, and where that is written."""

    name: str
    texts: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class ExpectedAction:
    """One action that must be wanted: its kind and the payload fields that are looked at."""

    kind: str
    payload: tuple[Expected, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Expectation:
    """Everything that one test expects; None where it does not look."""

    fields: tuple[Expected, ...] = ()
    held: bool | None = None
    problems: tuple[Expected, ...] | None = None
    create: tuple[Expected, ...] | None = None
    update: tuple[Expected, ...] | None = None
    sent: tuple[Expected, ...] | None = None
    not_sent: tuple[Expected, ...] = ()
    back: tuple[Expected, ...] | None = None
    actions: tuple[ExpectedAction, ...] | None = None


@dataclass(frozen=True, slots=True)
class MappingTest:
    """One test of a mapping file. `in_crm` None: there is no record in the CRM yet."""

    name: str
    given: Mapping[str, tuple[str, ...]]
    expect: Expectation
    place: Place
    in_crm: Mapping[str, str] | None = field(default=None)
