"""Values of a field that stand for all others: each answer that questions about the field can have is given by one of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from core.conditions import FieldIs
from core.fields import Field
from core.instants import DAY, Instant, from_datetime, to_iso
from core.lead import Value
from core.normalize.numbers import range_bounds
from core.operators import instant_of, milliseconds

NOON = 1_763_726_400_000
"""The time at which the values are asked: noon of a day, 2025-11-21. Windows are relative, so any day will do."""

_FIRST, _LAST = from_datetime(datetime.min.replace(tzinfo=UTC)), from_datetime(datetime.max.replace(tzinfo=UTC))
"""No value lies beyond these, however far a window reaches."""
_MOST_BOUNDS = 12
_OTHER = "\x00 none of those that are named"


@dataclass(frozen=True, slots=True)
class Values:
    """Values that a field may have; `other` stands for all texts that no question names."""

    told: tuple[Value, ...]
    other: Value | None = None


def possible_values(field: Field, asked: Sequence[FieldIs]) -> Values | None:
    """Values that stand for all that a field can have; None when they can not be told, because it has several at a time or for
    how it is asked."""
    if field.type == "list":
        return None
    if field.choices:
        return Values(field.choices)
    if field.type == "boolean":
        return Values((True, False))
    if field.type in ("integer", "decimal", "range"):
        return _numbers(field, asked)
    if field.type in ("date", "datetime"):
        return _times(field, asked)
    named = [text for one in asked if one.operator in ("is", "is_not", "in", "not_in") for text in one.operands]
    return Values(tuple(dict.fromkeys(named)), _OTHER)


# --- numbers --------------------------------------------------------------------------------------------------------


def _numbers(field: Field, asked: Iterable[FieldIs]) -> Values | None:
    """Each number that is named, the nearest ones beside it, and those between two; for a range every pair of them."""
    texts = {text for one in asked for text in one.operands if one.operator != "known"}
    bounds = sorted({number for text in texts for number in _bounds_of(field, text)})
    if field.type == "decimal":
        between = [(one + other) / 2 for one, other in itertools.pairwise(bounds)]
        ends = [bounds[0] - 1, bounds[-1] + 1] if bounds else [Decimal(0)]
        return Values(tuple(_shown(number) for number in (*bounds, *between, *ends)))
    whole = sorted({int(number) + step for number in bounds for step in (-2, -1, 0, 1, 2)} | {1})
    if field.type == "integer":
        return Values(tuple(whole))
    return None if len(bounds) > _MOST_BOUNDS else Values(tuple(dict.fromkeys((*texts, *_ranges(whole)))))


def _bounds_of(field: Field, text: str) -> Iterable[Decimal]:
    ends = range_bounds(text) if field.type == "range" else (None, None)
    if ends != (None, None):
        return [Decimal(end) for end in ends if end is not None]
    return [Decimal(text)]


def _shown(number: Decimal) -> str:
    return format(number, "f")


def _ranges(whole: Sequence[int]) -> Iterable[str]:
    """Single numbers, closed and open ranges in the catalogue's writing; employees and budgets are never below 0."""
    numbers = [number for number in whole if number >= 0]
    yield from (str(number) for number in numbers)
    yield from (f"{low}-{high}" for low, high in itertools.combinations(numbers, 2))
    yield from (f"{number}-" for number in numbers)
    yield from (f"-{number}" for number in numbers)


# --- times ----------------------------------------------------------------------------------------------------------


def _times(field: Field, asked: Sequence[FieldIs]) -> Values | None:
    """Each end of a window or bound, what lies just beside it, and between two; None when windows and fixed times are mixed, or
    a date is asked for parts of a day, because then it matters when one asks."""
    windows = [milliseconds(one.operands[0]) or 0 for one in asked if one.operator in ("within", "older_than")]
    fixed = [at for one in asked if one.operator in ("at_least", "at_most", "is", "is_not") for at in _instants(one)]
    is_date = field.type == "date"
    if (windows and fixed) or (is_date and any(window % DAY for window in windows)):
        return None
    step = DAY if is_date else 1
    ends = sorted({*fixed, *(NOON - window for window in windows), *(NOON + window for window in windows)} or {NOON})
    near = {end + count * step for end in ends for count in (-2, -1, 0, 1, 2)}
    between = {(one + other) // 2 for one, other in itertools.pairwise(ends)}
    return Values(tuple(_time(at, is_date) for at in sorted(near | between) if _FIRST <= at <= _LAST))


def _instants(one: FieldIs) -> Iterable[Instant]:
    return (at for text in one.operands if (at := instant_of(text)) is not None)


def _time(at: Instant, is_date: bool) -> str:
    return to_iso(at)[:10] if is_date else to_iso(at)
