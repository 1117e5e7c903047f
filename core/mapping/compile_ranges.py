"""Compiling `ranges` and `range`: what turns a number or a range into what a CRM field takes."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import get_args

from core.documents import MapNode, Node
from core.mapping.outbound import RangeEnd, Step
from core.mapping.reader import Reader

_NUMERIC = ("integer", "decimal", "range")
ENDS: dict[str, RangeEnd] = {end: end for end in get_args(RangeEnd)}


def steps(reader: Reader, node: Node | None, what: str, paths: tuple[str, ...]) -> tuple[Step, ...]:
    """The lower bounds under `ranges` from the highest down; one that can never be reached is a complaint."""
    if node is None:
        return ()
    for path in paths:
        if reader.catalogue[path].type not in _NUMERIC:
            message = f"`ranges` of {what} needs a number, and `{path}` is of type {reader.catalogue[path].type}. Use `values`."
            reader.complain("wrong_type", message, node.place, path)
    found: list[Step] = []
    for entry in reader.entries(node, f"`ranges` of {what}"):
        text = reader.text(entry.value, f"the value from `{entry.key.text}` up")
        lowest = _number(entry.key.text)
        if lowest is None:
            message = f"`{entry.key.text}` in `ranges` of {what} is no number. Write the lowest number of each step: `80: Hot`."
            reader.complain("wrong_type", message, entry.key.place, entry.key.text)
        elif found and lowest >= found[-1].lowest:
            message = (
                f"the range from {entry.key.text} in {what} can never be reached: {found[-1].lowest} above it is reached first."
                " Write the lower bounds from the highest down."
            )
            reader.complain("unreachable_range", message, entry.key.place, entry.key.text)
        elif text is not None:
            found.append(Step(lowest, text))
    if isinstance(node, MapNode) and not node.entries:
        reader.complain("empty", f"`ranges` of {what} lists nothing. Write steps such as `80: Hot`.", node.place)
    return tuple(found)


def range_end(reader: Reader, node: Node | None, what: str, paths: tuple[str, ...]) -> RangeEnd | None:
    """Which part of a range goes out; on a field that holds none it is a complaint."""
    if node is None:
        return None
    for path in paths:
        if reader.catalogue[path].type not in _NUMERIC:
            message = (
                f"`range` of {what} needs a range like 11-50, and `{path}` is of type {reader.catalogue[path].type}. Remove it."
            )
            reader.complain("wrong_type", message, node.place, path)
    word = reader.choice(node, f"`range` of {what}", tuple(ENDS))
    return None if word is None else ENDS[word]


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
