"""The points that conditions ask for, of the whole score or of a group: on either side of these they have another answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import ceil, floor

from core.conditions import CheckIs, Condition, FieldIs, Group
from core.operators import decimal_of

TOTAL = "score.total"


def asked_totals(conditions: Iterable[Condition], checks: Mapping[str, Condition], path: str = TOTAL) -> tuple[int, ...]:
    """The points at which one of these conditions changes its answer, also through checks: totals, or those of a group where
    `path` is that group's field."""
    return tuple(sorted({total for one in _singles(conditions, checks, path) for total in _totals(one)}))


def _totals(one: FieldIs) -> Iterator[int]:
    for text in one.operands:
        number = decimal_of(text)
        if number is None:
            continue
        if one.operator != "at_most":
            yield ceil(number)
        if one.operator != "at_least":
            yield floor(number) + 1


def _singles(conditions: Iterable[Condition], checks: Mapping[str, Condition], path: str) -> Iterator[FieldIs]:
    open_ones, seen = list(conditions), set[str]()
    while open_ones:
        one = open_ones.pop()
        if isinstance(one, Group):
            open_ones += one.parts
        elif isinstance(one, CheckIs) and one.name not in seen and one.name in checks:
            seen.add(one.name)
            open_ones.append(checks[one.name])
        elif isinstance(one, FieldIs) and one.path == path:
            yield one
