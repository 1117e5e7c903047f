"""The two ends of a lead field's number or range."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from core.lead import Value
from core.normalize.numbers import range_bounds


def bounds(value: Value, *, is_range: bool) -> tuple[Decimal | None, Decimal | None]:
    """The lowest and highest number of a value; None where a range is open, or nothing is a number.

    `-10` is at most ten in a range field and minus ten in a number field, so the caller says which it is.
    """
    if is_range:
        lowest, highest = range_bounds(str(value))
        return (None if lowest is None else Decimal(lowest), None if highest is None else Decimal(highest))
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None, None
    return number, number
