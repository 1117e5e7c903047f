"""Looking into conditions: the single questions that they are made of, also through checks and in expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core.conditions import CheckIs, Condition, FieldIs, Group
from core.expression import Expression
from core.problems import Place


class Asked(NamedTuple):
    """A field that a condition asks for (or `now`), where it does, and the check of its own through which it does, if any."""

    path: str
    place: Place
    by: CheckIs | None


def asked_by(condition: Condition, checks: Mapping[str, Condition]) -> Iterator[Asked]:
    """Every field that a condition asks for, directly or through checks; each check is looked into once."""
    return _asked(condition, checks, None, set())


def _asked(condition: Condition, checks: Mapping[str, Condition], by: CheckIs | None, seen: set[str]) -> Iterator[Asked]:
    if isinstance(condition, FieldIs):
        yield Asked(condition.path, condition.place, by)
    elif isinstance(condition, Group):
        for part in condition.parts:
            yield from _asked(part, checks, by, seen)
    elif isinstance(condition, CheckIs):
        if condition.name in checks and condition.name not in seen:
            seen.add(condition.name)
            yield from _asked(checks[condition.name], checks, by or condition, seen)
    elif isinstance(condition, Expression):
        yield from (Asked(one.path, condition.place, by) for one in condition.variables if one.kind != "check")
        for name in condition.names():
            yield from _asked(CheckIs(name, condition.place), checks, by, seen)


def checks_of(condition: Condition, checks: Mapping[str, Condition]) -> frozenset[str]:
    """The checks that a condition asks, directly or through others."""
    found: set[str] = set()
    names = list(condition.names())
    while names:
        name = names.pop()
        if name in checks and name not in found:
            found.add(name)
            names += checks[name].names()
    return frozenset(found)
