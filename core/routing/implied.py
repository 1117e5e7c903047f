"""Whether one condition can only be true where another is: the simple cases, by which a line is found that is never reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from core.conditions import CheckIs, Condition, FieldIs, Group, HasTouch
from core.expression import Expression
from core.fields import Catalogue
from core.operators import TRUE, decimal_of, folded, instant_of, milliseconds, operand_value
from core.territory import cleaned, read_range

Checks = Mapping[str, Condition]


def implies(later: Condition, earlier: Condition, checks: Checks, catalogue: Catalogue) -> bool:
    """Whether `earlier` is true whenever `later` is; False also when that is not easily seen."""

    def sees(one: Condition, other: Condition) -> bool:
        if isinstance(one, CheckIs) and isinstance(other, CheckIs) and one.name == other.name:
            return True
        if isinstance(other, CheckIs):
            return other.name in checks and sees(one, checks[other.name])
        if isinstance(other, Group) and other.kind == "all":
            return all(sees(one, part) for part in other.parts)
        if isinstance(one, CheckIs):
            return one.name in checks and sees(checks[one.name], other)
        if isinstance(one, Group) and one.kind == "any":
            return all(sees(part, other) for part in one.parts)
        if isinstance(other, Group) and other.kind == "any" and any(sees(one, part) for part in other.parts):
            return True
        if isinstance(one, Group) and one.kind == "all":
            return any(sees(part, other) for part in one.parts)
        if isinstance(one, Group) and isinstance(other, Group) and one.kind == other.kind == "none":
            return all(any(sees(part, given) for given in one.parts) for part in other.parts)
        return _single(one, other, catalogue)

    return sees(later, earlier)


def is_same(one: Condition, other: Condition, checks: Checks, catalogue: Catalogue) -> bool:
    """Whether two conditions are true together, always; False also when that is not easily seen."""
    return implies(one, other, checks, catalogue) and implies(other, one, checks, catalogue)


def _single(one: Condition, other: Condition, catalogue: Catalogue) -> bool:
    if isinstance(one, Expression) and isinstance(other, Expression):
        return one.text == other.text
    if isinstance(one, HasTouch) and isinstance(other, HasTouch):
        is_long_enough = other.within is None or (one.within is not None and one.within <= other.within)
        return set(one.kinds) <= set(other.kinds) and is_long_enough
    if isinstance(one, FieldIs) and isinstance(other, FieldIs) and one.path == other.path:
        return _same_field(one, other, catalogue)
    return False


def _same_field(one: FieldIs, other: FieldIs, catalogue: Catalogue) -> bool:
    if other.ask is None:
        return one.wants_known == other.wants_known if one.ask is None else other.wants_known
    if one.ask is None:
        return False
    if one.operator == other.operator and set(one.operands) == set(other.operands):
        return True
    if one.operator in ("is", "in") and (values := _values(one, catalogue)) is not None:
        return other.operator not in ("within", "older_than") and all(other.ask(value, 0) is TRUE for value in values)
    narrower = _NARROWER.get(one.operator) if one.operator == other.operator else None
    return narrower is not None and narrower(one.operands, other.operands)


def _values(one: FieldIs, catalogue: Catalogue) -> list[str | int | bool] | None:
    """The values that make it true, when they can be listed."""
    field = catalogue.get(one.path)
    if field is None or field.type in ("list", "date", "datetime", "decimal"):
        return None
    found = [operand_value(field, text) for text in one.operands]
    return [value for value in found if value is not None and not isinstance(value, tuple)]


def _at_least(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return _ordered(one[0], other[0], lambda mine, theirs: mine >= theirs)


def _at_most(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return _ordered(one[0], other[0], lambda mine, theirs: mine <= theirs)


def _ordered(one: str, other: str, compare: Callable[[Decimal, Decimal], bool]) -> bool:
    """Numbers by their size, times by their instant."""
    for read in (decimal_of, instant_of):
        mine, theirs = read(one), read(other)
        if mine is not None and theirs is not None:
            return compare(Decimal(mine), Decimal(theirs))
    return False


def _shorter(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    mine, theirs = milliseconds(one[0]), milliseconds(other[0])
    return mine is not None and theirs is not None and mine <= theirs


def _longer(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return _shorter(other, one)


def _contained(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return folded(other[0]) in folded(one[0])


def _all_begin(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return all(cleaned(mine).startswith(tuple(cleaned(theirs) for theirs in other)) for mine in one)


def _all_between(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    theirs = [found for text in other if (found := read_range(text)) is not None]
    mine = [found for text in one if (found := read_range(text)) is not None]
    return all(any(len(a.low) == len(b.low) and b.low <= a.low and a.high <= b.high for b in theirs) for a in mine)


def _subset(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return {folded(text) for text in other} <= {folded(text) for text in one}


_NARROWER: Mapping[str, Callable[[tuple[str, ...], tuple[str, ...]], bool]] = {
    "at_least": _at_least, "at_most": _at_most, "within": _shorter, "older_than": _longer, "contains": _contained,
    "starts_with": _all_begin, "between": _all_between, "not_in": _subset,
}  # fmt: skip
"""For two questions of one kind: whether the first one leaves less, or the same."""
